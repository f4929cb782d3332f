/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a runtime asks the machine for: one request at a time, by the carrier that has the turn,
 * which waits for the answer. So the guest stands still between `asked` and `answered`, and the
 * machine may look at the kernel's state. Guest code can write all of this at any time: the machine
 * copies the whole request first and checks every field of the copy.
 */
#ifndef RUNTIME_REQUEST_H
#define RUNTIME_REQUEST_H

#include <abi/registers.h>
#include <base/types.h>

struct tcb;

enum runtime_request_kind {
    REQUEST_NONE,
    /*
     * argument[0]: kernel time; [1]: whether guest code was interrupted for it. Does what is due.
     * result[0]: a vector to deliver, or -1.
     */
    REQUEST_EVENT,
    /*
     * argument[0]: kernel time by which to come back; [1]: sched_time_can_wake(). The core is idle
     * until then or an event. Answer: the clock's `told`, when it was woken.
     */
    REQUEST_WAIT,
    /* Nobody has looked at the clock for a while: the machine corrects it. Answer: its `told`. */
    REQUEST_TIME,
    REQUEST_CONSOLE, /* length: the kernel's console has that much text */
    /*
     * Index of a thread; of a TCB that runs on it: what request_name_tcb() fills in. reg[0], [1]:
     * what it is to be called.
     */
    REQUEST_NAME,
    REQUEST_MOVE, /* index of a thread, whether it goes to another CPU; result[0]: 0 or -errno */
    REQUEST_IRQS_CHANGED, /* the kernel's irqs[] or irq_pins[] */
    REQUEST_PORT_IN,      /* port, size; result[0]: value */
    REQUEST_PORT_OUT,     /* port, size, value */
    /* physical address; result[0]: enum memory_kind (gate/seat.h). For what is no RAM. */
    REQUEST_MEMORY_KIND,
    /*
     * The instruction at rip accesses a device, or a page that Linux does not map: VSpace root,
     * address, whether it is a fetch, whether Linux could map the page if it is memory now; reg[]
     * in and out. result[0]: enum runtime_executed; result[1], [2]: address and x86
     * error code of the fault.
     */
    REQUEST_EXECUTE,
    /* 15 bytes of code in argument[0], [1], how many of them there are; result[0]: the kind. */
    REQUEST_STEP_KIND,
    /*
     * Index of the carrier; reg[]: address, then type, access, size and whether it is enabled of
     * each of the four breakpoints (struct breakpoint). From now on they are those of its thread.
     */
    REQUEST_BREAKPOINTS,
    REQUEST_HITS,  /* index of the carrier; result[0]: bit n: breakpoint n was hit */
    REQUEST_CPUID, /* reg[] in and out: the instruction is carried out, rip behind it */
    /* Index of the VSpace, a TCB to name it after: it has a process when this is answered. */
    REQUEST_NEW_PROCESS,
    /*
     * Index of the VSpace, a TCB to name it after: the process that is left of another VSpace is
     * its, and has nothing of the other's.
     */
    REQUEST_REUSE_PROCESS,
    REQUEST_END_PROCESS, /* index of the VSpace: its process is gone */
    /*
     * Only with a debugger. A trap that may be its own: carrier, TCB, then kind, vector, hit
     * breakpoints and whether it is of a step, as struct trap has them; reg[] in and out.
     * result[0], [1], [2]: kind, breakpoints and step of what is left for the guest.
     */
    REQUEST_DEBUG_TRAP,
    /*
     * Before guest code of the carrier runs, or (carrier 0, no TCB) the core waits: carrier, TCB,
     * kernel time by which to come back. result[0]: enum runtime_debug_answer; result[1]: TCB.
     */
    REQUEST_DEBUG_RUN,
    /*
     * Pages of a VSpace with breakpoints were mapped for an access: VSpace, first and end of the
     * pages, address of the access, whether it writes. result[0]: not 0: for one instruction.
     */
    REQUEST_DEBUG_MAPPED,
    REQUEST_TRACE_ENTER, /* TCB, trap: what gate/gate.h's struct trap has, in this order */
    REQUEST_TRACE_LEAVE, /* struct outcome, in this order */
    REQUEST_TAKEN,       /* the guest has mapped a page, at that address, over us: never answered */
    REQUEST_HALT,        /* the guest has stopped the machine: never answered */
    REQUEST_FAIL,        /* a call of Linux failed: enum runtime_call, errno; never answered */
    REQUEST_KIND_COUNT,
};

enum runtime_debug_answer {
    DEBUG_GO,
    DEBUG_STEP, /* one instruction */
    DEBUG_HOLD, /* the TCB in result[1] is to be held, then ask again */
    DEBUG_UNHOLD,
};

enum runtime_executed { EXECUTED_DONE, EXECUTED_FAULT, EXECUTED_IS_MEMORY };

/* What matters of an instruction to a run of one at a time: as gate/decode.h's enum step_kind. */
enum runtime_step_kind {
    RUNTIME_STEP_PLAIN,
    RUNTIME_STEP_USES_FPU,
    RUNTIME_STEP_LOADS_FLAGS,
    RUNTIME_STEP_STORES_FLAGS,
};

#define REQUEST_ARGUMENTS 10
#define REQUEST_RESULTS   3

struct runtime_request {
    uint32_t asked, answered; /* futex words; differ while the machine is at it */
    uint32_t kind;            /* enum runtime_request_kind */
    uint32_t unused;
    uint64_t argument[REQUEST_ARGUMENTS];
    int64_t result[REQUEST_RESULTS];
    word_t reg[USER_REGISTER_COUNT];
};

/* For a request of that kind: to be filled in, then made. */
struct runtime_request *request_begin(enum runtime_request_kind kind);
/* Waits for the answer, which is in the request. */
void request_make(struct runtime_request *request);
#define REQUEST_TCB_NAME_BYTES 64
/* argument[1]: the address where the TCB starts; reg[]: as many bytes of its name. */
void request_name_tcb(struct runtime_request *request, const struct tcb *tcb);
/* One without results. */
void request_simple(enum runtime_request_kind kind, uint64_t argument);
/* A call of Linux's has failed: the guest ends. */
_Noreturn void request_fail(unsigned call, long error);
/* The machine is to look at the deadline again. */
void request_attention(void);

#endif
