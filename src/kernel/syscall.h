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
    ENTRY_STALL,
    ENTRY_DEVICE,
    ENTRY_CONSOLE_FULL,
    ENTRY_HALTED,
};

/* The system call that the current thread's registers ask for (syscall.c). */
enum entry_result syscall_handle(struct kernel *k, unsigned core, struct tcb *tcb);

/*
 * The current thread's call at `now`, if it is a message after which the other thread runs: that is
 * the current one then, and the entry is over but for the outcome. False: nothing is done.
 */
bool fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now);

/* Ends the call of a thread that waited for a device. */
void syscall_finish_device(struct kernel *k, unsigned core, struct tcb *tcb, uint64_t value);

/* Send, Call and their like (invocation.c). */
struct sending {
    cptr_t cap;
    bool is_call, may_block;
    bool may_donate, is_first_phase; /* MCS; see struct call */
};
enum entry_result invocation_handle(struct kernel *k, unsigned core, struct tcb *tcb,
                                    struct sending how);
/* Ends an invocation that waited for a device. */
void invocation_finish_device(struct kernel *k, struct tcb *tcb, uint64_t value);

/* DebugPutChar and its like (debug.c). */
enum entry_result debug_put_char(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_dump_scheduler(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_halt(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_cap_identify(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_snapshot(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result debug_name_thread(struct kernel *k, unsigned core, struct tcb *tcb);
/*
 * Prints something for each thread, newest first, and for the idle thread (NULL) where it was made.
 * A long list takes several entries, each prints what fits: k->dump_cursor is 0 in the first.
 */
enum entry_result debug_each_thread(struct kernel *k,
                                    void (*print)(struct kernel *k, const struct tcb *tcb,
                                                  bool is_last));

/* "Debug WHAT syscall from user thread ...". */
void debug_print_origin(struct kernel *k, const char *what, const struct tcb *tcb);

/* The call that `tcb` made is one that a real kernel does not survive: says so and stops. */
enum entry_result debug_kernel_fault(struct kernel *k, struct tcb *tcb, vaddr_t address,
                                     bool is_write);

/* BenchmarkResetLog and its like (benchmark.c). */
enum entry_result benchmark_do_nothing(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result benchmark_reset_log(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result benchmark_finalize_log(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result benchmark_get_thread(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result benchmark_reset_thread(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result benchmark_dump_all(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result benchmark_reset_all(struct kernel *k, unsigned core, struct tcb *tcb);

/* X86DangerousRDMSR and X86DangerousWRMSR (msr.c). */
enum entry_result msr_read(struct kernel *k, unsigned core, struct tcb *tcb);
enum entry_result msr_write(struct kernel *k, unsigned core, struct tcb *tcb);

#endif
