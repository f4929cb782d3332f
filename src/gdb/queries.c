/* SPDX-License-Identifier: BSD-2-Clause */
/* What both sides can do, `monitor`, and what is refused. */
#include <gdb/protocol.h>

#include <base/bits.h>
#include <base/text.h>
#include <errno.h>

#define LINE_BYTES 1024

/* --- features ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    size_t offset; /* of the flag in struct gdb_server */
} known[] = {
    {"multiprocess+", offsetof(struct gdb_server, knows_processes)},
    {"swbreak+", offsetof(struct gdb_server, knows_swbreak)},
    {"hwbreak+", offsetof(struct gdb_server, knows_hwbreak)},
    {"no-resumed+", offsetof(struct gdb_server, knows_no_resumed)},
};

static bool is_end_of_feature(const struct gdb_reader *reader)
{
    return !gdb_bytes_left(reader) || *reader->at == ';';
}

static void learn_feature(struct gdb_server *server, struct gdb_reader *reader)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(known); i++) {
        if (gdb_read_text(reader, known[i].name) && is_end_of_feature(reader))
            *(bool *)((char *)server + known[i].offset) = true;
    }
    while (!is_end_of_feature(reader))
        reader->at++;
    gdb_read_text(reader, ";");
}

void gdb_handle_supported(struct gdb_server *server, struct gdb_reader *arguments)
{
    while (gdb_bytes_left(arguments))
        learn_feature(server, arguments);
    gdb_write_text(&server->reply,
                   "PacketSize=%x;QStartNoAckMode+;multiprocess+;swbreak+;hwbreak+;"
                   "vContSupported+;QNonStop+;no-resumed+;",
                   GDB_PACKET_BYTES);
    gdb_write_text(&server->reply,
                   "qXfer:features:read+;qXfer:threads:read+;qXfer:exec-file:read+");
}

/* The answer itself is the last that is confirmed. */
void gdb_handle_no_ack(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    gdb_reply_ok(server);
    server->no_ack = true;
}

/* --- monitor ------------------------------------------------------------------------------- */

static void write_output(void *sink, const char *text, size_t size)
{
    gdb_send_output(sink, text, size);
}

void gdb_handle_monitor(struct gdb_server *server, struct gdb_reader *arguments)
{
    char line[LINE_BYTES];

    if (!gdb_read_string(arguments, 0, line, sizeof(line)))
        gdb_reply_error(server, -EINVAL);
    else
        gdb_reply_result(server, server->target.ops->monitor(server->target.context, line,
                                                             write_output, server));
}

/* --- the rest ------------------------------------------------------------------------------ */

void gdb_handle_refuse(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    gdb_reply_error(server, -EPERM);
}

void gdb_handle_nothing(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)server;
    (void)arguments;
}
