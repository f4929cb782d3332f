/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a debugger asks of a seat. The kernel's state and guest memory are there to be read,
 * whenever the debugger is called: then no guest code runs, no entry is unfinished, and every
 * thread's registers are in its TCB. What needs the seat is here: holding and stepping threads,
 * breakpoints, vector state, and memory as a VSpace sees it.
 *
 * VSpaces are named by their root, which has to be alive (kernel_vspace_is_alive()), or 0: a VSpace
 * that has nothing and has not started. The seat calls the debugger's functions from seat_run()
 * only; the functions below are called from them, or while seat_run() is not under way. Without a
 * debugger all of this costs nothing.
 *
 * The in-place seat has the same interface.
 */
#ifndef GATE_SEAT_DEBUG_H
#define GATE_SEAT_DEBUG_H

#include <gate/seat.h>

enum seat_stop_kind {
    SEAT_STOP_STARTED,    /* about to run a VSpace's first instruction that the debugger sees */
    SEAT_STOP_BREAKPOINT, /* `address`: the thread is at it, the instruction has not run */
    SEAT_STOP_WATCHPOINT, /* `breakpoint` and `address` as they were planted; after the access */
    SEAT_STOP_STEPPED,
    SEAT_STOP_FAULT, /* `fault`: nobody takes it, the thread is inactive from now on */
};

/* What a breakpoint stops at. Kinds of the debugger's own: see seat_debug_plant(). */
enum seat_breakpoint_kind {
    SEAT_BREAK_SOFTWARE,
    SEAT_BREAK_HARDWARE,
    SEAT_WATCH_WRITE,
    SEAT_WATCH_READ, /* alone: not to be had */
    SEAT_WATCH_ACCESS,
};

struct seat_stop {
    enum seat_stop_kind kind;
    enum seat_breakpoint_kind breakpoint; /* BREAKPOINT, WATCHPOINT */
    vaddr_t address;
    struct fault fault;
};

struct seat_debugger {
    void *context;
    /*
     * Asked at the end of each entry, before guest code runs or the core waits. While it is true
     * serve() is called: the machine is frozen, or the debugger has sent something. Input that
     * comes while guest code runs or the core waits has to end that (gate's interrupt(), client's
     * wait()).
     */
    bool (*is_due)(void *context);
    /* Obeys the debugger; waits for it if the machine is frozen. Guest time stands meanwhile. */
    void (*serve)(void *context);
    /* The thread has stopped: to keep it from running on, hold it, or freeze (is_due()). */
    void (*stopped)(void *context, struct tcb *tcb, const struct seat_stop *stop);
};

/*
 * From now on; NULL: none, and all its holds, steps and breakpoints go. A new debugger is told of
 * all VSpaces as STARTED that run from then on, whether they ran before or not.
 */
void seat_set_debugger(struct seat *seat, const struct seat_debugger *debugger);

/* --- running ------------------------------------------------------------------------------- */

/* See kernel_hold(). In place it happens before guest code runs again. */
void seat_debug_hold(struct seat *seat, struct tcb *tcb, bool is_held);
bool seat_debug_is_held(struct seat *seat, const struct tcb *tcb);

/*
 * The thread executes one more instruction and is then reported as stopped, by whatever comes
 * first; the guest does not see it. A system call is over when the thread is back from it, or at
 * once if it waits while no thread may run and some are held. What a fault handler mends is tried
 * again.
 */
void seat_debug_step(struct seat *seat, struct tcb *tcb, bool is_stepping);

/* All holds, steps and breakpoints. */
void seat_debug_forget_all(struct seat *seat);

/* --- breakpoints --------------------------------------------------------------------------- */

/*
 * Breakpoints of one VSpace: other VSpaces do not hit them, even in frames that they share, and
 * memory does not show them. They end with the VSpace; only one that has been reported as STARTED
 * takes them. Planting what is planted has no effect.
 *
 * SOFTWARE and HARDWARE stop before the instruction at `vaddr`: a thread that is there passes only
 * when the breakpoint is pulled. size: of watched memory, ignored for the others. Hardware serves
 * four aligned pieces of 1, 2, 4 or 8 bytes, less what the guest uses of them for itself: those
 * come first. Not seen are accesses of the kernel (IPC buffers) and those that the machine makes
 * for a thread (devices).
 *
 * -ESRCH: the VSpace has not started. -ENOTSUP: never possible (READ). -EFAULT: not an address
 * of user level. -ENOSPC: debug registers are used up. -ENOMEM.
 */
int seat_debug_plant(struct seat *seat, paddr_t root, vaddr_t vaddr, enum seat_breakpoint_kind kind,
                     uint64_t size);
/* What is not there goes without an error. */
void seat_debug_pull(struct seat *seat, paddr_t root, vaddr_t vaddr, enum seat_breakpoint_kind kind,
                     uint64_t size);

/* --- memory -------------------------------------------------------------------------------- */

/*
 * Memory as the VSpace's page tables have it, whatever their rights; devices are left alone. The
 * guest's own bytes: breakpoints do not show, and stay. Returns how many bytes from the start of
 * the range could be reached.
 */
size_t seat_debug_read_memory(struct seat *seat, paddr_t root, vaddr_t vaddr, void *ret_bytes,
                              size_t size);
size_t seat_debug_write_memory(struct seat *seat, paddr_t root, vaddr_t vaddr, const void *bytes,
                               size_t size);

/* --- registers ----------------------------------------------------------------------------- */

/*
 * Registers as the thread will have them when it runs on, except that rsp is what it was at a
 * system call that is not over (the instruction destroys it; libsel4 puts it back afterwards).
 */
void seat_debug_read_registers(const struct tcb *tcb, word_t ret_reg[USER_REGISTER_COUNT]);
/* Only what differs from those just read is changed, and of rflags what user level may change. */
void seat_debug_write_registers(struct tcb *tcb, const word_t reg[USER_REGISTER_COUNT]);

/*
 * x87, SSE and AVX state: an XSAVE area of standard form as ptrace(NT_X86_XSTATE) has it, with all
 * states there that the processor has. Reads at most `size` bytes of it; writes the first `size`.
 * -ESRCH: the thread has no VSpace.
 */
int seat_debug_read_vector_state(struct seat *seat, struct tcb *tcb, void *ret_xsave, size_t size,
                                 size_t *ret_size);
int seat_debug_write_vector_state(struct seat *seat, struct tcb *tcb, const void *xsave,
                                  size_t size);

#endif
