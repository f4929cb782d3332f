/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints and watchpoints in debug registers, beside the guest's own. */
#include <errno.h>
#include <test.h>

#include <gate/testkit_debugger.h>
#include <model/debug.h>

/* --- without a processor ------------------------------------------------------------------- */

PIECE(wait, "1: jmp 1b");

static bool open_started(struct debugged *d)
{
    return debugged_open(d, &wait) && CHECK(seat_vspace_get(d->world.seat, d->root) != NULL);
}

static int plant(struct debugged *d, vaddr_t vaddr, enum seat_breakpoint_kind kind, uint64_t size)
{
    return seat_debug_plant(d->world.seat, d->root, vaddr, kind, size);
}

TEST(what_can_never_be_is_refused)
{
    struct debugged d;

    if (!debugged_open(&d, &wait))
        return;
    CHECK_EQ(plant(&d, PAGE(0), SEAT_BREAK_SOFTWARE, 1), -ESRCH); /* has not started */
    CHECK_EQ(plant(&d, PAGE(0), SEAT_BREAK_HARDWARE, 1), -ESRCH);
    CHECK(seat_vspace_get(d.world.seat, d.root) != NULL);
    CHECK_EQ(plant(&d, PAGE(0), SEAT_WATCH_READ, 4), -ENOTSUP);
    CHECK_EQ(plant(&d, PAGE(0), SEAT_WATCH_WRITE, 0), -EFAULT);
    CHECK_EQ(plant(&d, USER_TOP, SEAT_BREAK_SOFTWARE, 1), -EFAULT);
    CHECK_EQ(plant(&d, UINT64_MAX, SEAT_BREAK_HARDWARE, 1), -EFAULT);
    CHECK_EQ(plant(&d, USER_TOP - 2, SEAT_WATCH_ACCESS, 4), -EFAULT);
    CHECK_EQ(plant(&d, PAGE(0), SEAT_WATCH_WRITE, UINT64_MAX), -EFAULT);
    CHECK_EQ(plant(&d, PAGE(0), SEAT_WATCH_WRITE, UINT64_C(1) << 40), -ENOSPC);
    debugged_close(&d);
}

TEST(four_pieces_are_all_there_is)
{
    struct debugged d;

    if (!open_started(&d))
        return;
    CHECK_EQ(plant(&d, 0x1001, SEAT_WATCH_WRITE, 7), 0); /* 1, 2, 4 bytes */
    CHECK_EQ(plant(&d, 0x1001, SEAT_WATCH_WRITE, 7), 0); /* is there */
    CHECK_EQ(plant(&d, 0x2001, SEAT_WATCH_WRITE, 2), -ENOSPC);
    CHECK_EQ(plant(&d, 0x2000, SEAT_WATCH_ACCESS, 8), 0);
    CHECK_EQ(plant(&d, 0x3000, SEAT_BREAK_HARDWARE, 1), -ENOSPC);
    seat_debug_pull(d.world.seat, d.root, 0x1001, SEAT_WATCH_WRITE, 6); /* not this one */
    CHECK_EQ(plant(&d, 0x3000, SEAT_BREAK_HARDWARE, 1), -ENOSPC);
    seat_debug_pull(d.world.seat, d.root, 0x1001, SEAT_WATCH_WRITE, 7);
    CHECK_EQ(plant(&d, 0x3000, SEAT_BREAK_HARDWARE, 1), 0);
    CHECK_EQ(plant(&d, 0x3001, SEAT_BREAK_SOFTWARE, 1), 0); /* needs none */
    debugged_close(&d);
}

static void check_piece(const struct breakpoint *piece, vaddr_t address, unsigned size,
                        enum breakpoint_access access)
{
    CHECK(piece->is_enabled);
    CHECK_EQ(piece->type, BREAKPOINT_DATA);
    CHECK_EQ(piece->address, address);
    CHECK_EQ(piece->size, size);
    CHECK_EQ(piece->access, access);
}

TEST(the_guests_own_keep_their_places)
{
    struct debugged d;
    struct breakpoint list[HARDWARE_BREAKPOINTS];
    const struct seat_plant *owner[HARDWARE_BREAKPOINTS];
    const struct breakpoint own = {
        .address = 0x7000, .type = BREAKPOINT_DATA, .access = BREAK_ON_WRITE, .size = 4};

    if (!open_started(&d))
        return;
    struct tcb *tcb = debugged_initial(&d);
    debug_set_breakpoint(tcb, 1, &own);
    CHECK_EQ(plant(&d, 0x1002, SEAT_WATCH_WRITE, 6), 0); /* 2, 4 bytes */
    CHECK_EQ(plant(&d, 0x3000, SEAT_BREAK_HARDWARE, 1), 0);
    CHECK_EQ(plant(&d, 0x4000, SEAT_BREAK_HARDWARE, 1), -ENOSPC);
    const struct seat_vspace *vspace = seat_vspace_find(d.world.seat, d.root);
    seat_plants_breakpoints(vspace, tcb, list, owner);
    check_piece(&list[0], 0x1002, 2, BREAK_ON_WRITE);
    check_piece(&list[1], 0x7000, 4, BREAK_ON_WRITE);
    check_piece(&list[2], 0x1004, 4, BREAK_ON_WRITE);
    CHECK_EQ(list[3].type, BREAKPOINT_INSTRUCTION);
    CHECK_EQ(list[3].address, 0x3000);
    CHECK(!owner[1] && owner[0] == owner[2] && owner[0] && owner[3] != owner[0]);

    /* the guest takes another: one of the debugger's has no place in this thread */
    debug_set_breakpoint(tcb, 0, &own);
    seat_plants_breakpoints(vspace, tcb, list, owner);
    CHECK(!owner[0] && !owner[1] && owner[2] && owner[2] == owner[3]);
    debugged_close(&d);
}

/* --- with one ------------------------------------------------------------------------------ */

PLACE(watch_written);
PLACE(watch_read);
PLACE(watch_data);
PIECE(
    access_data,
    "movb $1, watch_data+3(%rip); movb $2, watch_data+4(%rip);" MARK(
        watch_written) "movb watch_data+5(%rip), %al;" MARK(watch_read) "nop;" HALT
                                                                        ".balign 8;" MARK(
                                                                            watch_data) ".quad 0");

static void watch(struct debugged *d, enum seat_breakpoint_kind kind)
{
    CHECK_EQ(plant(d, at(d, watch_data) + 4, kind, 3), 0);
}

static void watch_writes(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    watch(d, SEAT_WATCH_WRITE);
}

static void watch_accesses(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    watch(d, SEAT_WATCH_ACCESS);
}

static void check_watch(const struct debugged *d, unsigned i, const uint8_t *place,
                        enum seat_breakpoint_kind kind)
{
    CHECK_EQ(d->stops[i].stop.kind, SEAT_STOP_WATCHPOINT);
    CHECK_EQ(d->stops[i].stop.breakpoint, kind);
    CHECK_EQ(d->stops[i].stop.address, at(d, watch_data) + 4);
    CHECK_EQ(d->stops[i].rip, at(d, place));
}

TEST(watched_memory_stops_behind_the_access)
{
    struct debugged d;

    if (!debugged_open(&d, &access_data))
        return;
    d.on_start = watch_writes;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 1);
    check_watch(&d, 0, watch_written, SEAT_WATCH_WRITE);
    debugged_close(&d);
}

TEST(watched_memory_stops_at_reads_if_asked)
{
    struct debugged d;

    if (!debugged_open(&d, &access_data))
        return;
    d.on_start = watch_accesses;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 2);
    check_watch(&d, 0, watch_written, SEAT_WATCH_ACCESS);
    check_watch(&d, 1, watch_read, SEAT_WATCH_ACCESS);
    debugged_close(&d);
}

static void step_and_watch(struct debugged *d, struct tcb *tcb)
{
    watch_accesses(d, tcb);
    seat_debug_step(d->world.seat, tcb, true);
}

/* The better reason of two. */
TEST(a_stepped_access_stops_as_watched)
{
    struct debugged d;

    if (!debugged_open(&d, &access_data))
        return;
    d.on_start = step_and_watch;
    d.on_stop = step_always;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK(d.stop_count >= 4);
    CHECK_EQ(d.stops[0].stop.kind, SEAT_STOP_STEPPED);
    check_watch(&d, 1, watch_written, SEAT_WATCH_ACCESS);
    check_watch(&d, 2, watch_read, SEAT_WATCH_ACCESS);
    CHECK_EQ(d.stops[3].stop.kind, SEAT_STOP_STEPPED);
    debugged_close(&d);
}

static void break_at_read(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    plant_here(d, watch_read, SEAT_BREAK_HARDWARE);
}

static void pull_at_read(struct debugged *d, const struct stopped_thread *stopped)
{
    (void)stopped;
    if (d->stop_count == 2)
        pull_here(d, watch_read, SEAT_BREAK_HARDWARE);
}

TEST(a_hardware_breakpoint_keeps_its_thread_until_it_is_pulled)
{
    struct debugged d;

    if (!debugged_open(&d, &access_data))
        return;
    d.on_start = break_at_read;
    d.on_stop = pull_at_read;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 2);
    CHECK_EQ(d.stops[1].stop.kind, SEAT_STOP_BREAKPOINT);
    CHECK_EQ(d.stops[1].stop.breakpoint, SEAT_BREAK_HARDWARE);
    CHECK_EQ(d.stops[1].rip, at(&d, watch_read));
    debugged_close(&d);
}

/* --- the guest's debug API ----------------------------------------------------------------- */

/* One access that both the guest and the debugger watch: both learn of it. */
TEST(an_access_that_the_guest_watches_too_is_the_guests_as_well)
{
    struct debugged d;

    if (!debugged_open(&d, &access_data))
        return;
    d.world.k->config.hardware_debug_api = true;
    const struct breakpoint own = {.address = at(&d, watch_data) + 4,
                                   .type = BREAKPOINT_DATA,
                                   .access = BREAK_ON_WRITE,
                                   .size = 1};
    debug_set_breakpoint(debugged_initial(&d), 2, &own);
    d.on_start = watch_writes;
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE); /* nobody takes the guest's exception */
    CHECK_EQ(d.world.k->unhandled.fault.type, FAULT_DEBUG_EXCEPTION);
    CHECK_EQ(d.world.k->unhandled.fault.debug.breakpoint, 2);
    CHECK_EQ(d.stop_count, 1);
    CHECK_EQ(d.stops[0].stop.kind, SEAT_STOP_FAULT);
    debugged_close(&d);
}

PLACE(count_1);
PLACE(count_2);
PIECE(count, "nop;" MARK(count_1) "nop;" MARK(count_2) "nop; nop;" HALT);

static void step(struct debugged *d, struct tcb *tcb)
{
    seat_debug_step(d->world.seat, tcb, true);
}

static void step_another(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind == SEAT_STOP_STEPPED)
        seat_debug_step(d->world.seat, stopped->tcb, true);
}

/* The guest counts three steps of its own; the debugger's are the same instructions. */
TEST(a_guest_that_steps_its_thread_counts_right)
{
    struct debugged d;

    if (!debugged_open(&d, &count))
        return;
    d.world.k->config.hardware_debug_api = true;
    debug_configure_stepping(debugged_initial(&d), 3);
    d.on_start = step;
    d.on_stop = step_another;
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
    CHECK_EQ(d.stop_count, 3);
    CHECK_EQ(d.stops[0].rip, at(&d, count_1));
    CHECK_EQ(d.stops[1].rip, at(&d, count_2));
    CHECK_EQ(d.stops[2].stop.kind, SEAT_STOP_FAULT);
    CHECK_EQ(d.stops[2].stop.fault.debug.reason, BREAKPOINT_SINGLE_STEP);
    CHECK_EQ(d.stops[2].rip, at(&d, count_2) + 1);
    debugged_close(&d);
}
