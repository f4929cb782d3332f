/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/seat_state.h>

#include <base/bits.h>
#include <errno.h>
#include <gate/execute.h>
#include <host/host.h>
#include <model/console.h>
#include <sched/sched.h>
#include <seat/entry.h>
#include <seat/fsr.h>
#include <seat/tsc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORE 0 /* the monitor seat runs one */

/* --- ends ---------------------------------------------------------------------------------- */

static void end(struct seat *seat, enum seat_end why)
{
    if (!seat->ended)
        seat->result->end = why;
    seat->ended = true;
}

void seat_fail(struct seat *seat, int error, const char *what, ...)
{
    if (!seat->ended) {
        va_list arguments;
        va_start(arguments, what);
        vsnprintf(seat->result->what, sizeof(seat->result->what), what, arguments);
        va_end(arguments);
        seat->result->error = error;
    }
    end(seat, SEAT_END_HOST_FAILED);
}

/* --- traps --------------------------------------------------------------------------------- */

static void trace_trap(struct seat *seat, struct tcb *tcb, const struct trap *trap)
{
    if (seat->client.trace_enter && trap->kind != TRAP_INTERRUPTED)
        seat->client.trace_enter(seat->client.context, seat->k, tcb, trap);
}

static struct outcome enter(struct seat *seat, const struct tcb *tcb, const struct trap *trap,
                            word_t fsr)
{
    if (trap->kind != TRAP_INTERRUPTED)
        seat->client.entered(seat->client.context);
    return seat_enter(seat->k, CORE, tcb, trap, fsr, seat->client.now(seat->client.context));
}

static struct outcome take_trap(struct seat *seat, struct seat_carrier *carrier, struct tcb *tcb,
                                word_t reg[USER_REGISTER_COUNT], struct trap *trap, word_t fsr)
{
    if (trap->kind == TRAP_GONE) {
        seat_vspace_forget(seat, carrier->vspace);
        seat_fail(seat, -ESRCH, "a guest process was killed from outside");
        return (struct outcome){.kind = OUTCOME_HALT};
    }
    if (seat->debug.debugger)
        seat_debug_take_trap(seat, carrier, tcb, reg, trap);
    if (trap->kind != TRAP_INTERRUPTED)
        carrier->has_spun = false;
    kernel_save_registers(tcb, reg, trap->kind == TRAP_SYSCALL);
    trace_trap(seat, tcb, trap);
    return enter(seat, tcb, trap, fsr);
}

/* --- events -------------------------------------------------------------------------------- */

/* An interrupt or a tick that is due, or neither. Looking takes the interrupt. */
struct event {
    int vector; /* negative: no interrupt */
    bool is_tick;
    nanoseconds_t now;
};

static bool find_event(struct seat *seat, nanoseconds_t deadline, struct event *ret_event)
{
    const struct seat_client *client = &seat->client;
    nanoseconds_t now = client->now(client->context);
    int vector = client->pending_interrupt(client->context, now);
    *ret_event = (struct event){.vector = vector, .is_tick = now >= deadline, .now = now};
    return vector >= 0 || ret_event->is_tick;
}

static struct outcome deliver(struct seat *seat, const struct event *event)
{
    if (event->vector >= 0)
        return kernel_interrupt(seat->k, CORE, (unsigned)event->vector, event->now);
    return kernel_timer(seat->k, CORE, event->now);
}

/* --- running ------------------------------------------------------------------------------- */

/* Without a VSpace the first instruction fetch faults. */
static struct outcome run_nowhere(struct seat *seat, struct tcb *tcb)
{
    word_t reg[USER_REGISTER_COUNT];
    kernel_load_registers(tcb, reg);
    kernel_save_registers(tcb, reg, false);
    const struct translation nothing = {.present = false};
    const struct trap trap = {.kind = TRAP_PAGE_FAULT, .address = reg[UREG_RIP], .fetch = true};
    trace_trap(seat, tcb, &trap);
    return enter(seat, tcb, &trap, seat_fsr(nothing, false));
}

/* One run of the gate; of one instruction, if pages of breakpoints are open to the guest. */
static int run_gate(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb,
                    bool is_stepping, word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap)
{
    struct seat_vspace *vspace = carrier->vspace;
    bool has_fpu = !(tcb->flags & TCB_FLAG_FPU_DISABLED);
    if (!is_stepping && !vspace->plants.has_open_page)
        return (has_fpu ? seat->ops->run : seat->ops->run_without_fpu)(carrier->carrier, reg,
                                                                       ret_trap);
    int error = seat->ops->step(carrier->carrier, reg, has_fpu, ret_trap);
    if (error || ret_trap->kind != TRAP_PAGE_FAULT)
        seat_plants_close(seat, vspace);
    return error;
}

/* The seat has carried out an instruction: the guest goes on once events were looked for. */
static void end_emulation(word_t reg[USER_REGISTER_COUNT], bool is_stepping, struct trap *ret_trap)
{
    if (!seat_ends_step(reg, is_stepping, ret_trap))
        ret_trap->kind = TRAP_INTERRUPTED;
}

static void read_tsc(struct seat *seat, const struct trap *trap, word_t reg[USER_REGISTER_COUNT])
{
    const struct seat_client *client = &seat->client;

    client->entered(client->context);
    seat_tsc_read(&seat->k->tsc, client->now(client->context), trap->vector, reg);
}

/*
 * Runs until the kernel is concerned, or the debugger. A page that was only not mapped yet is none
 * of their business: on a real machine there is no such fault, and it would leave registers in the
 * TCB that a system call does not save.
 */
static int run_until_trap(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb,
                          word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap, word_t *ret_fsr)
{
    bool is_stepping = seat_debug_is_stepping(seat, tcb);
    for (;;) {
        int error = run_gate(seat, carrier, tcb, is_stepping, reg, ret_trap);
        if (!error && ret_trap->kind == TRAP_STEPPED && !is_stepping)
            continue;
        if (!error && ret_trap->kind == TRAP_CPUID) {
            execute_cpuid(&seat->k->config, reg);
            if (seat_ends_step(reg, is_stepping, ret_trap))
                return 0;
            continue;
        }
        if (!error && ret_trap->kind == TRAP_TSC) {
            read_tsc(seat, ret_trap, reg);
            end_emulation(reg, is_stepping, ret_trap);
            return 0;
        }
        if (error || ret_trap->kind != TRAP_PAGE_FAULT)
            return error;
        enum fault_result result = seat_page_fault(seat, carrier, reg, ret_trap, ret_fsr);
        if (result == FAULT_TO_GUEST)
            return 0;
        if (result == FAULT_EMULATED || seat->ended) {
            end_emulation(reg, is_stepping, ret_trap);
            return 0;
        }
        seat_give_way(seat, carrier->vspace); /* the mapping may have moved the gate's page */
    }
}

/* Tells the carrier the breakpoints of its TCB and its VSpace if they have changed. */
static bool set_breakpoints(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb)
{
    const struct seat_vspace *vspace = carrier->vspace;
    if (carrier->debug_generation == tcb->debug.generation &&
        carrier->plants_generation == vspace->plants.generation)
        return true;
    struct breakpoint list[HARDWARE_BREAKPOINTS];
    const struct seat_plant *owner[HARDWARE_BREAKPOINTS];
    seat_plants_breakpoints(vspace, tcb, list, owner);
    int error = seat->ops->carrier_set_breakpoints(carrier->carrier, list);
    carrier->debug_generation = tcb->debug.generation;
    carrier->plants_generation = vspace->plants.generation;
    if (error)
        seat_fail(seat, error, "cannot set hardware breakpoints for the thread %s", carrier->name);
    return !error;
}

/*
 * Runs until the kernel is entered. What stopped the thread may concern the seat alone: a device
 * access that it has carried out, a look at the clock. On a real machine there is no trap then.
 */
static struct outcome run_until_entry(struct seat *seat, struct seat_carrier *carrier,
                                      struct tcb *tcb, word_t reg[USER_REGISTER_COUNT],
                                      struct outcome outcome)
{
    const struct seat_client *client = &seat->client;
    for (;;) {
        struct trap trap;
        struct event event;
        word_t fsr = 0;
        seat_plants_refresh(seat, carrier->vspace);
        client->arm(client->context, outcome.deadline);
        int error = run_until_trap(seat, carrier, tcb, reg, &trap, &fsr);
        seat_plants_close(seat, carrier->vspace);
        if (error) {
            seat_fail(seat, error, "cannot run the thread %s", carrier->name);
            return outcome;
        }
        if (trap.kind != TRAP_INTERRUPTED)
            return take_trap(seat, carrier, tcb, reg, &trap, fsr);
        carrier->has_spun |= client->stopped(client->context, outcome.deadline, carrier->has_spun);
        if (find_event(seat, outcome.deadline, &event)) {
            kernel_save_registers(tcb, reg, false);
            return deliver(seat, &event);
        }
        if (seat->ended || client->should_stop(client->context) || seat_debug_is_due(seat))
            return take_trap(seat, carrier, tcb, reg, &trap, fsr);
    }
}

/* The carrier of a thread that is about to run, in a VSpace that is as it has to be; or NULL. */
static struct seat_carrier *prepare_carrier(struct seat *seat, struct tcb *tcb, paddr_t root)
{
    struct seat_vspace *vspace = seat_vspace_get(seat, root);
    struct seat_carrier *carrier = vspace ? seat_carrier_get(seat, tcb, vspace) : NULL;
    if (!carrier)
        return NULL;
    seat_make_losses(seat, vspace);
    seat_give_way(seat, vspace);
    return seat->ended ? NULL : carrier;
}

static struct outcome run_thread(struct seat *seat, struct outcome outcome)
{
    struct tcb *tcb = tcb_at(seat->k, outcome.tcb);
    paddr_t root = kernel_tcb_vspace(seat->k, tcb);
    if (!root)
        return run_nowhere(seat, tcb);

    struct seat_carrier *carrier = prepare_carrier(seat, tcb, root);
    if (!carrier || seat_debug_stops_before_run(seat, carrier->vspace, tcb))
        return outcome;

    word_t reg[USER_REGISTER_COUNT];
    struct trap trap = seat_step_trap;
    kernel_load_registers(tcb, reg);
    if (kernel_traps_at_once(tcb))
        return take_trap(seat, carrier, tcb, reg, &trap, 0);
    if (!set_breakpoints(seat, carrier, tcb))
        return outcome;
    return run_until_entry(seat, carrier, tcb, reg, outcome);
}

static struct outcome wait_for_event(struct seat *seat, struct outcome outcome)
{
    bool time_wakes = sched_time_can_wake(seat->k, CORE);
    if (!seat->client.wait(seat->client.context, outcome.deadline, time_wakes))
        end(seat, SEAT_END_IDLE);
    return outcome;
}

static struct outcome answer_device(struct seat *seat)
{
    const struct device_access *access = &seat->k->cores[CORE].device;
    const struct seat_client *client = &seat->client;
    uint64_t value = 0;
    if (access->kind == DEVICE_PORT_IN)
        value = client->port_in(client->context, (uint16_t)access->address, access->size);
    else
        client->port_out(client->context, (uint16_t)access->address, access->size, access->value);
    return kernel_device_answer(seat->k, CORE, value, client->now(client->context));
}

/* --- the loop ------------------------------------------------------------------------------ */

static void drain_console(struct seat *seat)
{
    const char *text;
    uint32_t length = console_take(seat->k, &text);
    if (length)
        seat->client.console(seat->client.context, text, length);
}

/* What an entry may have left for the world outside. */
static void after_entry(struct seat *seat, struct outcome outcome)
{
    drain_console(seat);
    if (outcome.kind == OUTCOME_PREEMPTED)
        seat->client.worked(seat->client.context,
                            seat->k->config.max_num_work_units_per_preemption);
    if (seat->client.trace_leave)
        seat->client.trace_leave(seat->client.context, seat->k, outcome);
    if (seat->irq_changes_seen != seat->k->irq_changes) {
        seat->irq_changes_seen = seat->k->irq_changes;
        seat->client.irqs_changed(seat->client.context, seat->k);
    }
}

static struct outcome carry_out(struct seat *seat, struct outcome outcome)
{
    switch (outcome.kind) {
    case OUTCOME_RUN:
        return run_thread(seat, outcome);
    case OUTCOME_IDLE:
        return wait_for_event(seat, outcome);
    case OUTCOME_DEVICE:
        return answer_device(seat);
    case OUTCOME_CLEAR:
        seat_clear_memory(seat, CORE);
        break;
    case OUTCOME_PREEMPTED:
    case OUTCOME_STALL: /* there is no other core */
    case OUTCOME_CONSOLE:
        break;
    case OUTCOME_HALT:
        end(seat, SEAT_END_HALTED);
        return outcome;
    }
    return kernel_continue(seat->k, CORE, seat->client.now(seat->client.context));
}

void seat_run(struct seat *seat, struct seat_result *ret_result)
{
    const struct seat_client *client = &seat->client;
    *ret_result = (struct seat_result){0};
    seat->result = ret_result;
    seat->ended = false;

    struct outcome outcome = kernel_start(seat->k, CORE, client->now(client->context));
    while (!seat->ended) {
        after_entry(seat, outcome);
        if (seat->debug.debugger && seat_ends_entry(outcome.kind) &&
            seat_debug_serve(seat, &outcome))
            continue;
        /* Looking for events comes first: it may be what tells the client to stop. */
        struct event event;
        bool is_due =
            seat_may_be_interrupted(outcome.kind) && find_event(seat, outcome.deadline, &event);
        if (is_due)
            outcome = deliver(seat, &event);
        if (client->should_stop(client->context)) {
            end(seat, SEAT_END_STOPPED);
            break;
        }
        if (is_due)
            continue;
        seat_reap(seat);
        if (seat_ends_entry(outcome.kind) && kernel_measures_entries(seat->k, CORE))
            kernel_leave(seat->k, CORE, client->now(client->context));
        if (!seat->ended)
            outcome = carry_out(seat, outcome);
    }
    drain_console(seat);
}

int seat_open(const struct gate_ops *ops, struct gate *gate, struct kernel *k,
              const struct seat_client *client, struct seat **ret_seat)
{
    struct seat *seat = host_allocate(1, sizeof(*seat));
    if (!seat)
        return -ENOMEM;
    seat->ops = ops;
    seat->gate = gate;
    seat->k = k;
    seat->client = *client;
    seat->irq_changes_seen = k->irq_changes - 1;
    *ret_seat = seat;
    return 0;
}

void seat_close(struct seat *seat)
{
    seat_cache_clear(seat);
    seat_debug_clear(seat);
    free(seat);
}
