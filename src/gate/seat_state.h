/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor seat's own state, shared by its files:
 *
 *     seat.c          the loop: outcomes in, traps out
 *     seat_cache.c    VSpace processes and carriers as a cache of the kernel's VSpaces and TCBs
 *     seat_memory.c   page faults, lazy mappings, lost mappings, cleared memory
 *     seat_names.c    what the carriers are called
 */
#ifndef GATE_SEAT_STATE_H
#define GATE_SEAT_STATE_H

#include <gate/mapped.h>
#include <gate/seat.h>

#define CARRIER_NAME_BYTES 16

struct seat_vspace {
    struct seat_vspace *next;
    paddr_t root;
    uint64_t serial;
    struct gate_vspace *process;
    struct mapped mapped; /* what Linux has mapped in the process */
    unsigned carriers;    /* that live in it */
};

struct seat_carrier {
    struct seat_carrier *next;
    paddr_t tcb;
    uint64_t serial;
    struct seat_vspace *vspace;
    struct gate_carrier *carrier;
    uint32_t debug_generation; /* of the TCB, when its breakpoints were last set */
    uint64_t name_source;      /* hash of the TCB's name that `name` was made from */
    char name[CARRIER_NAME_BYTES];
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

/* --- seat_names.c -------------------------------------------------------------------------- */

/* Names the carrier after its TCB, if that has another name than last time. */
void seat_update_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb);
/* The name for a new carrier: its address stays in carrier->name. */
void seat_choose_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb);

#endif
