/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's life as a list: a setup and steps, each one entry into the kernel with whatever that
 * entry asks of its seat. Any list can be run, one with steps cut out as well; so a list that
 * breaks something can be shrunk, and printed as a test.
 */
#ifndef KERNEL_TESTKIT_REPLAY_H
#define KERNEL_TESTKIT_REPLAY_H

#include <stdio.h>

#include <kernel/testkit_budgets.h>
#include <model/testkit_thread.h>

#define REPLAY_ROOT_RADIX   8
#define REPLAY_ROOT_SLOTS   (1U << REPLAY_ROOT_RADIX)
#define REPLAY_HIDDEN_RADIX 6

/* What kernel_config_default() is changed to; 0 changes nothing. */
struct replay_setup {
    unsigned release;
    unsigned work_units; /* per preemption */
    unsigned domains;
    unsigned cores;
    bool mcs;
    bool is_silent; /* no debug build, no printing */
    bool reports_errors_by_ipc;
    bool has_pic, has_no_ioapic;
    bool has_iommu;
    bool has_benchmarks; /* KernelBenchmarks=track_utilisation */
    bool has_debug_api, has_msrs;
    enum invocation favourite; /* of whoever makes up the steps; no part of the guest */
};

enum step_kind {
    STEP_CALL,            /* the current thread makes `call` */
    STEP_REPEAT,          /* it executes the system call instruction with the registers it has */
    STEP_VM_FAULT,        /* value: address, error code */
    STEP_USER_EXCEPTION,  /* value: vector, error code */
    STEP_UNKNOWN_SYSCALL, /* value: number */
    STEP_DEBUG_EXCEPTION, /* value: vector; breakpoints in bits 0 to 3, in bit 4 whether it stepped
                           */
    STEP_INTERRUPT,       /* value: vector */
    STEP_TIMER,
    STEP_RESTART, /* the TCB after `value` others restarts, by no thread's doing */
    STEP_HOLD,    /* a debugger holds the TCB after `value` others, or (second value) lets it go */
    STEP_STORE,   /* a page is filled; value: address, word, device (0: the guest fills its own) */
    STEP_KIND_COUNT,
};

struct step {
    enum step_kind kind;
    unsigned core;
    unsigned delay; /* tenths of a millisecond that pass before it */
    unsigned stop;  /* the preemption point that it is left at; 0: none */
    word_t value[3];
    word_t device; /* what a device answers */
    struct guest_syscall call;
    unsigned name;     /* bytes of the name that the message holds for DebugNameThread */
    cptr_t receive[3]; /* the receive slot in the caller's IPC buffer: root, index, depth */
};

struct replay {
    struct guest g;
    struct replay_setup setup;
    paddr_t root_slots;
    paddr_t hidden_slots;                /* where no guest comes: parents of its untypeds */
    cptr_t first_made;                   /* what lies behind boot's capabilities */
    bool is_preempted[KERNEL_MAX_CORES]; /* the last entry stands at a preemption point */
    uint64_t interrupts;                 /* bit c: core c has to be interrupted */
    uint64_t entries;                    /* into the kernel */
    uint64_t stalls;                     /* cores that were stopped */
    uint64_t stores;                     /* pages that a STEP_STORE has filled */
    unsigned check_every;                /* entries */
    struct budgets budgets;              /* MCS: as of the last look */
    const char *problem;                 /* the first thing that did not hold */
    /* For tests of the tests: called behind each step. */
    void (*sabotage)(struct replay *r, const struct step *step);
};

struct replay replay_boot(const struct replay_setup *setup, unsigned check_every);
/* False: the guest has come to its end, or there is a problem. A step that cannot be is skipped. */
bool replay_step(struct replay *r, const struct step *step);
void replay_end(struct replay *r);
const char *replay_step_name(enum step_kind kind); /* "STEP_CALL" */

/* All of it, looking at the invariants after every entry: returns what does not hold, or NULL. */
const char *replay_problem(const struct replay_setup *setup, const struct step *steps,
                           unsigned count);

/* As a TEST for test_replay.c. */
void replay_print_test(FILE *out, const struct replay_setup *setup, const struct step *steps,
                       unsigned count);

#endif
