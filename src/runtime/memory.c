/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault that the page walk allows is mapped with its neighbours and tried again; what a VSpace
 * has lost is unmapped before its code runs again. Linux tells read from write and fetch, so no
 * instruction is decoded here: one that accesses a device is carried out by the machine.
 */
#include <runtime/memory.h>

#include <abi/object.h>
#include <base/bits.h>
#include <base/memory.h>
#include <runtime/debugging.h>
#include <runtime/image.h>
#include <runtime/linux.h>
#include <runtime/patch.h>
#include <runtime/process.h>
#include <runtime/request.h>
#include <runtime/word.h>
#include <seat/fill.h>
#include <seat/fsr.h>
#include <seat/losses.h>
#include <seat/runs.h>
#include <seat/word.h>

/* --- what Linux has mapped ----------------------------------------------------------------- */

/* What lies between the guest's pages, and is not its own, stays. The page of the word goes. */
static long munmap_around(vaddr_t start, vaddr_t end)
{
    static const uint8_t stays[] = {RESERVED_STUBS, RESERVED_REGION}; /* as they ascend */
    long error = 0;

    for (unsigned i = 0; i < ARRAY_LENGTH(stays) && !error; i++) {
        const struct reserved_range *range = &runtime_kernel()->reserved[stays[i]];
        if (range->start >= end || range->end <= start)
            continue;
        if (range->start > start)
            error = linux_munmap(start, range->start - start);
        start = range->end;
    }
    return error || start >= end ? error : linux_munmap(start, end - start);
}

/* What lies between is Linux's. */
static long unmap_runs(vaddr_t start, vaddr_t end)
{
    struct mapped *mapped = &runtime_process()->mapped;
    vaddr_t first, last;
    long error = 0;

    while (!error && mapped_first(mapped, start, end, &first, &last)) {
        mapped_remove(mapped, first, last, &first, &last);
        error = linux_munmap(first, last - first);
    }
    return error;
}

/* --- a page table that stays --------------------------------------------------------------- */

static bool is_reserved(vaddr_t page)
{
    const struct reserved_range *reserved = runtime_kernel()->reserved;
    bool is = false;

    for (unsigned i = 0; i < RESERVED_RANGES; i++)
        is |= page >= reserved[i].start && page < reserved[i].end;
    return is;
}

static void lift_anchor(struct runtime_process *process)
{
    if (process->anchor && !mapped_has(&process->mapped, process->anchor))
        linux_munmap(process->anchor, PAGE_BYTES);
    process->anchor = 0;
}

/* Something is mapped there now, or nothing at all. */
static void forget_anchor(struct runtime_process *process, vaddr_t start, vaddr_t end)
{
    if (process->anchor >= start && process->anchor < end)
        process->anchor = 0;
}

/*
 * One page was unmapped. Linux gives up a page table with the last area in its 2 MiB, and makes
 * another one for the next: a fifth of what it takes to map a page, touch it and unmap it again.
 * Where that has happened twice, an area stays that nothing can access.
 */
static void keep_table(struct runtime_process *process, vaddr_t page)
{
    vaddr_t block = align_down(page, MAPPED_BLOCK_BITS);
    vaddr_t first, last, neighbour = page ^ PAGE_BYTES;
    bool is_again = process->emptied == block;

    if (process->anchor && align_down(process->anchor, MAPPED_BLOCK_BITS) == block)
        return;
    if (mapped_first(&process->mapped, block, block + bit(MAPPED_BLOCK_BITS), &first, &last))
        return;
    process->emptied = block;
    if (!is_again || is_reserved(neighbour))
        return;
    lift_anchor(process);
    long mapped = linux_mmap(neighbour, PAGE_BYTES, LINUX_PROT_NONE,
                             LINUX_MAP_PRIVATE | LINUX_MAP_FIXED, process_memory_fd(), 0);
    if ((vaddr_t)mapped == neighbour)
        process->anchor = neighbour;
}

long memory_unmap(vaddr_t start, vaddr_t end)
{
    struct runtime_process *process = runtime_process();

    if (process_is_linked())
        return unmap_runs(start, end);
    if (!mapped_remove(&process->mapped, start, end, &start, &end))
        return 0;
    patch_forget(start, end);
    long error = munmap_around(start, end);
    forget_anchor(process, start, end);
    if (!error && end - start == PAGE_BYTES)
        keep_table(process, start);
    return error;
}

long memory_begin_again(void)
{
    struct runtime_process *process = runtime_process();
    long error = patch_begin_again();

    process->gains = (struct gains){0};
    process->emptied = process->anchor = process->device = 0;
    return error ? error : munmap_around(0, USER_TOP); /* what a debugger has mapped, too */
}

static void unmap(vaddr_t start, vaddr_t end)
{
    long error = memory_unmap(start, end);
    if (error)
        request_fail(RUNTIME_CALL_munmap, error);
}

static void unmap_all(void)
{
    unmap(0, USER_TOP);
}

static void make_losses(paddr_t root)
{
    struct vspace_losses losses;
    vaddr_t start, end;

    if (!kernel_take_losses(runtime_kernel(), root, &losses))
        return;
    for (uint32_t at = 0; seat_next_loss(&losses, &at, &start, &end);)
        unmap(start, end);
}

/* What may not be written is private: a debugger's breakpoints stay in this process. */
static long map(const struct translation_run *run, bool is_used)
{
    bool writable = run->rights == VM_READ_WRITE;
    patch_make_way(run);
    long mapped = linux_mmap(
        run->start, run->end - run->start,
        LINUX_PROT_READ | LINUX_PROT_EXEC | (writable ? LINUX_PROT_WRITE : 0),
        (writable ? LINUX_MAP_SHARED : LINUX_MAP_PRIVATE) | (is_used ? LINUX_MAP_POPULATE : 0) |
            (process_is_linked() ? LINUX_MAP_FIXED_NOREPLACE : LINUX_MAP_FIXED),
        process_memory_fd(), run->paddr);

    if (linux_failed(mapped))
        return mapped;
    if ((vaddr_t)mapped != run->start) { /* valgrind takes the address for a wish */
        linux_munmap((vaddr_t)mapped, run->end - run->start);
        return -LINUX_EEXIST;
    }
    forget_anchor(runtime_process(), run->start, run->end);
    if (mapped_add(&runtime_process()->mapped, run->start, run->end))
        return 0;
    unmap_all(); /* it has no room: begin anew with what is touched from now on */
    linux_munmap(run->start, run->end - run->start);
    return 0;
}

/* A page that may be in Linux's way; if Linux does not want to, the page's fault says why. */
static void map_unless_taken(paddr_t root, vaddr_t page)
{
    struct kernel *k = runtime_kernel();
    struct translation t = kernel_translate(k, root, page);
    unsigned bits = process_is_linked() ? t.size_bits : PAGE_BITS;

    if (!t.present || t.rights == VM_KERNEL_ONLY || !kernel_is_backed(k, t.paddr))
        return;
    const struct translation_run run = {.start = align_down(page, bits),
                                        .end = align_down(page, bits) + bit(bits),
                                        .paddr = align_down(t.paddr, bits),
                                        .rights = t.rights};
    if (map(&run, bits == PAGE_BITS) == -LINUX_EEXIST)
        request_simple(REQUEST_TAKEN, run.start);
}

/*
 * The page that the guest has just mapped, if it is likely to touch it next. A debugger wants to
 * see its fault. In a linked process there would be none where Linux has memory of its own: so all
 * are mapped, and such a one is told.
 */
static void map_ahead(paddr_t root)
{
    struct runtime_process *process = runtime_process();
    vaddr_t page = kernel_take_gain(runtime_kernel(), root);

    if (!page || page >= USER_TOP || mapped_has(&process->mapped, page) ||
        (!process_is_linked() &&
         (!seat_gains_map_ahead(&process->gains, page) || debugging_is_on())))
        return;
    map_unless_taken(root, page);
}

/* What is there when a linked process begins, which valgrind is to see mapped, too. */
static void map_boot(paddr_t root)
{
    struct linked_process *linked = &runtime_process()->linked;

    if (!process_is_linked() || linked->has_boot)
        return;
    linked->has_boot = true;
    for (vaddr_t page = LINKED_IMAGE_START; kernel_translate(runtime_kernel(), root, page).present;
         page += PAGE_BYTES)
        map_unless_taken(root, page);
}

void memory_make_edits(paddr_t root)
{
    const struct vspace *vspace = vspace_at(runtime_kernel(), root);

    if (vspace->loss_count > 0)
        make_losses(root);
    map_boot(root);
    if (vspace->gain)
        map_ahead(root);
}

/* --- faults -------------------------------------------------------------------------------- */

/* Whether it lies in the memfd: what is no RAM may be a ROM, a device, or nothing. */
static bool is_backed(paddr_t paddr)
{
    enum { KIND_BACKED = 0 };
    paddr_t page = align_down(paddr, PAGE_BITS);

    if (kernel_is_backed(runtime_kernel(), paddr))
        return true;
    if (page != 0 && runtime_process()->device == page)
        return false;
    struct runtime_request *request = request_begin(REQUEST_MEMORY_KIND);
    request->argument[0] = paddr;
    request_make(request);
    bool is = request->result[0] == KIND_BACKED;
    if (!is)
        runtime_process()->device = page;
    return is;
}

/* Of the neighbours only RAM is mapped along. */
static bool is_page_or_ram(void *context, paddr_t paddr)
{
    const paddr_t *page = context;

    return align_down(paddr, PAGE_BITS) == *page || kernel_is_backed(runtime_kernel(), paddr);
}

/* TO_GUEST: Linux lets this user map nothing there. */
static enum memory_fault map_around(paddr_t root, const struct trap *access, paddr_t paddr)
{
    struct translation_run run;
    vaddr_t vaddr = access->address;
    paddr_t page = align_down(paddr, PAGE_BITS);

    if (!seat_run_around(runtime_kernel(), root, &runtime_process()->mapped, vaddr, is_page_or_ram,
                         &page, &run))
        return MEMORY_FAULT_RETRY;
    /* Linux fills the tables of pages that are touched in any case: no second fault for these */
    bool is_used = seat_gains_cut_to_row(&runtime_process()->gains, vaddr, &run) ||
                   run.end - run.start == PAGE_BYTES;
    long error = map(&run, is_used);
    if (error == -LINUX_ENOMEM) {
        unmap_all(); /* Linux's areas are used up */
        error = map(&run, is_used);
    }
    if (error == -LINUX_EPERM || error == -LINUX_EACCES || error == -LINUX_EEXIST) {
        /* a run that begins below vm.mmap_min_addr, or meets Linux's, is refused as a whole */
        run = (struct translation_run){.start = align_down(vaddr, PAGE_BITS),
                                       .end = align_down(vaddr, PAGE_BITS) + PAGE_BYTES,
                                       .paddr = page,
                                       .rights = run.rights};
        error = map(&run, true);
        if (error == -LINUX_EPERM || error == -LINUX_EACCES)
            return MEMORY_FAULT_TO_GUEST;
    }
    if (error == -LINUX_EEXIST)
        request_simple(REQUEST_TAKEN, align_down(vaddr, PAGE_BITS));
    if (error)
        request_fail(RUNTIME_CALL_mmap, error);
    bool is_once = debugging_has_mapped(carrier_page_here(), run.start, run.end, access);
    return is_once ? MEMORY_FAULT_ONCE : MEMORY_FAULT_RETRY;
}

/*
 * Writes to the page that the guest has just mapped, if that is all it wants there. Not in a linked
 * process, where Linux's own memory may be copied, nor beside breakpoints.
 */
static bool fill(paddr_t root, const struct trap *access, struct translation t,
                 word_t reg[USER_REGISTER_COUNT])
{
    vaddr_t page = align_down(access->address, PAGE_BITS);
    paddr_t paddr = align_down(t.paddr, PAGE_BITS);
    const struct translation_run run = {page, page + PAGE_BYTES, paddr, t.rights};

    if (!access->write || t.rights != VM_READ_WRITE || process_is_linked() || debugging_is_on() ||
        carrier_current()->debug_generation != 0 || carrier_page_here()->step.is_under_way ||
        !kernel_is_backed(runtime_kernel(), paddr))
        return false;
    patch_make_way(&run);
    if (!seat_fill_page(runtime_kernel(), root, page, paddr, reg))
        return false;
    seat_gains_note_fill(&runtime_process()->gains);
    return true;
}

/* A linked program looks for the gate. */
static void map_word(void)
{
    long error = word_map();

    if (error == -LINUX_ENOMEM) {
        unmap_all(); /* Linux's areas are used up, or the list of them is full */
        error = word_map();
    }
    if (error)
        request_fail(RUNTIME_CALL_mmap, error);
}

/* The instruction at rip accesses what only the machine can. */
static enum memory_fault execute(paddr_t root, struct trap *trap, bool may_map,
                                 word_t reg[USER_REGISTER_COUNT], word_t *ret_fsr)
{
    struct runtime_request *request = request_begin(REQUEST_EXECUTE);

    request->argument[0] = root;
    request->argument[1] = trap->address;
    request->argument[2] = trap->fetch;
    request->argument[3] = may_map;
    mem_copy(request->reg, reg, sizeof(request->reg));
    request_make(request);
    if (request->result[0] == EXECUTED_IS_MEMORY) { /* the device has moved */
        runtime_process()->device = 0;
        return MEMORY_FAULT_RETRY;
    }
    mem_copy(reg, request->reg, sizeof(request->reg));
    if (request->result[0] == EXECUTED_DONE)
        return MEMORY_FAULT_EMULATED;
    trap->address = (vaddr_t)request->result[1];
    *ret_fsr = (word_t)request->result[2];
    return MEMORY_FAULT_TO_GUEST;
}

enum memory_fault memory_fault(paddr_t root, struct trap *trap, word_t reg[USER_REGISTER_COUNT],
                               word_t *ret_fsr)
{
    struct translation t = {.present = false};
    struct gains *gains = &runtime_process()->gains;

    bool may_fill = seat_gains_may_fill(gains, trap->address);
    seat_gains_note_fault(gains, trap->address);
    if (trap->address < USER_TOP)
        t = kernel_translate(runtime_kernel(), root, trap->address);
    bool is_allowed = t.present && t.rights != VM_KERNEL_ONLY;
    bool has_memory = is_allowed && is_backed(t.paddr);
    if (!is_allowed && !process_is_linked() && seat_reads_word(runtime_kernel(), root, trap, reg)) {
        map_word();
        return MEMORY_FAULT_RETRY;
    }
    if (!is_allowed || (has_memory && trap->write && t.rights == VM_READ_ONLY)) {
        *ret_fsr = seat_fsr(t, trap->write);
        return MEMORY_FAULT_TO_GUEST;
    }
    if (has_memory && may_fill && fill(root, trap, t, reg))
        return MEMORY_FAULT_RETRY;
    enum memory_fault fault = has_memory ? map_around(root, trap, t.paddr) : MEMORY_FAULT_TO_GUEST;
    if (fault != MEMORY_FAULT_TO_GUEST)
        return fault;
    return execute(root, trap, !has_memory, reg, ret_fsr);
}

/* --- clearing ------------------------------------------------------------------------------ */

/* Up to here the pages are written; beyond they go back to the host: untouched ones cost nothing.
 */
#define WRITE_BYTES UINT64_C(0x40000)

void memory_clear(struct memory_region *clear)
{
    struct kernel *k = runtime_kernel();
    char *start = kernel_memory(k, clear->base);
    char *end = kernel_memory(k, clear->end);
    char *first_page = kernel_memory(k, align_up(clear->base, PAGE_BITS));
    char *last_page = kernel_memory(k, align_down(clear->end, PAGE_BITS));

    if (clear->end - clear->base <= WRITE_BYTES) {
        mem_zero(start, (size_t)(end - start));
    } else {
        long error = linux_madvise((vaddr_t)first_page, (uint64_t)(last_page - first_page),
                                   LINUX_MADV_REMOVE);
        if (error)
            request_fail(RUNTIME_CALL_madvise, error);
        mem_zero(start, (size_t)(first_page - start));
        mem_zero(last_page, (size_t)(end - last_page));
    }
    *clear = (struct memory_region){0, 0};
}
