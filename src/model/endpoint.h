/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint and notification objects, in physical memory at the addresses they were retyped at. */
#ifndef MODEL_ENDPOINT_H
#define MODEL_ENDPOINT_H

#include <base/types.h>

enum endpoint_state { ENDPOINT_IDLE, ENDPOINT_SENDING, ENDPOINT_RECEIVING };

struct endpoint {
    uint64_t head : 48; /* TCBs that wait, in order */
    uint64_t state : 2; /* enum endpoint_state */
    uint64_t tail;
};

_Static_assert(sizeof(struct endpoint) == 16, "an endpoint is 16 bytes in seL4's ABI");

enum notification_state { NOTIFICATION_IDLE, NOTIFICATION_WAITING, NOTIFICATION_ACTIVE };

struct notification {
    uint64_t head : 48;
    uint64_t state : 2; /* enum notification_state */
    uint64_t tail;
    uint64_t badge; /* or of the badges signalled, while active */
    uint64_t bound_tcb;
};

_Static_assert(sizeof(struct notification) == 32, "a notification is 32 bytes in seL4's ABI");

/* MCS: it may lend a scheduling context to whom it wakes. */
struct lending_notification {
    struct notification notification;
    uint64_t sched_context;
    uint64_t unused[3];
};

_Static_assert(sizeof(struct lending_notification) == 64,
               "a notification of the MCS kernel is 64 bytes in seL4's ABI");

#endif
