/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/debug_processes.h>

#include <errno.h>
#include <host/host.h>
#include <kernel/kernel_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- finding ------------------------------------------------------------------------------- */

struct debug_process *debug_processes_find(const struct debug_processes *processes, int32_t pid)
{
    for (struct debug_process *process = processes->list; process; process = process->next) {
        if (process->pid == pid)
            return process;
    }
    return NULL;
}

struct debug_process *debug_processes_of_vspace(const struct debug_processes *processes,
                                                paddr_t root)
{
    uint64_t serial = vspace_at(processes->k, root)->serial;
    for (struct debug_process *process = processes->list; process; process = process->next) {
        if (process->root == root && process->serial == serial)
            return process;
    }
    return NULL;
}

struct debug_process *debug_processes_of(const struct debug_processes *processes,
                                         const struct tcb *tcb)
{
    paddr_t root = kernel_tcb_vspace(processes->k, tcb);
    return root ? debug_processes_of_vspace(processes, root) : NULL;
}

/* --- programs ------------------------------------------------------------------------------ */

static void tell_match(struct debug_process *process, const struct programs_match *match)
{
    if (process->is_mismatch_told)
        return;
    process->is_mismatch_told = true;
    if (!match->program)
        fprintf(stderr,
                "sel4emu: process %d: no file in the build directory or the image has its code: no "
                "symbols\n",
                process->pid);
    else if (match->stale)
        fprintf(stderr,
                "sel4emu: process %d: %s has other code than what runs: not used; build again\n",
                process->pid, match->stale->path);
}

const char *debug_processes_file(struct debug_processes *processes, struct debug_process *process,
                                 vaddr_t ip)
{
    if (!process->program && process->root) {
        struct programs_match found = vspace_programs_match(processes->programs, process->root, ip);
        process->program = found.program;
        tell_match(process, &found);
    }
    if (!process->program)
        return NULL;
    const char *path = vspace_programs_path(processes->programs, process->program);
    if (!path)
        fprintf(stderr, "sel4emu: process %d: cannot write a file for its symbols: %s\n",
                process->pid, strerror(errno));
    return path;
}

/* --- lives --------------------------------------------------------------------------------- */

/* One that has no VSpace and had this program. */
static struct debug_process *find_dead(const struct debug_processes *processes,
                                       const struct program *program)
{
    for (struct debug_process *process = processes->list; process; process = process->next) {
        if (!process->root && program && process->program == program)
            return process;
    }
    return NULL;
}

static struct debug_process *create(struct debug_processes *processes)
{
    struct debug_process *process = host_allocate(1, sizeof(*process));
    if (!process)
        return NULL;
    struct debug_process **link = &processes->list;
    while (*link)
        link = &(*link)->next;
    *link = process;
    process->pid = ++processes->last_pid;
    return process;
}

struct debug_process *debug_processes_add(struct debug_processes *processes, paddr_t root,
                                          vaddr_t ip)
{
    struct programs_match found = vspace_programs_match(processes->programs, root, ip);
    struct debug_process *process = find_dead(processes, found.program);
    if (!process)
        process = create(processes);
    if (!process)
        return NULL;
    process->root = root;
    process->serial = vspace_at(processes->k, root)->serial;
    process->program = found.program;
    if (found.program)
        tell_match(process, &found);
    return process;
}

static void destroy(struct debug_process *process)
{
    debug_process_forget_breakpoints(process);
    free(process);
}

void debug_processes_bury(struct debug_processes *processes,
                          void (*ended)(void *context, int32_t pid), void *context)
{
    if (processes->deaths_seen == processes->k->deaths)
        return;
    processes->deaths_seen = processes->k->deaths;
    struct debug_process **link = &processes->list;
    while (*link) {
        struct debug_process *process = *link;
        if (process->root && !kernel_vspace_is_alive(processes->k, process->root, process->serial))
            process->root = 0;
        if (process->root || process->program) {
            link = &process->next;
            continue;
        }
        int32_t pid = process->pid;
        bool is_shown = !process->is_detached;
        *link = process->next;
        destroy(process);
        if (is_shown)
            ended(context, pid);
    }
}

void debug_processes_end(struct debug_processes *processes)
{
    while (processes->list) {
        struct debug_process *process = processes->list;
        processes->list = process->next;
        destroy(process);
    }
}

/* --- breakpoints --------------------------------------------------------------------------- */

static struct debug_breakpoint **find_breakpoint(struct debug_process *process,
                                                 enum gdb_breakpoint_kind kind, vaddr_t address,
                                                 uint64_t size)
{
    struct debug_breakpoint **link = &process->breakpoints;
    while (*link && ((*link)->kind != kind || (*link)->address != address || (*link)->size != size))
        link = &(*link)->next;
    return link;
}

int debug_process_add_breakpoint(struct debug_process *process, enum gdb_breakpoint_kind kind,
                                 vaddr_t address, uint64_t size)
{
    struct debug_breakpoint **link = find_breakpoint(process, kind, address, size);
    if (*link)
        return 0;
    *link = host_allocate(1, sizeof(**link));
    if (!*link)
        return -ENOMEM;
    **link = (struct debug_breakpoint){.kind = kind, .address = address, .size = size};
    return 0;
}

bool debug_process_remove_breakpoint(struct debug_process *process, enum gdb_breakpoint_kind kind,
                                     vaddr_t address, uint64_t size)
{
    struct debug_breakpoint **link = find_breakpoint(process, kind, address, size);
    struct debug_breakpoint *breakpoint = *link;
    if (!breakpoint)
        return false;
    *link = breakpoint->next;
    free(breakpoint);
    return true;
}

void debug_process_forget_breakpoints(struct debug_process *process)
{
    while (process->breakpoints) {
        struct debug_breakpoint *breakpoint = process->breakpoints;
        process->breakpoints = breakpoint->next;
        free(breakpoint);
    }
}
