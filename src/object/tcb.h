/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of TCBs, shared by object/tcb*.c, retyping and boot. */
#ifndef OBJECT_TCB_H
#define OBJECT_TCB_H

#include <cap/object_type.h>

/* A new thread in zeroed memory: inactive, priority 0, the creator's domain and core. */
union cap tcb_create(struct kernel *k, unsigned core, const struct tcb *creator, paddr_t paddr);
union cap tcb_cap(paddr_t paddr);

/* Stops whatever it does; it stays Inactive until it is resumed. */
void tcb_suspend(struct kernel *k, unsigned core, struct tcb *tcb);
/* Makes a stopped thread repeat the instruction at its fault IP; no effect on a running one. */
void tcb_restart(struct kernel *k, unsigned core, struct tcb *tcb);

/* "rootserver", "child of: 'rootserver'"; truncated to the space there is. */
void tcb_set_name(struct tcb *tcb, const char *name);

static inline struct tcb *call_tcb(const struct call *call)
{
    return tcb_at(call->k, call->cap.tcb.object);
}

/* MCS: the handler of faults or timeouts; an empty slot: none. */
bool tcb_can_use_handler(const struct slot *source);
void tcb_install_handler(const struct call *call, enum tcb_slot place, struct slot *source);

/* Methods, by file. */
struct answer tcb_configure(struct call *call); /* tcb_space.c */
struct answer tcb_set_space(struct call *call);
struct answer tcb_set_ipc_buffer(struct call *call);
struct answer tcb_set_sched_params(struct call *call); /* tcb_sched.c */
struct answer tcb_set_priority(struct call *call);
struct answer tcb_set_mcpriority(struct call *call);
struct answer tcb_set_timeout_endpoint(struct call *call);
struct answer tcb_read_registers(struct call *call); /* tcb_registers.c */
struct answer tcb_write_registers(struct call *call);
struct answer tcb_copy_registers(struct call *call);
struct answer tcb_set_tls_base(struct call *call);
struct answer tcb_set_breakpoint(struct call *call); /* tcb_debug.c */
struct answer tcb_get_breakpoint(struct call *call);
struct answer tcb_unset_breakpoint(struct call *call);
struct answer tcb_configure_single_stepping(struct call *call);

#endif
