/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolving capability pointers. Manual, "Capability Address Lookup". */
#ifndef CAP_LOOKUP_H
#define CAP_LOOKUP_H

#include <base/bits.h>
#include <cap/answer.h>
#include <model/kernel.h>

struct resolution {
    struct slot *slot;             /* NULL: failed */
    unsigned bits_left;            /* not 0: the slot holds no CNode to go on with */
    struct lookup_failure failure; /* when slot is NULL */
};

/* Keeps `failure` as the kernel's last one (kernel->lookup_failure) and returns it. */
struct lookup_failure lookup_note_failure(struct kernel *k, struct lookup_failure failure);
/* The answer FailedLookup that tells it. */
struct answer lookup_failed(struct kernel *k, bool is_source, struct lookup_failure failure);

/* Whether the guard of that CNode is what `cptr` goes on with. */
static inline bool lookup_guard_fits(union cap cnode, unsigned bits_left, cptr_t cptr)
{
    unsigned size = cnode.cnode.guard_size;

    return size <= bits_left &&
           (size == 0 || (cptr >> (bits_left - size) & mask(size)) == cnode.cnode.guard);
}

/*
 * From CNode to CNode, as far as `cptr` leads with the *bits_left at its low end: the slot, and how
 * many bits are left then. NULL: *root, a CNode or none, is what it does not get past.
 */
static inline struct slot *lookup_walk(struct kernel *k, union cap *root, cptr_t cptr,
                                       unsigned *bits_left)
{
    struct slot *slot = NULL;

    while (cap_type(*root) == CAP_CNODE) {
        unsigned level_bits = root->cnode.guard_size + root->cnode.radix;
        if (!lookup_guard_fits(*root, *bits_left, cptr) || level_bits > *bits_left)
            return NULL;
        *bits_left -= level_bits;
        slot = (struct slot *)kernel_memory(k, (paddr_t)root->cnode.object) +
               (cptr >> *bits_left & mask(root->cnode.radix));
        if (*bits_left == 0)
            return slot;
        *root = slot->cap;
    }
    return slot;
}

/* What `cptr` leads to in the thread's CSpace; NULL: lookup_slot() says why. */
static inline const struct slot *lookup_find(struct kernel *k, const struct tcb *tcb, cptr_t cptr)
{
    union cap root = tcb->slots[TCB_SLOT_CTABLE].cap;
    unsigned bits_left = WORD_BITS;

    return lookup_walk(k, &root, cptr, &bits_left);
}

/* Resolves `depth` (1..64) bits of `cptr`, taken from its low end, starting at `root`. */
struct resolution lookup_resolve(struct kernel *k, union cap root, cptr_t cptr, unsigned depth);

/* The slot that all 64 bits of `cptr` lead to in `tcb`'s CSpace; bits left over are accepted. */
struct resolution lookup_slot(struct kernel *k, struct tcb *tcb, cptr_t cptr);

/*
 * The slot a CNode operation names: `root` must be a CNode, `depth` 1..64 and used up exactly.
 * is_source goes into the error. On success returns answer ok and *ret_slot.
 */
struct answer lookup_operand_slot(struct kernel *k, bool is_source, union cap root, cptr_t index,
                                  word_t depth, struct slot **ret_slot);

/* lookup_operand_slot, and DeleteFirst if the slot holds a capability. */
struct answer lookup_empty_slot(struct kernel *k, union cap root, cptr_t index, word_t depth,
                                struct slot **ret_slot);

#endif
