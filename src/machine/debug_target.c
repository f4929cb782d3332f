/* SPDX-License-Identifier: BSD-2-Clause */
/* What the protocol asks of the machine, by the kernel's state and the seat. */
#include <machine/debugger_state.h>

#include <errno.h>
#include <inspect/words.h>
#include <string.h>

/* --- what is there ------------------------------------------------------------------------- */

static struct tcb *find_thread(struct debugger *debugger, struct gdb_thread_id thread)
{
    return debug_thread_find(&debugger->processes, thread);
}

/* Shown to the debugger, whether it has a VSpace at present or not. */
static struct debug_process *find_process(struct debugger *debugger, int32_t pid)
{
    struct debug_process *process = debug_processes_find(&debugger->processes, pid);
    return process && !process->is_detached ? process : NULL;
}

static bool next_thread(void *context, struct gdb_thread_id after, struct gdb_thread_id *ret_thread)
{
    struct debugger *debugger = context;
    const struct tcb *tcb = debug_thread_next(&debugger->processes, after.tid);
    if (tcb)
        *ret_thread = debug_thread_id(&debugger->processes, tcb);
    return tcb != NULL;
}

static bool is_alive(void *context, struct gdb_thread_id thread)
{
    return find_thread(context, thread) != NULL;
}

static struct gdb_thread_id current_thread(void *context)
{
    struct debugger *debugger = context;
    struct kernel *k = debugger->processes.k;
    const struct tcb *tcb = tcb_at(k, k->cores[0].current);
    return tcb ? debug_thread_id(&debugger->processes, tcb) : (struct gdb_thread_id){0};
}

static void thread_name(void *context, struct gdb_thread_id thread, char *buffer, size_t size)
{
    const struct tcb *tcb = find_thread(context, thread);
    buffer[0] = '\0';
    if (tcb)
        words_thread(tcb, buffer, size);
}

static void thread_state(void *context, struct gdb_thread_id thread, char *buffer, size_t size)
{
    struct debugger *debugger = context;
    const struct tcb *tcb = find_thread(debugger, thread);
    buffer[0] = '\0';
    if (tcb)
        words_state(debugger->processes.k, tcb, buffer, size);
}

/* Of a process whose program is not known yet: some thread of it may tell by now. */
static const char *process_file(void *context, int32_t pid)
{
    struct debugger *debugger = context;
    struct debug_process *process = find_process(debugger, pid);
    const struct tcb *tcb = NULL;
    const char *path = NULL;
    if (!process)
        return NULL;
    while (!path && (tcb = debug_thread_next(&debugger->processes,
                                             tcb ? (int64_t)tcb->serial : 0)) != NULL) {
        if (debug_processes_of(&debugger->processes, tcb) == process)
            path = debug_processes_file(&debugger->processes, process, debug_thread_ip(tcb));
    }
    return path ? path : debug_processes_file(&debugger->processes, process, 0);
}

/* --- state --------------------------------------------------------------------------------- */

static int read_registers(void *context, struct gdb_thread_id thread,
                          struct gdb_registers *ret_registers)
{
    struct debugger *debugger = context;
    struct machine *machine = debugger->machine;
    struct tcb *tcb = find_thread(debugger, thread);
    size_t size;
    if (!tcb)
        return -ESRCH;
    memset(ret_registers, 0, sizeof(*ret_registers));
    seat_debug_read_registers(tcb, ret_registers->word);
    ret_registers->has_vector =
        machine->seat_ops->read_vector_state(machine->seat, tcb, ret_registers->vector,
                                             sizeof(ret_registers->vector), &size) == 0;
    return 0;
}

static int write_registers(void *context, struct gdb_thread_id thread,
                           const struct gdb_registers *registers)
{
    struct debugger *debugger = context;
    struct machine *machine = debugger->machine;
    struct tcb *tcb = find_thread(debugger, thread);
    if (!tcb)
        return -ESRCH;
    seat_debug_write_registers(tcb, registers->word);
    if (!registers->has_vector)
        return 0;
    return machine->seat_ops->write_vector_state(machine->seat, tcb, registers->vector,
                                                 sizeof(registers->vector));
}

static size_t read_memory(void *context, int32_t pid, vaddr_t address, void *ret_bytes, size_t size)
{
    struct debugger *debugger = context;
    const struct debug_process *process = find_process(debugger, pid);
    if (!process || !process->root)
        return 0;
    return seat_debug_read_memory(debugger->seat, process->root, address, ret_bytes, size);
}

static int write_memory(void *context, int32_t pid, vaddr_t address, const void *bytes, size_t size)
{
    struct debugger *debugger = context;
    const struct debug_process *process = find_process(debugger, pid);
    if (!process || !process->root)
        return -ESRCH;
    size_t done = seat_debug_write_memory(debugger->seat, process->root, address, bytes, size);
    return done == size ? 0 : -EFAULT;
}

/* --- breakpoints --------------------------------------------------------------------------- */

static const enum seat_breakpoint_kind seat_kinds[GDB_BREAKPOINT_KINDS] = {
    [GDB_SOFTWARE_BREAKPOINT] = SEAT_BREAK_SOFTWARE,
    [GDB_HARDWARE_BREAKPOINT] = SEAT_BREAK_HARDWARE,
    [GDB_WATCH_WRITE] = SEAT_WATCH_WRITE,
    [GDB_WATCH_READ] = SEAT_WATCH_READ,
    [GDB_WATCH_ACCESS] = SEAT_WATCH_ACCESS,
};

/* In a VSpace that has not run yet it is planted when it does. */
static int plant(struct debugger *debugger, const struct debug_process *process,
                 const struct debug_breakpoint *breakpoint)
{
    if (!process->root)
        return 0;
    int error = seat_debug_plant(debugger->seat, process->root, breakpoint->address,
                                 seat_kinds[breakpoint->kind], breakpoint->size);
    return error == -ESRCH ? 0 : error;
}

void debug_target_plant_all(struct debugger *debugger, const struct debug_process *process)
{
    for (const struct debug_breakpoint *b = process->breakpoints; b; b = b->next) {
        if (plant(debugger, process, b) != 0)
            gdb_server_say(debugger->server,
                           "sel4emu: a breakpoint could not be set again in a new VSpace\n");
    }
}

static int insert(void *context, int32_t pid, enum gdb_breakpoint_kind kind, vaddr_t address,
                  uint64_t size)
{
    struct debugger *debugger = context;
    struct debug_process *process = find_process(debugger, pid);
    const struct debug_breakpoint breakpoint = {.kind = kind, .address = address, .size = size};
    if (!process)
        return -ESRCH;
    int error = plant(debugger, process, &breakpoint);
    if (error)
        return error;
    return debug_process_add_breakpoint(process, kind, address, size);
}

static int pull(void *context, int32_t pid, enum gdb_breakpoint_kind kind, vaddr_t address,
                uint64_t size)
{
    struct debugger *debugger = context;
    struct debug_process *process = find_process(debugger, pid);
    if (!process)
        return -ESRCH;
    if (debug_process_remove_breakpoint(process, kind, address, size) && process->root)
        seat_debug_pull(debugger->seat, process->root, address, seat_kinds[kind], size);
    return 0;
}

/* --- running ------------------------------------------------------------------------------- */

/* Calls `act` for each thread that is meant. */
static void for_threads(struct debugger *debugger, struct gdb_thread_id meant,
                        void (*act)(struct debugger *debugger, struct tcb *tcb,
                                    enum gdb_action action),
                        enum gdb_action action)
{
    struct kernel *k = debugger->processes.k;
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        if (meant.tid > 0 && (int64_t)tcb->serial != meant.tid)
            continue;
        struct gdb_thread_id id = debug_thread_id(&debugger->processes, tcb);
        if (id.pid > 0 && (meant.pid <= 0 || meant.pid == id.pid))
            act(debugger, tcb, action);
    }
}

static void apply(struct debugger *debugger, struct tcb *tcb, enum gdb_action action)
{
    seat_debug_step(debugger->seat, tcb, action == GDB_STEP);
    seat_debug_hold(debugger->seat, tcb, action == GDB_HOLD);
}

static void stop_stepping(struct debugger *debugger, struct tcb *tcb, enum gdb_action action)
{
    (void)action;
    seat_debug_step(debugger->seat, tcb, false);
}

static const struct gdb_thread_id all_threads = {.pid = GDB_ALL, .tid = GDB_ALL};

static void freeze(void *context)
{
    for_threads(context, all_threads, stop_stepping, GDB_CONTINUE);
    debugger_freeze(context);
}

static void run(void *context)
{
    debugger_thaw(context);
}

static void set_action(void *context, struct gdb_thread_id thread, enum gdb_action action)
{
    for_threads(context, thread, apply, action);
}

static bool is_held(void *context, struct gdb_thread_id thread)
{
    struct debugger *debugger = context;
    const struct tcb *tcb = find_thread(debugger, thread);
    return tcb && seat_debug_is_held(debugger->seat, tcb);
}

/* --- the end ------------------------------------------------------------------------------- */

static void detach_process(struct debugger *debugger, struct debug_process *process)
{
    struct debug_breakpoint *breakpoint;
    set_action(debugger, (struct gdb_thread_id){.pid = process->pid, .tid = GDB_ALL}, GDB_CONTINUE);
    while ((breakpoint = process->breakpoints) != NULL)
        pull(debugger, process->pid, breakpoint->kind, breakpoint->address, breakpoint->size);
    process->is_detached = true;
}

static void detach(void *context, int32_t pid)
{
    struct debugger *debugger = context;
    for (struct debug_process *p = debugger->processes.list; p; p = p->next) {
        if ((pid == GDB_ALL || pid == p->pid) && !p->is_detached)
            detach_process(debugger, p);
    }
    if (pid != GDB_ALL)
        return;
    seat_debug_forget_all(debugger->seat);
    debugger_thaw(debugger);
}

/* A process alone cannot be ended: the system it is a part of would go on without it. */
static int kill_machine(void *context, int32_t pid)
{
    struct debugger *debugger = context;
    (void)pid;
    debugger->kills = true;
    return 0;
}

static int monitor(void *context, const char *line, gdb_text_sink *write, void *sink)
{
    return debug_monitor(context, line, write, sink);
}

const struct gdb_target_ops debug_target_ops = {
    .next_thread = next_thread,
    .is_alive = is_alive,
    .current_thread = current_thread,
    .thread_name = thread_name,
    .thread_state = thread_state,
    .process_file = process_file,
    .read_registers = read_registers,
    .write_registers = write_registers,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .insert = insert,
    .remove = pull,
    .freeze = freeze,
    .run = run,
    .set_action = set_action,
    .is_held = is_held,
    .detach = detach,
    .kill = kill_machine,
    .monitor = monitor,
};
