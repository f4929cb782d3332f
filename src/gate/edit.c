/* SPDX-License-Identifier: BSD-2-Clause */
/* Map edits, injected into a VSpace process's edit thread, and where the injection page lies. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <base/bits.h>
#include <gate/monitor.h>
#include <host/host.h>

static long edit_call(struct gate_vspace *vspace, long number, const word_t argument[6])
{
    usage_note(vspace);
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

/* `flags`: whether the place must be free. On failure the page stays where it is. */
static int move_to(struct gate_vspace *vspace, vaddr_t place, int flags)
{
    vaddr_t old = vspace->page;
    long mapped = edit_call(vspace, SYS_mmap,
                            (const word_t[6]){place, PAGE_BYTES, PROT_READ | PROT_EXEC,
                                              (word_t)(MAP_SHARED | flags), ZYGOTE_PAGE_FD});

    if (mapped < 0)
        return (int)mapped;
    vspace->page = place;
    return (int)edit_call(vspace, SYS_munmap, (const word_t[6]){old, PAGE_BYTES});
}

/* To a place that `is_free` agrees to and Linux has nothing at. */
static int move_to_free(struct gate_vspace *vspace, bool (*is_free)(void *context, vaddr_t vaddr),
                        void *context)
{
    for (unsigned i = 0; i < PAGE_PLACES; i++) {
        vaddr_t place = vspace->gate->places[i];
        if (place == vspace->page || !is_free(context, place))
            continue;
        int error = move_to(vspace, place, MAP_FIXED_NOREPLACE);
        if (error != -EEXIST) {
            vspace->hides_page &= error != 0;
            return error;
        }
    }
    return -ENOSPC;
}

/*
 * Where the guest has all places, the page shares one with it: hidden when the guest runs, and
 * moved on when it touches its own page there.
 */
int edit_move_page(struct gate_vspace *vspace, bool (*is_free)(void *context, vaddr_t vaddr),
                   void *context)
{
    int error = move_to_free(vspace, is_free, context);

    if (error != -ENOSPC)
        return error;
    vspace->hides_page = true;
    return 0;
}

/*
 * An edit is about to take the page's address. Where the guest has pages at all other places, one
 * of them goes: it is faulted in again. Not always the same one: an instruction may need several.
 */
static int leave_range(struct gate_vspace *vspace, struct edit_range *range)
{
    int error = move_to_free(vspace, is_outside, range);

    for (unsigned i = 0; error == -ENOSPC && i < PAGE_PLACES; i++) {
        vaddr_t place = vspace->gate->places[vspace->next_place++ % PAGE_PLACES];
        if (place == vspace->page || !is_outside(range, place))
            continue;
        error = move_to(vspace, place, MAP_FIXED);
        vspace->hides_page |= !error;
    }
    return error;
}

int edit_map(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size, paddr_t paddr, bool writable)
{
    struct edit_range range = {.vaddr = vaddr, .size = size};

    if (covers_page(vspace, vaddr, size)) {
        int error = leave_range(vspace, &range);
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

/* A write of a tracer's to a private mapping that is not writable makes a copy of the page. */
int edit_poke(struct gate_vspace *vspace, vaddr_t vaddr, uint8_t byte)
{
    const vaddr_t place = align_down(vaddr, 3);
    const unsigned shift = (unsigned)(vaddr - place) * 8;
    word_t word;
    int error = (int)host_ptrace(PTRACE_PEEKDATA, vspace->edit.tid, (void *)place, &word);

    if (error)
        return error;
    word = (word & ~(UINT64_C(0xff) << shift)) | (word_t)byte << shift;
    return (int)host_ptrace(PTRACE_POKEDATA, vspace->edit.tid, (void *)place, (void *)word);
}
