/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of one entry, between kernel/entry.c and its helpers. */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <abi/syscall.h>
#include <cap/object_type.h>

/* How an entry ends, when not with the choice of a thread. */
enum entry_result {
    ENTRY_DONE,
    ENTRY_PREEMPTED,
    ENTRY_CLEAR,
    ENTRY_DEVICE,
    ENTRY_CONSOLE_FULL,
    ENTRY_HALTED,
};

/* The system call that the current thread's registers ask for (syscall.c). */
enum entry_result syscall_handle(struct kernel *k, unsigned core, struct tcb *tcb);

/* Send, Call and their like (invocation.c). */
enum entry_result invocation_handle(struct kernel *k, unsigned core, struct tcb *tcb, bool is_call,
                                    bool may_block);
/* Ends an invocation that waited for a device. */
void invocation_finish_device(struct kernel *k, struct tcb *tcb, uint64_t value);

/* DebugPutChar and its like (debug.c). */
enum entry_result debug_put_char(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_dump_scheduler(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_halt(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_cap_identify(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_snapshot(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_name_thread(struct kernel *k, unsigned core, struct tcb *tcb);

#endif
