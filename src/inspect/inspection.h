/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel's state, taken stock of: threads, VSpaces, slots, objects. What views tell is read from
 * here and from the objects themselves. Taking stock reads struct kernel and guest memory and
 * changes neither, so it may be done whenever the kernel is not inside of an entry, and on a state
 * that was read from a file: each reference is checked before it is followed.
 *
 * Slots are found by way of the threads, of capabilities to CNodes, and of the derivation tree,
 * whose links lead to slots that no thread reaches any more.
 */
#ifndef INSPECT_INSPECTION_H
#define INSPECT_INSPECTION_H

#include <inspect/list.h>
#include <model/kernel.h>

/* What only the owner of the kernel knows; every function may be NULL. */
struct inspect_host {
    void *context;
    /* The function that covers `address` in the VSpace with root `vspace`, or NULL. */
    const char *(*symbol_at)(void *context, paddr_t vspace, vaddr_t address);
    /* The Linux process that runs a VSpace's code by itself; false: there is none. */
    bool (*process)(void *context, paddr_t vspace, int *ret_pid);
    /* Path of a file with the program that has `address` in its text there, or NULL. */
    const char *(*program)(void *context, paddr_t vspace, vaddr_t address);
    /* CPU time that the thread has used; false: not known. */
    bool (*cpu_time)(void *context, const struct tcb *tcb, nanoseconds_t *ret_time);
};

struct found_thread {
    struct tcb *tcb;
    paddr_t at;
    uint32_t vspace; /* in inspection.vspaces; INDEX_NONE: it has none */
    uint32_t cspace; /* in inspection.cspaces; INDEX_NONE: it has none */
};

/* A VSpace in which threads run: what users call a process. Named after its oldest thread. */
struct found_vspace {
    paddr_t root;
    uint32_t first_thread;
};

enum slot_place { PLACE_UNKNOWN, PLACE_CNODE, PLACE_TCB, PLACE_IRQ };

struct found_slot {
    struct slot *slot;
    paddr_t at;
    enum slot_place place;
    paddr_t container; /* CNode or TCB; PLACE_UNKNOWN: no capability leads to what holds the slot */
    uint32_t index;    /* in it */
    bool is_reached;   /* by a thread that may act */
    uint32_t cspace;   /* of the oldest thread that has it in its CSpace, or INDEX_NONE */
    uint32_t entry;    /* in it */
};

/* Of an object that belongs to no single VSpace. */
#define OWNER_SHARED (INDEX_NONE - 1)

struct found_object {
    union cap cap; /* some capability to it */
    paddr_t base;
    uint8_t size_bits;
    uint32_t caps;   /* capabilities to it */
    uint32_t slot;   /* with a capability to it; one in reach if there is any */
    uint32_t parent; /* the smallest untyped that it lies in, or INDEX_NONE */
    bool is_reached; /* by a thread that may act */
    bool is_used;    /* or it is mapped into a VSpace that is reached */
    uint32_t owner;  /* VSpace whose threads use it (owners.c), OWNER_SHARED or INDEX_NONE */
};

/* What a CSpace holds at an address: the slot, and the `depth` bits that lead there. */
struct cspace_entry {
    uint32_t slot;
    cptr_t cptr;
    uint8_t depth;
};

struct cspace {
    union cap root;
    uint32_t first_thread;
    struct cspace_entry *items;
    uint32_t count, room;
};

struct inspection {
    struct kernel *k;
    const struct inspect_host *host;
    const char *problem; /* what is wrong with the state; NULL: nothing */

    struct {
        struct found_thread *items; /* oldest first */
        uint32_t count, room;
    } threads;
    struct {
        struct found_vspace *items;
        uint32_t count, room;
    } vspaces;
    struct {
        struct found_slot *items;
        uint32_t count, room;
    } slots;
    struct {
        struct found_object *items; /* by address; what lies in an untyped follows it */
        uint32_t count, room;
    } objects;
    struct {
        struct cspace *items;
        uint32_t count, room;
    } cspaces;

    struct index_map thread_at, slot_at, object_at;
};

/*
 * host: may be NULL, else stays the caller's. -ENOMEM; -EINVAL with *ret_problem: the state is not
 * that of a kernel.
 */
int inspection_open(struct kernel *k, const struct inspect_host *host,
                    struct inspection **ret_inspection, const char **ret_problem);
void inspection_close(struct inspection *inspection);

/* INDEX_NONE if there is none. */
uint32_t inspection_find_thread(const struct inspection *inspection, paddr_t tcb);
uint32_t inspection_find_object(const struct inspection *inspection, union cap cap);

/* The parts of inspection_open(); false: inspection->problem says why, or there is no memory. */
bool inspection_find_slots(struct inspection *inspection);   /* slots.c */
bool inspection_find_objects(struct inspection *inspection); /* objects.c */
bool inspection_find_cspaces(struct inspection *inspection); /* cspaces.c */
bool inspection_reach(struct inspection *inspection);        /* reach.c */
bool inspection_find_owners(struct inspection *inspection);  /* owners.c */

/* Whether [base, base + size) is RAM. */
bool inspection_is_backed(const struct inspection *inspection, paddr_t base, uint64_t size);
/* Notes the first problem. Returns false. */
bool inspection_fail(struct inspection *inspection, const char *problem);

#endif
