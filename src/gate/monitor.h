/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor gate's own state, shared by its files:
 *
 *     monitor.c    the operations table, runs and interrupts
 *     zygote.c     the first process and its stripping; clones of it
 *     edit.c       map edits and the injection page's place
 *     usage.c      the CPU time that they all use
 *     tracee.c     one thread under ptrace; x86_64.c what depends on the processor
 *
 * Processes: the zygote is forked off the machine once and stripped of everything but the
 * injection page and the descriptors of that page and of guest memory. Each VSpace process is a
 * clone of it. The first thread of a VSpace process is the edit thread, always stopped; carriers
 * are clones of the edit thread. All are children of the machine, traced by its main thread, and
 * die with it (PTRACE_O_EXITKILL).
 */
#ifndef GATE_MONITOR_H
#define GATE_MONITOR_H

#include <base/types.h>
#include <gate/gate.h>
#include <gate/tracee.h>
#include <host/cpu.h>
#include <signal.h>

/* Descriptor numbers in the zygote and its clones. */
enum { ZYGOTE_MEMORY_FD = 3, ZYGOTE_PAGE_FD = 4 };

/* Where the injection page may lie: the filter knows these addresses and no others. */
#define PAGE_PLACES 8

struct gate {
    int memory_fd;
    bool traps_tsc;
    struct injection_page page;
    vaddr_t places[PAGE_PLACES];
    struct tracee zygote;
    vaddr_t zygote_page;
    struct gate_vspace *vspaces;
    struct gate_vspace *ran; /* those whose CPU time may have changed, by next_ran */
    nanoseconds_t cpu_time;  /* of all, as known */
    struct host_cpu_set previous_cpus;
    uint8_t *vector_buffer; /* VECTOR_STATE_MAX */

    /* Shared with a signal handler of the same thread. */
    volatile sig_atomic_t running; /* tid of the carrier that runs or is about to; 0: none */
    volatile sig_atomic_t interrupt_requested;
};

struct gate_vspace {
    struct gate *gate;
    struct gate_vspace *next;
    struct tracee edit;
    vaddr_t page; /* where the injection page lies */
    unsigned next_place;
    bool hides_page; /* whenever guest code runs: the guest has something of its own there */
    struct gate_carrier *carriers;

    struct gate_vspace *next_ran;
    bool has_run;           /* is in the list gate->ran */
    nanoseconds_t cpu_time; /* its part of gate->cpu_time */
};

struct gate_carrier {
    struct gate_vspace *vspace;
    struct gate_carrier *next;
    struct tracee tracee;
};

/* --- zygote.c ------------------------------------------------------------------------------ */
int zygote_create(struct gate *gate);

/* A clone of the zygote, stopped; its page lies where the zygote's does. */
int zygote_clone_process(struct gate *gate, struct tracee *ret_edit);
/* A new thread of the process that `edit` belongs to, stopped. */
int zygote_clone_thread(struct gate_vspace *vspace, struct tracee *ret_thread);

/* Names the thread as ps shows it. */
int tracee_set_name(struct tracee *tracee, vaddr_t page, const char *name);

/* --- edit.c -------------------------------------------------------------------------------- */
int edit_map(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size, paddr_t paddr,
             bool writable);
int edit_poke(struct gate_vspace *vspace, vaddr_t vaddr, uint8_t byte);
int edit_unmap(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size);
int edit_move_page(struct gate_vspace *vspace, bool (*is_free)(void *context, vaddr_t vaddr),
                   void *context);

/* --- usage.c ------------------------------------------------------------------------------- */
/* A thread of the process is about to run. */
void usage_note(struct gate_vspace *vspace);
/* The process is about to end. */
void usage_settle(struct gate_vspace *vspace);
nanoseconds_t usage_cpu_time(struct gate *gate);
int usage_carrier_cpu_time(struct gate_carrier *carrier, nanoseconds_t *ret_time);

#endif
