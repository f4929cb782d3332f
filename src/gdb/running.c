/* SPDX-License-Identifier: BSD-2-Clause */
/* Resuming, stepping, holding; and the end of it. */
#include <gdb/protocol.h>

#include <base/memory.h>
#include <errno.h>

/* --- stepping through a range -------------------------------------------------------------- */

static struct gdb_range *find_range(struct gdb_server *server, struct gdb_thread_id thread)
{
    for (unsigned i = 0; i < GDB_RANGES; i++) {
        if (gdb_thread_equal(server->ranges[i].thread, thread))
            return &server->ranges[i];
    }
    return NULL;
}

void gdb_forget_range(struct gdb_server *server, struct gdb_thread_id thread)
{
    struct gdb_range *range = find_range(server, thread);

    if (range)
        *range = (struct gdb_range){0};
}

/* Without a free entry it is a step of one instruction: the debugger asks again. */
static void remember_range(struct gdb_server *server, struct gdb_thread_id thread, vaddr_t start,
                           vaddr_t end)
{
    struct gdb_range *range = find_range(server, (struct gdb_thread_id){0});

    if (range)
        *range = (struct gdb_range){.thread = thread, .start = start, .end = end};
}

bool gdb_steps_on(struct gdb_server *server, struct gdb_thread_id thread)
{
    struct gdb_range *range = thread.tid ? find_range(server, thread) : NULL;
    struct gdb_registers registers;
    vaddr_t ip;

    if (!range || server->target.ops->read_registers(server->target.context, thread, &registers))
        return false;
    ip = registers.word[UREG_RIP];
    if (ip < range->start || ip >= range->end ||
        mem_equal(range->word, registers.word, sizeof(range->word)))
        return false;
    mem_copy(range->word, registers.word, sizeof(range->word));
    return true;
}

/* --- actions ------------------------------------------------------------------------------- */

struct action {
    char letter; /* c, s, r, t */
    vaddr_t start, end;
    struct gdb_thread_id who;
};

/* A signal is read and goes nowhere: seL4 threads take none. */
static bool read_kind(struct gdb_reader *reader, struct action *action)
{
    static const char plain[] = "csrt", with_signal[] = "CS";
    uint8_t signal;

    for (unsigned i = 0; with_signal[i]; i++) {
        if (gdb_read_text(reader, (char[]){with_signal[i], 0})) {
            action->letter = plain[i];
            return gdb_read_bytes(reader, &signal, 1);
        }
    }
    for (unsigned i = 0; plain[i]; i++) {
        if (gdb_read_text(reader, (char[]){plain[i], 0})) {
            action->letter = plain[i];
            return action->letter != 'r' || gdb_read_range(reader, &action->start, &action->end);
        }
    }
    return false;
}

static bool read_action(struct gdb_reader *reader, struct action *ret_action)
{
    *ret_action = (struct action){.who = {GDB_ALL, GDB_ALL}};
    return read_kind(reader, ret_action) &&
           (!gdb_read_text(reader, ":") || gdb_read_thread(reader, &ret_action->who)) &&
           (!gdb_bytes_left(reader) || gdb_read_text(reader, ";"));
}

static bool are_actions(struct gdb_reader reader)
{
    struct action action;

    do {
        if (!read_action(&reader, &action))
            return false;
    } while (gdb_bytes_left(&reader));
    return true;
}

/* The first action that names the thread. */
static bool find_action(struct gdb_reader reader, struct gdb_thread_id thread,
                        struct action *ret_action)
{
    while (gdb_bytes_left(&reader) && read_action(&reader, ret_action)) {
        if (gdb_thread_matches(ret_action->who, thread))
            return true;
    }
    return false;
}

static void set_action(struct gdb_server *server, struct gdb_thread_id thread,
                       const struct action *action)
{
    enum gdb_action what = action->letter == 'c'   ? GDB_CONTINUE
                           : action->letter == 't' ? GDB_HOLD
                                                   : GDB_STEP;

    gdb_forget_range(server, thread);
    if (action->letter == 'r')
        remember_range(server, thread, action->start, action->end);
    server->target.ops->set_action(server->target.context, thread, what);
}

/* A thread without an action is held. Stops that wait come first: then nothing runs. */
static void resume_all_stop(struct gdb_server *server, struct gdb_reader actions)
{
    static const struct action hold = {.letter = 't'};
    const struct gdb_target_ops *ops = server->target.ops;
    void *context = server->target.context;
    struct action action;

    server->no_answer = true;
    if (gdb_stops_tell_first(server))
        return;
    for (struct gdb_thread_id thread = {0}; ops->next_thread(context, thread, &thread);)
        set_action(server, thread, find_action(actions, thread, &action) ? &action : &hold);
    server->is_running = true;
    ops->run(context);
}

/* A thread whose stop the debugger does not know of yet stays as it is. */
static void resume_non_stop(struct gdb_server *server, struct gdb_reader actions)
{
    static const struct gdb_stop held = {.kind = GDB_STOP_SIGNAL, .signal = GDB_SIGNAL_NONE};
    const struct gdb_target_ops *ops = server->target.ops;
    void *context = server->target.context;
    struct action action;

    gdb_reply_ok(server);
    for (struct gdb_thread_id thread = {0}; ops->next_thread(context, thread, &thread);) {
        bool was_held = ops->is_held(context, thread);

        if (!find_action(actions, thread, &action) || gdb_stops_hold(server, thread))
            continue;
        if (action.letter != 't')
            set_action(server, thread, &action);
        else if (!was_held) {
            set_action(server, thread, &action);
            if (!gdb_stops_add(server, thread, &held))
                return;
        }
    }
}

void gdb_handle_actions(struct gdb_server *server, struct gdb_reader *arguments)
{
    if (!are_actions(*arguments))
        gdb_reply_error(server, -EINVAL);
    else if (server->non_stop)
        resume_non_stop(server, *arguments);
    else
        resume_all_stop(server, *arguments);
}

void gdb_handle_actions_known(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    gdb_write_text(&server->reply, "vCont;c;C;s;S;t;r");
}

/* --- the older packets --------------------------------------------------------------------- */

/* For the thread of Hc, or the general one where that is any; in the first case it runs alone. */
static void resume_one(struct gdb_server *server, char letter)
{
    uint8_t bytes[80];
    struct gdb_writer actions = {.bytes = bytes, .capacity = sizeof(bytes)};
    bool is_alone = server->resumed.tid > 0;
    struct gdb_thread_id thread = server->resumed;

    if (is_alone ? !gdb_find_thread(server, thread, &thread)
                 : letter == 's' && !gdb_general_thread(server, &thread)) {
        gdb_reply_error(server, -ESRCH);
        return;
    }
    if (is_alone || letter == 's') {
        gdb_write_text(&actions, "%c:", letter);
        gdb_write_thread(&actions, thread, true);
    }
    if (!is_alone)
        gdb_write_text(&actions, "%sc", actions.size ? ";" : "");
    gdb_handle_actions(server, &(struct gdb_reader){bytes, bytes + actions.size});
}

/* Where to resume cannot be said: P writes rip. */
static void resume_here(struct gdb_server *server, struct gdb_reader *arguments, char letter)
{
    if (gdb_bytes_left(arguments))
        gdb_reply_error(server, -EINVAL);
    else
        resume_one(server, letter);
}

static void resume_with_signal(struct gdb_server *server, struct gdb_reader *arguments, char letter)
{
    uint8_t signal;

    if (!gdb_read_bytes(arguments, &signal, 1))
        gdb_reply_error(server, -EINVAL);
    else
        resume_here(server, arguments, letter);
}

void gdb_handle_continue(struct gdb_server *server, struct gdb_reader *arguments)
{
    resume_here(server, arguments, 'c');
}

void gdb_handle_continue_signal(struct gdb_server *server, struct gdb_reader *arguments)
{
    resume_with_signal(server, arguments, 'c');
}

void gdb_handle_step(struct gdb_server *server, struct gdb_reader *arguments)
{
    resume_here(server, arguments, 's');
}

void gdb_handle_step_signal(struct gdb_server *server, struct gdb_reader *arguments)
{
    resume_with_signal(server, arguments, 's');
}

/* --- interrupting -------------------------------------------------------------------------- */

/* Non-stop: the thread that runs, or one that could. */
static bool find_running(struct gdb_server *server, struct gdb_thread_id *ret_thread)
{
    const struct gdb_target_ops *ops = server->target.ops;
    void *context = server->target.context;
    struct gdb_thread_id thread = {0};

    if (gdb_find_thread(server, thread, &thread) && !ops->is_held(context, thread)) {
        *ret_thread = thread;
        return true;
    }
    for (thread = (struct gdb_thread_id){0}; ops->next_thread(context, thread, &thread);) {
        if (!ops->is_held(context, thread)) {
            *ret_thread = thread;
            return true;
        }
    }
    return false;
}

void gdb_interrupt(struct gdb_server *server)
{
    static const struct gdb_stop stop = {.kind = GDB_STOP_SIGNAL, .signal = GDB_SIGNAL_INT};
    struct gdb_thread_id thread = {0};

    if (server->non_stop) {
        if (find_running(server, &thread))
            gdb_server_stopped(server, thread, &stop);
    } else if (server->is_running) {
        gdb_find_thread(server, thread, &thread);
        gdb_server_stopped(server, thread, &stop);
    }
}

void gdb_handle_interrupt(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    server->no_answer = true;
    gdb_reply_ok(server);
    gdb_send_reply(server);
    gdb_interrupt(server);
}

/* --- all-stop and non-stop ----------------------------------------------------------------- */

/* The threads of a machine that stands still are held, and time goes on. */
static void begin_non_stop(struct gdb_server *server)
{
    const struct gdb_target_ops *ops = server->target.ops;
    void *context = server->target.context;

    for (struct gdb_thread_id thread = {0}; ops->next_thread(context, thread, &thread);)
        ops->set_action(context, thread, GDB_HOLD);
    server->is_running = false;
    ops->run(context);
}

void gdb_handle_set_non_stop(struct gdb_server *server, struct gdb_reader *arguments)
{
    static const struct gdb_thread_id all = {GDB_ALL, GDB_ALL};
    bool on = gdb_read_text(arguments, "1");

    if ((!on && !gdb_read_text(arguments, "0")) || gdb_bytes_left(arguments)) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    if (on != server->non_stop) {
        gdb_stops_drop(server, all, false);
        server->stops.is_told = false;
        server->non_stop = on;
        if (on)
            begin_non_stop(server);
        else
            server->target.ops->freeze(server->target.context);
    }
    gdb_reply_ok(server);
}

/* --- the end ------------------------------------------------------------------------------- */

static void let_go(struct gdb_server *server)
{
    if (!server->is_detached)
        server->target.ops->detach(server->target.context, GDB_ALL);
    server->is_detached = true;
}

void gdb_detach_all(struct gdb_server *server)
{
    let_go(server);
    server->is_finished = true;
}

/* Whether any process is left that the debugger may want. */
static bool has_processes(struct gdb_server *server)
{
    struct gdb_thread_id thread;

    return server->target.ops->next_thread(server->target.context, (struct gdb_thread_id){0},
                                           &thread);
}

static void forget_process(struct gdb_server *server, int32_t pid)
{
    for (unsigned i = 0; i < GDB_RANGES; i++) {
        if (server->ranges[i].thread.pid == pid)
            server->ranges[i] = (struct gdb_range){0};
    }
    gdb_stops_drop(server, (struct gdb_thread_id){pid, GDB_ALL}, true);
}

/* "D" or "D;pid". */
void gdb_handle_detach(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint64_t pid = 0;

    if (gdb_bytes_left(arguments) &&
        (!gdb_read_text(arguments, ";") || !gdb_read_number(arguments, &pid) || pid == 0 ||
         pid > INT32_MAX || gdb_bytes_left(arguments))) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    gdb_reply_ok(server);
    if (pid) {
        forget_process(server, (int32_t)pid);
        server->target.ops->detach(server->target.context, (int32_t)pid);
    }
    if (!pid)
        gdb_detach_all(server);
    else if (!has_processes(server))
        let_go(server); /* it has more to detach from: processes without a thread */
}

void gdb_handle_kill_all(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    server->no_answer = true;
    server->is_detached = server->target.ops->kill(server->target.context, GDB_ALL) == 0;
    server->is_finished = true;
}

void gdb_handle_kill(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint64_t pid;

    if (!gdb_read_number(arguments, &pid) || pid == 0 || pid > INT32_MAX ||
        gdb_bytes_left(arguments)) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    gdb_reply_result(server, server->target.ops->kill(server->target.context, (int32_t)pid));
    forget_process(server, (int32_t)pid);
    if (!has_processes(server))
        server->is_finished = true;
}
