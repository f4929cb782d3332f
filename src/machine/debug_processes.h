/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that a debugger sees: VSpaces with small numbers, the program that runs in each,
 * and the breakpoints it has in each. A VSpace that has died and another one with the same program
 * are one process to the debugger, which keeps its symbols and its breakpoints: a system that
 * starts one program a hundred times is two processes, not a hundred.
 */
#ifndef MACHINE_DEBUG_PROCESSES_H
#define MACHINE_DEBUG_PROCESSES_H

#include <gdb/gdb_target.h>
#include <machine/vspace_programs.h>
#include <model/kernel.h>

struct debug_breakpoint {
    struct debug_breakpoint *next;
    enum gdb_breakpoint_kind kind;
    vaddr_t address;
    uint64_t size;
};

struct debug_process {
    struct debug_process *next; /* of the next higher pid */
    int32_t pid;
    paddr_t root;    /* of its VSpace; 0: it has none at present */
    uint64_t serial; /* of that */
    bool is_detached;
    bool is_mismatch_told;
    const struct program *program; /* NULL: not known */
    struct debug_breakpoint *breakpoints;
};

struct debug_processes {
    struct kernel *k;
    struct vspace_programs *programs;

    struct debug_process *list;
    int32_t last_pid;
    uint64_t deaths_seen; /* of kernel->deaths */
};

void debug_processes_end(struct debug_processes *processes);

/* NULL: there is none with that number; of the VSpace; that the thread is in. */
struct debug_process *debug_processes_find(const struct debug_processes *processes, int32_t pid);
struct debug_process *debug_processes_of_vspace(const struct debug_processes *processes,
                                                paddr_t root);
struct debug_process *debug_processes_of(const struct debug_processes *processes,
                                         const struct tcb *tcb);

/*
 * The process of a VSpace that is not one yet, and of which a thread executes at `ip`. With the
 * breakpoints of the process that had the program before, which are to be planted. NULL: no memory.
 */
struct debug_process *debug_processes_add(struct debug_processes *processes, paddr_t root,
                                          vaddr_t ip);

/*
 * Notes which VSpaces have died. A process whose program is not known ends with its VSpace: it is
 * given to `ended`, and is no more after that.
 */
void debug_processes_bury(struct debug_processes *processes,
                          void (*ended)(void *context, int32_t pid), void *context);

/*
 * The file with the program of the process, or NULL. Says on standard error if no file fits, once.
 */
const char *debug_processes_file(struct debug_processes *processes, struct debug_process *process,
                                 vaddr_t ip);

/* -ENOMEM. Notes one that is there already once. */
int debug_process_add_breakpoint(struct debug_process *process, enum gdb_breakpoint_kind kind,
                                 vaddr_t address, uint64_t size);
/* False: there is none. */
bool debug_process_remove_breakpoint(struct debug_process *process, enum gdb_breakpoint_kind kind,
                                     vaddr_t address, uint64_t size);
void debug_process_forget_breakpoints(struct debug_process *process);

#endif
