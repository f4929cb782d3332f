/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread control block: 2^11 bytes at the physical address it was retyped at. The registers
 * are here whenever the thread does not run; while it runs they are in its carrier and the seat
 * writes them back before it calls the kernel.
 */
#ifndef MODEL_TCB_H
#define MODEL_TCB_H

#include <abi/debug.h>
#include <abi/fault.h>
#include <abi/registers.h>
#include <model/queue.h>
#include <model/slot.h>

#define TCB_BITS       11
#define TCB_NAME_BYTES 960

enum tcb_slot {
    TCB_SLOT_CTABLE,
    TCB_SLOT_VTABLE,
    TCB_SLOT_REPLY,  /* the master reply capability */
    TCB_SLOT_CALLER, /* the reply capability for whoever called this thread */
    TCB_SLOT_BUFFER,
    TCB_SLOT_COUNT,

    /* MCS, which has no reply capabilities in TCBs */
    TCB_SLOT_FAULT_HANDLER = TCB_SLOT_REPLY,
    TCB_SLOT_TIMEOUT_HANDLER = TCB_SLOT_CALLER,
};

/* TCB_SetFlags */
enum tcb_flag { TCB_FLAG_FPU_DISABLED = 1 << 0, TCB_FLAG_MASK = TCB_FLAG_FPU_DISABLED };

enum thread_state {
    THREAD_INACTIVE,
    THREAD_RUNNING,
    THREAD_RESTART, /* runnable; repeats the instruction at its fault IP */
    THREAD_BLOCKED_ON_RECEIVE,
    THREAD_BLOCKED_ON_SEND,
    THREAD_BLOCKED_ON_REPLY,
    THREAD_BLOCKED_ON_NOTIFICATION,
};

/* Why a capability lookup failed; the words of the guest's report. Manual, "Lookup Failure". */
struct lookup_failure {
    uint8_t type; /* enum lookup_failure_type */
    uint8_t bits_left;
    uint8_t bits_found; /* depth mismatch: bits found; guard mismatch: size of the guard */
    uint8_t unused[5];
    word_t guard_found;
};

struct fault {
    enum fault_type type;
    uint32_t unused; /* this and the others: no hole in the kernel's state holds what was left on a
                        stack, so two runs of a guest leave the same bytes */
    union {
        struct {
            cptr_t cptr;
            word_t in_receive_phase; /* or 0 */
            struct lookup_failure lookup;
        } cap;
        struct {
            word_t number, unused[3];
        } unknown_syscall;
        struct {
            word_t vector, error_code, unused[2];
        } user_exception;
        struct {
            vaddr_t address;
            word_t fsr;               /* x86 page-fault error code, low five bits */
            word_t instruction_fetch; /* or 0 */
            word_t unused;
        } vm;
        struct {
            word_t reason, address, breakpoint, unused;
        } debug;
        struct {
            word_t badge; /* of the scheduling context */
            word_t unused[3];
        } timeout;
    };
};

struct user_context {
    word_t reg[USER_REGISTER_COUNT]; /* enum user_register; rip is seL4's FaultIP */
    word_t next_ip;                  /* where the thread goes on */
    /*
     * The thread entered by `syscall` and its registers were not replaced since: the way back
     * gives rcx = rip, r11 = rflags, rsp = 0 instead of the values in reg[].
     */
    bool by_sysret;
    /*
     * Of the last `syscall`: where it goes on, and the rsp that it destroyed. No guest learns it; a
     * debugger finds the stack of a thread that waits.
     */
    struct {
        vaddr_t next_ip;
        word_t rsp;
    } last_syscall;
};

/* What a thread used, with KernelBenchmarks=track_utilisation (sched/utilisation.h). */
struct utilisation {
    nanoseconds_t time, kernel_time;
    nanoseconds_t since; /* the entry that chose it last */
    uint64_t schedules, entries;
};

/*
 * The hardware debug API's part. The processor gets the breakpoints that are enabled, if `in_use`
 * is not 0: the real kernel keeps count of breakpoints in use apart from what is set, and single
 * stepping counts, too.
 */
struct debug_state {
    struct breakpoint breakpoints[HARDWARE_BREAKPOINTS];
    uint32_t in_use;     /* bits by the number that the method was given */
    uint32_t generation; /* grows when what the processor gets may have changed */
    word_t steps_left;   /* until a step is reported */
    bool is_stepping;    /* the thread never goes on without the trap flag */
};

struct tcb {
    struct slot slots[TCB_SLOT_COUNT];
    struct user_context context;

    enum thread_state state;
    uint8_t priority, max_controlled_priority, domain, core;
    bool in_ready_queue;
    bool is_held;          /* by a debugger: not scheduled, whatever its state (sched_hold()) */
    bool in_release_queue; /* MCS: waits for its next refill */
    uint32_t time_slice;   /* non-MCS: ticks left */
    word_t flags;          /* TCB_SetFlags */

    /* what it waits for, in the blocked states */
    paddr_t blocked_on; /* endpoint or notification */
    word_t sender_badge;
    bool sender_can_grant, sender_can_grant_reply, sender_is_call;
    bool receiver_can_grant; /* non-MCS */
    paddr_t reply;           /* MCS: the reply object that it waits with, or on */

    paddr_t sched_context; /* MCS: whose time it runs on; 0: it is passive */
    paddr_t yield_to;      /* MCS: the scheduling context that it let go first; 0: none */

    cptr_t fault_handler; /* non-MCS: looked up in the thread's own CSpace at the time of a fault */
    vaddr_t ipc_buffer;
    paddr_t bound_notification;
    struct debug_state debug;
    struct fault fault;     /* being reported, while blocked on its handler */
    struct fault unhandled; /* nobody took it: why the thread is inactive; no guest learns it */
    struct lookup_failure lookup_failure; /* of the last capability lookup */

    struct tcb_link ready_link;    /* in a ready queue, or in the release queue */
    struct tcb_link endpoint_link; /* in the queue of an endpoint or notification */
    struct tcb_link all_link;      /* in the list of all TCBs (kernel->all_tcbs) */

    struct utilisation utilisation;

    uint64_t serial;  /* never used twice: tells a seat that this is no longer the same TCB */
    uint32_t carrier; /* a seat's own note, 0 at first: which of its carriers runs this TCB */
    uint32_t names;   /* how often `name` was given, when it was made not counted */
    char name[TCB_NAME_BYTES]; /* NUL-terminated; "" until named */
};

_Static_assert(sizeof(struct tcb) <= 1 << TCB_BITS, "a TCB must fit the object it is retyped as");

#endif
