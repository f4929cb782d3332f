/* SPDX-License-Identifier: BSD-2-Clause */
/* Map edits, injected into a VSpace process's edit thread, and where the injection page lies. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <base/bits.h>
#include <gate/monitor.h>

static long edit_call(struct gate_vspace *vspace, long number, const word_t argument[6])
{
    return tracee_call(&vspace->edit, vspace->page, number, argument, NULL);
}

static bool covers_page(const struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size)
{
    return vspace->page - vaddr < size;
}

/* Whether `place` is kept free of the page: an edit is about to take [vaddr, vaddr + size). */
struct edit_range {
    vaddr_t vaddr;
    uint64_t size;
};

static bool is_outside(void *context, vaddr_t place)
{
    const struct edit_range *range = context;
    return place - range->vaddr >= range->size;
}

/*
 * The new place must be free of guest mappings in Linux too: MAP_FIXED_NOREPLACE finds out. The old
 * place is given up; on failure the page stays where it is.
 */
int edit_move_page(struct gate_vspace *vspace, bool (*is_free)(void *context, vaddr_t vaddr),
                   void *context)
{
    for (unsigned i = 0; i < PAGE_PLACES; i++) {
        vaddr_t place = vspace->gate->places[i], old = vspace->page;
        if (place == old || !is_free(context, place))
            continue;
        long mapped =
            edit_call(vspace, SYS_mmap,
                      (const word_t[6]){place, PAGE_BYTES, PROT_READ | PROT_EXEC,
                                        MAP_SHARED | MAP_FIXED_NOREPLACE, ZYGOTE_PAGE_FD});
        if (mapped == -EEXIST)
            continue;
        if (mapped < 0)
            return (int)mapped;
        vspace->page = place;
        return (int)edit_call(vspace, SYS_munmap, (const word_t[6]){old, PAGE_BYTES});
    }
    return -ENOSPC;
}

int edit_map(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size, paddr_t paddr, bool writable)
{
    struct edit_range range = {.vaddr = vaddr, .size = size};

    if (covers_page(vspace, vaddr, size)) {
        int error = edit_move_page(vspace, is_outside, &range);
        if (error)
            return error;
    }
    long mapped = edit_call(vspace, SYS_mmap,
                            (const word_t[6]){vaddr, size,
                                              PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0),
                                              MAP_FIXED | (writable ? MAP_SHARED : MAP_PRIVATE),
                                              ZYGOTE_MEMORY_FD, paddr});
    return mapped < 0 && mapped > -4096 ? (int)mapped : 0;
}

/* The injection page stays. */
int edit_unmap(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size)
{
    vaddr_t end = vaddr + size, page_end = vspace->page + PAGE_BYTES;

    if (!covers_page(vspace, vaddr, size))
        return (int)edit_call(vspace, SYS_munmap, (const word_t[6]){vaddr, size});
    long error = 0;
    if (vspace->page > vaddr)
        error = edit_call(vspace, SYS_munmap, (const word_t[6]){vaddr, vspace->page - vaddr});
    if (!error && end > page_end)
        error = edit_call(vspace, SYS_munmap, (const word_t[6]){page_end, end - page_end});
    return (int)error;
}
