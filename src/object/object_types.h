/* SPDX-License-Identifier: BSD-2-Clause */
/* The operation tables of all capability types; object_types.c lists them by enum cap_type. */
#ifndef OBJECT_OBJECT_TYPES_H
#define OBJECT_OBJECT_TYPES_H

#include <abi/object.h>
#include <cap/object_type.h>

extern const struct object_type null_object_type;
extern const struct object_type untyped_object_type;
extern const struct object_type endpoint_object_type;
extern const struct object_type notification_object_type;
extern const struct object_type reply_object_type;
extern const struct object_type cnode_object_type;
extern const struct object_type tcb_object_type;
extern const struct object_type zombie_object_type;

extern const struct object_type irq_control_object_type;
extern const struct object_type irq_handler_object_type;
extern const struct object_type domain_set_object_type;
extern const struct object_type page_object_type;
extern const struct object_type page_table_object_type;
extern const struct object_type page_directory_object_type;
extern const struct object_type pdpt_object_type;
extern const struct object_type vspace_object_type;
extern const struct object_type asid_control_object_type;
extern const struct object_type asid_pool_object_type;
extern const struct object_type io_space_object_type;
extern const struct object_type io_page_table_object_type;
extern const struct object_type io_port_object_type;
extern const struct object_type io_port_control_object_type;

extern const struct object_type sched_context_object_type;
extern const struct object_type sched_control_object_type;
extern const struct object_type reply_object_object_type;

/*
 * Makes a new object of `kind` in zeroed memory at `paddr` and returns the capability to it.
 * size_bits is Retype's argument; creator: the thread whose call this is (NULL at boot).
 */
union cap object_create(struct kernel *k, unsigned core, const struct tcb *creator,
                        enum object_kind kind, paddr_t paddr, unsigned size_bits, bool is_device);

/* Whether Retype can make the kind at all (VT-x objects cannot be made yet). */
bool object_can_create(enum object_kind kind);

#endif
