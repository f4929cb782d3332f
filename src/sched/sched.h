/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: strict priorities, round robin within one, domains in a fixed cycle. Manual,
 * "Threads and Execution"; for MCS see docs/mcs.md. A schedulable TCB other than the current one is
 * in its ready queue, unless a debugger holds it.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <model/kernel.h>

bool tcb_is_runnable(const struct tcb *tcb);
bool tcb_is_blocked(const struct tcb *tcb);
bool tcb_is_waiting(const struct tcb *tcb); /* for a message, a reply or a signal */
/* Runnable and, with MCS, with a scheduling context that has time. */
bool tcb_is_schedulable(struct kernel *k, const struct tcb *tcb);
bool tcb_may_run(struct kernel *k, const struct tcb *tcb); /* schedulable, and not held */

/* Sets the state; a current thread that stops being runnable makes the core choose anew. */
void tcb_set_state(struct kernel *k, struct tcb *tcb, enum thread_state state);

/*
 * Ready queues: to the front, to the back, out (no effect if it is where it is asked to be). The
 * queues are those of the thread's core; if that is another one which should run the thread at
 * once, it is interrupted at the end of this entry.
 */
void sched_enqueue(struct kernel *k, struct tcb *tcb);
void sched_append(struct kernel *k, struct tcb *tcb);
void sched_dequeue(struct kernel *k, struct tcb *tcb);

/* `tcb` has become runnable: it runs next if its priority is higher than the current one's. */
void sched_possible_switch(struct kernel *k, unsigned core, struct tcb *tcb);

/* Choose anew at the end of this entry. */
void sched_reschedule(struct kernel *k, unsigned core);

/* Chooses the thread to run and makes it current; gives a restarted thread its next IP. */
void sched_schedule(struct kernel *k, unsigned core);

/*
 * Several cores: a thread that runs on another one is out of reach, as its registers are. True:
 * that core has to be stopped (OUTCOME_STALL), and the call is made again.
 */
bool sched_must_stall(struct kernel *k, const struct tcb *tcb);
/* The thread that ran on `core` is ready; the core is idle until it is told to choose anew. */
void sched_stall(struct kernel *k, unsigned core);
/* Moves the thread, which runs on no other core, to `core`. */
void sched_set_core(struct kernel *k, struct tcb *tcb, unsigned core);
void sched_yield_current(struct kernel *k, unsigned core);

/*
 * A held thread is never chosen. Its state changes as any other's, so IPC with it is that with a
 * thread that does not get the CPU. Not for one that runs on another core. When it is let go it is
 * weighed against the current thread like one that becomes runnable.
 */
void sched_hold(struct kernel *k, struct tcb *tcb);
void sched_unhold(struct kernel *k, unsigned core, struct tcb *tcb);

/*
 * Begin of an entry. Without MCS: charges the ticks of the grid that have passed to the thread that
 * ran. The entry is carried out even if its time slice is over by then; sched_end_slice() at the
 * end of the entry sends it to the back of its queue, if it still can run. MCS: notes the time that
 * has passed; sched_check_budget() says whether the entry is carried out.
 */
void sched_advance(struct kernel *k, unsigned core, nanoseconds_t now);
void sched_end_slice(struct kernel *k, unsigned core);

/* When sched_advance must be called next for preemption to be on time. */
nanoseconds_t sched_deadline(struct kernel *k, unsigned core);

/*
 * Whether time alone can bring a thread back to an idle core: one waits for its budget, or is ready
 * in a domain whose turn it is not. If not, the turns of domains go on for nobody.
 */
bool sched_time_can_wake(struct kernel *k, unsigned core);

void sched_set_priority(struct kernel *k, unsigned core, struct tcb *tcb, unsigned priority);
void sched_set_domain(struct kernel *k, unsigned core, struct tcb *tcb, unsigned domain);

/* Makes entry `index` the start of the schedule and goes there at once. */
void sched_start_domain_schedule(struct kernel *k, unsigned core, unsigned index);
void sched_next_domain(struct kernel *k);
void sched_start_domains(struct kernel *k); /* boot */

/* First thread of the highest ready priority, or NULL. */
struct tcb *sched_first_ready(struct kernel *k, unsigned core, unsigned domain);

/* Boot: the tick grid starts at `now`; core 0 also enters the first domain. */
void sched_start(struct kernel *k, unsigned core, nanoseconds_t now);

/* --- MCS only ------------------------------------------------------------------------------ */

enum budget_state {
    BUDGET_SUFFICES,
    BUDGET_OVER,      /* the thread waits for its next turn */
    BUDGET_TIMED_OUT, /* the thread is to be given a Timeout fault */
};

/*
 * Whether the current thread has time to carry an entry out; if not, it has been charged and the
 * core chooses anew.
 */
enum budget_state sched_check_budget(struct kernel *k, unsigned core);
/* The same for an entry that ends in any case: the thread may have lost its context on the way. */
enum budget_state sched_charge_interrupted(struct kernel *k, unsigned core);

/* Charges what is not charged yet, without an end of the turn. */
void sched_commit_time(struct kernel *k, unsigned core);

/* A sporadic context that was not in use, and does not pay now, counts from now on; sc: or NULL. */
void sched_unblock_sporadic(struct kernel *k, unsigned core, struct sched_context *sc);

/* An active context's next refill may be used now; there is always enough in it. */
bool sched_context_is_due(struct kernel *k, unsigned core, struct sched_context *sc);
/* The context is active, and due. */
bool sched_context_is_released(struct kernel *k, unsigned core, struct sched_context *sc);
/* The thread of `sc` (or NULL) has become runnable: if its refill is not due it waits for that. */
void sched_context_resume(struct kernel *k, unsigned core, struct sched_context *sc);
void sched_context_postpone(struct kernel *k, struct sched_context *sc);

void sched_context_bind(struct kernel *k, unsigned core, struct sched_context *sc, struct tcb *tcb);
/* No effect on one without a thread. */
void sched_context_unbind(struct kernel *k, unsigned core, struct sched_context *sc);
/* From the thread that has it, if there is one, to `to`, which has none. */
void sched_context_donate(struct kernel *k, unsigned core, struct sched_context *sc,
                          struct tcb *to);
void sched_context_bind_notification(struct kernel *k, struct sched_context *sc,
                                     paddr_t notification);
void sched_context_unbind_notification(struct kernel *k, struct sched_context *sc);
/* The stack of calls that it was lent along no longer leads back. */
void sched_context_unbind_reply(struct kernel *k, struct sched_context *sc);

/* Takes the microseconds used since it was asked last. */
uint64_t sched_context_take_consumed(struct sched_context *sc);

/* SchedContext_YieldTo: true: `caller` gets its answer when it is chosen again. */
bool sched_yield_to(struct kernel *k, unsigned core, struct sched_context *sc, struct tcb *caller);
/* The answer: what the context has used is written to the thread that yielded to it. */
void sched_complete_yield_to(struct kernel *k, struct tcb *yielder);
void sched_cancel_yield_to(struct kernel *k, struct tcb *yielder);

#endif
