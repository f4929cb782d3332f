/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who used the time, for KernelBenchmarks=track_utilisation: while the log is on, each thread (and
 * the idle thread) counts how long and how often it ran and what its entries cost. As in the real
 * kernel, a thread's time reaches from the entry that chose it to the entry that chose another,
 * and an entry is charged to the thread that goes on after it. Each timer tick that passed while
 * nothing entered was an entry on a real machine, and counts as one.
 */
#ifndef SCHED_UTILISATION_H
#define SCHED_UTILISATION_H

#include <model/kernel.h>

/* The counters of a thread; of the idle thread for NULL. */
struct utilisation *utilisation_of(struct kernel *k, unsigned core, struct tcb *tcb);
void utilisation_reset(struct utilisation *u);

/* The log: from an entry to an entry. */
void utilisation_start(struct kernel *k, unsigned core);
void utilisation_finish(struct kernel *k, unsigned core);

/* The core has chosen `next` (NULL: to be idle), perhaps the thread that it ran before. */
void utilisation_switch(struct kernel *k, unsigned core, struct tcb *next);

/* `count` time slices ended unseen: nobody was there to take over. */
void utilisation_skip_slices(struct kernel *k, unsigned core, uint64_t count);
void utilisation_count_ticks(struct kernel *k, unsigned core, uint64_t ticks);

/*
 * An entry begins, unless the last one has not ended (it waited for the seat); the kernel looks at
 * the time, for ticks that count as entries already; an entry ends.
 */
void utilisation_enter(struct kernel *k, unsigned core, nanoseconds_t now);
void utilisation_look(struct kernel *k, unsigned core, nanoseconds_t now);
void utilisation_leave(struct kernel *k, unsigned core, nanoseconds_t now);

#endif
