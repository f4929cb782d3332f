/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serial ports that need not be asked for each byte. The machine promises how a port answers until
 * the next request; what the guest writes there goes with that request, which is answered after the
 * bytes are out: so nothing is seen in another order.
 */
#ifndef RUNTIME_POSTED_H
#define RUNTIME_POSTED_H

#include <base/types.h>

struct device_access;

/*
 * Bytes written to port `data` may be sent later; port `status` reads as `status_value` meanwhile,
 * whatever is written and however often it is read.
 */
struct port_promise {
    uint16_t data, status;
    uint8_t status_value;
    uint8_t unused[3];
};

#define POSTED_PROMISES 2
#define POSTED_WRITES   256

struct posted_write {
    uint16_t port;
    uint8_t value, unused;
};

struct runtime_posted {
    uint32_t promise_count; /* the machine's, and the promises */
    uint32_t count;         /* the runtime's; the machine takes them all */
    struct port_promise promises[POSTED_PROMISES];
    struct posted_write writes[POSTED_WRITES];
};

/* Whether the access needs no request: `*ret_value` is what a read gives. */
bool posted_answer(const struct device_access *access, uint64_t *ret_value);
/* Whether there are bytes that the machine has not got. */
bool posted_is_waiting(void);

#endif
