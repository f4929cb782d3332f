/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gates: how guest code runs, and how it comes back. A gate turns VSpaces into Linux processes and
 * TCBs into carriers, and runs one carrier until it traps. It knows nothing of seL4's kernel: the
 * seat (gate/seat.h) stands between the two. The monitor gate (gate/monitor.c) drives everything
 * with ptrace; the in-place seat will bring gates of its own behind the same table.
 *
 * Failures of the host are negative errno values. A guest can cause none but -ENOMEM and -EPERM of
 * gate_map (the end of Linux's areas; addresses below vm.mmap_min_addr), which the seat reports.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <abi/debug.h>
#include <abi/registers.h>
#include <base/types.h>
#include <seat/trap.h>

struct gate;
struct gate_vspace;  /* a VSpace process */
struct gate_carrier; /* a thread of it */

struct gate_ops {
    const char *name;
    /*
     * The guest's processes run the kernel, and map their pages, by themselves: the seat is there
     * for a debugger alone, and knows of no page but those that have breakpoints.
     */
    bool runs_kernel;

    /*
     * memory_fd: the memfd of guest physical memory; hole: an address range of two pages that the
     * image does not use; traps_tsc: guests cannot read the time-stamp counter, TRAP_TSC. Pins the
     * calling thread, which alone may use the gate from now on, to a CPU. On failure nothing is
     * left behind.
     */
    int (*open)(int memory_fd, vaddr_t hole, bool traps_tsc, struct gate **ret_gate);
    void (*close)(struct gate *gate); /* ends every process it made and waits for them */

    int (*vspace_create)(struct gate *gate, struct gate_vspace **ret_vspace);
    void (*vspace_destroy)(struct gate_vspace *vspace);

    /* Page-aligned. writable: MAP_SHARED rwx; else MAP_PRIVATE r-x. Replaces what was there. */
    int (*map)(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size, paddr_t paddr,
               bool writable);
    int (*unmap)(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size);
    /* In the process alone: in a page that is mapped as not writable, until that is mapped anew. */
    int (*poke)(struct gate_vspace *vspace, vaddr_t vaddr, uint8_t byte);

    /*
     * A gate may keep one page of its own in each VSpace process: the guest may read it, but not
     * write or execute it. map() and move_page() give way to the guest; a seat asks where the page
     * is (0: nowhere) and moves it when the guest's page tables come to name that address.
     * is_free: whether the guest has nothing at `vaddr`. If no place is free the gate hides the
     * page while guest code runs, and may take a page of the guest's out: it is to be faulted in
     * again.
     */
    vaddr_t (*page)(const struct gate_vspace *vspace);
    int (*move_page)(struct gate_vspace *vspace, bool (*is_free)(void *context, vaddr_t vaddr),
                     void *context);

    /* name: at most 15 bytes are shown by Linux. The first vector state is a processor's initial.
     */
    int (*carrier_create)(struct gate_vspace *vspace, const char *name,
                          struct gate_carrier **ret_carrier);
    void (*carrier_destroy)(struct gate_carrier *carrier);
    int (*carrier_rename)(struct gate_carrier *carrier, const char *name);
    /* Vector state moves along when a TCB changes its VSpace. */
    int (*carrier_copy_vector_state)(struct gate_carrier *from, struct gate_carrier *to);
    /* As XSAVE area of standard form, `size` bytes of it at most. Writing leaves the rest. */
    int (*carrier_read_vector_state)(struct gate_carrier *carrier, void *ret_xsave, size_t size,
                                     size_t *ret_size);
    int (*carrier_write_vector_state)(struct gate_carrier *carrier, const void *xsave, size_t size);

    /*
     * Breakpoints of the processor, from the next run on and instead of those before; a new carrier
     * has none. Addresses are aligned; those above USER_TOP are never hit. They trap as exception
     * 1: before the instruction, or after the access. To step, a run gets RFLAGS_TRAP. Errors: the
     * host has no breakpoints, or not so many.
     */
    int (*carrier_set_breakpoints)(struct gate_carrier *carrier,
                                   const struct breakpoint list[HARDWARE_BREAKPOINTS]);

    /*
     * Runs until the carrier traps: registers in and out (enum user_register). rflags may have
     * RFLAGS_TRAP and RFLAGS_RESUME; a trap at the very first instruction gives the latter back.
     * -ENOMEM, -EIO: guest memory that the host could not provide.
     */
    int (*run)(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
               struct trap *ret_trap);

    /*
     * The same for a thread whose FPU is switched off: an instruction that uses x87, MMX or vector
     * registers does not execute but traps as exception 7. Linux has no such switch, so this runs
     * one instruction at a time.
     */
    int (*run_without_fpu)(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                           struct trap *ret_trap);

    /*
     * One instruction, and nothing of that shows in the guest: TRAP_STEPPED, or what it runs into
     * (the instruction may have run then as well, where the guest steps or watches it itself).
     */
    int (*step)(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT], bool has_fpu,
                struct trap *ret_trap);

    /*
     * After a run that ended in TRAP_PAGE_FAULT: sets trap->write and trap->fetch. Costs a decoded
     * instruction, so it is asked only where the answer matters. Never fails: what cannot be
     * decoded is a read.
     */
    void (*classify_fault)(struct gate_carrier *carrier, const word_t reg[USER_REGISTER_COUNT],
                           struct trap *trap);

    /*
     * Makes the run under way, or else the next one, come back with TRAP_INTERRUPTED.
     * Async-signal-safe; from the thread that calls run only.
     */
    void (*interrupt)(struct gate *gate);

    /*
     * CPU time that the guest's processes have used so far. One that Linux does not tell counts as
     * it was last time.
     */
    nanoseconds_t (*cpu_time)(struct gate *gate);
    /* Of one carrier; a negative errno if Linux does not tell. */
    int (*carrier_cpu_time)(struct gate_carrier *carrier, nanoseconds_t *ret_time);
};

extern const struct gate_ops monitor_gate_ops;

#endif
