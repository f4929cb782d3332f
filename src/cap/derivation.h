/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots and the derivation tree: inserting, moving, swapping; who is whose child; derived and
 * masked capabilities. Manual, "Capability Derivation Tree".
 */
#ifndef CAP_DERIVATION_H
#define CAP_DERIVATION_H

#include <cap/object_type.h>

/* Puts `cap` into the empty slot `dest` as a descendant or sibling of what is in `source`. */
void slot_insert(struct kernel *k, union cap cap, struct slot *source, struct slot *dest);

/* Puts a freshly made original into the empty slot `dest`, as first child of `parent`. */
void slot_insert_new(struct kernel *k, union cap cap, struct slot *parent, struct slot *dest);

/* Puts an original without a parent into an empty slot (boot). */
void slot_insert_root(struct kernel *k, struct slot *dest, union cap cap);

/* Moves what is in `source` to the empty slot `dest`, as `cap` (which may differ in data). */
void slot_move(struct kernel *k, union cap cap, struct slot *source, struct slot *dest);

/* Exchanges two slots; they receive cap_a and cap_b's counterparts: a gets cap_b, b gets cap_a. */
void slot_swap(struct kernel *k, union cap cap_a, struct slot *a, union cap cap_b, struct slot *b);

/* Takes the slot out of the tree and makes it empty; nothing is finalised. */
void slot_remove(struct kernel *k, struct slot *slot);

bool slot_is_empty(const struct slot *slot);
bool slot_has_children(struct kernel *k, struct slot *slot);
/* Whether b is a child (at any depth) of a, given that b follows a in the list. */
bool slot_is_parent_of(struct kernel *k, struct slot *a, struct slot *b);
/* No neighbour in the tree is a capability to the same object. */
bool slot_is_final(struct kernel *k, struct slot *slot);
/* Final, and to an object with slots of its own (CNode, TCB, zombie): deleting it may take long. */
bool slot_is_long_running_delete(struct kernel *k, struct slot *slot);

struct answer cap_derive(struct kernel *k, struct slot *slot, union cap cap, union cap *ret_cap);
union cap cap_mask_rights(union cap cap, word_t rights);
union cap cap_update_data(union cap cap, word_t data, bool preserve);
bool cap_same_region(union cap a, union cap b);
bool cap_same_object(union cap a, union cap b);

#endif
