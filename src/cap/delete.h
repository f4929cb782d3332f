/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting and revoking: finalises capabilities, empties objects with slots bit by bit (zombies).
 * These may stop at a preemption point: they return false, and doing the same again goes on.
 */
#ifndef CAP_DELETE_H
#define CAP_DELETE_H

#include <cap/object_type.h>

/* Empties the slot. false: preempted. exposed: the slot itself is in the guest's CSpace. */
bool slot_delete(struct kernel *k, unsigned core, struct slot *slot);

/* Empties all slots derived from this one. false: preempted. */
bool slot_revoke(struct kernel *k, unsigned core, struct slot *slot);

/* Empties a slot whose deletion is known to be short, as what is there leaves no zombie. */
void slot_delete_one(struct kernel *k, struct slot *slot);

/* Counts work; true if the operation should stop and be called again. */
bool preemption_point(struct kernel *k, unsigned core);

#endif
