/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a method, chosen by their names in the abi's tables. */
#ifndef KERNEL_TESTKIT_ARGUMENTS_H
#define KERNEL_TESTKIT_ARGUMENTS_H

#include <kernel/testkit_random.h>

/* A call while it is being made up. */
struct draft {
    const struct replay *r;
    struct byte_source *bytes;
    enum invocation method;
    enum object_kind kind; /* what Retype is to make; OBJECT_INVALID: anything */
    union cap invoked;
    cptr_t dest, source, pivot; /* the CNodes that its slots are looked up in */
    struct guest_syscall call;
};

/* Capabilities first: what slots are looked up in depends on them. */
void draft_take_extras(struct draft *d, const char *list);
void draft_take_arguments(struct draft *d, const char *list);

#endif
