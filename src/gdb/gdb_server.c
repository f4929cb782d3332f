/* SPDX-License-Identifier: BSD-2-Clause */
#include <gdb/gdb_server.h>

#include <base/bits.h>
#include <base/text.h>
#include <errno.h>
#include <gdb/protocol.h>
#include <host/host.h>
#include <stdlib.h>

#define INTERRUPT_BYTE 0x03
#define OUTPUT_BYTES   1024 /* of text in one O packet */

/* --- answers ------------------------------------------------------------------------------- */

static void clear_reply(struct gdb_server *server)
{
    server->reply = (struct gdb_writer){.bytes = server->out + 1, .capacity = GDB_PACKET_BYTES};
}

void gdb_reply_ok(struct gdb_server *server)
{
    gdb_write_text(&server->reply, "OK");
}

void gdb_reply_error(struct gdb_server *server, int error)
{
    clear_reply(server);
    gdb_write_text(&server->reply, "E%02x", (unsigned)-error & 0xff);
}

void gdb_reply_result(struct gdb_server *server, int result)
{
    if (result < 0)
        gdb_reply_error(server, result);
    else
        gdb_reply_ok(server);
}

void gdb_send_reply(struct gdb_server *server)
{
    size_t size = server->reply.size;
    char digits[3];

    server->out[0] = '$';
    gdb_checksum(server->out + 1, size, digits);
    server->out[size + 1] = '#';
    server->out[size + 2] = (uint8_t)digits[0];
    server->out[size + 3] = (uint8_t)digits[1];
    server->out_size = size + 4;
    server->send(server->send_context, server->out, server->out_size);
    clear_reply(server);
}

void gdb_send_notification(struct gdb_server *server, const struct gdb_writer *text)
{
    char digits[3];

    gdb_checksum(text->bytes, text->size, digits);
    server->send(server->send_context, (const uint8_t *)"%", 1);
    server->send(server->send_context, text->bytes, text->size);
    server->send(server->send_context, (const uint8_t *)"#", 1);
    server->send(server->send_context, (const uint8_t *)digits, 2);
}

void gdb_send_output(struct gdb_server *server, const char *text, size_t size)
{
    while (size) {
        size_t piece = min_u64(size, OUTPUT_BYTES);

        gdb_write_text(&server->reply, "O");
        gdb_write_hex(&server->reply, text, piece);
        gdb_send_reply(server);
        text += piece;
        size -= piece;
    }
}

void gdb_server_say(struct gdb_server *server, const char *text)
{
    if (server->is_running)
        gdb_send_output(server, text, text_length(text));
}

/* --- packets that come --------------------------------------------------------------------- */

/* After the last process was detached from nothing may be set again. */
static void obey(struct gdb_server *server)
{
    struct gdb_frame *in = &server->in;
    struct gdb_reader arguments;
    const struct gdb_packet *packet;

    clear_reply(server);
    server->no_answer = false;
    in->size = gdb_unescape(in->bytes, in->size);
    packet = gdb_find_packet(in->bytes, in->size, &arguments);
    if (packet && server->is_detached && packet->handle != gdb_handle_detach)
        gdb_reply_error(server, -ESRCH);
    else if (packet)
        packet->handle(server, &arguments);
    if (server->reply.is_full)
        gdb_reply_error(server, -EMSGSIZE);
    if (!server->no_answer)
        gdb_send_reply(server);
    gdb_stops_notify(server);
}

static void acknowledge(struct gdb_server *server, char sign)
{
    if (!server->no_ack)
        server->send(server->send_context, (const uint8_t *)&sign, 1);
}

/* The frame is complete. Without confirmations nothing asks for it again, so it gets an answer. */
static void take_packet(struct gdb_server *server)
{
    struct gdb_frame *in = &server->in;
    char digits[3];

    gdb_checksum(in->bytes, in->size, digits);
    if (in->is_too_long) {
        acknowledge(server, '+');
        clear_reply(server);
        gdb_reply_error(server, -EMSGSIZE);
        gdb_send_reply(server);
    } else if (!server->no_ack && (in->digits[0] != digits[0] || in->digits[1] != digits[1])) {
        acknowledge(server, '-');
    } else {
        acknowledge(server, '+');
        obey(server);
    }
}

static void begin_frame(struct gdb_frame *frame)
{
    frame->state = GDB_FRAME_BODY;
    frame->size = 0;
    frame->is_too_long = false;
}

static void take_between(struct gdb_server *server, uint8_t byte)
{
    if (byte == '$')
        begin_frame(&server->in);
    else if (byte == INTERRUPT_BYTE)
        gdb_interrupt(server);
    else if (byte == '-' && server->out_size && !server->no_ack)
        server->send(server->send_context, server->out, server->out_size);
}

static void take_body(struct gdb_frame *frame, uint8_t byte)
{
    if (byte == '$')
        begin_frame(frame); /* the rest of the one before got lost */
    else if (byte == '#')
        frame->state = GDB_FRAME_CHECKSUM;
    else if (frame->size < sizeof(frame->bytes))
        frame->bytes[frame->size++] = byte;
    else
        frame->is_too_long = true;
}

static void take_byte(struct gdb_server *server, uint8_t byte)
{
    struct gdb_frame *in = &server->in;

    switch (in->state) {
    case GDB_FRAME_NONE:
        take_between(server, byte);
        break;
    case GDB_FRAME_BODY:
        take_body(in, byte);
        break;
    case GDB_FRAME_CHECKSUM:
        in->digits[0] = byte;
        in->state = GDB_FRAME_CHECKSUM_LOW;
        break;
    case GDB_FRAME_CHECKSUM_LOW:
        in->digits[1] = byte;
        in->state = GDB_FRAME_NONE;
        take_packet(server);
        break;
    }
}

void gdb_server_input(struct gdb_server *server, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size && !server->is_finished; i++)
        take_byte(server, bytes[i]);
}

/* --- stops --------------------------------------------------------------------------------- */

void gdb_server_stopped(struct gdb_server *server, struct gdb_thread_id thread,
                        const struct gdb_stop *stop)
{
    const struct gdb_target_ops *ops = server->target.ops;

    if (server->is_detached)
        return;
    if (stop->kind == GDB_STOP_STEPPED && gdb_steps_on(server, thread)) {
        ops->set_action(server->target.context, thread, GDB_STEP);
        return;
    }
    gdb_forget_range(server, thread);
    if (server->non_stop) {
        if (stop->kind == GDB_STOP_NOTHING_RUNS)
            return; /* each thread's own stop has been told */
        if (!gdb_stop_is_exit(stop))
            ops->set_action(server->target.context, thread, GDB_HOLD);
    } else {
        ops->freeze(server->target.context);
    }
    if (!gdb_stops_add(server, thread, stop))
        return;
    if (server->is_running)
        gdb_stops_tell_first(server);
    gdb_stops_notify(server);
}

bool gdb_server_has_untold_stop(const struct gdb_server *server)
{
    return server->stops.count != 0;
}

/* --- beginning and end --------------------------------------------------------------------- */

int gdb_server_create(const struct gdb_target *target, gdb_send *send, void *send_context,
                      struct gdb_server **ret_server)
{
    struct gdb_server *server = host_allocate(1, sizeof(*server));

    if (!server)
        return -ENOMEM;
    server->target = *target;
    server->send = send;
    server->send_context = send_context;
    for (unsigned i = 0; i < GDB_OPEN_FILES; i++)
        server->files[i] = -1;
    clear_reply(server);
    target->ops->freeze(target->context);
    *ret_server = server;
    return 0;
}

void gdb_server_destroy(struct gdb_server *server)
{
    if (!server)
        return;
    gdb_detach_all(server);
    gdb_files_close(server);
    gdb_document_free(&server->document);
    free(server->stops.entries);
    free(server);
}

bool gdb_server_is_finished(const struct gdb_server *server)
{
    return server->is_finished;
}
