/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory and breakpoints, both in the process of the thread of Hg. */
#include <gdb/protocol.h>

#include <base/bits.h>
#include <base/checked.h>
#include <base/memory.h>
#include <errno.h>

#define PIECE_BYTES   4096
#define PATTERN_BYTES 1024
#define WATCH_BYTES   8 /* the widest watchpoint */

/* Digits take two bytes each. */
#define READ_BYTES (GDB_PACKET_BYTES / 2)

/* --- reading and writing ------------------------------------------------------------------- */

void gdb_handle_read_memory(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint8_t bytes[READ_BYTES];
    uint64_t address, size;
    int32_t pid;

    if (!gdb_read_range(arguments, &address, &size) || gdb_bytes_left(arguments)) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    if (!gdb_general_process(server, &pid)) {
        gdb_reply_error(server, -ESRCH);
        return;
    }
    if (size == 0)
        return; /* an empty answer is right here, too */
    size = server->target.ops->read_memory(server->target.context, pid, address, bytes,
                                           min_u64(size, sizeof(bytes)));
    if (size)
        gdb_write_hex(&server->reply, bytes, size);
    else
        gdb_reply_error(server, -EFAULT);
}

/* `size` bytes, as the packet says. */
static void write_memory(struct gdb_server *server, uint64_t address, const uint8_t *bytes,
                         uint64_t size)
{
    const struct gdb_target_ops *ops = server->target.ops;
    int32_t pid;

    if (!gdb_general_process(server, &pid))
        gdb_reply_error(server, -ESRCH);
    else if (size == 0)
        gdb_reply_ok(server);
    else
        gdb_reply_result(server,
                         ops->write_memory(server->target.context, pid, address, bytes, size));
}

void gdb_handle_write_memory(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint8_t bytes[READ_BYTES];
    uint64_t address, size;

    if (!gdb_read_range(arguments, &address, &size) || !gdb_read_text(arguments, ":") ||
        size > sizeof(bytes) || !gdb_read_bytes(arguments, bytes, size) ||
        gdb_bytes_left(arguments))
        gdb_reply_error(server, -EINVAL);
    else
        write_memory(server, address, bytes, size);
}

void gdb_handle_write_binary(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint64_t address, size;

    if (!gdb_read_range(arguments, &address, &size) || !gdb_read_text(arguments, ":") ||
        gdb_bytes_left(arguments) != size)
        gdb_reply_error(server, -EINVAL);
    else
        write_memory(server, address, arguments->at, size);
}

/* --- searching ----------------------------------------------------------------------------- */

static bool find_bytes(const uint8_t *bytes, size_t size, const struct gdb_reader *pattern,
                       size_t *ret_offset)
{
    size_t length = gdb_bytes_left(pattern);

    for (size_t i = 0; i + length <= size; i++) {
        if (bytes[i] == pattern->at[0] && mem_equal(bytes + i, pattern->at, length)) {
            *ret_offset = i;
            return true;
        }
    }
    return false;
}

/*
 * Pieces overlap by a pattern less one byte. A search ends where memory does, and after
 * SEARCH_PIECES: no packet makes the guest wait for long. Returns 0 or a negative errno.
 */
#define SEARCH_PIECES 16384 /* 64 MiB */

static int search(struct gdb_server *server, int32_t pid, uint64_t start, uint64_t size,
                  const struct gdb_reader *pattern, bool *ret_found, uint64_t *ret_address)
{
    uint8_t bytes[PIECE_BYTES + PATTERN_BYTES];
    size_t overlap = gdb_bytes_left(pattern) - 1;

    *ret_found = false;
    for (unsigned piece = 0; size > overlap; piece++) {
        size_t wanted = min_u64(size, PIECE_BYTES + overlap), offset;
        size_t done =
            server->target.ops->read_memory(server->target.context, pid, start, bytes, wanted);

        if (done == 0 || piece == SEARCH_PIECES)
            return piece == SEARCH_PIECES ? -EFBIG : -EFAULT;
        if (find_bytes(bytes, done, pattern, &offset)) {
            *ret_found = true;
            *ret_address = start + offset;
            return 0;
        }
        if (done < wanted)
            return -EFAULT;
        start += wanted - overlap;
        size -= wanted - overlap;
    }
    return 0;
}

/* "address;size;pattern": 0, or 1 and where it is. */
void gdb_handle_search(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint64_t start, size, address;
    int32_t pid;
    bool found;
    int error;

    if (!gdb_read_number(arguments, &start) || !gdb_read_text(arguments, ";") ||
        !gdb_read_number(arguments, &size) || !gdb_read_text(arguments, ";") ||
        !gdb_bytes_left(arguments) || gdb_bytes_left(arguments) > PATTERN_BYTES) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    error = gdb_general_process(server, &pid)
                ? search(server, pid, start, size, arguments, &found, &address)
                : -ESRCH;
    if (error)
        gdb_reply_error(server, error);
    else if (found)
        gdb_write_text(&server->reply, "1,%lx", (unsigned long)address);
    else
        gdb_write_text(&server->reply, "0");
}

/* --- breakpoints --------------------------------------------------------------------------- */

struct breakpoint {
    enum gdb_breakpoint_kind kind;
    uint64_t address, size;
};

/* "kind,address,size". Conditions and commands of breakpoints were not offered: none follow. */
static bool read_breakpoint(struct gdb_reader *reader, struct breakpoint *ret_breakpoint)
{
    uint64_t kind;

    if (!gdb_read_number(reader, &kind) || kind >= GDB_BREAKPOINT_KINDS ||
        !gdb_read_text(reader, ",") ||
        !gdb_read_range(reader, &ret_breakpoint->address, &ret_breakpoint->size) ||
        gdb_bytes_left(reader))
        return false;
    ret_breakpoint->kind = (enum gdb_breakpoint_kind)kind;
    if (kind == GDB_SOFTWARE_BREAKPOINT || kind == GDB_HARDWARE_BREAKPOINT)
        return ret_breakpoint->size == 1;
    return ret_breakpoint->size != 0 && ret_breakpoint->size <= WATCH_BYTES;
}

typedef int change(void *context, int32_t pid, enum gdb_breakpoint_kind kind, vaddr_t address,
                   uint64_t size);

static void change_breakpoint(struct gdb_server *server, struct gdb_reader *arguments, change *make)
{
    struct breakpoint breakpoint;
    int32_t pid;
    int result;

    if (!read_breakpoint(arguments, &breakpoint)) {
        gdb_reply_error(server, -EINVAL);
        return;
    }
    if (!gdb_general_process(server, &pid)) {
        gdb_reply_error(server, -ESRCH);
        return;
    }
    result =
        make(server->target.context, pid, breakpoint.kind, breakpoint.address, breakpoint.size);
    if (result != -ENOTSUP)
        gdb_reply_result(server, result);
}

void gdb_handle_insert(struct gdb_server *server, struct gdb_reader *arguments)
{
    change_breakpoint(server, arguments, server->target.ops->insert);
}

void gdb_handle_remove(struct gdb_server *server, struct gdb_reader *arguments)
{
    change_breakpoint(server, arguments, server->target.ops->remove);
}
