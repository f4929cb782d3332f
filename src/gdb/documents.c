/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that are read in pieces (qXfer). A text is made when its beginning is read and kept until
 * another one is, so that its pieces fit each other.
 */
#include <gdb/protocol.h>

#include <base/bits.h>
#include <base/memory.h>
#include <base/text.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define FIRST_CAPACITY 4096
#define NAME_BYTES     128
#define STATE_BYTES    256

/* --- writing one --------------------------------------------------------------------------- */

void gdb_document_free(struct gdb_document *document)
{
    free(document->text);
    *document = (struct gdb_document){0};
}

static bool grow(struct gdb_document *document, size_t wanted)
{
    size_t capacity = document->capacity ? document->capacity : FIRST_CAPACITY;
    uint8_t *text;

    while (capacity < wanted)
        capacity *= 2;
    text = host_allocate(capacity, 1);
    if (!text)
        return false;
    if (document->size)
        mem_copy(text, document->text, document->size);
    free(document->text);
    document->text = text;
    document->capacity = capacity;
    return true;
}

/* Without memory the document has no kind any more, and is no answer. */
static void add(void *sink, const char *text, size_t size)
{
    struct gdb_document *document = sink;

    if (!document->kind)
        return;
    if (document->capacity - document->size < size && !grow(document, document->size + size)) {
        gdb_document_free(document);
        return;
    }
    mem_copy(document->text + document->size, text, size);
    document->size += size;
}

static void add_text(struct gdb_document *document, const char *text)
{
    add(document, text, text_length(text));
}

/* A guest's text: nothing of it is markup, and what is not ASCII is not shown. */
static void add_quoted(struct gdb_document *document, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            add_text(document, "&lt;");
            break;
        case '>':
            add_text(document, "&gt;");
            break;
        case '&':
            add_text(document, "&amp;");
            break;
        case '"':
            add_text(document, "&quot;");
            break;
        default:
            add(document, *text >= ' ' && *text < 0x7f ? text : "?", 1);
        }
    }
}

/* --- reading one --------------------------------------------------------------------------- */

typedef int write_document(struct gdb_server *server, const struct gdb_reader *annex);

/* "m" and a piece, or "l" and the last one. */
static void answer_piece(struct gdb_server *server, uint64_t offset, uint64_t size)
{
    const struct gdb_document *document = &server->document;
    size_t first = server->reply.size, left, done;

    if (offset > document->size) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    left = document->size - offset;
    gdb_write_text(&server->reply, "m");
    done =
        left ? gdb_write_binary(&server->reply, document->text + offset, min_u64(left, size)) : 0;
    if (done == left)
        server->reply.bytes[first] = 'l';
}

/* "annex:offset,size". */
static void read_document(struct gdb_server *server, struct gdb_reader *arguments, const char *kind,
                          write_document *write)
{
    struct gdb_document *document = &server->document;
    struct gdb_reader annex = {arguments->at, arguments->at};
    uint64_t offset, size;
    int error = 0;

    while (annex.end < arguments->end && *annex.end != ':')
        annex.end++;
    arguments->at = annex.end;
    if (!gdb_read_text(arguments, ":") || !gdb_read_range(arguments, &offset, &size) ||
        gdb_bytes_left(arguments)) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    if (offset == 0 || document->kind != kind) {
        document->kind = kind;
        document->size = 0;
        error = write(server, &annex);
        if (!error && !document->kind)
            error = -ENOMEM;
    }
    if (error) {
        document->kind = NULL;
        gdb_reply_error(server, error);
    } else {
        answer_piece(server, offset, size);
    }
}

/* --- the documents ------------------------------------------------------------------------- */

static int write_features(struct gdb_server *server, const struct gdb_reader *annex)
{
    struct gdb_reader name = *annex;

    if (!gdb_read_text(&name, "target.xml") || gdb_bytes_left(&name))
        return -ENOENT;
    gdb_describe_target(server->target.has_avx, add, &server->document);
    return 0;
}

static void write_thread(struct gdb_server *server, struct gdb_thread_id thread)
{
    const struct gdb_target_ops *ops = server->target.ops;
    struct gdb_document *document = &server->document;
    char name[NAME_BYTES] = "", state[STATE_BYTES] = "";
    uint8_t bytes[64];
    struct gdb_writer id = {.bytes = bytes, .capacity = sizeof(bytes)};

    ops->thread_name(server->target.context, thread, name, sizeof(name));
    ops->thread_state(server->target.context, thread, state, sizeof(state));
    gdb_write_thread(&id, thread, server->knows_processes);
    add_text(document, "<thread id=\"");
    add(document, (const char *)bytes, id.size);
    if (*name) {
        add_text(document, "\" name=\"");
        add_quoted(document, name);
    }
    add_text(document, "\">");
    add_quoted(document, state);
    add_text(document, "</thread>\n");
}

static int write_threads(struct gdb_server *server, const struct gdb_reader *annex)
{
    const struct gdb_target_ops *ops = server->target.ops;
    struct gdb_thread_id thread = {0};

    if (gdb_bytes_left(annex))
        return -ENOENT;
    add_text(&server->document, "<?xml version=\"1.0\"?>\n<threads>\n");
    while (ops->next_thread(server->target.context, thread, &thread))
        write_thread(server, thread);
    add_text(&server->document, "</threads>\n");
    return 0;
}

/* The annex is a process, or none: that of Hg. */
static int write_exec_file(struct gdb_server *server, const struct gdb_reader *annex)
{
    struct gdb_reader reader = *annex;
    const char *path;
    int32_t general;
    uint64_t pid;

    if (!gdb_bytes_left(&reader)) {
        if (!gdb_general_process(server, &general))
            return -ESRCH;
        pid = (uint64_t)general;
    } else if (!gdb_read_number(&reader, &pid) || gdb_bytes_left(&reader) || pid > INT32_MAX) {
        return -EINVAL;
    }
    path = server->target.ops->process_file(server->target.context, (int32_t)pid);
    if (!path)
        return -ENOENT;
    add_text(&server->document, path);
    return 0;
}

void gdb_handle_features(struct gdb_server *server, struct gdb_reader *arguments)
{
    read_document(server, arguments, "features", write_features);
}

void gdb_handle_threads(struct gdb_server *server, struct gdb_reader *arguments)
{
    read_document(server, arguments, "threads", write_threads);
}

void gdb_handle_exec_file(struct gdb_server *server, struct gdb_reader *arguments)
{
    read_document(server, arguments, "exec-file", write_exec_file);
}
