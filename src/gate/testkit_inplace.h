/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's side of the in-place seat, with a client that notes what it is asked for. */
#ifndef GATE_TESTKIT_INPLACE_H
#define GATE_TESTKIT_INPLACE_H

#include <gate/inplace_state.h>
#include <host/memory.h>

#define TEST_INPLACE_MEMORY UINT64_C(0x1000000)
#define TEST_DEVICE         UINT64_C(0xfed00000) /* a page */

struct test_inplace {
    struct host_memory memory;
    struct inplace *seat;
    struct runtime_request *request; /* the shared one */
    struct seat_result result;

    /* the client's answers */
    int vector;
    bool has_event, stops, wait_fails;
    uint64_t value;
    /* what it was asked for */
    unsigned calls; /* of port_in and all that follow */
    uint16_t port;
    unsigned size;
    paddr_t paddr;
    uint64_t written;
    nanoseconds_t waited_for;
    char text[CONSOLE_BYTES + 1];
    struct trap trap;
    struct outcome outcome;
    char posted[POSTED_WRITES + 1]; /* that were written to TEST_POSTED */
    unsigned posted_count;
    bool has_promise;
    nanoseconds_t stopped_before, event_at;
    bool has_spun, stopped_spins;
};

/* The port that is promised while has_promise, and that of its status. */
#define TEST_POSTED UINT16_C(0x3f8)
#define TEST_STATUS UINT16_C(0x3fd)

/* All memory is RAM. False: a check has failed. */
bool test_inplace_open(struct test_inplace *t);
void test_inplace_close(struct test_inplace *t);

/* Makes that request with its arguments in place already. Whether it was answered. */
bool test_inplace_ask(struct test_inplace *t, enum runtime_request_kind kind);

/* Maps the page at `vaddr` to `paddr` with tables at 0x1000 (the root) to 0x4000. */
#define TEST_ROOT UINT64_C(0x1000)
void test_inplace_map(struct test_inplace *t, vaddr_t vaddr, paddr_t paddr);

#endif
