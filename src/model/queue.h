/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads of TCB queues; the links are in the TCBs (struct tcb_link). */
#ifndef MODEL_QUEUE_H
#define MODEL_QUEUE_H

#include <base/types.h>

struct tcb_queue {
    paddr_t head, tail; /* TCBs; both 0 when empty */
};

struct tcb_link {
    paddr_t prev, next;
};

#endif
