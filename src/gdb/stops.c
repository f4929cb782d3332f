/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telling the debugger what stopped. All-stop: a stop is the answer to the resumption before it;
 * those that come at the same time wait for the next resumption. Non-stop: %Stop tells the first,
 * and each vStopped confirms one and asks for the next.
 */
#include <gdb/protocol.h>

#include <base/memory.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define FIRST_CAPACITY 16
#define NOTICE_BYTES   512

/* --- the text of a stop -------------------------------------------------------------------- */

static const struct {
    enum gdb_signal signal;
    const char *reason; /* as the debugger knows it, if it said that it does */
} kinds[GDB_STOP_KINDS] = {
    [GDB_STOP_SOFTWARE_BREAKPOINT] = {GDB_SIGNAL_TRAP, "swbreak:;"},
    [GDB_STOP_HARDWARE_BREAKPOINT] = {GDB_SIGNAL_TRAP, "hwbreak:;"},
    [GDB_STOP_WATCHPOINT] = {GDB_SIGNAL_TRAP, NULL},
    [GDB_STOP_STEPPED] = {GDB_SIGNAL_TRAP, NULL},
    [GDB_STOP_STARTED] = {GDB_SIGNAL_CHLD, NULL},
};

static const char *const watch_names[GDB_BREAKPOINT_KINDS] = {
    [GDB_WATCH_WRITE] = "watch", [GDB_WATCH_READ] = "rwatch", [GDB_WATCH_ACCESS] = "awatch"};

static void write_reason(struct gdb_server *server, struct gdb_writer *writer,
                         const struct gdb_stop *stop)
{
    bool is_known = stop->kind == GDB_STOP_SOFTWARE_BREAKPOINT   ? server->knows_swbreak
                    : stop->kind == GDB_STOP_HARDWARE_BREAKPOINT ? server->knows_hwbreak
                                                                 : false;

    if (is_known)
        gdb_write_text(writer, "%s", kinds[stop->kind].reason);
    if (stop->kind == GDB_STOP_WATCHPOINT && watch_names[stop->watch])
        gdb_write_text(writer, "%s:%lx;", watch_names[stop->watch], (unsigned long)stop->address);
}

static void write_thread_stop(struct gdb_server *server, struct gdb_writer *writer,
                              struct gdb_thread_id thread, const struct gdb_stop *stop)
{
    const struct gdb_target_ops *ops = server->target.ops;
    struct gdb_registers registers;

    gdb_write_text(writer, "T%02x",
                   stop->kind == GDB_STOP_SIGNAL ? stop->signal : kinds[stop->kind].signal);
    write_reason(server, writer, stop);
    if (!thread.tid)
        return;
    gdb_write_text(writer, "thread:");
    gdb_write_thread(writer, thread, server->knows_processes);
    gdb_write_text(writer, ";");
    if (!ops->read_registers(server->target.context, thread, &registers))
        gdb_write_stop_registers(writer, &registers);
}

static void write_stop(struct gdb_server *server, struct gdb_writer *writer,
                       struct gdb_thread_id thread, const struct gdb_stop *stop)
{
    switch (stop->kind) {
    case GDB_STOP_EXITED:
        gdb_write_text(writer, "W%02x", stop->status);
        break;
    case GDB_STOP_KILLED:
        gdb_write_text(writer, "X%02x", stop->signal);
        break;
    case GDB_STOP_NOTHING_RUNS:
        gdb_write_text(writer, server->knows_no_resumed ? "N" : "T00");
        return;
    default:
        write_thread_stop(server, writer, thread, stop);
        return;
    }
    if (server->knows_processes)
        gdb_write_text(writer, ";process:%x", (unsigned)thread.pid);
    /* The debugger lists threads next: those of a process that it holds for gone would be new. */
    server->target.ops->detach(server->target.context, thread.pid);
}

/* --- what is untold ------------------------------------------------------------------------ */

static bool is_of_thread(const struct gdb_untold_stop *untold)
{
    return !gdb_stop_is_exit(&untold->stop);
}

static bool grow(struct gdb_stops *stops)
{
    size_t capacity = stops->capacity ? 2 * stops->capacity : FIRST_CAPACITY;
    struct gdb_untold_stop *entries = host_allocate(capacity, sizeof(*entries));

    if (!entries)
        return false;
    if (stops->count)
        mem_copy(entries, stops->entries, stops->count * sizeof(*entries));
    free(stops->entries);
    stops->entries = entries;
    stops->capacity = capacity;
    return true;
}

bool gdb_stops_add(struct gdb_server *server, struct gdb_thread_id thread,
                   const struct gdb_stop *stop)
{
    struct gdb_stops *stops = &server->stops;

    if (stops->count == stops->capacity && !grow(stops)) {
        gdb_detach_all(server);
        return false;
    }
    stops->entries[stops->count++] = (struct gdb_untold_stop){.thread = thread, .stop = *stop};
    return true;
}

bool gdb_stops_hold(const struct gdb_server *server, struct gdb_thread_id thread)
{
    for (size_t i = 0; i < server->stops.count; i++) {
        const struct gdb_untold_stop *untold = &server->stops.entries[i];

        if (is_of_thread(untold) && gdb_thread_equal(untold->thread, thread))
            return true;
    }
    return false;
}

static void remove_first(struct gdb_stops *stops)
{
    stops->count--;
    for (size_t i = 0; i < stops->count; i++)
        stops->entries[i] = stops->entries[i + 1];
}

void gdb_stops_drop(struct gdb_server *server, struct gdb_thread_id pattern, bool with_exits)
{
    struct gdb_stops *stops = &server->stops;
    size_t kept = 0;

    for (size_t i = 0; i < stops->count; i++) {
        struct gdb_untold_stop *untold = &stops->entries[i];

        if (!gdb_thread_matches(pattern, untold->thread) || (!with_exits && !is_of_thread(untold)))
            stops->entries[kept++] = *untold;
        else if (i == 0 && stops->is_told)
            stops->is_told = false;
    }
    stops->count = kept;
}

/* A thread may have been deleted since it stopped. */
static bool is_stale(struct gdb_server *server, const struct gdb_untold_stop *untold)
{
    return is_of_thread(untold) && untold->stop.kind != GDB_STOP_NOTHING_RUNS &&
           untold->thread.tid &&
           !server->target.ops->is_alive(server->target.context, untold->thread);
}

/* Writes the oldest stop that still is one. False: there is none. */
static bool write_first(struct gdb_server *server, struct gdb_writer *writer)
{
    struct gdb_stops *stops = &server->stops;

    while (stops->count && is_stale(server, &stops->entries[0]))
        remove_first(stops);
    if (!stops->count)
        return false;
    write_stop(server, writer, stops->entries[0].thread, &stops->entries[0].stop);
    return true;
}

/* --- all-stop ------------------------------------------------------------------------------ */

/* The debugger goes on with the thread that stopped, and does not say so by Hg. */
bool gdb_stops_tell_first(struct gdb_server *server)
{
    struct gdb_stops *stops = &server->stops;

    if (!write_first(server, &server->reply))
        return false;
    server->last = stops->entries[0].thread;
    server->last_stop = stops->entries[0].stop;
    server->general = is_of_thread(&stops->entries[0]) ? server->last : (struct gdb_thread_id){0};
    remove_first(stops);
    server->is_running = false;
    for (unsigned i = 0; i < GDB_RANGES; i++)
        server->ranges[i] = (struct gdb_range){0};
    gdb_send_reply(server);
    return true;
}

static void answer_why(struct gdb_server *server)
{
    static const struct gdb_stop connected = {.kind = GDB_STOP_SIGNAL, .signal = GDB_SIGNAL_TRAP};
    const struct gdb_stop *stop = &server->last_stop;
    struct gdb_thread_id thread = server->last;

    if (!thread.tid || !server->target.ops->is_alive(server->target.context, thread)) {
        stop = &connected;
        if (!gdb_find_thread(server, (struct gdb_thread_id){0}, &thread)) {
            gdb_write_text(&server->reply, "W00");
            return;
        }
    }
    server->general = thread;
    write_stop(server, &server->reply, thread, stop);
}

/* --- non-stop ------------------------------------------------------------------------------ */

void gdb_stops_notify(struct gdb_server *server)
{
    uint8_t bytes[NOTICE_BYTES];
    struct gdb_writer notice = {.bytes = bytes, .capacity = sizeof(bytes)};

    if (!server->non_stop || server->is_detached || server->stops.is_told)
        return;
    gdb_write_text(&notice, "Stop:");
    if (!write_first(server, &notice))
        return;
    server->stops.is_told = true;
    gdb_send_notification(server, &notice);
}

/* The first stop, for a debugger that asked; nothing: OK. */
static void answer_first(struct gdb_server *server)
{
    server->stops.is_told = write_first(server, &server->reply);
    if (!server->stops.is_told)
        gdb_reply_ok(server);
}

/*
 * gdb 13 takes all stops that follow '?' at once, and ends in an internal error at the second:
 * those after the first are told by a notification of their own.
 */
void gdb_handle_next_stop(struct gdb_server *server, struct gdb_reader *arguments)
{
    struct gdb_stops *stops = &server->stops;

    (void)arguments;
    if (stops->is_told)
        remove_first(stops);
    stops->is_told = false;
    if (stops->one_only)
        gdb_reply_ok(server);
    else
        answer_first(server);
    stops->one_only = false;
}

static void answer_why_all(struct gdb_server *server)
{
    static const struct gdb_stop held = {.kind = GDB_STOP_SIGNAL, .signal = GDB_SIGNAL_NONE};
    const struct gdb_target_ops *ops = server->target.ops;
    void *context = server->target.context;

    for (struct gdb_thread_id thread = {0}; ops->next_thread(context, thread, &thread);) {
        if (ops->is_held(context, thread) && !gdb_stops_hold(server, thread) &&
            !gdb_stops_add(server, thread, &held))
            return;
    }
    answer_first(server);
    server->stops.one_only = server->stops.is_told;
}

void gdb_handle_why(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    if (server->non_stop)
        answer_why_all(server);
    else
        answer_why(server);
}
