/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/inplace_state.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <host/clock.h>
#include <host/host.h>
#include <poll.h>
#include <runtime/clock.h>
#include <runtime/region.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* Sent by the machine to whoever runs (runtime/shared.h). */
#define KICK_SIGNAL SIGURG
/* A kick that nobody has heeded is sent again. */
#define KICK_PERIOD UINT64_C(10000000)
/* A linked program heeds none while it is in libc. */
#define LINKED_KICK_PERIOD 1000000
/* For a guest that is to end, and does not come to where it can. */
#define STOP_PATIENCE UINT64_C(1000000000)
/* Ranges that the region stays clear of. */
#define MAX_USED 4

/* --- ends ---------------------------------------------------------------------------------- */

void inplace_end(struct inplace *seat, enum seat_end why)
{
    if (!seat->ended)
        seat->result->end = why;
    seat->ended = true;
}

void inplace_fail(struct inplace *seat, int error, const char *what, ...)
{
    if (!seat->ended) {
        va_list arguments;
        va_start(arguments, what);
        vsnprintf(seat->result->what, sizeof(seat->result->what), what, arguments);
        va_end(arguments);
        seat->result->error = error;
    }
    inplace_end(seat, SEAT_END_HOST_FAILED);
}

/* --- the region ---------------------------------------------------------------------------- */

/* Linux lets user level set FS and GS bases, and dispatches system calls: 5.11, on x86_64. */
static const char *host_obstacle(void)
{
    enum { HWCAP2_FSGSBASE = 1 << 1 };
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
        return "the host has no FSGSBASE at user level";
    if (host_prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0))
        return "the host's Linux cannot dispatch system calls to their maker";
    return NULL;
}

/* For the base: a linked program has room for it in one place only. */
static unsigned used_ranges(const struct inplace_guest *guest,
                            struct address_range ret_used[MAX_USED])
{
    unsigned count = 0;
    for (unsigned i = 0; i < guest->used_count && count < MAX_USED - 2; i++)
        ret_used[count++] = guest->used[i];
    if (guest->linked.pid) {
        ret_used[count++] = (struct address_range){0, guest->linked.low};
        ret_used[count++] = (struct address_range){guest->linked.high, USER_TOP};
    }
    return count;
}

const char *inplace_obstacle(const struct inplace_guest *guest)
{
    vaddr_t base;
    struct address_range used[MAX_USED];
    const char *obstacle = host_obstacle();
    if (obstacle)
        return obstacle;
    if (!region_holds_kernel(guest->memory_bytes))
        return "the guest has too much memory";
    if (!region_choose_base(region_bytes(guest->memory_bytes), used, used_ranges(guest, used), 0,
                            &base))
        return "the image leaves no room for the kernel";
    return NULL;
}

static int choose_places(const struct inplace_guest *guest, vaddr_t *ret_base, vaddr_t *ret_stubs)
{
    struct address_range used[MAX_USED];
    unsigned used_count = used_ranges(guest, used);
    uint64_t random[2] = {guest->seed, guest->seed};
    long size = sizeof(random);
    if (!guest->is_virtual)
        size = host_getrandom(random, sizeof(random), 0);
    if (size != sizeof(random))
        return size < 0 ? (int)size : -EIO;
    if (!region_choose_base(region_bytes(guest->memory_bytes), used, used_count, random[0],
                            ret_base))
        return -ENOSPC;
    *ret_stubs =
        guest->has_patches ? region_choose_stubs(guest->used, guest->used_count, random[1]) : 0;
    return 0;
}

/* At a place that is reserved. */
static int map_part(char *address, uint64_t bytes, int fd)
{
    long mapped = host_mmap(address, bytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0);
    return mapped < 0 && mapped > -4096 ? (int)mapped : 0;
}

/* What lies between state and window is reserved, too: as in a region, a guard. */
static int map_view(struct inplace *seat)
{
    const uint64_t window = REGION_WINDOW - REGION_KERNEL;
    seat->view_bytes = window + seat->contents.memory_bytes;
    long view = host_mmap(NULL, seat->view_bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (view < 0 && view > -4096)
        return (int)view;
    seat->view = (void *)view;
    int error = map_part(seat->view, REGION_STATE_BYTES, seat->contents.state_fd);
    if (!error)
        error = map_part((char *)seat->view + window, seat->contents.memory_bytes,
                         seat->contents.memory_fd);
    if (error)
        return error;
    seat->k = seat->view;
    seat->k->memory_offset = (ptrdiff_t)window;
    seat->shared = (void *)((char *)seat->view + (REGION_SHARED - REGION_KERNEL));
    return 0;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        host_close(fd);
}

static void release(struct inplace *seat)
{
    inplace_linked_close(seat);
    if (seat->view)
        host_munmap(seat->view, seat->view_bytes);
    close_if_open(seat->contents.wake_fd);
    close_if_open(seat->contents.state_fd);
    if (seat->contents.image)
        runtime_image_destroy(&seat->image);
    host_cpu_restore(&seat->previous_cpus);
    free(seat->trusted);
    free(seat);
}

static int open_parts(struct inplace *seat, const struct inplace_guest *guest)
{
    seat->trusted = host_allocate(1, sizeof(*seat->trusted));
    if (!seat->trusted)
        return -ENOMEM;
    int error = choose_places(guest, &seat->base, &seat->stubs);
    if (!error)
        error = runtime_image_create(seat->base, &seat->image);
    if (error)
        return error;
    seat->contents.image = &seat->image;
    seat->contents.state_fd = region_state_open();
    if (seat->contents.state_fd < 0)
        return seat->contents.state_fd;
    seat->contents.wake_fd = (int)host_eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (seat->contents.wake_fd < 0)
        return seat->contents.wake_fd;
    error = map_view(seat);
    if (!error)
        error = inplace_linked_open(seat);
    if (!error)
        host_cpu_pin(&seat->previous_cpus); /* slower without: not a reason to fail */
    if (!error)
        host_cpu_be_prompt(); /* later without */
    return error;
}

int inplace_open(const struct inplace_guest *guest, struct inplace **ret_seat)
{
    struct inplace *seat = host_allocate(1, sizeof(*seat));
    if (!seat)
        return -ENOMEM;
    seat->shares_threads = guest->shares_threads;
    seat->contents = (struct region_contents){.memory_fd = guest->memory_fd,
                                              .memory_bytes = guest->memory_bytes,
                                              .state_fd = -1,
                                              .wake_fd = -1,
                                              .traps_tsc = guest->is_virtual};
    seat->linked = guest->linked;
    seat->linked_pidfd = -1;
    int error = open_parts(seat, guest);
    if (error) {
        release(seat);
        return error;
    }
    *ret_seat = seat;
    return 0;
}

static void inplace_close(void *context)
{
    struct inplace *seat = context;
    inplace_processes_end(seat);
    inplace_debug_end(seat);
    inplace_forget_breakpoints(seat);
    release(seat);
}

struct kernel *inplace_kernel(struct inplace *seat)
{
    return seat->k;
}

struct kernel *inplace_trusted(struct inplace *seat)
{
    return seat->trusted;
}

void inplace_set_client(struct inplace *seat, const struct seat_client *client)
{
    seat->client = *client;
}

int inplace_wake_fd(const struct inplace *seat)
{
    return seat->contents.wake_fd;
}

/* --- time ---------------------------------------------------------------------------------- */

void inplace_set_clock(struct inplace *seat, uint64_t tsc, nanoseconds_t time, uint64_t multiplier,
                       nanoseconds_t room)
{
    seat->clock = (struct runtime_clock){.tsc = tsc,
                                         .time = time,
                                         .multiplier = multiplier,
                                         .room = room,
                                         .told = inplace_told(seat)};
    seat->shared->control.clock = seat->clock;
}

void inplace_rewind(struct inplace *seat, nanoseconds_t time)
{
    seat->clock.told = time;
    __atomic_store_n(&seat->shared->control.clock.told, time, __ATOMIC_RELAXED);
}

static void share_clock(struct inplace *seat, struct runtime_clock clock)
{
    seat->clock = clock;
    seat->shared->control.clock = clock;
}

void inplace_set_virtual_clock(struct inplace *seat, uint64_t seed)
{
    share_clock(seat, runtime_clock_virtual(seed));
}

void inplace_enter_virtual(struct inplace *seat)
{
    runtime_clock_enter(&seat->shared->control.clock);
}

void inplace_go_on_to(struct inplace *seat, nanoseconds_t time)
{
    nanoseconds_t now = inplace_now(seat);
    uint64_t *shared = &seat->shared->control.clock.time;
    seat->clock.time += max_u64(time, now) - now;
    __atomic_store_n(shared, seat->clock.time, __ATOMIC_RELAXED);
}

nanoseconds_t inplace_charged(const struct inplace *seat)
{
    const struct runtime_clock *shared = &seat->shared->control.clock;
    return min_u64(__atomic_load_n(&shared->ahead, __ATOMIC_RELAXED), seat->clock.room);
}

nanoseconds_t inplace_peek(const struct inplace *seat)
{
    struct runtime_clock clock = seat->clock;
    clock.ahead = inplace_charged(seat);
    return max_u64(clock.told, runtime_clock_at(&clock, __builtin_ia32_rdtsc()));
}

nanoseconds_t inplace_now(struct inplace *seat)
{
    seat->clock.told = inplace_peek(seat);
    return seat->clock.told;
}

nanoseconds_t inplace_told(const struct inplace *seat)
{
    const struct runtime_clock *shared = &seat->shared->control.clock;
    nanoseconds_t told = __atomic_load_n(&shared->told, __ATOMIC_RELAXED);
    return max_u64(seat->clock.told, min_u64(told, inplace_peek(seat)));
}

/* --- the kick ------------------------------------------------------------------------------ */

static bool is_stopping(struct inplace *seat)
{
    if (!seat->is_stopping && seat->client.should_stop(seat->client.context)) {
        seat->is_stopping = true;
        seat->stopping_until = host_clock_now() + STOP_PATIENCE;
    }
    return seat->is_stopping;
}

static nanoseconds_t shared_deadline(const struct inplace *seat)
{
    return __atomic_load_n(&seat->shared->control.deadline, __ATOMIC_SEQ_CST);
}

/* The guest's deadline; one that it knows of, and has not replaced yet, counts once more later. */
static nanoseconds_t deadline_to_meet(const struct inplace *seat)
{
    nanoseconds_t deadline = shared_deadline(seat);
    return deadline == seat->known_deadline ? seat->known_at + KICK_PERIOD : deadline;
}

uint32_t *inplace_has_spun(struct inplace *seat)
{
    struct runtime_shared *shared = seat->shared;
    uint32_t current = __atomic_load_n(&shared->control.current, __ATOMIC_RELAXED);
    return current < RUNTIME_MAX_CARRIERS ? &shared->carriers[current].has_spun : NULL;
}

static bool spins(struct inplace *seat)
{
    const struct seat_client *client = &seat->client;
    const uint32_t *has_spun = inplace_has_spun(seat);
    return client->spins(client->context, shared_deadline(seat), has_spun && *has_spun);
}

static bool is_due(struct inplace *seat)
{
    nanoseconds_t now = inplace_peek(seat);
    return now >= deadline_to_meet(seat) || seat->client.has_event(seat->client.context, now) ||
           spins(seat) || is_stopping(seat);
}

/* The thread that had the turn is no more, and nobody else gets it: unless all that is over. */
static void check_gone(struct inplace *seat, uint32_t current, int tid)
{
    const struct runtime_shared *shared = seat->shared;
    struct inplace_place place;
    inplace_processes_check(seat);
    if (!seat->ended && __atomic_load_n(&shared->control.current, __ATOMIC_SEQ_CST) == current &&
        inplace_find_place(seat, current, &place) && place.tid == tid &&
        place.pid != seat->linked.pid) /* whose threads end before it does */
        inplace_fail(seat, -ESRCH, "a guest process has lost the thread that ran");
}

/* Whoever gets the turn from now on sees `attention`; whoever has it gets the signal. */
static void kick(struct inplace *seat)
{
    struct runtime_shared *shared = seat->shared;
    __atomic_store_n(&shared->control.attention, 1, __ATOMIC_SEQ_CST);
    uint32_t current = __atomic_load_n(&shared->control.current, __ATOMIC_SEQ_CST);
    struct inplace_place place;
    if (!inplace_find_place(seat, current, &place)) {
        inplace_fail(seat, 0, "the guest's runtime names a carrier that cannot be: %u", current);
        return;
    }
    seat->is_kicked = true;
    if (place.pid && place.tid && host_tgkill(place.pid, place.tid, KICK_SIGNAL) == -ESRCH)
        check_gone(seat, current, place.tid);
}

/* Until there is a request, or the kick is to be sent again. */
static void await_heed(struct inplace *seat)
{
    const struct timespec period = {.tv_nsec =
                                        seat->linked.pid ? LINKED_KICK_PERIOD : (long)KICK_PERIOD};
    struct pollfd wake = {.fd = seat->contents.wake_fd, .events = POLLIN};
    if (is_stopping(seat) && host_clock_now() >= seat->stopping_until)
        inplace_end(seat, SEAT_END_STOPPED);
    else if (host_ppoll(&wake, 1, &period, NULL, HOST_SIGNAL_SET_BYTES) == 0)
        kick(seat);
}

/* --- the loop ------------------------------------------------------------------------------ */

/*
 * The guest runs. Both sides write first, then look: either the machine sees a new deadline, or
 * whoever set it sees that the machine sleeps longer, and wakes it.
 */
static void sleep_until_due(struct inplace *seat)
{
    uint64_t *sleeps_until = &seat->shared->control.sleeps_until;
    nanoseconds_t until =
        min_u64(deadline_to_meet(seat), seat->client.next_event(seat->client.context));
    bool is_virtual = runtime_clock_is_virtual(&seat->clock); /* the guest meets it by itself */
    __atomic_store_n(sleeps_until, is_virtual ? 0 : until, __ATOMIC_SEQ_CST);
    inplace_repair(seat);
    if (deadline_to_meet(seat) >= until)
        seat->client.sleep(seat->client.context, until);
    __atomic_store_n(sleeps_until, 0, __ATOMIC_SEQ_CST);
}

static void forget_wakes(struct inplace *seat)
{
    uint64_t count;
    host_read(seat->contents.wake_fd, &count, sizeof(count));
}

static void step(struct inplace *seat)
{
    forget_wakes(seat);
    if (atomic_exchange(&seat->poked, false))
        inplace_processes_check(seat);
    if (seat->ended)
        return;
    if (inplace_has_request(seat))
        inplace_serve(seat);
    else if (seat->is_kicked)
        await_heed(seat);
    else if (is_due(seat))
        kick(seat);
    else
        sleep_until_due(seat);
    if (seat->linked.pid)
        atomic_store(&seat->poked, true); /* no SIGCHLD tells of its end */
}

void inplace_copy_trusted(struct inplace *seat)
{
    struct kernel *trusted = seat->trusted;
    trusted->config = seat->k->config;
    memcpy(trusted->memory, seat->k->memory, sizeof(trusted->memory));
    trusted->memory_count = seat->k->memory_count;
    trusted->irq_slots = seat->k->irq_slots;
    trusted->num_cores = seat->k->num_cores;
    trusted->memory_offset = (char *)kernel_memory(seat->k, 0) - (char *)trusted;
}

void inplace_repair(struct inplace *seat)
{
    const struct kernel *trusted = seat->trusted;
    struct kernel *k = seat->k;
    k->config = trusted->config;
    memcpy(k->memory, trusted->memory, sizeof(k->memory));
    k->memory_count = trusted->memory_count;
    k->memory_offset = REGION_WINDOW - REGION_KERNEL;
    k->num_cores = trusted->num_cores;
    k->irq_slots = trusted->irq_slots;
    k->running_core = 0;
}

/* Whether the processor says which of the vector states are in use. */
static bool host_tells_use(void)
{
    enum { LEAF_XSAVE = 0xd, XGETBV_1 = 1 << 2 };
    uint32_t answer[HOST_CPUID_REGISTERS];
    host_cpuid(LEAF_XSAVE, 1, answer);
    return answer[HOST_EAX] & XGETBV_1;
}

/* Carrier 0 has the first turn: it enters the kernel, which says what runs. */
static void start(struct inplace *seat)
{
    struct runtime_shared *shared = seat->shared;
    int64_t tid = 0;
    inplace_copy_trusted(seat);
    seat->k->reserved[RESERVED_REGION] = (struct reserved_range){
        .start = seat->base, .end = seat->base + region_bytes(seat->contents.memory_bytes)};
    if (seat->stubs)
        seat->k->reserved[RESERVED_STUBS] =
            (struct reserved_range){.start = seat->stubs, .end = seat->stubs + PATCH_STUBS_BYTES};
    shared->control.stubs = seat->stubs;
    shared->sites.place[0] = seat->stubs;
    shared->sites.place_count = 1;
    shared->control.deadline = NANOSECONDS_NEVER;
    shared->control.is_debugged = inplace_is_debugged(seat);
    shared->control.is_traced = seat->client.is_traced(seat->client.context);
    shared->control.event_at = seat->client.event_at(seat->client.context);
    shared->vspaces_made = 1;
    shared->carriers_made = 1;
    shared->threads_made = 1;
    shared->threads[0].run = THREAD_RUNS;
    shared->pair = inplace_new_pair(seat);
    shared->control.is_shared = seat->shares_threads;
    shared->control.tells_use = host_tells_use();
    if (!inplace_process_start(seat, 0, "core") || !inplace_edit(seat, 0, EDIT_NEW_THREAD, 0, &tid))
        return;
    if (tid <= 0)
        inplace_fail(seat, (int)tid, "cannot start a guest's thread");
    else
        __atomic_store_n(&shared->threads[0].tid, (uint32_t)tid, __ATOMIC_RELAXED);
}

static void inplace_run(void *context, struct seat_result *ret_result)
{
    struct inplace *seat = context;
    *ret_result = (struct seat_result){0};
    seat->result = ret_result;
    start(seat);
    while (!seat->ended)
        step(seat);
    inplace_drain_console(seat);
    if (!inplace_has_request(seat))
        inplace_processes_end(seat); /* somebody may still run */
    inplace_repair(seat);
}

static void inplace_interrupt(void *context)
{
    struct inplace *seat = context;
    const uint64_t one = 1;
    atomic_store(&seat->poked, true);
    host_write(seat->contents.wake_fd, &one, sizeof(one));
}

const struct seat_ops inplace_seat_ops = {
    .name = "in place",
    .run = inplace_run,
    .close = inplace_close,
    .interrupt = inplace_interrupt,
    .thread_cpu_time = inplace_thread_cpu_time,
    .process_of = inplace_process_of,
    .separate_threads = inplace_separate_threads,
    .read_vector_state = inplace_read_vector_state,
    .write_vector_state = inplace_write_vector_state,
    .debug = inplace_debug,
};
