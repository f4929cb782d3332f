/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random guests by the thousand, in a process of their own, so that whatever ends one - a broken
 * invariant, an assertion, a sanitizer - leaves its steps behind. Those are shrunk to a few that
 * still break it. On the way it counts what the guests got for an answer.
 */
#ifndef KERNEL_TESTKIT_CAMPAIGN_H
#define KERNEL_TESTKIT_CAMPAIGN_H

#include <kernel/testkit_replay.h>

#define CAMPAIGN_STEPS 1000 /* of one guest at most */
#define CAMPAIGN_SITES 4096

/* "CNode_Copy: done", "CNode_Copy: DeleteFirst, CNode Copy/...: Destination not empty." */
struct campaign_site {
    char name[168];
    uint64_t count;
};

struct campaign_options {
    uint64_t seed;    /* of the first guest */
    uint64_t entries; /* into the kernel, at least */
    unsigned check_every;
    bool mcs;
    void (*sabotage)(struct replay *r, const struct step *step); /* NULL, but in tests of it */
};

/* Shared with the process that runs the guests. */
struct campaign {
    struct campaign_options options;
    uint64_t entries, guests, done; /* done: invocations carried out */
    unsigned site_count;
    struct campaign_site sites[CAMPAIGN_SITES];

    char problem[256]; /* "": none; else setup and steps are those of the guest that has it */
    struct replay_setup setup;
    unsigned step_count;
    struct step steps[CAMPAIGN_STEPS];
};

/* Runs guests until there are enough entries or one has a problem. campaign_end() frees it. */
struct campaign *campaign_run(const struct campaign_options *options);
/* Leaves only steps that are needed for the problem. Returns how many are left. */
unsigned campaign_shrink(struct campaign *c);
/* A line for each site, sorted by name. */
void campaign_print_sites(FILE *out, struct campaign *c);
/* How often `method` was carried out and answered. */
uint64_t campaign_done(const struct campaign *c, const char *method);
void campaign_end(struct campaign *c);

#endif
