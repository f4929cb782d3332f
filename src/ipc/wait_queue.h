/* SPDX-License-Identifier: BSD-2-Clause */
/* The queues of waiting TCBs that endpoints and notifications hold in their first two words. */
#ifndef IPC_WAIT_QUEUE_H
#define IPC_WAIT_QUEUE_H

#include <sched/queue.h>

#define WAIT_QUEUE(object) ((struct tcb_queue){.head = (object)->head, .tail = (object)->tail})

#define WAIT_QUEUE_STORE(object, queue)                                                            \
    do {                                                                                           \
        (object)->head = (queue).head;                                                             \
        (object)->tail = (queue).tail;                                                             \
    } while (0)

#endif
