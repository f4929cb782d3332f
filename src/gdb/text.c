/* SPDX-License-Identifier: BSD-2-Clause */
#include <gdb/text.h>

#include <base/bits.h>
#include <base/memory.h>
#include <base/text.h>
#include <stdarg.h>

#define ESCAPE      0x7d
#define ESCAPE_FLIP 0x20

static const char digits[] = "0123456789abcdef";

/* --- reading ------------------------------------------------------------------------------- */

/* 0 to 15, or -1. */
static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool gdb_read_text(struct gdb_reader *reader, const char *text)
{
    size_t length = text_length(text);

    if (gdb_bytes_left(reader) < length || !mem_equal(reader->at, text, length))
        return false;
    reader->at += length;
    return true;
}

bool gdb_read_number(struct gdb_reader *reader, uint64_t *ret_number)
{
    uint64_t number = 0;
    const uint8_t *start = reader->at;

    for (; reader->at < reader->end && digit_value(*reader->at) >= 0; reader->at++) {
        if (number >> (WORD_BITS - 4))
            return false;
        number = number << 4 | (unsigned)digit_value(*reader->at);
    }
    if (reader->at == start)
        return false;
    *ret_number = number;
    return true;
}

bool gdb_read_bytes(struct gdb_reader *reader, void *ret_bytes, size_t size)
{
    uint8_t *bytes = ret_bytes;

    if (gdb_bytes_left(reader) / 2 < size)
        return false;
    for (size_t i = 0; i < size; i++, reader->at += 2) {
        int high = digit_value(reader->at[0]), low = digit_value(reader->at[1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* A process or thread number of at most `limit`, or -1. */
static bool read_id(struct gdb_reader *reader, uint64_t limit, int64_t *ret_id)
{
    uint64_t id;

    if (gdb_read_text(reader, "-1")) {
        *ret_id = GDB_ALL;
        return true;
    }
    if (!gdb_read_number(reader, &id) || id > limit)
        return false;
    *ret_id = (int64_t)id;
    return true;
}

bool gdb_read_thread(struct gdb_reader *reader, struct gdb_thread_id *ret_thread)
{
    bool has_process = gdb_read_text(reader, "p");
    int64_t pid = GDB_ANY, tid = GDB_ALL;

    if (has_process && !read_id(reader, INT32_MAX, &pid))
        return false;
    if ((!has_process || gdb_read_text(reader, ".")) && !read_id(reader, INT64_MAX, &tid))
        return false;
    if (!has_process && tid == GDB_ALL)
        pid = GDB_ALL;
    *ret_thread = (struct gdb_thread_id){.pid = (int32_t)pid, .tid = tid};
    return true;
}

bool gdb_read_range(struct gdb_reader *reader, uint64_t *ret_start, uint64_t *ret_size)
{
    return gdb_read_number(reader, ret_start) && gdb_read_text(reader, ",") &&
           gdb_read_number(reader, ret_size);
}

bool gdb_read_string(struct gdb_reader *reader, char stop, char *ret_text, size_t size)
{
    size_t length = 0;

    while (reader->at < reader->end && *reader->at != (uint8_t)stop) {
        if (length + 1 >= size || !gdb_read_bytes(reader, &ret_text[length], 1) ||
            ret_text[length] == 0)
            return false;
        length++;
    }
    ret_text[length] = 0;
    return true;
}

/* --- writing ------------------------------------------------------------------------------- */

static bool has_room(struct gdb_writer *writer, size_t size)
{
    if (writer->capacity - writer->size < size)
        writer->is_full = true;
    return !writer->is_full;
}

void gdb_write_text(struct gdb_writer *writer, const char *format, ...)
{
    char text[256];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = text_format_list(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!has_room(writer, length))
        return;
    mem_copy(writer->bytes + writer->size, text, length);
    writer->size += length;
}

void gdb_write_hex(struct gdb_writer *writer, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    for (size_t i = 0; i < size && has_room(writer, 2); i++) {
        writer->bytes[writer->size++] = (uint8_t)digits[from[i] >> 4];
        writer->bytes[writer->size++] = (uint8_t)digits[from[i] & 0xf];
    }
}

static bool needs_escape(uint8_t byte)
{
    return byte == '#' || byte == '$' || byte == '*' || byte == ESCAPE;
}

size_t gdb_write_binary(struct gdb_writer *writer, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    size_t done = 0;

    for (; done < size; done++) {
        bool escape = needs_escape(from[done]);

        if (writer->capacity - writer->size < 1u + escape)
            break;
        if (escape)
            writer->bytes[writer->size++] = ESCAPE;
        writer->bytes[writer->size++] = escape ? from[done] ^ ESCAPE_FLIP : from[done];
    }
    return done;
}

void gdb_write_thread(struct gdb_writer *writer, struct gdb_thread_id thread, bool with_process)
{
    if (with_process)
        gdb_write_text(writer, "p%x.", (unsigned)thread.pid);
    gdb_write_text(writer, "%lx", (unsigned long)thread.tid);
}

/* --- framing ------------------------------------------------------------------------------- */

size_t gdb_unescape(uint8_t *bytes, size_t size)
{
    size_t to = 0;

    for (size_t from = 0; from < size; from++) {
        if (bytes[from] == ESCAPE && from + 1 < size)
            bytes[to++] = bytes[++from] ^ ESCAPE_FLIP;
        else
            bytes[to++] = bytes[from];
    }
    return to;
}

void gdb_checksum(const uint8_t *bytes, size_t size, char ret_digits[3])
{
    unsigned sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    ret_digits[0] = digits[sum >> 4 & 0xf];
    ret_digits[1] = digits[sum & 0xf];
    ret_digits[2] = 0;
}
