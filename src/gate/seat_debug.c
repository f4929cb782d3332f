/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debugger's calls. A stop is noted where it happens and reported when the entry is over: then
 * the debugger finds a whole kernel, and what it holds or lets go makes another outcome.
 */
#include <gate/seat_state.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>
#include <string.h>

#define CORE 0

/* --- steps --------------------------------------------------------------------------------- */

static struct seat_step **step_find(struct seat *seat, const struct tcb *tcb)
{
    struct seat_step **link = &seat->debug.steps;
    paddr_t here = kernel_paddr(seat->k, tcb);
    while (*link && !((*link)->tcb == here && (*link)->serial == tcb->serial))
        link = &(*link)->next;
    return link;
}

static void step_remove(struct seat_step **link)
{
    struct seat_step *step = *link;
    if (!step)
        return;
    *link = step->next;
    free(step);
}

static vaddr_t rip_of(const struct tcb *tcb)
{
    word_t reg[USER_REGISTER_COUNT];
    seat_debug_read_registers(tcb, reg);
    return reg[UREG_RIP];
}

void seat_debug_step(struct seat *seat, struct tcb *tcb, bool is_stepping)
{
    struct seat_step **link = step_find(seat, tcb);
    step_remove(link);
    if (!is_stepping)
        return;
    struct seat_step *step = host_allocate(1, sizeof(*step));
    if (!step) {
        seat_fail(seat, -ENOMEM, "no memory to step a thread");
        return;
    }
    *step = (struct seat_step){
        .next = seat->debug.steps,
        .tcb = kernel_paddr(seat->k, tcb),
        .serial = tcb->serial,
        .rip = rip_of(tcb),
    };
    seat->debug.steps = step;
}

bool seat_debug_is_stepping(struct seat *seat, const struct tcb *tcb)
{
    return seat->debug.steps && *step_find(seat, tcb);
}

/* --- stops --------------------------------------------------------------------------------- */

static void note_stop(struct seat *seat, const struct tcb *tcb, const struct seat_stop *stop)
{
    seat->debug.has_stop = true;
    seat->debug.stopped = kernel_paddr(seat->k, tcb);
    seat->debug.stopped_serial = tcb->serial;
    seat->debug.stop = *stop;
}

/* Whatever stops a thread ends its step. */
static void report_stop(struct seat *seat)
{
    struct seat_debug *debug = &seat->debug;
    struct seat_stop stop = debug->stop;
    if (!debug->has_stop)
        return;
    debug->has_stop = false;
    if (!kernel_tcb_is_alive(seat->k, debug->stopped, debug->stopped_serial))
        return;
    struct tcb *tcb = tcb_at(seat->k, debug->stopped);
    step_remove(step_find(seat, tcb));
    debug->debugger->stopped(debug->debugger->context, tcb, &stop);
}

/* Instead of another stop of that thread in the same entry: it will not go on. */
static void note_fault(struct seat *seat)
{
    const struct unhandled_fault *unhandled = &seat->k->unhandled;
    if (seat->debug.unhandled_faults == seat->k->unhandled_faults)
        return;
    seat->debug.unhandled_faults = seat->k->unhandled_faults;
    if (!kernel_tcb_is_alive(seat->k, unhandled->tcb, unhandled->serial))
        return;
    note_stop(seat, tcb_at(seat->k, unhandled->tcb),
              &(struct seat_stop){.kind = SEAT_STOP_FAULT, .fault = unhandled->fault});
}

static bool is_any_held(struct seat *seat)
{
    struct kernel *k = seat->k;
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        if (seat_debug_is_held(seat, tcb))
            return true;
    }
    return false;
}

/* The core is idle: a thread that waits for others, which are held, has made its step. */
static bool note_stuck_step(struct seat *seat)
{
    struct seat_step **link = &seat->debug.steps;
    if (seat->debug.outcome.kind != OUTCOME_IDLE || !*link || !is_any_held(seat))
        return false;
    while (*link) {
        struct seat_step *step = *link;
        bool is_alive = kernel_tcb_is_alive(seat->k, step->tcb, step->serial);
        if (is_alive && !seat_debug_is_held(seat, tcb_at(seat->k, step->tcb))) {
            note_stop(seat, tcb_at(seat->k, step->tcb),
                      &(struct seat_stop){.kind = SEAT_STOP_STEPPED});
            return true;
        }
        if (is_alive)
            link = &step->next;
        else
            step_remove(link);
    }
    return false;
}

bool seat_debug_stops_before_run(struct seat *seat, struct seat_vspace *vspace,
                                 const struct tcb *tcb)
{
    if (!seat->debug.debugger)
        return false;
    if (!vspace->is_reported) {
        vspace->is_reported = true;
        note_stop(seat, tcb, &(struct seat_stop){.kind = SEAT_STOP_STARTED});
        return true;
    }
    const struct seat_step *step = seat->debug.steps ? *step_find(seat, tcb) : NULL;
    if (!step || step->rip == tcb->context.next_ip)
        return false;
    note_stop(seat, tcb, &(struct seat_stop){.kind = SEAT_STOP_STEPPED});
    return true;
}

/* --- traps --------------------------------------------------------------------------------- */

/* An int3 that the debugger has planted: the thread stands at it. */
static void take_int3(struct seat *seat, const struct seat_carrier *carrier, const struct tcb *tcb,
                      word_t reg[USER_REGISTER_COUNT], struct trap *trap)
{
    const struct seat_plant *plant = seat_plants_at(carrier->vspace, reg[UREG_RIP] - 1);
    if (!plant)
        return;
    reg[UREG_RIP] = plant->vaddr;
    *trap = (struct trap){.kind = TRAP_INTERRUPTED};
    note_stop(seat, tcb,
              &(struct seat_stop){.kind = SEAT_STOP_BREAKPOINT,
                                  .breakpoint = SEAT_BREAK_SOFTWARE,
                                  .address = plant->vaddr});
}

/* Hits of the debugger's debug registers go; the guest's, or a step of its own, stay. */
static void take_debug(struct seat *seat, const struct seat_carrier *carrier, const struct tcb *tcb,
                       struct trap *trap)
{
    struct breakpoint list[HARDWARE_BREAKPOINTS];
    const struct seat_plant *owner[HARDWARE_BREAKPOINTS], *hit = NULL;
    seat_plants_breakpoints(carrier->vspace, tcb, list, owner);
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        if (!(trap->debug.breakpoints >> i & 1) || !owner[i])
            continue;
        trap->debug.breakpoints &= (uint8_t)~bit(i);
        hit = owner[i];
    }
    if (!hit)
        return;
    if (!trap->debug.breakpoints && !trap->debug.stepped)
        *trap = (struct trap){.kind = TRAP_INTERRUPTED};
    bool is_code = hit->kind == SEAT_BREAK_HARDWARE;
    note_stop(seat, tcb,
              &(struct seat_stop){.kind = is_code ? SEAT_STOP_BREAKPOINT : SEAT_STOP_WATCHPOINT,
                                  .breakpoint = hit->kind,
                                  .address = hit->vaddr});
}

void seat_debug_take_trap(struct seat *seat, const struct seat_carrier *carrier,
                          const struct tcb *tcb, word_t reg[USER_REGISTER_COUNT], struct trap *trap)
{
    if (trap->kind == TRAP_STEPPED) {
        *trap = (struct trap){.kind = TRAP_INTERRUPTED};
        note_stop(seat, tcb, &(struct seat_stop){.kind = SEAT_STOP_STEPPED});
    } else if (trap->kind == TRAP_EXCEPTION && trap->vector == EXCEPTION_BREAKPOINT) {
        take_int3(seat, carrier, tcb, reg, trap);
    } else if (trap->kind == TRAP_EXCEPTION && trap->vector == EXCEPTION_DEBUG) {
        take_debug(seat, carrier, tcb, trap);
    }
}

/* --- the debugger's turn ------------------------------------------------------------------- */

bool seat_debug_is_due(const struct seat *seat)
{
    const struct seat_debugger *debugger = seat->debug.debugger;
    return debugger && debugger->is_due(debugger->context);
}

bool seat_debug_serve(struct seat *seat, struct outcome *outcome)
{
    struct seat_debug *debug = &seat->debug;
    debug->outcome = *outcome;
    debug->has_entered = false;
    note_fault(seat);
    do
        report_stop(seat);
    while (debug->debugger && note_stuck_step(seat));
    while (seat_debug_is_due(seat) && !seat->ended &&
           !seat->client.should_stop(seat->client.context))
        debug->debugger->serve(debug->debugger->context);
    *outcome = debug->outcome;
    return debug->has_entered;
}

/* --- holds --------------------------------------------------------------------------------- */

static bool is_of(const struct seat_pending_hold *hold, struct seat *seat, const struct tcb *tcb)
{
    return hold->tcb == kernel_paddr(seat->k, tcb) && hold->serial == tcb->serial;
}

bool seat_debug_is_held(struct seat *seat, const struct tcb *tcb)
{
    bool is_held = tcb->is_held;
    for (const struct seat_pending_hold *h = seat->debug.pending_holds; h; h = h->next) {
        if (is_of(h, seat, tcb))
            is_held = h->is_held;
    }
    return is_held;
}

static void defer_hold(struct seat *seat, const struct tcb *tcb, bool is_held)
{
    struct seat_pending_hold **link = &seat->debug.pending_holds;
    struct seat_pending_hold *hold = host_allocate(1, sizeof(*hold));
    if (!hold) {
        seat_fail(seat, -ENOMEM, "no memory to hold a thread");
        return;
    }
    *hold = (struct seat_pending_hold){
        .tcb = kernel_paddr(seat->k, tcb), .serial = tcb->serial, .is_held = is_held};
    while (*link)
        link = &(*link)->next;
    *link = hold;
}

void seat_debug_hold(struct seat *seat, struct tcb *tcb, bool is_held)
{
    if (seat_debug_is_held(seat, tcb) == is_held)
        return;
    seat->debug.has_entered = true;
    if (seat->ops->runs_kernel) {
        defer_hold(seat, tcb, is_held);
        return;
    }
    nanoseconds_t now = seat->client.now(seat->client.context);
    seat->debug.outcome = (is_held ? kernel_hold : kernel_unhold)(seat->k, CORE, tcb, now);
}

bool seat_debug_take_hold(struct seat *seat, paddr_t *ret_tcb, bool *ret_is_held)
{
    struct seat_pending_hold *hold;
    bool is_alive = false;
    while (!is_alive && (hold = seat->debug.pending_holds) != NULL) {
        seat->debug.pending_holds = hold->next;
        is_alive = kernel_tcb_is_alive(seat->k, hold->tcb, hold->serial);
        *ret_tcb = hold->tcb;
        *ret_is_held = hold->is_held;
        free(hold);
    }
    return is_alive;
}

static void forget_steps(struct seat *seat)
{
    while (seat->debug.steps)
        step_remove(&seat->debug.steps);
}

void seat_debug_clear(struct seat *seat)
{
    struct seat_debug *debug = &seat->debug;
    forget_steps(seat);
    while (debug->pending_holds) {
        struct seat_pending_hold *next = debug->pending_holds->next;
        free(debug->pending_holds);
        debug->pending_holds = next;
    }
}

void seat_debug_forget_all(struct seat *seat)
{
    struct kernel *k = seat->k;
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next))
        seat_debug_hold(seat, tcb, false);
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        for (struct seat_vspace *v = seat->vspaces[i]; v; v = v->next)
            seat_plants_clear(seat, v);
    }
    forget_steps(seat);
}

void seat_set_debugger(struct seat *seat, const struct seat_debugger *debugger)
{
    if (!debugger)
        seat_debug_forget_all(seat);
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        for (struct seat_vspace *v = seat->vspaces[i]; v; v = v->next)
            v->is_reported = false;
    }
    seat->debug.debugger = debugger;
    seat->debug.has_stop = false;
    seat->debug.unhandled_faults = seat->k->unhandled_faults;
}
