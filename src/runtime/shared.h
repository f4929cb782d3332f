/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all processes of a guest share beside the kernel's state. Guest code can write all of it:
 * whoever reads it from outside copies a field, then checks it.
 *
 * There is one turn. Whoever has it runs kernel code, or guest code, and nobody else does: it is
 * the lock of a system with one core. It goes from carrier to carrier by `current`, and from thread
 * to thread by a thread's `run`, of which two may have a CPU each (seat/pair.h).
 */
#ifndef RUNTIME_SHARED_H
#define RUNTIME_SHARED_H

#include <base/types.h>
#include <runtime/patch.h>
#include <runtime/posted.h>
#include <runtime/request.h>
#include <seat/pair.h>

/* The process ends with this status once it has written a failure. */
#define RUNTIME_FAILED_STATUS 99

enum runtime_failure_state { FAILURE_NONE, FAILURE_BEING_WRITTEN, FAILURE_WRITTEN };

/* An assertion that failed in the runtime; the first one stays. */
struct runtime_failure {
    uint32_t state; /* enum runtime_failure_state */
    uint32_t line;
    uint64_t what, file; /* offsets of texts in the runtime image */
};

/*
 * Kernel time, in nanoseconds: now = time + ((tsc - this tsc) * multiplier >> 32) + ahead. The
 * machine writes all of it while the guest stands still (runtime/clock.h).
 */
struct runtime_clock {
    uint64_t tsc, time, multiplier; /* multiplier 0: virtual time, nobody reads a counter */
    uint64_t room;                  /* that `ahead` has: more than that is not charged */
    uint64_t ahead;                 /* charged for the kernel's work since `time` */
    uint64_t told;   /* the latest time that anybody was told: the clock never goes back */
    uint64_t random; /* virtual time: state of what varies it; 0: nothing does */
};

/*
 * Guest code and the machine. `current`: the carrier that has the turn. `deadline`: kernel time
 * when the guest is to enter the kernel at the latest; the machine sees to that: it sets
 * `attention` and sends the kick to `current`. It sleeps until `sleeps_until` (kernel time as well,
 * and no later than a device has something to do; 0: it is awake). Whoever sets a deadline earlier
 * than that wakes it. Each side writes its word, then reads the other's.
 *
 * `event_at`: in virtual time, which goes on only where the guest is in the kernel: when a device
 * has something to do, as of the last request; whoever finds it past asks for events. 0: nothing.
 */
struct runtime_control {
    uint32_t current;
    uint32_t attention;   /* not 0: ask for events before guest code runs on */
    uint32_t is_traced;   /* not 0: the machine wants to see each entry */
    uint32_t is_debugged; /* not 0: there is a debugger, which is asked before guest code runs */
    uint32_t is_shared;   /* not 0: carriers of a VSpace share a thread */
    uint32_t separates;   /* not 0: the machine wants each to have its own from now on */
    uint32_t unused;
    uint32_t tells_use; /* not 0: the processor has XGETBV 1 */
    vaddr_t stubs;      /* the page of patched calls' stubs in each process; 0: no patches */
    uint64_t deadline, sleeps_until, event_at;
    struct runtime_clock clock;
};

/*
 * The thread that makes map edits in one process (runtime/edit.c). Whoever asks has the turn,
 * writes operation and arguments, adds 1 to `asked`, wakes it, and waits until `done` is the same.
 */
enum edit_operation {
    EDIT_MAP,        /* address, bytes, physical address, whether it may be written */
    EDIT_UNMAP,      /* address, bytes */
    EDIT_NEW_THREAD, /* index of the thread, whose vspace is set; result: its tid */
    EDIT_FORGET,     /* address, end: of what is mapped there nothing is, patches neither */
    /* the process is another VSpace's: nothing is left of the last one's; index, for its name */
    EDIT_REUSE,
    EDIT_END, /* the process ends, with status 0 */
    EDIT_OPERATION_COUNT,
};

#define EDIT_ARGUMENTS 4

/* One VSpace: its process. Entry 0 is the core process, which runs no guest code. */
struct runtime_vspace {
    uint32_t asked, done; /* futex words; the first thing asked for (1) is to land */
    uint32_t operation;   /* enum edit_operation */
    uint32_t pid;         /* written by the machine; 0: there is no process */
    uint64_t argument[EDIT_ARGUMENTS];
    int64_t result; /* 0 or a negative errno */
    uint64_t serial;
    paddr_t root; /* 0: the entry is free */
    uint32_t carriers;
    uint32_t next;            /* of the list of entries in use, or free */
    uint32_t has_breakpoints; /* of a debugger's: pages of them are to be copied; the machine's */
    uint32_t thread;          /* that its carriers share; 0: there is none */
    char name[16];            /* of the process, for EDIT_REUSE; the machine's */
    uint64_t is_reusable;     /* the process is the guest's alone; the machine's as well */
    uint64_t unused[2];
};

enum thread_run {
    THREAD_WAITS, /* awake: it looks at the word for a while, or is about to sleep */
    THREAD_SLEEPS,
    THREAD_RUNS,  /* it has the turn */
    THREAD_SAVES, /* it waits; it is to save the vector state it has, then it waits on */
    THREAD_SHOWS, /* it waits; it is to look as if its carrier had run on it, then it waits on */
    THREAD_ENDS,  /* it is to end */
    THREAD_ENDED, /* and has seen that */
};

/*
 * A Linux thread that runs guest code: of one carrier, or of all in its VSpace. Thread 0 is the
 * core process's.
 */
struct runtime_thread {
    uint32_t run; /* enum thread_run: a futex word */
    uint32_t tid;
    uint32_t vspace, slot; /* slot: chosen by its edit thread */
    uint32_t live;         /* the carrier whose vector state it has; 0: nobody's */
    uint32_t next;         /* of the list of free entries */
    uint64_t name_source;  /* of the TCB's name that it has */
    uint64_t unused[4];
};

/*
 * What runs a TCB, on a thread of its own or on one that it shares. While that has not got its
 * vector state, it lies in runtime_vector() of the carrier's index. Carrier 0 is the core
 * process's: it has the turn when no TCB can run.
 */
struct runtime_carrier {
    paddr_t tcb; /* 0: of the core, or the entry is free */
    uint64_t serial;
    uint32_t thread;
    uint32_t next;             /* of the list of entries in use, or free */
    uint32_t debug_generation; /* of the TCB, when its breakpoints were last set */
    uint32_t has_spun;         /* since it last entered the kernel (virtual time): the machine's */
};

/* A page of guest memory of which a process has a private copy with patches (runtime/patch.h). */
struct runtime_patched {
    paddr_t paddr;
    vaddr_t vaddr;
    uint64_t vspace; /* index */
};

#define RUNTIME_MAX_PATCHED  1024
#define RUNTIME_MAX_VSPACES  4096
#define RUNTIME_MAX_CARRIERS 16384
#define RUNTIME_MAX_THREADS  (RUNTIME_MAX_CARRIERS + RUNTIME_MAX_VSPACES)

struct runtime_shared {
    struct runtime_failure failure;
    uint64_t unused[5];
    struct runtime_control control;
    uint64_t unused_too[2];
    struct runtime_request request;
    struct pair pair;
    uint64_t flush_at; /* kernel time by which text that is kept back goes out; 0: there is none */
    uint64_t unused_three;
    uint32_t first_spare_vspace, spare_vspaces; /* free entries that have a process */
    uint32_t first_vspace, first_free_vspace, first_carrier, first_free_carrier, first_free_thread;
    uint32_t unused_four;
    uint64_t vspaces_made, carriers_made, threads_made; /* entries beyond were never used */
    uint64_t deaths_seen, irq_changes_seen;
    uint64_t patched_count;
    struct runtime_patched patched[RUNTIME_MAX_PATCHED];
    struct patch_sites sites;
    struct runtime_posted posted;
    struct runtime_vspace vspaces[RUNTIME_MAX_VSPACES];
    struct runtime_carrier carriers[RUNTIME_MAX_CARRIERS];
    struct runtime_thread threads[RUNTIME_MAX_THREADS];
};

_Static_assert(sizeof(struct runtime_vspace) == 128, "lines of the cache");
_Static_assert(sizeof(struct runtime_thread) == 64, "a line of the cache");
_Static_assert(sizeof(struct runtime_failure) == 24, "no size depends on the build");

#endif
