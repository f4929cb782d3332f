/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory: a fault that the page walk allows is mapped with its neighbours and tried again;
 * what a VSpace has lost is unmapped before its code runs again.
 */
#include <gate/seat_state.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <gate/execute.h>
#include <host/host.h>
#include <inttypes.h>
#include <seat/fsr.h>
#include <seat/losses.h>
#include <seat/runs.h>
#include <seat/word.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* What is cleared in place if it is in use; a larger range goes back to the host in any case. */
#define KEEP_BYTES (UINT64_C(4) << 20)

/* --- losses -------------------------------------------------------------------------------- */

/* What Linux has mapped of [start, end) goes; much of what a guest maps is never touched. */
void seat_unmap(struct seat *seat, struct seat_vspace *vspace, vaddr_t start, vaddr_t end)
{
    if (!mapped_remove(&vspace->mapped, start, end, &start, &end))
        return;
    seat->last_mapped.root = 0;
    int error = seat->ops->unmap(vspace->process, start, end - start);
    if (error)
        seat_fail(seat, error, "cannot unmap 0x%" PRIx64 " to 0x%" PRIx64, start, end);
}

void seat_make_losses(struct seat *seat, struct seat_vspace *vspace)
{
    struct vspace_losses losses;
    vaddr_t start, end;
    if (!kernel_take_losses(seat->k, vspace->root, &losses))
        return;
    for (uint32_t at = 0; seat_next_loss(&losses, &at, &start, &end);)
        seat_unmap(seat, vspace, start, end);
}

/* Whether the host would only have to make most of the pages again. */
static bool is_mostly_there(void *start, uint64_t size)
{
    uint8_t pages[KEEP_BYTES / PAGE_BYTES];
    uint64_t count = 0;

    if (size > KEEP_BYTES || host_mincore(start, size, pages))
        return false;
    for (uint64_t i = 0; i < size / PAGE_BYTES; i++)
        count += pages[i] & 1;
    return count > size / PAGE_BYTES / 2;
}

/* Pages go back to the host: untouched ones cost nothing, now and later. */
static int clear_pages(void *start, uint64_t size)
{
    if (!is_mostly_there(start, size))
        return (int)host_madvise(start, size, MADV_REMOVE);
    memset(start, 0, size);
    return 0;
}

void seat_clear_memory(struct seat *seat, unsigned core)
{
    struct memory_region *clear = &seat->k->cores[core].clear;
    char *start = kernel_memory(seat->k, clear->base);
    char *first_page = kernel_memory(seat->k, align_up(clear->base, PAGE_BITS));
    char *last_page = kernel_memory(seat->k, align_down(clear->end, PAGE_BITS));
    int error = clear_pages(first_page, (uint64_t)(last_page - first_page));
    if (error) {
        seat_fail(seat, error, "cannot clear guest memory");
        return;
    }
    memset(start, 0, (size_t)(first_page - start));
    memset(last_page, 0, clear->end & mask(PAGE_BITS));
    *clear = (struct memory_region){0, 0};
}

/* --- the gate's own page ------------------------------------------------------------------- */

struct free_check {
    struct seat *seat;
    paddr_t root;
};

static bool is_free(void *context, vaddr_t vaddr)
{
    const struct free_check *check = context;
    return !kernel_translate(check->seat->k, check->root, vaddr).present;
}

void seat_give_way(struct seat *seat, struct seat_vspace *vspace)
{
    struct free_check check = {.seat = seat, .root = vspace->root};
    vaddr_t page = seat->ops->page(vspace->process);
    if (page == 0 || is_free(&check, page))
        return;
    int error = seat->ops->move_page(vspace->process, is_free, &check);
    if (error)
        seat_fail(seat, error, "the guest maps 0x%" PRIx64 ", which the emulator cannot leave",
                  page);
}

/* --- faults -------------------------------------------------------------------------------- */

static void fail_map(struct seat *seat, int error, const struct translation_run *run)
{
    if (error == -ENOMEM)
        seat_fail(seat, error,
                  "cannot map 0x%" PRIx64 " to 0x%" PRIx64
                  ": host memory or vm.max_map_count is used up",
                  run->start, run->end);
    else
        seat_fail(seat, error, "cannot map 0x%" PRIx64 " to 0x%" PRIx64, run->start, run->end);
}

/* Whether there is memory; the context is the seat's client. */
static bool memory_is_backed(void *context, paddr_t paddr)
{
    const struct seat_client *client = context;
    return client->memory_kind(client->context, paddr) == MEMORY_BACKED;
}

static int map_run(struct seat *seat, struct seat_vspace *vspace, const struct translation_run *run)
{
    int error = seat->ops->map(vspace->process, run->start, run->end - run->start, run->paddr,
                               run->rights == VM_READ_WRITE);
    if (!error && !mapped_add(&vspace->mapped, run->start, run->end))
        error = -ENOMEM;
    return error ? error : seat_plants_mapped(seat, vspace, run);
}

/* A run that begins below vm.mmap_min_addr is refused as a whole. False: so is the page itself. */
static bool map_only_page(struct seat *seat, struct seat_vspace *vspace, vaddr_t vaddr,
                          struct translation_run *run)
{
    vaddr_t page = align_down(vaddr, PAGE_BITS);
    run->paddr += page - run->start;
    run->start = page;
    run->end = page + PAGE_BYTES;
    int error = map_run(seat, vspace, run);
    if (error == -EPERM || error == -EACCES)
        return false;
    if (error)
        fail_map(seat, error, run);
    return true;
}

/* False: Linux lets this user map nothing there. */
static bool map_around(struct seat *seat, struct seat_vspace *vspace, vaddr_t vaddr)
{
    struct translation_run run;
    if (!seat_run_around(seat->k, vspace->root, &vspace->mapped, vaddr, memory_is_backed,
                         &seat->client, &run))
        return true;
    int error = map_run(seat, vspace, &run);
    if (error == -ENOMEM) {
        /* Linux's areas are used up, or the set's: begin anew, with what is touched from now on */
        seat_unmap(seat, vspace, 0, USER_TOP);
        error = map_run(seat, vspace, &run);
    }
    if (error == -EPERM || error == -EACCES)
        return map_only_page(seat, vspace, vaddr, &run);
    if (error)
        fail_map(seat, error, &run);
    return true;
}

/* The same instruction faults at the same address right after it was mapped. */
static bool was_just_mapped(const struct seat *seat, paddr_t root, vaddr_t rip, vaddr_t address)
{
    return seat->last_mapped.root == root && seat->last_mapped.rip == rip &&
           seat->last_mapped.address == address;
}

/* The instruction that faulted, carried out here on the guest's memory and devices. */
static enum mmio_result execute_here(struct seat *seat, struct seat_carrier *carrier,
                                     word_t reg[USER_REGISTER_COUNT], struct trap *trap,
                                     word_t *ret_fsr)
{
    const struct execute_for who = {
        .k = seat->k, .root = carrier->vspace->root, .client = &seat->client};
    return execute_instruction(&who, reg, &trap->address, ret_fsr);
}

/*
 * Below vm.mmap_min_addr Linux maps nothing for a user without CAP_SYS_RAWIO: loads and stores are
 * carried out as those to devices are. Code cannot run there.
 */
static enum fault_result unmappable_fault(struct seat *seat, struct seat_carrier *carrier,
                                          word_t reg[USER_REGISTER_COUNT], struct trap *trap,
                                          word_t *ret_fsr)
{
    enum mmio_result result = MMIO_UNKNOWN;
    seat->ops->classify_fault(carrier->carrier, reg, trap);
    if (!trap->fetch)
        result = execute_here(seat, carrier, reg, trap, ret_fsr);
    if (result == MMIO_UNKNOWN)
        seat_fail(seat, -EPERM,
                  "the guest uses its page at 0x%" PRIx64
                  ", below vm.mmap_min_addr: run as root, or lower that with sysctl",
                  align_down(trap->address, PAGE_BITS));
    return result == MMIO_FAULT ? FAULT_TO_GUEST : FAULT_EMULATED;
}

static enum fault_result backed_fault(struct seat *seat, struct seat_carrier *carrier,
                                      word_t reg[USER_REGISTER_COUNT], struct trap *trap,
                                      struct translation t, word_t *ret_fsr)
{
    paddr_t root = carrier->vspace->root;
    bool is_write = trap->write || was_just_mapped(seat, root, reg[UREG_RIP], trap->address);
    if (is_write && t.rights == VM_READ_WRITE &&
        seat_plants_open(seat, carrier->vspace, trap->address))
        return FAULT_RETRY;
    if (is_write && t.rights == VM_READ_ONLY) {
        *ret_fsr = seat_fsr(t, true);
        return FAULT_TO_GUEST;
    }
    seat->last_mapped.root = root;
    seat->last_mapped.rip = reg[UREG_RIP];
    seat->last_mapped.address = trap->address;
    if (map_around(seat, carrier->vspace, trap->address))
        return FAULT_RETRY;
    seat->last_mapped.root = 0;
    return unmappable_fault(seat, carrier, reg, trap, ret_fsr);
}

/* An access to a device, or to nothing at all: carried out here. */
static enum fault_result device_fault(struct seat *seat, struct seat_carrier *carrier,
                                      word_t reg[USER_REGISTER_COUNT], struct trap *trap,
                                      word_t *ret_fsr)
{
    switch (execute_here(seat, carrier, reg, trap, ret_fsr)) {
    case MMIO_DONE:
        return FAULT_EMULATED;
    case MMIO_FAULT:
        return FAULT_TO_GUEST;
    case MMIO_UNKNOWN:
        break;
    }
    seat_fail(seat, -ENOTSUP,
              "the instruction at 0x%" PRIx64 " accesses device memory at 0x%" PRIx64
              " in a way that is not emulated",
              reg[UREG_RIP], trap->address);
    return FAULT_EMULATED;
}

/* What linked programs look for is not in these processes. */
static enum fault_result refuse_linked(struct seat *seat, vaddr_t rip)
{
    snprintf(seat->result->what, sizeof(seat->result->what),
             "the program calls the kernel by a jump (SEL4EMU_FORM=linked), at 0x%" PRIx64
             ": it runs in place only, not with --isolate",
             rip);
    seat->result->end = SEAT_END_REFUSED;
    seat->ended = true;
    return FAULT_EMULATED;
}

enum fault_result seat_page_fault(struct seat *seat, struct seat_carrier *carrier,
                                  word_t reg[USER_REGISTER_COUNT], struct trap *trap,
                                  word_t *ret_fsr)
{
    struct translation t = {.present = false};
    if (trap->address < USER_TOP)
        t = kernel_translate(seat->k, carrier->vspace->root, trap->address);

    bool is_reachable = t.present && t.rights != VM_KERNEL_ONLY;
    bool is_backed = is_reachable && memory_is_backed(&seat->client, t.paddr);
    if (!is_backed || t.rights != VM_READ_WRITE || carrier->vspace->plants.pages)
        seat->ops->classify_fault(carrier->carrier, reg, trap);

    if (!is_reachable) {
        if (seat_reads_word(seat->k, carrier->vspace->root, trap, reg))
            return refuse_linked(seat, reg[UREG_RIP]);
        *ret_fsr = seat_fsr(t, trap->write);
        return FAULT_TO_GUEST;
    }
    return is_backed ? backed_fault(seat, carrier, reg, trap, t, ret_fsr)
                     : device_fault(seat, carrier, reg, trap, ret_fsr);
}
