/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that do anything: bytes are read as boots, system calls, faults, interrupts and time.
 * After every entry the invariants are looked at.
 */
#ifndef KERNEL_TESTKIT_RANDOM_H
#define KERNEL_TESTKIT_RANDOM_H

#include <model/testkit_thread.h>

struct random_guest {
    struct guest g;
    paddr_t root_slots;
    cptr_t first_made;     /* what lies behind boot's capabilities */
    uint64_t entries;      /* into the kernel */
    const char *problem;   /* the first invariant that did not hold */
    unsigned check_every;  /* entries */
    uint64_t methods_done; /* invocations that succeeded */
};

struct byte_source {
    const uint8_t *at, *end; /* reads as zeros behind its end */
};

/* The first bytes choose the configuration. */
struct random_guest random_guest_boot(struct byte_source *bytes, unsigned check_every);
/* One thing the current thread does, or that happens to it. False: the guest has come to its end.
 */
bool random_guest_step(struct random_guest *r, struct byte_source *bytes);
void random_guest_end(struct random_guest *r);

#endif
