/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that end where they began: the thread that makes one goes on, and nobody else is
 * concerned. They are carried out on the registers as the trap left them, without a look at the
 * scheduler. What is not certain to be such a call is left to the entry (kernel/entry.c), whose
 * outcome this has to be, bit for bit: test_fastpath.c lives random lives with it and without.
 */
#include <kernel/kernel_api.h>

#include <abi/message.h>
#include <base/bits.h>
#include <cap/lookup.h>
#include <sched/sched.h>
#include <sched/time.h>

/* --- sending ------------------------------------------------------------------------------- */

/* False: a thread gets the signal. */
static bool signal_nobody(struct kernel *k, union cap cap)
{
    struct notification *n = notification_at(k, cap.notification.object);
    const struct tcb *bound = tcb_at(k, n->bound_tcb);

    if (n->state == NOTIFICATION_WAITING)
        return false;
    if (n->state == NOTIFICATION_ACTIVE) {
        n->badge |= cap.notification.badge;
        return true;
    }
    if (bound && bound->state == THREAD_BLOCKED_ON_RECEIVE)
        return false;
    n->state = NOTIFICATION_ACTIVE;
    n->badge = cap.notification.badge;
    return true;
}

static bool try_send(struct kernel *k, struct tcb *tcb, word_t reg[USER_REGISTER_COUNT])
{
    const struct slot *slot = lookup_find(k, tcb, reg[UREG_CAP]);

    return message_info_is_short(reg[UREG_MESSAGE_INFO]) && slot &&
           cap_type(slot->cap) == CAP_NOTIFICATION && slot->cap.notification.rights & RIGHT_WRITE &&
           signal_nobody(k, slot->cap);
}

/* The message is lost if nobody waits for it. */
static bool try_nb_send(struct kernel *k, struct tcb *tcb, word_t reg[USER_REGISTER_COUNT])
{
    const struct slot *slot = lookup_find(k, tcb, reg[UREG_CAP]);

    if (slot && cap_type(slot->cap) == CAP_ENDPOINT)
        return message_info_is_short(reg[UREG_MESSAGE_INFO]) &&
               slot->cap.endpoint.rights & RIGHT_WRITE &&
               endpoint_at(k, slot->cap.endpoint.object)->state != ENDPOINT_RECEIVING;
    return try_send(k, tcb, reg);
}

/* --- receiving ----------------------------------------------------------------------------- */

/* What the thread may receive from with that capability pointer; NULL: an entry will say. */
static struct notification *find_notification(struct kernel *k, const struct tcb *tcb, cptr_t cptr)
{
    const struct slot *slot = lookup_find(k, tcb, cptr);

    if (!slot || cap_type(slot->cap) != CAP_NOTIFICATION ||
        !(slot->cap.notification.rights & RIGHT_READ))
        return NULL;
    struct notification *n = notification_at(k, slot->cap.notification.object);
    bool is_anothers = n->bound_tcb && tcb_at(k, n->bound_tcb) != tcb;
    bool may_lend = k->config.mcs && *notification_sched_context(k, slot->cap.notification.object);
    return is_anothers || may_lend ? NULL : n;
}

/* The signals are there already. */
static bool try_receive(struct kernel *k, struct tcb *tcb, word_t reg[USER_REGISTER_COUNT])
{
    struct notification *n = find_notification(k, tcb, reg[UREG_CAP]);

    if (!n || n->state != NOTIFICATION_ACTIVE)
        return false;
    reg[UREG_BADGE] = n->badge;
    n->state = NOTIFICATION_IDLE;
    return true;
}

static bool try_poll(struct kernel *k, struct tcb *tcb, word_t reg[USER_REGISTER_COUNT])
{
    const struct notification *n = find_notification(k, tcb, reg[UREG_CAP]);

    if (!n || n->state == NOTIFICATION_ACTIVE)
        return try_receive(k, tcb, reg);
    reg[UREG_BADGE] = 0;
    return true;
}

/* --- others -------------------------------------------------------------------------------- */

/* Nobody else of its priority is ready. With MCS a turn ends, and the next one is to begin. */
static bool try_yield(struct kernel *k, struct tcb *tcb, word_t reg[USER_REGISTER_COUNT])
{
    const struct tcb *first = sched_first_ready(k, tcb->core, k->domain);

    (void)reg;
    return k->domain_time != 0 && (!first || first->priority < tcb->priority) &&
           (!k->config.mcs || budget_try_yield(k, tcb->core));
}

static bool try_nothing(struct kernel *k, struct tcb *tcb, word_t reg[USER_REGISTER_COUNT])
{
    (void)k;
    (void)tcb;
    (void)reg;
    return true;
}

static bool (*const tries[SYSCALL_COUNT])(struct kernel *k, struct tcb *tcb,
                                          word_t reg[USER_REGISTER_COUNT]) = {
    [SYSCALL_SEND] = try_send,
    [SYSCALL_NB_SEND] = try_nb_send,
    [SYSCALL_RECV] = try_receive,
    [SYSCALL_NB_RECV] = try_poll,
    [SYSCALL_WAIT] = try_receive,
    [SYSCALL_NB_WAIT] = try_poll,
    [SYSCALL_YIELD] = try_yield,
    [SYSCALL_BENCHMARK_FLUSH_CACHES] = try_nothing,
    [SYSCALL_BENCHMARK_NULL_SYSCALL] = try_nothing,
};

/* --- what a seat calls --------------------------------------------------------------------- */

bool kernel_may_try(struct kernel *k)
{
    const struct core *c = &k->cores[0];
    const struct tcb *tcb = tcb_at(k, c->current);

    return k->num_cores == 1 && !k->halted && tcb && tcb->state == THREAD_RUNNING &&
           !tcb->debug.is_stepping && !tcb->yield_to &&
           k->config.benchmarks != BENCHMARKS_TRACK_UTILISATION && !c->reschedule &&
           !c->switch_candidate && !c->slice_over && !c->stall && c->clear.base == 0 &&
           c->clear.end == 0 && (!k->config.mcs || (!c->reprogram && k->config.num_domains <= 1));
}

bool kernel_try_syscall(struct kernel *k, nanoseconds_t now, word_t reg[USER_REGISTER_COUNT])
{
    struct tcb *tcb = tcb_at(k, k->cores[0].current);
    enum syscall syscall = abi_numbers_syscall(&k->numbers, (int64_t)reg[UREG_SYSCALL]);

    return tries[syscall] && (!k->config.mcs || budget_goes_on(k, 0, now)) &&
           tries[syscall](k, tcb, reg);
}
