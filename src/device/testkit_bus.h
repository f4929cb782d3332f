/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of device models share: a bus that records interrupts, a host end in memory. */
#ifndef DEVICE_TESTKIT_BUS_H
#define DEVICE_TESTKIT_BUS_H

#include <device/bus.h>
#include <device/stream.h>

#define TESTKIT_LINES 24

struct irq_record {
    bool level[TESTKIT_LINES];
    unsigned edges[TESTKIT_LINES]; /* calls with true */
    unsigned messages;
    uint64_t message_address;
    uint32_t message_data;
};

/* A bus whose interrupts go to `record`, which is cleared. */
struct bus *testkit_create_bus(struct irq_record *record);

struct memory_end {
    const char *input; /* not given yet */
    size_t input_size;
    bool ended;   /* after the input: end of file rather than "none now" */
    size_t room;  /* bytes that write() takes before it says "none now" */
    int error;    /* what write() fails with once, if not 0 */
    size_t waits; /* calls of wait(), each gives room for 16 bytes */
    size_t output_size;
    uint8_t output[1 << 18];
};

extern const struct host_stream_ops memory_end_ops;

#endif
