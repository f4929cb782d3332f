/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conformance checks: each does one thing to the kernel and says in words what came of it. What is
 * right is not written here: it is what the real kernel says, a transcript of this very program.
 *
 * The root task makes the checks, at the highest priority. Workers are threads of its CSpace and
 * VSpace with a lower one, so they run only when it waits or settles; their faults, and the message
 * that says that a worker's function returned, go to one endpoint.
 */
#ifndef CONFORMANCE_CHECK_H
#define CONFORMANCE_CHECK_H

#include "thread.h"

struct check {
    const char *id;       /* "CNODE0003" */
    const char *sentence; /* what is tried */
    void (*run)(void);
};

struct check_table {
    const struct check *checks;
    unsigned count;
    bool often; /* a tick of the timer at the wrong moment changes what comes of it: repeat */
    bool tidy;  /* what a check makes is not needed after it */
};

/* clang-format off */
#define CHECK_TABLE(list)       {.checks = (list), .count = ARRAY_LENGTH(list)}
#define CHECK_TABLE_OFTEN(list) {.checks = (list), .count = ARRAY_LENGTH(list), .often = true}
/* clang-format on */

/* One for each file of checks. Another guest of checks has another list. */
#ifndef CHECK_TABLES
#define CHECK_TABLES "tables.def"
#endif
#define TABLE(name) extern const struct check_table name##_checks;
#include CHECK_TABLES
#undef TABLE

/* --- what came of it ------------------------------------------------------------------------- */

/* Adds words to the result of the check that runs. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error's name, and what the message registers say about it. */
void say_error(seL4_Error error);

/* "empty", or the name of what is in a slot of the root CNode. */
void say_cap(seL4_CPtr slot);

/*
 * Marks say in which order threads run: each adds to one string. They are no part of the result
 * before say_marks(), which begins a new one.
 */
void mark(const char *text);
void marks_clear(void);
void say_marks(void);

/* --- raw invocations ------------------------------------------------------------------------- */

struct words {
    unsigned count;
    const seL4_Word *words;
};

#define WORDS(...)                                                                                 \
    ((struct words){ARRAY_LENGTH(((const seL4_Word[]){__VA_ARGS__})),                              \
                    (const seL4_Word[]){__VA_ARGS__}})
#define CAPS(...) WORDS(__VA_ARGS__)
#define NONE      ((struct words){0, NULL})

/* A Call with any label and length: what the typed functions cannot send. */
seL4_Error invoke(seL4_CPtr cap, seL4_Word label, struct words caps, struct words words);

/* --- short forms ----------------------------------------------------------------------------- */

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

seL4_Error copy_cap(seL4_CPtr to, seL4_CPtr from, seL4_CapRights_t rights);
seL4_Error mint_cap(seL4_CPtr to, seL4_CPtr from, seL4_Word badge);
seL4_Error delete_cap(seL4_CPtr slot);

/* A CNode, in the same slot each time, whose Delete takes longer than a time slice. */
seL4_CPtr long_to_delete(void);

/* --- workers --------------------------------------------------------------------------------- */

#define WORKERS         3
#define WORKER_PRIORITY 100
#define EVENT_DONE      0x100 /* label: the worker's function has returned */
#define EVENT_WORDS     20

struct event {
    seL4_Word label;
    seL4_Word length;
    seL4_Word badge; /* 1 + number of the worker; 0: there was no event */
    seL4_Word mr[EVENT_WORDS];
};

void workers_create(void);

/* Makes worker n ready at `entry`, in the state it had when it was new. */
void worker_start(unsigned n, void (*entry)(void *), void *argument);
const struct thread *worker_thread(unsigned n);

/* Where its events go: its fault endpoint. */
seL4_CPtr worker_endpoint(unsigned n);

/* Lets all workers run until none is ready. */
void settle(void);

/* The next event, which must come. With a reply the faulting worker goes on. */
void event_wait(struct event *ret_event);

/* The next event if there is one, after settle(). */
void event_poll(struct event *ret_event);

/* Starts worker 0 and waits for what it does. */
void worker_run(void (*entry)(void *), void *argument, struct event *ret_event);

/* "done", "nothing", or the fault with its words; an instruction as its distance from `place`. */
void say_event(const struct event *event, const void *place);

#endif
