/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of packets: a cursor that reads it, a buffer that it is written to. */
#ifndef GDB_TEXT_H
#define GDB_TEXT_H

#include <gdb/gdb_target.h>

/* What is left of a packet. Each gdb_read_*() that fails leaves `at` anywhere up to `end`. */
struct gdb_reader {
    const uint8_t *at, *end;
};

static inline size_t gdb_bytes_left(const struct gdb_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* Goes past `text` if it comes next. */
bool gdb_read_text(struct gdb_reader *reader, const char *text);

/* Hexadecimal digits, at least one, as many as fit a word; ends before what is no digit. */
bool gdb_read_number(struct gdb_reader *reader, uint64_t *ret_number);

/* Two digits for each byte. False: fewer than `size` bytes are there, or one is not of this form.
 */
bool gdb_read_bytes(struct gdb_reader *reader, void *ret_bytes, size_t size);

/* "p2.5", "p2" (all of its threads), "p2.-1", "-1", "5" (a thread whose process is not said). */
bool gdb_read_thread(struct gdb_reader *reader, struct gdb_thread_id *ret_thread);

/* Two numbers with a comma between: "address,size". */
bool gdb_read_range(struct gdb_reader *reader, uint64_t *ret_start, uint64_t *ret_size);

/* Text in hexadecimal, up to `stop` or the end; at most size - 1 characters, none of them 0. */
bool gdb_read_string(struct gdb_reader *reader, char stop, char *ret_text, size_t size);

/* What does not fit is dropped, and `is_full` says so. */
struct gdb_writer {
    uint8_t *bytes;
    size_t size, capacity;
    bool is_full;
};

void gdb_write_text(struct gdb_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Two digits for each byte. */
void gdb_write_hex(struct gdb_writer *writer, const void *bytes, size_t size);
/* As they are, but for those that a packet must not contain. Returns how many fitted. */
size_t gdb_write_binary(struct gdb_writer *writer, const void *bytes, size_t size);
/* With the process only for debuggers that know of processes. */
void gdb_write_thread(struct gdb_writer *writer, struct gdb_thread_id thread, bool with_process);

/* Turns escaped bytes of a packet back, in place. Returns the new size. */
size_t gdb_unescape(uint8_t *bytes, size_t size);

/* The digits of a packet's checksum, then a 0. */
void gdb_checksum(const uint8_t *bytes, size_t size, char ret_digits[3]);

#endif
