/* SPDX-License-Identifier: BSD-2-Clause */
/* A traced guest without processes: threads trap when a test says so; each entry takes 1 us. */
#ifndef TRACE_TESTKIT_TRACE_H
#define TRACE_TESTKIT_TRACE_H

#include <abi/syscall.h>
#include <model/testkit_guest.h>
#include <trace/trace.h>

#define TRAP_IP UINT64_C(0x4000f0)

struct traced {
    struct guest g;
    struct trace *trace;
    nanoseconds_t now;
    struct outcome outcome;
    uint64_t device_value; /* what devices answer */
    bool is_interrupted;   /* an interrupt comes at each preemption point */
    size_t length;
    char text[1 << 14];
};

struct traced *traced_boot(void);
struct traced *traced_boot_with_options(struct kernel_config config,
                                        const struct trace_options *options);
struct traced *traced_boot_with(struct kernel_config config);
void traced_end(struct traced *t);

/* The thread that runs, and its IPC buffer (NULL: none). */
struct tcb *traced_current(struct traced *t);
word_t *traced_buffer(struct traced *t);

/* What has been written since the last time. */
const char *traced_take(struct traced *t);

/*
 * A system call of the current thread. method INV_INVALID: `label`. WORDS and EXTRA are
 * testkit_guest.h's; CALL(TCB_RESUME) is the call of that method.
 */
#define CALL(id) .syscall = SYSCALL_CALL, .method = INV_##id
struct traced_call {
    enum syscall syscall;
    cptr_t cap;
    enum invocation method;
    word_t label;
    unsigned length;
    word_t words[24];
    unsigned caps;
    cptr_t extra[3];
};
void traced_syscall(struct traced *t, struct traced_call call);
void traced_trap(struct traced *t, const struct trap *trap);

/*
 * A thread in the root's spaces, without an IPC buffer, suspended; its slot. name NULL: as the
 * kernel names it.
 */
cptr_t traced_thread(struct traced *t, const char *name, unsigned priority, cptr_t fault_handler);

#endif
