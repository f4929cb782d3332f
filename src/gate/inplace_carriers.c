/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carriers as the machine finds them: by what the runtime says of them, of which nothing is
 * believed that has not been checked.
 */
#include <gate/inplace_state.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <host/clock.h>
#include <host/host.h>
#include <runtime/carrier.h>
#include <runtime/clock.h>
#include <runtime/region.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

/* --- where they are ------------------------------------------------------------------------ */

static bool find_place(const struct inplace *seat, uint32_t index, struct inplace_place *ret_place)
{
    const struct runtime_shared *shared = seat->shared;
    if (index >= RUNTIME_MAX_THREADS)
        return false;
    const struct runtime_thread *thread = &shared->threads[index];
    uint32_t vspace = __atomic_load_n(&thread->vspace, __ATOMIC_RELAXED);
    uint32_t slot = __atomic_load_n(&thread->slot, __ATOMIC_RELAXED);
    int tid = (int)__atomic_load_n(&thread->tid, __ATOMIC_RELAXED);
    if (vspace >= RUNTIME_MAX_VSPACES || slot >= CARRIER_MAX || tid < 0)
        return false;
    *ret_place =
        (struct inplace_place){.vspace = vspace,
                               .pid = seat->pids[vspace],
                               .tid = tid,
                               .slot = seat->base + REGION_CARRIERS + slot * CARRIER_SLOT_BYTES,
                               .is_shared = shared->vspaces[vspace].thread == index};
    return true;
}

bool inplace_find_place(const struct inplace *seat, uint32_t carrier,
                        struct inplace_place *ret_place)
{
    if (carrier >= RUNTIME_MAX_CARRIERS)
        return false;
    uint32_t index = __atomic_load_n(&seat->shared->carriers[carrier].thread, __ATOMIC_RELAXED);
    return find_place(seat, index, ret_place);
}

/* Whether it is a thread, and a guest's. */
static bool is_there(const struct inplace_place *place)
{
    enum { NO_SIGNAL = 0 };
    return place->pid && place->tid && host_tgkill(place->pid, place->tid, NO_SIGNAL) == 0;
}

/* False: there is no such thread. */
static bool find_carrier(const struct inplace *seat, uint32_t index,
                         struct inplace_place *ret_place)
{
    return inplace_find_place(seat, index, ret_place) && is_there(ret_place);
}

static bool find_thread(const struct inplace *seat, const struct tcb *tcb,
                        struct inplace_place *ret_place)
{
    uint64_t index = tcb->carrier;
    if (index == 0 || index >= RUNTIME_MAX_CARRIERS)
        return false;
    const struct runtime_carrier *carrier = &seat->shared->carriers[index];
    return carrier->tcb == kernel_paddr(seat->k, tcb) && carrier->serial == tcb->serial &&
           find_carrier(seat, (uint32_t)index, ret_place);
}

/* By whoever has the turn, soon (runtime/cache.c). It may see that on its way out already. */
bool inplace_separate_threads(void *context)
{
    struct inplace *seat = context;
    struct runtime_control *control = &seat->shared->control;
    if (!seat->shares_threads)
        return true;
    if (!seat->separates)
        __atomic_store_n(&control->separates, 1, __ATOMIC_SEQ_CST);
    seat->separates = true;
    return __atomic_load_n(&control->separates, __ATOMIC_ACQUIRE) == 0;
}

bool inplace_thread_cpu_time(void *context, const struct tcb *tcb, nanoseconds_t *ret_time)
{
    struct inplace_place place;
    return find_thread(context, tcb, &place) && !place.is_shared &&
           host_cpu_time_of_task(place.pid, place.tid, ret_time) == 0;
}

/* --- on which CPU -------------------------------------------------------------------------- */

bool inplace_may_move_threads(const struct inplace *seat)
{
    return !runtime_clock_is_virtual(&seat->clock) && seat->linked.pid == 0 &&
           host_cpu_count(&seat->previous_cpus) > 1;
}

struct pair inplace_new_pair(const struct inplace *seat)
{
    enum { NANOSECONDS = 1000 }; /* of a microsecond */
    if (!inplace_may_move_threads(seat))
        return (struct pair){.tick_rate = 0};
    uint64_t rate = ((uint64_t)NANOSECONDS << 32) / seat->clock.multiplier;
    return (struct pair){.tick_rate = (uint32_t)min_u64(rate, UINT32_MAX)};
}

int inplace_move_thread(const struct inplace *seat, uint32_t index, bool goes)
{
    struct inplace_place place;
    if (!inplace_may_move_threads(seat) || !find_place(seat, index, &place) || !is_there(&place))
        return -ESRCH;
    return host_cpu_place(place.tid, &seat->previous_cpus, goes);
}

/* --- vector state -------------------------------------------------------------------------- */

enum {
    XSAVE_LEGACY_BYTES = 512,
    XSAVE_HEADER_END = 576,
    XSAVE_CONTROL_WORD = 0, /* x87 */
    XSAVE_MXCSR = 24,       /* and its mask */
    XSAVE_MXCSR_END = 32,
    XSAVE_SSE = 160, /* xmm0 to 15 */
    XSAVE_SSE_END = 416,
    XSAVE_SOFTWARE = 464, /* Linux's own */
    XSAVE_STATES_AT = 472,
    XSAVE_BYTES_AT = 480, /* 32 bits, of the area in a signal frame */
    XSAVE_PRESENT = 512,  /* bit n: state n does not have its initial values */
    STATE_X87 = 0,
    STATE_SSE = 1,
    STATE_EXTENDED = 2, /* and those that follow */
    CONTROL_WORD_INITIAL = 0x37f,
    MXCSR_INITIAL = 0x1f80,
};

static long copy_from(const struct inplace_place *place, vaddr_t address, void *ret_bytes,
                      size_t size)
{
    const struct iovec here = {ret_bytes, size}, there = {(void *)address, size};
    return host_process_vm_readv(place->pid, &here, 1, &there, 1, 0) == (long)size ? 0 : -EFAULT;
}

static long copy_to(const struct inplace_place *place, vaddr_t address, const void *bytes,
                    size_t size)
{
    const struct iovec here = {(void *)bytes, size}, there = {(void *)address, size};
    return host_process_vm_writev(place->pid, &here, 1, &there, 1, 0) == (long)size ? 0 : -EFAULT;
}

/* [address, address + size) is on the carrier's signal stack. */
static bool is_on_stack(const struct inplace_place *place, vaddr_t address, uint64_t size)
{
    vaddr_t stack = place->slot + CARRIER_SIGNAL_STACK;
    return address >= stack && size <= CARRIER_SIGNAL_STACK_BYTES &&
           address - stack <= CARRIER_SIGNAL_STACK_BYTES - size;
}

/*
 * The XSAVE area in the frame of a carrier that waits, and its size; -ENODATA: it has run no guest
 * code yet.
 */
static int find_area(const struct inplace_place *place, vaddr_t *ret_area, uint32_t *ret_bytes)
{
    struct carrier_page page;
    struct frame frame;
    if (copy_from(place, place->slot + CARRIER_PAGE, &page, sizeof(page)))
        return -EFAULT;
    if (!page.frame)
        return -ENODATA;
    if (!is_on_stack(place, (vaddr_t)page.frame, sizeof(frame)) ||
        copy_from(place, (vaddr_t)page.frame, &frame, sizeof(frame)))
        return -EFAULT;
    *ret_area = (vaddr_t)frame.vector;
    if (!is_on_stack(place, *ret_area, XSAVE_HEADER_END) ||
        copy_from(place, *ret_area + XSAVE_BYTES_AT, ret_bytes, sizeof(*ret_bytes)))
        return -EFAULT;
    bool fits = *ret_bytes >= XSAVE_HEADER_END && *ret_bytes <= RUNTIME_VECTOR_BYTES &&
                is_on_stack(place, *ret_area, *ret_bytes);
    return fits ? 0 : -EFAULT;
}

/* In a signal frame Linux's own words say more than ptrace does: which states there are. */
static void fill_software(uint8_t *area)
{
    uint8_t *words = area + XSAVE_SOFTWARE;
    memmove(words, area + XSAVE_STATES_AT, sizeof(uint64_t));
    memset(words + sizeof(uint64_t), 0, XSAVE_LEGACY_BYTES - XSAVE_SOFTWARE - sizeof(uint64_t));
}

/* What a state that is not in use has for values is not in the area. */
static void fill_initial(uint8_t *area, uint32_t bytes)
{
    static const uint16_t control_word = CONTROL_WORD_INITIAL;
    static const uint32_t mxcsr = MXCSR_INITIAL;
    uint64_t present;
    memcpy(&present, area + XSAVE_PRESENT, sizeof(present));
    if (!(present >> STATE_X87 & 1)) {
        memset(area, 0, XSAVE_MXCSR);
        memset(area + XSAVE_MXCSR_END, 0, XSAVE_SSE - XSAVE_MXCSR_END);
        memcpy(area + XSAVE_CONTROL_WORD, &control_word, sizeof(control_word));
    }
    if (!(present >> STATE_SSE & 1))
        memset(area + XSAVE_SSE, 0, XSAVE_SSE_END - XSAVE_SSE);
    if (!(present >> STATE_SSE & 3)) /* neither SSE nor AVX */
        memcpy(area + XSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
    for (unsigned state = STATE_EXTENDED; state < WORD_BITS; state++) {
        enum { LEAF_XSAVE = 0xd };
        uint32_t answer[HOST_CPUID_REGISTERS];
        if (present >> state & 1)
            continue;
        host_cpuid(LEAF_XSAVE, state, answer);
        uint64_t size = answer[HOST_EAX], offset = answer[HOST_EBX];
        if (size && offset >= XSAVE_HEADER_END && offset + size <= bytes)
            memset(area + offset, 0, size);
    }
}

int inplace_read_vector_state(void *context, struct tcb *tcb, void *ret_xsave, size_t size,
                              size_t *ret_size)
{
    uint8_t area[RUNTIME_VECTOR_BYTES] = {0};
    uint32_t bytes = sizeof(area);
    struct inplace_place place;
    vaddr_t address;
    if (!find_thread(context, tcb, &place))
        return -ESRCH;
    int error = find_area(&place, &address, &bytes);
    if (!error)
        error = (int)copy_from(&place, address, area, bytes);
    if (error && error != -ENODATA)
        return error;
    fill_initial(area, bytes);
    fill_software(area);
    *ret_size = min_u64(size, bytes);
    memcpy(ret_xsave, area, *ret_size);
    return 0;
}

/* Its sizes stay Linux's own. */
int inplace_write_vector_state(void *context, struct tcb *tcb, const void *xsave, size_t size)
{
    uint32_t bytes;
    struct inplace_place place;
    vaddr_t address;
    if (!find_thread(context, tcb, &place))
        return -ESRCH;
    int error = find_area(&place, &address, &bytes);
    size = min_u64(size, bytes);
    if (!error)
        error = (int)copy_to(&place, address, xsave, min_u64(size, XSAVE_SOFTWARE));
    if (!error && size > XSAVE_LEGACY_BYTES)
        error =
            (int)copy_to(&place, address + XSAVE_LEGACY_BYTES,
                         (const uint8_t *)xsave + XSAVE_LEGACY_BYTES, size - XSAVE_LEGACY_BYTES);
    return error;
}

/* --- breakpoints --------------------------------------------------------------------------- */

/* What Linux takes, and what is the guest's: nothing of it lies in the region. */
static bool can_be_hit(const struct inplace *seat, const struct breakpoint *breakpoint)
{
    uint64_t region = region_bytes(seat->contents.memory_bytes);
    return breakpoint->is_enabled && breakpoint->address < USER_TOP &&
           breakpoint->address - seat->base >= region;
}

bool inplace_set_breakpoints(struct inplace *seat, uint32_t carrier,
                             const struct breakpoint list[HARDWARE_BREAKPOINTS])
{
    struct breakpoint possible[HARDWARE_BREAKPOINTS];
    struct breakpoint_events **events = &seat->breakpoints[carrier];
    struct inplace_place place;
    if (!find_carrier(seat, carrier, &place)) {
        inplace_fail(seat, 0, "the guest's runtime names a carrier that cannot be: %u", carrier);
        return false;
    }
    if (!*events)
        *events = host_allocate(1, sizeof(**events));
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        possible[i] = list[i];
        possible[i].is_enabled = can_be_hit(seat, &list[i]);
    }
    int error = *events ? breakpoint_events_set(*events, place.tid, possible) : -ENOMEM;
    if (error)
        inplace_fail(seat, error, "cannot set hardware breakpoints for the thread %s",
                     seat->names[seat->shared->carriers[carrier].thread]);
    return !error;
}

uint8_t inplace_take_hits(struct inplace *seat, uint32_t carrier)
{
    struct breakpoint_events *events = seat->breakpoints[carrier];
    return events ? breakpoint_events_take_hits(events) : 0;
}

void inplace_forget_breakpoints(struct inplace *seat)
{
    for (uint32_t i = 0; i < RUNTIME_MAX_CARRIERS; i++) {
        if (seat->breakpoints[i])
            breakpoint_events_clear(seat->breakpoints[i]);
        free(seat->breakpoints[i]);
        seat->breakpoints[i] = NULL;
    }
}
