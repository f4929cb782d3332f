/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A debugger for tests of the seat: it writes down what stops, and a function of the test decides
 * what happens then. The world is gate/testkit_world.h's, with threads and VSpaces added at will.
 */
#ifndef GATE_TESTKIT_DEBUGGER_H
#define GATE_TESTKIT_DEBUGGER_H

#include <gate/testkit_world.h>
#include <model/testkit_thread.h>

#define STOPS_MAX 64

struct stopped_thread {
    struct tcb *tcb;
    vaddr_t rip;
    struct seat_stop stop;
};

struct debugged {
    struct world world;
    struct guest guest; /* the same kernel, to make objects with */
    struct seat_debugger debugger;
    struct stopped_thread stops[STOPS_MAX]; /* the first ones, and the last */
    unsigned stop_count;                    /* of those but STARTED */
    unsigned starts;
    unsigned serves, due; /* how often serve() was called; how often it still is to be */
    void (*on_start)(struct debugged *d, struct tcb *tcb);
    void (*on_stop)(struct debugged *d, const struct stopped_thread *stopped);
    void (*on_serve)(struct debugged *d);
    const struct piece *piece; /* what the initial thread runs */
    unsigned state;            /* the test's */
    struct tcb *other;         /* the test's */
    paddr_t root;              /* the initial thread's VSpace */
};

/* A place in a piece: MARK(name) in its text, then at(&d, name). */
#define MARK(name)  #name ":"
#define PLACE(name) extern const uint8_t name[]
vaddr_t at(const struct debugged *d, const uint8_t *mark);

/* A world with the debugger set; the initial thread is about to run the piece. */
bool debugged_open(struct debugged *d, const struct piece *piece);
enum seat_end debugged_run(struct debugged *d);
void debugged_close(struct debugged *d);

/* Another thread of the piece, ready to run at `rip`. vspace: the capability of its VSpace. */
struct tcb *debugged_thread(struct debugged *d, unsigned priority, cptr_t vspace, vaddr_t rip);
/* Another VSpace with the same pages. */
cptr_t debugged_vspace(struct debugged *d);
paddr_t debugged_root(struct debugged *d, cptr_t vspace);

struct tcb *debugged_initial(struct debugged *d);
word_t debugged_register(const struct tcb *tcb, unsigned reg);

/* For on_start and on_stop. */
void plant_here(struct debugged *d, const uint8_t *mark, enum seat_breakpoint_kind kind);
void pull_here(struct debugged *d, const uint8_t *mark, enum seat_breakpoint_kind kind);
void step_always(struct debugged *d, const struct stopped_thread *stopped);

#endif
