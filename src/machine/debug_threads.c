/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/seat_debug.h>
#include <machine/debug_threads.h>

/* --- finding ------------------------------------------------------------------------------- */

struct gdb_thread_id debug_thread_id(const struct debug_processes *processes, const struct tcb *tcb)
{
    const struct debug_process *process = debug_processes_of(processes, tcb);
    if (!process || process->is_detached)
        return (struct gdb_thread_id){0};
    return (struct gdb_thread_id){.pid = process->pid, .tid = (int64_t)tcb->serial};
}

struct tcb *debug_thread_find(const struct debug_processes *processes, struct gdb_thread_id thread)
{
    struct kernel *k = processes->k;
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        if ((int64_t)tcb->serial != thread.tid)
            continue;
        struct gdb_thread_id id = debug_thread_id(processes, tcb);
        bool is_meant = id.pid > 0 && (thread.pid <= 0 || thread.pid == id.pid);
        return is_meant ? tcb : NULL;
    }
    return NULL;
}

/* Serial numbers ascend, the list of all TCBs is in no order that lasts. */
struct tcb *debug_thread_next(const struct debug_processes *processes, int64_t after)
{
    struct kernel *k = processes->k;
    struct tcb *next = NULL;
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        if ((int64_t)tcb->serial > after && (!next || tcb->serial < next->serial) &&
            debug_thread_id(processes, tcb).pid > 0)
            next = tcb;
    }
    return next;
}

vaddr_t debug_thread_ip(const struct tcb *tcb)
{
    word_t reg[USER_REGISTER_COUNT];
    seat_debug_read_registers(tcb, reg);
    return reg[UREG_RIP];
}
