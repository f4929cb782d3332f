/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One table of operations per capability type. object/ has a file per kernel object that exports
 * its table; object/object_types.c lists them by enum cap_type. No code outside object/ switches
 * over capability types. Every operation is present: an absent behaviour has a name below.
 */
#ifndef CAP_OBJECT_TYPE_H
#define CAP_OBJECT_TYPE_H

#include <abi/invocation.h>
#include <cap/answer.h>
#include <model/kernel.h>

/* A method call under way: all that decoding may look at. */
struct call {
    struct kernel *k;
    unsigned core;
    struct tcb *caller;
    struct slot *slot; /* holds the invoked capability */
    union cap cap;     /* the invoked capability */
    cptr_t cptr;
    enum invocation method;
    word_t label; /* as sent */
    unsigned length;
    const word_t *buffer;  /* the caller's IPC buffer or NULL */
    struct slot *extra[3]; /* slots of the extra capabilities; NULL where none was sent */
    bool is_call, may_block;
    bool may_donate;     /* MCS: to a receiver without a scheduling context */
    bool is_first_phase; /* MCS: of a call that then receives */
};

/* How a thread receives. */
struct receiving {
    bool may_block;
    bool wants_calls; /* MCS: with the reply object that its register names */
};

enum receive_result {
    RECEIVE_BEGUN,
    RECEIVE_IMPOSSIBLE, /* not with this capability: a fault */
    RECEIVE_NO_REPLY,   /* MCS: no reply object; kernel->lookup_failure says why */
};

/* Message register i of the call; i < length. */
word_t call_word(const struct call *call, unsigned i);

/* What finalising a capability leaves in its slot, and what to clean up when the slot is empty. */
struct finalised {
    union cap remainder; /* null, or a zombie */
    union cap cleanup;   /* null, or the capability to call cleanup() with */
    bool is_in_use;      /* nothing was done: the object runs on another core (sched_must_stall) */
};

struct object_type {
    const char *name;     /* "endpoint": as errors and the inspector print it */
    uint8_t identify_tag; /* what DebugCapIdentify returns */

    /* Decodes and carries out a method. Checks everything first, then commits. */
    struct answer (*invoke)(struct call *call);

    /* MCS: what the kernel calls the type where it refuses it in a first phase; NULL: it does not.
     */
    const char *second_phase_only;

    /* Recv and its like on `cap` by `tcb`. */
    enum receive_result (*receive)(struct kernel *k, unsigned core, struct tcb *tcb, union cap cap,
                                   struct receiving how);

    /*
     * The capability that a copy of `slot`'s would be: answer ok and *ret_cap, which is null if
     * the type cannot be copied.
     */
    struct answer (*derive)(struct kernel *k, struct slot *slot, union cap cap, union cap *ret_cap);

    /* `cap` with no more than `rights` (enum cap_rights). */
    union cap (*mask_rights)(union cap cap, word_t rights);

    /* `cap` with badge or guard `data`; null if that is not allowed. preserve: Mutate and Rotate.
     */
    union cap (*update_data)(union cap cap, word_t data, bool preserve);

    /* The physical memory the object takes; false if it takes none (no_extent). */
    bool (*extent)(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits);

    /* Whether b refers to memory or a resource within a's: the derivation tree's question. */
    bool (*same_region)(union cap a, union cap b);

    /* Whether a and b are capabilities to the very same object (then neither is the last one). */
    bool (*same_object)(union cap a, union cap b);

    /*
     * Called before `cap` leaves its slot. is_final: no other capability to the object remains, so
     * it ends now.
     */
    struct finalised (*finalise)(struct kernel *k, union cap cap, bool is_final);

    /*
     * Frees what only the slot kept alive, once it is empty: the vector of an IRQ handler, the
     * range of an I/O port capability. Called with what finalise left in `cleanup`.
     */
    void (*cleanup)(struct kernel *k, union cap cap);
};

/* By enum cap_type; every entry is set (object/object_types.c). */
extern const struct object_type *const object_types[CAP_TYPE_COUNT];

static inline const struct object_type *cap_object_type(union cap cap)
{
    return object_types[cap_type(cap)];
}

/* --- named absences and common behaviours (cap/object_type.c) ------------------------------ */
struct answer invoke_no_method(struct call *call); /* IllegalOperation, without a word */
enum receive_result cannot_receive(struct kernel *k, unsigned core, struct tcb *tcb, union cap cap,
                                   struct receiving how);
struct answer derive_copy(struct kernel *k, struct slot *slot, union cap cap, union cap *ret_cap);
struct answer derive_null(struct kernel *k, struct slot *slot, union cap cap, union cap *ret_cap);
union cap mask_no_rights(union cap cap, word_t rights);              /* the type has no rights */
union cap mask_badged_rights(union cap cap, word_t rights);          /* endpoint, notification */
union cap update_badge(union cap cap, word_t data, bool preserve);   /* a badge is set once */
union cap update_no_data(union cap cap, word_t data, bool preserve); /* data is ignored */
bool no_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits);
bool same_region_never(union cap a, union cap b);
bool same_region_by_type(union cap a, union cap b);   /* one resource: same type is same region */
bool same_object_as_region(union cap a, union cap b); /* as a's same_region says */
struct finalised finalise_nothing(struct kernel *k, union cap cap, bool is_final);
void no_cleanup(struct kernel *k, union cap cap);

#endif
