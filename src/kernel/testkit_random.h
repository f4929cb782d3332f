/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that do anything: bytes are read as a setup and as steps. What a step names is looked for
 * among the capabilities that are there, so that most calls get past lookup, and some do not.
 */
#ifndef KERNEL_TESTKIT_RANDOM_H
#define KERNEL_TESTKIT_RANDOM_H

#include <kernel/testkit_replay.h>

struct byte_source {
    const uint8_t *at, *end; /* reads as zeros behind its end */
};

struct replay_setup random_setup(struct byte_source *bytes);
/* The same guest on an MCS kernel, which has one core. */
void random_setup_mcs(struct replay_setup *setup);
/* What happens next; it depends on the bytes and on r's state, and changes neither guest nor r. */
struct step random_step(const struct replay *r, struct byte_source *bytes);
/* For fuzzers: such a guest's whole life, until the bytes end; what does not hold ends the process.
 */
void random_life(const struct replay_setup *setup, struct byte_source *bytes);

#endif
