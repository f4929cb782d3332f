/* SPDX-License-Identifier: BSD-2-Clause */
/* MCS: the queue of threads that wait for their next refill, in the order of its time. */
#ifndef SCHED_RELEASE_H
#define SCHED_RELEASE_H

#include <model/kernel.h>

/* No effect if it is not in the queue. */
void release_remove(struct kernel *k, struct tcb *tcb);

/* The thread's context has to wait for its refill: from its ready queue to the release queue. */
void release_postpone(struct kernel *k, struct tcb *tcb);

/* Those whose time has come become candidates to run. */
void release_awaken(struct kernel *k, unsigned core);

/* When the first one is to be awakened; NANOSECONDS_NEVER: the queue is empty. */
nanoseconds_t release_deadline(struct kernel *k, unsigned core);

#endif
