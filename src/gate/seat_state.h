/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor seat's own state, shared by its files:
 *
 *     seat.c          the loop: outcomes in, traps out
 *     seat_cache.c    VSpace processes and carriers as a cache of the kernel's VSpaces and TCBs
 *     seat_memory.c   page faults, lazy mappings, lost mappings, cleared memory
 *     seat_names.c    what the carriers are called
 *     seat_debug.c    a debugger: when it is called, what stops a thread
 *     seat_values.c   memory and registers as a debugger has them
 *     seat_plants.c   breakpoints: where they are planted, whose a debug exception is
 */
#ifndef GATE_SEAT_STATE_H
#define GATE_SEAT_STATE_H

#include <gate/seat.h>
#include <gate/seat_debug.h>
#include <seat/mapped.h>
#include <seat/thread_name.h>

/* A breakpoint of the debugger's. */
struct seat_plant {
    struct seat_plant *next;
    enum seat_breakpoint_kind kind;
    vaddr_t vaddr;
    uint64_t size;
};

/*
 * A page with software breakpoints. Where Linux has it mapped it is a private copy, not writable,
 * with the breakpoints in it; while it is open it is the guest's own.
 */
struct seat_plant_page {
    struct seat_plant_page *next;
    vaddr_t page;
    bool is_open;
    uint8_t bytes[PAGE_BYTES]; /* the guest's, when the copy was made */
};

/* Those of one VSpace. */
struct seat_plants {
    struct seat_plant *list;
    struct seat_plant_page *pages;
    bool has_open_page;
    uint32_t generation; /* grows with each change of what debug registers are to hold */
};

/* A thread that is being stepped. */
struct seat_step {
    struct seat_step *next;
    paddr_t tcb;
    uint64_t serial;
    vaddr_t rip; /* where the step began: elsewhere it is over */
};

/* A hold, or its end, that the guest's own processes are to make. */
struct seat_pending_hold {
    struct seat_pending_hold *next;
    paddr_t tcb;
    uint64_t serial;
    bool is_held;
};

/* What a debugger needs of the seat; all zero without one. */
struct seat_debug {
    const struct seat_debugger *debugger;
    struct seat_pending_hold *pending_holds; /* in the order in which they were asked for */
    struct outcome outcome;                  /* while the debugger is called */
    bool has_entered;                        /* the kernel, meanwhile: the outcome is another one */
    struct seat_step *steps;
    uint64_t unhandled_faults; /* reported ones of the kernel's count */
    /* A stop that has not been reported yet: that waits for the end of the entry. */
    bool has_stop;
    paddr_t stopped;
    uint64_t stopped_serial;
    struct seat_stop stop;
};

struct seat_vspace {
    struct seat_vspace *next;
    paddr_t root;
    uint64_t serial;
    struct gate_vspace *process;
    struct mapped mapped; /* what Linux has mapped in the process */
    unsigned carriers;    /* that live in it */
    bool is_reported;     /* to the debugger, as started */
    struct seat_plants plants;
};

struct seat_carrier {
    struct seat_carrier *next;
    paddr_t tcb;
    uint64_t serial;
    struct seat_vspace *vspace;
    struct gate_carrier *carrier;
    uint32_t debug_generation;  /* of the TCB, when its breakpoints were last set */
    uint32_t plants_generation; /* of the VSpace's plants, then */
    uint64_t name_source;       /* of the TCB's name that `name` was made from */
    char name[THREAD_NAME_BYTES];
    bool has_spun; /* since it last entered the kernel (virtual time) */
};

#define SEAT_BUCKETS 256

struct seat {
    const struct gate_ops *ops;
    struct gate *gate;
    struct kernel *k;
    struct seat_client client;
    struct seat_result *result;
    bool ended;

    struct seat_vspace *vspaces[SEAT_BUCKETS];
    struct seat_carrier *carriers[SEAT_BUCKETS];
    uint64_t deaths_seen, irq_changes_seen;
    struct seat_debug debug;

    /*
     * The last lazy mapping: the same fault again, with nothing unmapped in between, means that
     * mapping was not the answer.
     */
    struct {
        paddr_t root;
        vaddr_t rip, address;
    } last_mapped;
};

/* Ends the run for a failed host call. what: on what, for people. */
__attribute__((format(printf, 3, 4))) void seat_fail(struct seat *seat, int error, const char *what,
                                                     ...);

/* --- seat_cache.c -------------------------------------------------------------------------- */

/* The process of the VSpace with that root, made if needed; NULL: failed. */
struct seat_vspace *seat_vspace_get(struct seat *seat, paddr_t root);
/* The process if there is one. */
struct seat_vspace *seat_vspace_find(struct seat *seat, paddr_t root);
/* The carrier of `tcb` in that process, made or moved there if needed; NULL: failed. */
struct seat_carrier *seat_carrier_find(struct seat *seat, const struct tcb *tcb); /* or NULL */
struct seat_carrier *seat_carrier_get(struct seat *seat, struct tcb *tcb,
                                      struct seat_vspace *vspace);
/* Somebody outside killed a thread of the process: it is of no use any more. */
void seat_vspace_forget(struct seat *seat, struct seat_vspace *vspace);
/* Ends the processes and carriers of VSpaces and TCBs that have died since the last call. */
void seat_reap(struct seat *seat);
void seat_cache_clear(struct seat *seat);

/* --- seat_memory.c ------------------------------------------------------------------------- */

/*
 * Unmaps what the VSpace has lost. Before its code runs and not earlier: of one that ends, or loses
 * more in the meantime, it is less work.
 */
void seat_make_losses(struct seat *seat, struct seat_vspace *vspace);
/* Gives way where the guest has come to use the address of the gate's own page. */
void seat_give_way(struct seat *seat, struct seat_vspace *vspace);
/* Zeroes core->clear. */
void seat_clear_memory(struct seat *seat, unsigned core);

enum fault_result {
    FAULT_RETRY,    /* the access will succeed now: run on with reg[] */
    FAULT_EMULATED, /* it was carried out on a device, which may want something now */
    FAULT_TO_GUEST  /* *ret_fsr: the x86 error code */
};
enum fault_result seat_page_fault(struct seat *seat, struct seat_carrier *carrier,
                                  word_t reg[USER_REGISTER_COUNT], struct trap *trap,
                                  word_t *ret_fsr);

/* Takes [start, end) out of the process: it is to be faulted in again. */
void seat_unmap(struct seat *seat, struct seat_vspace *vspace, vaddr_t start, vaddr_t end);

/* --- seat_debug.c -------------------------------------------------------------------------- */

/*
 * At the end of an entry: reports stops and serves the debugger. Whether the kernel was entered on
 * the way: then the outcome is another one.
 */
bool seat_debug_serve(struct seat *seat, struct outcome *outcome);
/* Whether the debugger is to be called before guest code runs again. */
bool seat_debug_is_due(const struct seat *seat);
/* Whether the thread, about to run in the VSpace, has a stop to report first. */
bool seat_debug_stops_before_run(struct seat *seat, struct seat_vspace *vspace,
                                 const struct tcb *tcb);
bool seat_debug_is_stepping(struct seat *seat, const struct tcb *tcb);
/* Takes the debugger's part out of a trap; what is left over may be nothing (INTERRUPTED). */
void seat_debug_take_trap(struct seat *seat, const struct seat_carrier *carrier,
                          const struct tcb *tcb, word_t reg[USER_REGISTER_COUNT],
                          struct trap *trap);
void seat_debug_clear(struct seat *seat);
/* The next hold that guest processes are to make; false: there is none. */
bool seat_debug_take_hold(struct seat *seat, paddr_t *ret_tcb, bool *ret_is_held);

/* --- seat_plants.c ------------------------------------------------------------------------- */

/* The run has been mapped anew. */
int seat_plants_mapped(struct seat *seat, struct seat_vspace *vspace,
                       const struct translation_run *run);
/* Before the VSpace's code runs: pages that others have written to since are copied anew. */
void seat_plants_refresh(struct seat *seat, struct seat_vspace *vspace);
/*
 * The guest writes to memory that it may write to: true if it was a page of breakpoints, which is
 * now open for one instruction.
 */
bool seat_plants_open(struct seat *seat, struct seat_vspace *vspace, vaddr_t address);
void seat_plants_close(struct seat *seat, struct seat_vspace *vspace);
/* The software breakpoint at `address`, or NULL. */
const struct seat_plant *seat_plants_at(const struct seat_vspace *vspace, vaddr_t address);
/*
 * What the thread's processor gets: the guest's own breakpoints, the debugger's in what they leave.
 * ret_owner: the debugger's, or NULL for each of the guest's.
 */
void seat_plants_breakpoints(const struct seat_vspace *vspace, const struct tcb *tcb,
                             struct breakpoint ret_list[HARDWARE_BREAKPOINTS],
                             const struct seat_plant *ret_owner[HARDWARE_BREAKPOINTS]);
void seat_plants_clear(struct seat *seat, struct seat_vspace *vspace);
void seat_plants_free(struct seat_vspace *vspace);

/* --- seat_names.c -------------------------------------------------------------------------- */

/* Names the carrier after its TCB, if that has another name than last time. */
void seat_update_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb);
/* The name for a new carrier: its address stays in carrier->name. */
void seat_choose_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb);

#endif
