/* SPDX-License-Identifier: BSD-2-Clause */
/* Which threads and processes packets are about. */
#include <gdb/protocol.h>

#include <base/text.h>
#include <errno.h>

#define INFO_BYTES 256

static bool is_some(int64_t id)
{
    return id > 0;
}

bool gdb_thread_matches(struct gdb_thread_id pattern, struct gdb_thread_id thread)
{
    return (!is_some(pattern.pid) || pattern.pid == thread.pid) &&
           (!is_some(pattern.tid) || pattern.tid == thread.tid);
}

bool gdb_thread_equal(struct gdb_thread_id a, struct gdb_thread_id b)
{
    return a.pid == b.pid && a.tid == b.tid;
}

static bool is_alive(struct gdb_server *server, struct gdb_thread_id thread)
{
    return is_some(thread.pid) && is_some(thread.tid) &&
           server->target.ops->is_alive(server->target.context, thread);
}

bool gdb_find_thread(struct gdb_server *server, struct gdb_thread_id pattern,
                     struct gdb_thread_id *ret_thread)
{
    const struct gdb_target_ops *ops = server->target.ops;
    void *context = server->target.context;
    struct gdb_thread_id thread = ops->current_thread(context);

    if (!is_alive(server, thread) || !gdb_thread_matches(pattern, thread)) {
        thread = (struct gdb_thread_id){0};
        do {
            if (!ops->next_thread(context, thread, &thread))
                return false;
        } while (!gdb_thread_matches(pattern, thread));
    }
    *ret_thread = thread;
    return true;
}

bool gdb_general_thread(struct gdb_server *server, struct gdb_thread_id *ret_thread)
{
    struct gdb_thread_id general = server->general;

    if (!is_some(general.pid) || !is_some(general.tid))
        return gdb_find_thread(server, general, ret_thread);
    if (!is_alive(server, general))
        return false;
    *ret_thread = general;
    return true;
}

bool gdb_general_process(struct gdb_server *server, int32_t *ret_pid)
{
    struct gdb_thread_id thread = server->general;

    if (!is_some(thread.pid) && !gdb_find_thread(server, thread, &thread))
        return false;
    *ret_pid = thread.pid;
    return true;
}

/*
 * Any thread: the one there is, if it is one of those. The debugger does not look at the answer, so
 * a thread that is gone is taken, too: what is asked of it fails then.
 */
static int set_general(struct gdb_server *server, struct gdb_thread_id pattern)
{
    if (!is_some(pattern.tid)) {
        if (gdb_thread_matches(pattern, server->general) && is_alive(server, server->general))
            return 0;
        if (!gdb_find_thread(server, pattern, &pattern) && !is_some(pattern.pid))
            pattern = (struct gdb_thread_id){0};
    } else if (!is_some(pattern.pid)) {
        gdb_find_thread(server, pattern, &pattern);
    }
    server->general = pattern;
    return is_some(pattern.tid) && !is_alive(server, pattern) ? -ESRCH : 0;
}

void gdb_handle_set_thread(struct gdb_server *server, struct gdb_reader *arguments)
{
    bool is_general = gdb_read_text(arguments, "g");
    struct gdb_thread_id thread;

    if ((!is_general && !gdb_read_text(arguments, "c")) || !gdb_read_thread(arguments, &thread) ||
        gdb_bytes_left(arguments)) {
        gdb_reply_error(server, -EINVAL);
    } else if (is_general) {
        gdb_reply_result(server, set_general(server, thread));
    } else {
        server->resumed = thread;
        gdb_reply_ok(server);
    }
}

void gdb_handle_is_alive(struct gdb_server *server, struct gdb_reader *arguments)
{
    struct gdb_thread_id thread;

    if (!gdb_read_thread(arguments, &thread) || !is_some(thread.tid))
        gdb_reply_error(server, -EINVAL);
    else if (is_some(thread.pid) ? is_alive(server, thread)
                                 : gdb_find_thread(server, thread, &thread))
        gdb_reply_ok(server);
    else
        gdb_reply_error(server, -ESRCH);
}

void gdb_handle_current(struct gdb_server *server, struct gdb_reader *arguments)
{
    struct gdb_thread_id thread;

    (void)arguments;
    if (!gdb_general_thread(server, &thread)) {
        gdb_reply_error(server, -ESRCH);
        return;
    }
    gdb_write_text(&server->reply, "QC");
    gdb_write_thread(&server->reply, thread, server->knows_processes);
}

/* As many as fit a packet, from the one after `listed`. */
static void list_threads(struct gdb_server *server)
{
    struct gdb_writer *reply = &server->reply;
    struct gdb_thread_id thread = server->listed;

    while (server->target.ops->next_thread(server->target.context, thread, &thread)) {
        size_t size = reply->size;

        gdb_write_text(reply, "%c", size ? ',' : 'm');
        gdb_write_thread(reply, thread, server->knows_processes);
        if (reply->is_full) {
            reply->is_full = false;
            reply->size = size;
            return;
        }
        server->listed = thread;
    }
    if (!reply->size)
        gdb_write_text(reply, "l");
}

void gdb_handle_first_threads(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    server->listed = (struct gdb_thread_id){0};
    list_threads(server);
}

void gdb_handle_next_threads(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    list_threads(server);
}

void gdb_handle_extra_info(struct gdb_server *server, struct gdb_reader *arguments)
{
    const struct gdb_target_ops *ops = server->target.ops;
    char info[INFO_BYTES] = "";
    struct gdb_thread_id thread;

    if (!gdb_read_thread(arguments, &thread) || !is_some(thread.tid)) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    if (!gdb_find_thread(server, thread, &thread)) {
        gdb_reply_error(server, -ESRCH);
        return;
    }
    ops->thread_name(server->target.context, thread, info, sizeof(info));
    gdb_write_hex(&server->reply, info, text_length(info));
    gdb_write_hex(&server->reply, ": ", 2);
    info[0] = 0;
    ops->thread_state(server->target.context, thread, info, sizeof(info));
    gdb_write_hex(&server->reply, info, text_length(info));
}

void gdb_handle_attached(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    gdb_write_text(&server->reply, server->target.is_private ? "0" : "1");
}
