/* SPDX-License-Identifier: BSD-2-Clause */
/* When a seat calls its debugger: starts, freezes, holds, steps and faults. */
#include <string.h>
#include <test.h>

#include <abi/bootinfo.h>
#include <gate/testkit_debugger.h>

PIECE(print_and_halt, PRINT('o') PRINT('k') HALT);

/* --- starts and freezes -------------------------------------------------------------------- */

static void note_start(struct debugged *d, struct tcb *tcb)
{
    CHECK(tcb == debugged_initial(d));
    CHECK_EQ(debugged_register(tcb, UREG_RIP), GUEST_IMAGE_START);
    CHECK_EQ(d->world.length, 0);
}

TEST(a_vspace_is_reported_before_its_first_instruction)
{
    struct debugged d;

    if (!debugged_open(&d, &print_and_halt))
        return;
    d.on_start = note_start;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.starts, 1);
    CHECK_EQ(d.stop_count, 0);
    CHECK(!strncmp(d.world.text, "ok", 2));
    debugged_close(&d);
}

PIECE(undefined, "ud2");

TEST(each_vspace_is_reported_once)
{
    struct debugged d;

    if (!debugged_open(&d, &undefined))
        return;
    debugged_thread(&d, 200, INITIAL_CAP_VSPACE, GUEST_IMAGE_START);
    debugged_thread(&d, 100, debugged_vspace(&d), GUEST_IMAGE_START);
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
    CHECK_EQ(d.starts, 2);
    CHECK_EQ(d.stop_count, 3); /* the faults */
    debugged_close(&d);
}

static void freeze(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    d->due = 5;
}

static void note_frozen(struct debugged *d)
{
    CHECK_EQ(d->world.length, 0);
}

TEST(a_frozen_machine_runs_no_guest_code)
{
    struct debugged d;

    if (!debugged_open(&d, &print_and_halt))
        return;
    d.on_start = freeze;
    d.on_serve = note_frozen;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.serves, 5);
    debugged_close(&d);
}

static void stop_machine(struct debugged *d)
{
    d->world.stop_at = 1;
}

TEST(a_frozen_machine_can_be_stopped)
{
    struct debugged d;

    if (!debugged_open(&d, &print_and_halt))
        return;
    d.on_start = freeze;
    d.on_serve = stop_machine;
    CHECK_EQ(debugged_run(&d), SEAT_END_STOPPED);
    CHECK_EQ(d.serves, 1);
    CHECK_EQ(d.world.length, 0);
    debugged_close(&d);
}

static void leave(struct debugged *d)
{
    seat_set_debugger(d->world.seat, NULL);
}

static void hold_and_freeze(struct debugged *d, struct tcb *tcb)
{
    seat_debug_hold(d->world.seat, tcb, true);
    seat_debug_step(d->world.seat, tcb, true);
    plant_here(d, print_and_halt.start, SEAT_BREAK_SOFTWARE);
    plant_here(d, print_and_halt.start, SEAT_BREAK_HARDWARE);
    d->due = 3;
}

TEST(a_debugger_that_leaves_lets_everything_go)
{
    struct debugged d;

    if (!debugged_open(&d, &print_and_halt))
        return;
    d.on_start = hold_and_freeze;
    d.on_serve = leave;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.serves, 1);
    CHECK_EQ(d.stop_count, 0);
    CHECK(!strncmp(d.world.text, "ok", 2));
    debugged_close(&d);
}

TEST(a_new_debugger_is_told_again)
{
    struct debugged d;

    if (!debugged_open(&d, &print_and_halt))
        return;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    seat_set_debugger(d.world.seat, &d.debugger);
    d.world.k->halted = false;
    world_load(&d.world, &print_and_halt, 0, 0);
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.starts, 2);
    debugged_close(&d);
}

/* --- holds --------------------------------------------------------------------------------- */

static void hold(struct debugged *d, struct tcb *tcb)
{
    seat_debug_hold(d->world.seat, tcb, true);
}

static void let_go(struct debugged *d)
{
    CHECK_EQ(d->world.length, 0);
    CHECK_EQ(debugged_initial(d)->state, THREAD_RUNNING);
    seat_debug_hold(d->world.seat, debugged_initial(d), false);
}

/* What traces see: the outcomes of holds, too. */
static unsigned idle_outcomes;

static void count_idle(void *context, struct kernel *k, struct outcome outcome)
{
    (void)context;
    (void)k;
    idle_outcomes += outcome.kind == OUTCOME_IDLE;
}

static struct debugged *waiting;

static void serve_once(struct world *world)
{
    (void)world;
    waiting->due = 1;
}

TEST(a_machine_whose_threads_are_held_waits)
{
    struct debugged d;

    if (!debugged_open(&d, &print_and_halt))
        return;
    waiting = &d;
    d.on_start = hold;
    d.on_serve = let_go;
    d.world.on_wait = serve_once;
    d.world.seat->client.trace_leave = count_idle;
    idle_outcomes = 0;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.world.waits, 1);
    CHECK_EQ(idle_outcomes, 2); /* before the wait and after it */
    CHECK(!strncmp(d.world.text, "ok", 2));
    debugged_close(&d);
}

/* --- steps --------------------------------------------------------------------------------- */

static void step(struct debugged *d, struct tcb *tcb)
{
    seat_debug_step(d->world.seat, tcb, true);
}

static void check_steps(const struct debugged *d, const uint8_t *const places[], unsigned count)
{
    CHECK_EQ(d->stop_count, count);
    for (unsigned i = 0; i < count && i < d->stop_count; i++) {
        CHECK_EQ(d->stops[i].stop.kind, SEAT_STOP_STEPPED);
        CHECK_EQ(d->stops[i].rip, at(d, places[i]));
    }
}

PLACE(flags_1);
PLACE(flags_2);
PLACE(flags_3);
PLACE(flags_4);
PLACE(flags_5);
PLACE(flags_6);
PLACE(flags_7);
PLACE(flags_8);
PLACE(flags_9);
PIECE(
    use_flags,
    "leaq stack_end_of_flags(%rip), %rsp;" MARK(flags_1) "pushfq;" MARK(flags_2) "popq %rdi;" MARK(flags_3) "shrq $8, %rdi;" MARK(flags_4) "andl $1, %edi;" MARK(
        flags_5) "addl $'0', %edi;" MARK(flags_6) "movq %r12, %rdx;" MARK(flags_7) "syscall;" MARK(flags_8) "movq %r13, %rdx;" MARK(flags_9) "syscall; .skip 64;"
                                                                                                                                             "stack_end_of_flags:");

TEST(steps_are_one_instruction_and_the_guest_does_not_see_them)
{
    static const uint8_t *const places[] = {flags_1, flags_2, flags_3, flags_4, flags_5,
                                            flags_6, flags_7, flags_8, flags_9};
    struct debugged d;

    if (!debugged_open(&d, &use_flags))
        return;
    d.on_start = step;
    d.on_stop = step_always;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    check_steps(&d, places, ARRAY_LENGTH(places));
    CHECK(!strncmp(d.world.text, "0", 1));
    CHECK_EQ(debugged_initial(&d)->context.reg[UREG_RFLAGS] & RFLAGS_TRAP, 0);
    debugged_close(&d);
}

PLACE(device_1);
PLACE(device_2);
PLACE(device_3);
PIECE(use_device, "movq (%r14), %rdi;" MARK(device_1) "movq %rdi, 8(%r15);" MARK(
                      device_2) "movq %r13, %rdx;" MARK(device_3) "syscall");

/* One page is a device, the other only not mapped yet. */
TEST(steps_go_over_what_the_seat_does_for_a_thread)
{
    static const uint8_t *const places[] = {device_1, device_2, device_3};
    struct debugged d;

    if (!debugged_open(&d, &use_device))
        return;
    world_load(&d.world, &use_device, EXTRA_PAGE, PAGE(80));
    world_map(&d.world, EXTRA_PAGE, DEVICE, READ_WRITE);
    world_map(&d.world, PAGE(80), 0x100000, READ_WRITE);
    d.world.device[0] = 0x77;
    d.on_start = step;
    d.on_stop = step_always;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    check_steps(&d, places, ARRAY_LENGTH(places));
    CHECK_EQ(d.world.reads, 1);
    CHECK_EQ(((word_t *)world_memory(&d.world, 0x100000))[1], 0x77);
    debugged_close(&d);
}

PLACE(loop_1);
PLACE(loop_2);
PIECE(loop, MARK(loop_1) "incl %ebx;" MARK(loop_2) "jmp loop_1");

static void step_twice(struct debugged *d, const struct stopped_thread *stopped)
{
    if (d->stop_count < 3)
        step_always(d, stopped);
    else
        d->world.stop_at = 1;
}

TEST(a_step_that_jumps_back_is_over)
{
    static const uint8_t *const places[] = {loop_2, loop_1, loop_2};
    struct debugged d;

    if (!debugged_open(&d, &loop))
        return;
    d.on_start = step;
    d.on_stop = step_twice;
    CHECK_EQ(debugged_run(&d), SEAT_END_STOPPED);
    check_steps(&d, places, ARRAY_LENGTH(places));
    debugged_close(&d);
}

PLACE(self_1);
PIECE(jump_to_itself, MARK(self_1) "jmp self_1");

TEST(a_step_of_an_instruction_that_jumps_to_itself_is_over)
{
    static const uint8_t *const places[] = {self_1, self_1, self_1};
    struct debugged d;

    if (!debugged_open(&d, &jump_to_itself))
        return;
    d.on_start = step;
    d.on_stop = step_twice;
    CHECK_EQ(debugged_run(&d), SEAT_END_STOPPED);
    check_steps(&d, places, ARRAY_LENGTH(places));
    debugged_close(&d);
}

/* The client calls the server, the number is in r14, which answers by ReplyRecv: in rbx. */
PLACE(client_1);
PLACE(client_2);
PLACE(server_1);
PIECE(call, "movl $1, %esi; xorl %r8d, %r8d; movq %r14, %rdx; movq %rbp, %rdi;" MARK(
                client_1) "syscall;" MARK(client_2) PRINT('c') HALT
      "server_1: movq %rbp, %rdi; movq %rbx, %rdx; xorl %esi, %esi; syscall; jmp server_1");

/* A server that waits on an endpoint, and the initial thread about to call it. */
static bool open_call(struct debugged *d)
{
    if (!debugged_open(d, &call))
        return false;
    const struct kernel_config *config = &d->world.k->config;
    cptr_t ep = guest_make(&d->guest, OBJECT_ENDPOINT, 0);
    word_t reg[USER_REGISTER_COUNT];
    world_load(&d->world, &call, (word_t)abi_syscall_number(config, SYSCALL_CALL), 0);
    kernel_load_registers(debugged_initial(d), reg);
    reg[UREG_RBP] = ep;
    reg[UREG_RBX] = (word_t)abi_syscall_number(config, SYSCALL_REPLY_RECV);
    kernel_save_registers(debugged_initial(d), reg, false);
    d->other = debugged_thread(d, 255, INITIAL_CAP_VSPACE, at(d, server_1));
    return true;
}

static void step_client(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind == SEAT_STOP_BREAKPOINT) {
        CHECK(stopped->tcb == debugged_initial(d));
        pull_here(d, client_1, SEAT_BREAK_SOFTWARE);
        seat_debug_step(d->world.seat, stopped->tcb, true);
    }
}

static void plant_at_call(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    plant_here(d, client_1, SEAT_BREAK_SOFTWARE);
}

/* The breakpoint lies on the system call itself. */
TEST(a_step_over_a_call_ends_in_the_thread_that_made_it)
{
    struct debugged d;

    if (!open_call(&d))
        return;
    d.on_start = plant_at_call;
    d.on_stop = step_client;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 2);
    CHECK_EQ(d.stops[0].rip, at(&d, client_1));
    CHECK_EQ(d.stops[1].stop.kind, SEAT_STOP_STEPPED);
    CHECK(d.stops[1].tcb == debugged_initial(&d));
    CHECK_EQ(d.stops[1].rip, at(&d, client_2));
    CHECK(!strncmp(d.world.text, "c", 1));
    debugged_close(&d);
}

static void step_client_alone(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind == SEAT_STOP_BREAKPOINT)
        seat_debug_hold(d->world.seat, d->other, true);
    else
        seat_debug_hold(d->world.seat, d->other, false);
    step_client(d, stopped);
}

TEST(a_step_that_waits_for_held_threads_is_over_at_once)
{
    struct debugged d;

    if (!open_call(&d))
        return;
    d.on_start = plant_at_call;
    d.on_stop = step_client_alone;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 2);
    CHECK_EQ(d.stops[1].stop.kind, SEAT_STOP_STEPPED);
    CHECK_EQ(d.stops[1].rip, at(&d, client_2)); /* as it waits for the answer */
    CHECK(!strncmp(d.world.text, "c", 1));
    debugged_close(&d);
}

static void delete_server(struct debugged *d, const struct stopped_thread *stopped)
{
    seat_debug_step(d->world.seat, d->other, true);
    guest_delete(&d->guest, d->guest.next_slot - 2);
    CHECK_EQ(d->other->serial, 0);
    step_client(d, stopped);
}

TEST(a_stepped_thread_may_die)
{
    struct debugged d;

    if (!open_call(&d))
        return;
    d.on_start = plant_at_call;
    d.on_stop = delete_server;
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE); /* nobody answers */
    CHECK_EQ(d.stop_count, 1);
    debugged_close(&d);
}

/* A page that the thread's handler maps: the handler's breakpoint is where the test does it. */
PLACE(mended_1);
PLACE(mended_2);
PLACE(handler_1);
PLACE(handler_2);
PIECE(mended,
      MARK(mended_1) "movq (%r14), %rdi;" MARK(mended_2) PUT_CHAR HALT
          MARK(handler_1) "movq %rbp, %rdi; movq %rbx, %rdx; xorl %esi, %esi; syscall;" MARK(
              handler_2) "jmp handler_1");

static void start_mending(struct debugged *d, struct tcb *tcb)
{
    plant_here(d, handler_2, SEAT_BREAK_SOFTWARE);
    if (tcb == debugged_initial(d))
        seat_debug_step(d->world.seat, tcb, true);
}

static void mend(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind != SEAT_STOP_BREAKPOINT)
        return;
    pull_here(d, handler_2, SEAT_BREAK_SOFTWARE);
    world_map(&d->world, EXTRA_PAGE, 0x100000, READ_WRITE);
}

TEST(a_step_goes_over_a_fault_that_a_handler_mends)
{
    struct debugged d;
    word_t reg[USER_REGISTER_COUNT];

    if (!debugged_open(&d, &mended))
        return;
    cptr_t ep = guest_make(&d.guest, OBJECT_ENDPOINT, 0);
    world_load(&d.world, &mended, EXTRA_PAGE, 0);
    kernel_load_registers(debugged_initial(&d), reg);
    reg[UREG_RBP] = ep;
    reg[UREG_RBX] = (word_t)abi_syscall_number(&d.world.k->config, SYSCALL_REPLY_RECV);
    kernel_save_registers(debugged_initial(&d), reg, false);
    debugged_initial(&d)->fault_handler = ep;
    d.other = debugged_thread(&d, 255, INITIAL_CAP_VSPACE, at(&d, handler_1));
    *(char *)world_memory(&d.world, 0x100000) = 'm';
    d.on_start = start_mending;
    d.on_stop = mend;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 2);
    CHECK(d.stops[0].tcb == d.other);
    CHECK(d.stops[1].tcb == debugged_initial(&d));
    CHECK_EQ(d.stops[1].stop.kind, SEAT_STOP_STEPPED);
    CHECK_EQ(d.stops[1].rip, at(&d, mended_2));
    CHECK(!strncmp(d.world.text, "m", 1));
    debugged_close(&d);
}

/* --- faults -------------------------------------------------------------------------------- */

PIECE(read_nothing, "movq 0x700, %rax");

TEST(a_fault_that_nobody_takes_stops)
{
    struct debugged d;

    if (!debugged_open(&d, &read_nothing))
        return;
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
    CHECK_EQ(d.stop_count, 1);
    CHECK_EQ(d.stops[0].stop.kind, SEAT_STOP_FAULT);
    CHECK_EQ(d.stops[0].stop.fault.type, FAULT_VM);
    CHECK_EQ(d.stops[0].stop.fault.vm.address, 0x700);
    CHECK_EQ(d.stops[0].rip, GUEST_IMAGE_START);
    CHECK_EQ(d.stops[0].tcb->state, THREAD_INACTIVE);
    debugged_close(&d);
}

TEST(a_stepped_instruction_that_faults_stops_once)
{
    struct debugged d;

    if (!debugged_open(&d, &read_nothing))
        return;
    d.on_start = step;
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
    CHECK_EQ(d.stop_count, 1);
    CHECK_EQ(d.stops[0].stop.kind, SEAT_STOP_FAULT);
    CHECK(!seat_debug_is_stepping(d.world.seat, debugged_initial(&d)));
    debugged_close(&d);
}
