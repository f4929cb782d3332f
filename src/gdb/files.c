/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vFile: gdb reads programs through the server unless `set sysroot` says otherwise. Whoever reaches
 * the server may ask, so there are no other files than those that the target names as programs,
 * and they are only read.
 */
#include <gdb/protocol.h>

#include <base/bits.h>
#include <base/text.h>
#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <sys/stat.h>

#define PATH_BYTES  4096
#define PIECE_BYTES (GDB_PACKET_BYTES - 32) /* the answer begins with a number */

#define STATUS_BYTES 64

/* The protocol has errors of its own; those used have Linux's numbers. */
static void answer(struct gdb_server *server, int64_t result)
{
    if (result < 0)
        gdb_write_text(&server->reply, "F-1,%x", (unsigned)-result);
    else
        gdb_write_text(&server->reply, "F%lx", (unsigned long)result);
}

static int *find_free(struct gdb_server *server)
{
    for (unsigned i = 0; i < GDB_OPEN_FILES; i++) {
        if (server->files[i] < 0)
            return &server->files[i];
    }
    return NULL;
}

static bool is_program(struct gdb_server *server, const char *path)
{
    const struct gdb_target_ops *ops = server->target.ops;
    struct gdb_thread_id thread = {0};
    int32_t last = 0;

    while (ops->next_thread(server->target.context, thread, &thread)) {
        const char *file =
            thread.pid == last ? NULL : ops->process_file(server->target.context, thread.pid);

        last = thread.pid;
        if (file && text_equal(file, path))
            return true;
    }
    return false;
}

static int64_t open_program(struct gdb_server *server, const char *path, uint64_t flags)
{
    int *file = find_free(server);
    long fd;

    if (!is_program(server, path))
        return -ENOENT;
    if (flags != 0) /* for reading */
        return -EACCES;
    if (!file)
        return -EMFILE;
    fd = host_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    *file = (int)fd;
    return file - server->files;
}

/* A process: there is one view of the files. */
void gdb_handle_file_root(struct gdb_server *server, struct gdb_reader *arguments)
{
    (void)arguments;
    answer(server, 0);
}

/* "path,flags,mode". */
void gdb_handle_file_open(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint64_t flags, mode;
    char path[PATH_BYTES];

    if (!gdb_read_string(arguments, ',', path, sizeof(path)) || !gdb_read_text(arguments, ",") ||
        !gdb_read_range(arguments, &flags, &mode))
        answer(server, -EINVAL);
    else
        answer(server, open_program(server, path, flags));
}

static bool read_file(struct gdb_server *server, struct gdb_reader *reader, int **ret_file)
{
    uint64_t number;

    if (!gdb_read_number(reader, &number) || number >= GDB_OPEN_FILES || server->files[number] < 0)
        return false;
    *ret_file = &server->files[number];
    return true;
}

/* "file,size,offset". The number in the answer is of bytes before they were escaped. */
void gdb_handle_file_read(struct gdb_server *server, struct gdb_reader *arguments)
{
    uint8_t bytes[PIECE_BYTES], escaped[PIECE_BYTES];
    struct gdb_writer data = {.bytes = escaped, .capacity = sizeof(escaped)};
    uint64_t size, offset;
    int *file;
    long done;

    if (!read_file(server, arguments, &file) || !gdb_read_text(arguments, ",") ||
        !gdb_read_range(arguments, &size, &offset) || offset > INT64_MAX) {
        answer(server, -EBADF);
        return;
    }
    done = host_pread64(*file, bytes, min_u64(size, sizeof(bytes)), offset);
    if (done < 0) {
        answer(server, done);
        return;
    }
    answer(server, (int64_t)gdb_write_binary(&data, bytes, (size_t)done));
    gdb_write_text(&server->reply, ";");
    for (size_t i = 0; i < data.size; i++)
        server->reply.bytes[server->reply.size++] = escaped[i];
}

/* A number of `bytes` bytes, the highest first: the protocol's struct stat has such. */
static void write_field(struct gdb_writer *writer, uint64_t value, unsigned bytes)
{
    while (bytes--) {
        uint8_t byte = (uint8_t)(value >> 8 * bytes);

        gdb_write_binary(writer, &byte, 1);
    }
}

void gdb_handle_file_status(struct gdb_server *server, struct gdb_reader *arguments)
{
    struct stat status;
    int *file;
    long error;

    if (!read_file(server, arguments, &file)) {
        answer(server, -EBADF);
        return;
    }
    error = host_fstat(*file, &status);
    if (error) {
        answer(server, error);
        return;
    }
    answer(server, STATUS_BYTES);
    gdb_write_text(&server->reply, ";");
    write_field(&server->reply, 0, 4); /* device */
    write_field(&server->reply, 0, 4); /* inode */
    write_field(&server->reply, S_IFREG | 0444, 4);
    write_field(&server->reply, 1, 4); /* links */
    write_field(&server->reply, 0, 4); /* user */
    write_field(&server->reply, 0, 4); /* group */
    write_field(&server->reply, 0, 4); /* device that it is */
    write_field(&server->reply, (uint64_t)status.st_size, 8);
    write_field(&server->reply, (uint64_t)status.st_blksize, 8);
    write_field(&server->reply, (uint64_t)status.st_blocks, 8);
    write_field(&server->reply, (uint64_t)status.st_atime, 4);
    write_field(&server->reply, (uint64_t)status.st_mtime, 4);
    write_field(&server->reply, (uint64_t)status.st_ctime, 4);
}

void gdb_handle_file_close(struct gdb_server *server, struct gdb_reader *arguments)
{
    int *file;

    if (!read_file(server, arguments, &file)) {
        answer(server, -EBADF);
        return;
    }
    host_close(*file);
    *file = -1;
    answer(server, 0);
}

void gdb_files_close(struct gdb_server *server)
{
    for (unsigned i = 0; i < GDB_OPEN_FILES; i++) {
        if (server->files[i] >= 0)
            host_close(server->files[i]);
        server->files[i] = -1;
    }
}
