/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the checks of MCS kernels share. Nothing here depends on how long something takes: a budget
 * is a slice that is never used up, or one that is used up once and comes back long after the end.
 */
#ifndef CONFORMANCE_MCS_H
#define CONFORMANCE_MCS_H

#include "../check.h"

#define MCS_TABLE(list)                                                                            \
    {                                                                                              \
        .checks = (list), .count = ARRAY_LENGTH(list), .often = true, .tidy = true                 \
    }

#define LOWER  (WORKER_PRIORITY - 20)
#define HIGHER (WORKER_PRIORITY + 20)

/* A budget in us that a thread soon uses up, and a period in which it gets no other. */
#define SHORT   2000
#define FOREVER UINT64_C(1000000000)

/* The least budget and period, us. */
#define LEAST 20

#define EMPTY seL4_MessageInfo_new(0, 0, 0, 0)

seL4_Word tsc_mhz(void); /* as the kernel has measured it */
seL4_CPtr sched_control(void);
seL4_CPtr own_context(unsigned n); /* worker n's */
seL4_CPtr own_tcb(unsigned n);

seL4_Error context_configure(seL4_CPtr context, seL4_Word budget, seL4_Word period);

/* A scheduling context of its own for a check: round robin, or with SHORT in FOREVER. */
seL4_CPtr context_new(void);
seL4_CPtr context_new_short(seL4_Word badge);

/* RangeError without the longest period, which is the machine's. */
void say_range_error(seL4_Error error);

/* What a worker does that leaves one mark, TEXT("a"). */
#define TEXT(text) ((void *)(seL4_Word)(text))
void mark_once(void *argument);

void set_priority(unsigned n, seL4_Word priority);

/* Starts worker n and lets it come to the point where it waits. */
void start_waiting(unsigned n, void (*entry)(void *), void *argument);

/* The same, and takes its scheduling context away. */
void start_passive(unsigned n, void (*entry)(void *), void *argument);

/* Lets all run; says which workers ended or faulted, in that order, and their marks. */
void say_ends(void);

/* Says which worker has the scheduling context, and takes it away. */
void say_holder(seL4_CPtr context);

/* Ends what the workers do: worker_start() finds them as at first. */
void rest(void);

#endif
