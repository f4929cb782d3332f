/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/debugger_state.h>

#include <base/bits.h>
#include <errno.h>
#include <host/cpu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A debugger that takes so few of the answers is asked for no more questions. */
#define BACKLOG_LIMIT (1 << 20)

/* How long one that was told of the end is waited for when it says nothing. */
#define LINGER (500 * UINT64_C(1000000))

/* And in all, whatever it asks. */
#define LINGER_LONGEST (10 * UINT64_C(1000000000))

/* What gdb shows of it: an error in answer to its first question. */
static const char refusal[] = "+$E.this machine has a debugger already#64";

/* --- bytes --------------------------------------------------------------------------------- */

static void disconnect(struct debugger *debugger)
{
    debug_events_remove(&debugger->events, 0);
    gdb_server_destroy(debugger->server);
    debugger->server = NULL;
    if (debugger->end.fd >= 0)
        serial_end_disconnect(&debugger->end);
    debugger->backlog_size = 0;
    debugger->kills |= debugger->machine->options->gdb_is_private;
}

static bool make_room(struct debugger *debugger, size_t size)
{
    if (size <= debugger->backlog_room - debugger->backlog_size)
        return true;
    size_t room = max_u64(2 * debugger->backlog_room, debugger->backlog_size + size);
    uint8_t *bytes = host_allocate(room, 1);
    if (!bytes)
        return false;
    if (debugger->backlog_size > 0)
        memcpy(bytes, debugger->backlog, debugger->backlog_size);
    free(debugger->backlog);
    debugger->backlog = bytes;
    debugger->backlog_room = room;
    return true;
}

static void flush(struct debugger *debugger)
{
    size_t done = 0;
    while (debugger->end.fd >= 0 && done < debugger->backlog_size) {
        int64_t count = serial_end_write(&debugger->end, debugger->backlog + done,
                                         debugger->backlog_size - done);
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    debugger->backlog_size -= done;
    if (done > 0)
        memmove(debugger->backlog, debugger->backlog + done, debugger->backlog_size);
}

/* Called by the server, which cannot be ended from here: exchange() sees that nobody is there. */
static void send_bytes(void *context, const uint8_t *bytes, size_t size)
{
    struct debugger *debugger = context;
    if (make_room(debugger, size)) {
        memcpy(debugger->backlog + debugger->backlog_size, bytes, size);
        debugger->backlog_size += size;
    } else if (debugger->end.fd >= 0) {
        serial_end_disconnect(&debugger->end); /* half an answer is worse than none */
    }
}

/* --- processes ----------------------------------------------------------------------------- */

/* Every VSpace in which a thread has run, or will, is a process to a debugger that comes now. */
static void add_processes(struct debugger *debugger)
{
    struct kernel *k = debugger->processes.k;
    struct tcb *oldest = NULL;
    do { /* in the order in which they were made: the root server is 1 */
        uint64_t after = oldest ? oldest->serial : 0;
        oldest = NULL;
        for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
            if (tcb->serial > after && (!oldest || tcb->serial < oldest->serial))
                oldest = tcb;
        }
        paddr_t root = oldest ? kernel_tcb_vspace(k, oldest) : 0;
        if (root && oldest->state != THREAD_INACTIVE &&
            !debug_processes_of_vspace(&debugger->processes, root))
            debug_processes_add(&debugger->processes, root, debug_thread_ip(oldest));
    } while (oldest);
}

static void tell_exit(void *context, int32_t pid)
{
    struct debugger *debugger = context;
    const struct gdb_stop stop = {.kind = GDB_STOP_EXITED};
    if (debugger->server)
        gdb_server_stopped(debugger->server, (struct gdb_thread_id){.pid = pid}, &stop);
}

/* --- the connection ------------------------------------------------------------------------ */

static bool has_avx(void)
{
    enum { LEAF_FEATURES = 1, AVX = 1 << 28 };
    uint32_t answer[HOST_CPUID_REGISTERS];
    host_cpuid(LEAF_FEATURES, 0, answer);
    return answer[HOST_ECX] & AVX;
}

static void accept_debugger(struct debugger *debugger)
{
    serial_end_accept(&debugger->end);
    if (debugger->end.fd < 0 || debugger->server)
        return;
    const struct gdb_target target = {
        .ops = &debug_target_ops,
        .context = debugger,
        .has_avx = has_avx(),
        .is_private = debugger->machine->options->gdb_is_private,
    };
    for (struct debug_process *p = debugger->processes.list; p; p = p->next)
        p->is_detached = false; /* that was another debugger */
    add_processes(debugger);
    if (gdb_server_create(&target, send_bytes, debugger, &debugger->server) != 0)
        serial_end_disconnect(&debugger->end);
}

static void read_input(struct debugger *debugger)
{
    uint8_t bytes[4096];
    int64_t count;
    while (debugger->end.fd >= 0 && debugger->backlog_size < BACKLOG_LIMIT &&
           !gdb_server_is_finished(debugger->server) &&
           (count = serial_end_read(&debugger->end, bytes, sizeof(bytes))) > 0) {
        gdb_server_input(debugger->server, bytes, (size_t)count);
        flush(debugger);
    }
}

/* Takes what has come and gives what has gathered. */
static void exchange(struct debugger *debugger)
{
    debugger->may_have_input = false;
    accept_debugger(debugger);
    while (serial_end_refuse(&debugger->end, refusal))
        continue;
    if (!debugger->server)
        return;
    read_input(debugger);
    flush(debugger);
    bool is_over = gdb_server_is_finished(debugger->server) && debugger->backlog_size == 0;
    if (is_over || debugger->end.fd < 0)
        disconnect(debugger);
}

void debugger_watch(struct debugger *debugger)
{
    if (!debugger)
        return;
    struct serial_end *end = &debugger->end;
    unsigned wanted = 0;
    if (debugger->backlog_size < BACKLOG_LIMIT)
        wanted |= HOST_WATCH_READ;
    if (debugger->backlog_size > 0)
        wanted |= HOST_WATCH_WRITE;
    machine_watch(debugger->machine, end->listener, HOST_WATCH_READ, &end->listener_interest);
    machine_watch(debugger->machine, end->fd, wanted, &end->fd_interest);
}

void debugger_poke(struct debugger *debugger)
{
    if (debugger)
        debugger->may_have_input = true;
}

/* --- standing still ------------------------------------------------------------------------ */

bool debugger_is_frozen(const struct debugger *debugger)
{
    return debugger && debugger->is_frozen;
}

void debugger_freeze(struct debugger *debugger)
{
    if (debugger->is_frozen)
        return;
    debugger->machine->time->freeze(debugger->machine);
    debugger->is_frozen = true;
}

void debugger_thaw(struct debugger *debugger)
{
    if (!debugger->is_frozen)
        return;
    debugger->is_frozen = false;
    debugger->machine->time->thaw(debugger->machine);
}

bool debugger_is_attached(const struct debugger *debugger)
{
    return debugger && (debugger->server || debugger->is_frozen);
}

bool debugger_kills(const struct debugger *debugger)
{
    return debugger && debugger->kills;
}

/* --- for the seat -------------------------------------------------------------------------- */

static bool is_due(void *context)
{
    struct debugger *debugger = context;
    if (debugger->server) {
        debug_processes_bury(&debugger->processes, tell_exit, debugger);
        debug_events_tell(&debugger->events, &debugger->processes, debugger->server,
                          debugger->backlog_size >= BACKLOG_LIMIT);
        flush(debugger);
    }
    return debugger->is_frozen || debugger->may_have_input;
}

static void serve(void *context)
{
    struct debugger *debugger = context;
    exchange(debugger);
    if (debugger->is_frozen)
        machine_wait_frozen(debugger->machine);
}

static enum gdb_signal signal_of_fault(const struct fault *fault)
{
    enum { DIVIDE = 0, DEBUG = 1, BREAKPOINT = 3, OVERFLOW = 4, INVALID = 6, X87 = 16, SIMD = 19 };
    if (fault->type == FAULT_DEBUG_EXCEPTION)
        return GDB_SIGNAL_TRAP;
    if (fault->type != FAULT_USER_EXCEPTION)
        return fault->type == FAULT_UNKNOWN_SYSCALL ? GDB_SIGNAL_ILL : GDB_SIGNAL_SEGV;
    switch (fault->user_exception.vector) {
    case DIVIDE:
    case OVERFLOW:
    case X87:
    case SIMD:
        return GDB_SIGNAL_FPE;
    case DEBUG:
    case BREAKPOINT:
        return GDB_SIGNAL_TRAP;
    case INVALID:
        return GDB_SIGNAL_ILL;
    default:
        return GDB_SIGNAL_SEGV;
    }
}

static struct gdb_stop translate_stop(const struct seat_stop *stop)
{
    static const enum gdb_breakpoint_kind watches[] = {
        [SEAT_WATCH_WRITE] = GDB_WATCH_WRITE,
        [SEAT_WATCH_READ] = GDB_WATCH_READ,
        [SEAT_WATCH_ACCESS] = GDB_WATCH_ACCESS,
    };
    switch (stop->kind) {
    case SEAT_STOP_STARTED:
        return (struct gdb_stop){.kind = GDB_STOP_STARTED, .signal = GDB_SIGNAL_CHLD};
    case SEAT_STOP_BREAKPOINT:
        return (struct gdb_stop){.kind = stop->breakpoint == SEAT_BREAK_SOFTWARE
                                             ? GDB_STOP_SOFTWARE_BREAKPOINT
                                             : GDB_STOP_HARDWARE_BREAKPOINT,
                                 .signal = GDB_SIGNAL_TRAP,
                                 .address = stop->address};
    case SEAT_STOP_WATCHPOINT:
        return (struct gdb_stop){.kind = GDB_STOP_WATCHPOINT,
                                 .signal = GDB_SIGNAL_TRAP,
                                 .watch = watches[stop->breakpoint],
                                 .address = stop->address};
    case SEAT_STOP_STEPPED:
        return (struct gdb_stop){.kind = GDB_STOP_STEPPED, .signal = GDB_SIGNAL_TRAP};
    case SEAT_STOP_FAULT:
        break;
    }
    return (struct gdb_stop){.kind = GDB_STOP_SIGNAL, .signal = signal_of_fault(&stop->fault)};
}

/* Whether the debugger is to hear of it: it knows a process that has only got a new VSpace. */
static bool start_process(struct debugger *debugger, const struct tcb *tcb)
{
    paddr_t root = kernel_tcb_vspace(debugger->processes.k, tcb);
    struct debug_process *process = debug_processes_of_vspace(&debugger->processes, root);
    bool is_told = false;
    if (!process) {
        int32_t last = debugger->processes.last_pid;
        process = debug_processes_add(&debugger->processes, root, debug_thread_ip(tcb));
        is_told = process && process->pid > last;
    }
    if (process)
        debug_target_plant_all(debugger, process);
    return is_told;
}

static void stopped(void *context, struct tcb *tcb, const struct seat_stop *stop)
{
    struct debugger *debugger = context;
    if (!debugger->server)
        return;
    if (stop->kind == SEAT_STOP_STARTED && !start_process(debugger, tcb))
        return;
    struct gdb_thread_id thread = debug_thread_id(&debugger->processes, tcb);
    const struct gdb_stop translated = translate_stop(stop);
    if (thread.pid > 0)
        gdb_server_stopped(debugger->server, thread, &translated);
    flush(debugger);
}

void debugger_start(struct debugger *debugger)
{
    seat_set_debugger(debugger->seat, &debugger->for_seat);
}

/* --- its life ------------------------------------------------------------------------------ */

void debugger_tell_end(struct debugger *debugger)
{
    if (!debugger || !debugger->server)
        return;
    for (struct debug_process *p = debugger->processes.list; p; p = p->next) {
        if (!p->is_detached)
            tell_exit(debugger, p->pid);
    }
    nanoseconds_t last = host_clock_now() + LINGER_LONGEST, until = host_clock_now() + LINGER;
    exchange(debugger);
    while (debugger->server && host_clock_now() < until) {
        int ready[1];
        debugger_watch(debugger);
        if (host_watcher_wait(debugger->machine->watcher, until, 1, ready) > 0)
            until = min_u64(host_clock_now() + LINGER, last);
        exchange(debugger);
    }
}

int debugger_open(struct machine *machine, struct debugger **ret_debugger)
{
    const struct machine_options *options = machine->options;
    struct debugger *debugger = host_allocate(1, sizeof(*debugger));
    if (!debugger)
        return -ENOMEM;
    int error = serial_end_open(&debugger->end, &options->gdb, "gdb", NULL);
    if (error) {
        free(debugger);
        return error;
    }
    debugger->machine = machine;
    debugger->seat = machine->seat_ops->debug(machine->seat);
    if (!debugger->seat) {
        serial_end_close(&debugger->end);
        free(debugger);
        return -ENOMEM;
    }
    if (options->freeze)
        debugger_freeze(debugger);
    debugger->for_seat = (struct seat_debugger){
        .context = debugger, .is_due = is_due, .serve = serve, .stopped = stopped};
    debugger->events.tracing = &machine->tracing;
    debugger->processes =
        (struct debug_processes){.k = machine->kernel, .programs = &machine->programs};
    *ret_debugger = debugger;
    return 0;
}

void debugger_close(struct debugger *debugger)
{
    disconnect(debugger);
    debug_processes_end(&debugger->processes);
    serial_end_close(&debugger->end);
    free(debugger->backlog);
    free(debugger);
}
