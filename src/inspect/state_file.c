/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/state_file.h>

#include <base/bits.h>
#include <base/text.h>
#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <host/new_file.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STATE_FORMAT 2
#define MEMORY_MAX   (UINT64_C(1) << 40)

struct header {
    char magic[16];
    uint64_t format;
    uint64_t layout;       /* of the structures in it: layout_number() */
    uint64_t memory_bytes; /* of guest memory */
    uint64_t body_bytes;   /* of the file, behind the header */
    char image_path[STATE_IMAGE_BYTES];
    uint64_t sum; /* of the header without this, and of the body */
};

struct run {
    paddr_t start;
    uint64_t length; /* 0: the end */
};

static const char magic[16] = "sel4emu state\n";

/* --- sums ---------------------------------------------------------------------------------- */

/* size: a multiple of 8. */
static uint64_t add_to_sum(uint64_t sum, const void *bytes, size_t size)
{
    const char *at = bytes;
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return sum;
}

/* Differs between versions whose structures differ: by what lies where. */
static uint64_t layout_number(void)
{
    static const uint64_t places[] = {
        sizeof(struct kernel),
        sizeof(struct kernel_config),
        sizeof(struct core),
        sizeof(struct tcb),
        sizeof(struct user_context),
        sizeof(struct fault),
        offsetof(struct kernel, memory),
        offsetof(struct kernel, cores),
        offsetof(struct kernel, schedule),
        offsetof(struct kernel, asid_pools),
        offsetof(struct kernel, irqs),
        offsetof(struct kernel, all_tcbs),
        offsetof(struct core, ready),
        offsetof(struct tcb, state),
        offsetof(struct tcb, blocked_on),
        offsetof(struct tcb, bound_notification),
        offsetof(struct tcb, sched_context),
        sizeof(struct sched_context),
        offsetof(struct tcb, fault),
        offsetof(struct tcb, all_link),
        offsetof(struct tcb, utilisation),
        offsetof(struct tcb, serial),
        offsetof(struct tcb, name),
        offsetof(struct vspace, serial),
        CAP_TYPE_COUNT,
    };
    return add_to_sum(STATE_FORMAT, places, sizeof(places));
}

static uint64_t header_sum(const struct header *header)
{
    return add_to_sum(0, header, offsetof(struct header, sum));
}

/* --- writing ------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct kernel) % sizeof(uint64_t) == 0, "sums go by words");

struct writer {
    int fd;
    uint64_t written, sum;
    int error;
};

static void write_bytes(struct writer *w, const void *bytes, size_t size)
{
    const char *at = bytes;
    w->sum = add_to_sum(w->sum, bytes, size);
    w->written += size;
    while (size > 0 && !w->error) {
        long count = host_write(w->fd, at, size);
        if (count == -EINTR)
            continue;
        if (count <= 0) {
            w->error = count < 0 ? (int)count : -EIO;
            return;
        }
        at += count;
        size -= (size_t)count;
    }
}

/* What is not a hole in the memfd. */
static void write_memory(struct writer *w, int memory_fd, const char *memory, uint64_t size)
{
    uint64_t at = 0;
    while (at < size && !w->error) {
        long start = host_lseek(memory_fd, (int64_t)at, SEEK_DATA);
        if (start == -ENXIO)
            break; /* nothing behind it but a hole */
        long end = start < 0 ? start : host_lseek(memory_fd, start, SEEK_HOLE);
        if (end < 0) {
            w->error = (int)end;
            return;
        }
        struct run run = {.start = (paddr_t)start, .length = (uint64_t)(end - start)};
        write_bytes(w, &run, sizeof(run));
        write_bytes(w, memory + start, run.length);
        at = (uint64_t)end;
    }
    const struct run last = {0};
    write_bytes(w, &last, sizeof(last));
}

/* The header's sum depends on what the file has become. */
static int write_file(int fd, const struct state_source *source)
{
    struct header header = {
        .format = STATE_FORMAT, .layout = layout_number(), .memory_bytes = source->memory_bytes};
    memcpy(header.magic, magic, sizeof(magic));
    if (source->image_path && strlen(source->image_path) < sizeof(header.image_path))
        strcpy(header.image_path, source->image_path);
    struct writer w = {.fd = fd};
    write_bytes(&w, &header, sizeof(header));
    w.written = w.sum = 0;
    write_bytes(&w, source->k, sizeof(*source->k));
    write_memory(&w, source->memory_fd, source->memory, source->memory_bytes);
    if (w.error)
        return w.error;
    header.body_bytes = w.written;
    header.sum = header_sum(&header) ^ w.sum;
    long error = host_lseek(fd, 0, SEEK_SET);
    if (error == 0)
        write_bytes(&w, &header, sizeof(header));
    return error < 0 ? (int)error : w.error;
}

int state_file_write(const char *path, const struct state_source *source)
{
    int fd = new_file_create(path);
    if (fd < 0)
        return fd;
    return new_file_finish(fd, path, write_file(fd, source));
}

/* --- reading ------------------------------------------------------------------------------- */

struct reader {
    int fd;
    uint64_t left, sum; /* left: of the body */
    char *problem;
};

__attribute__((format(printf, 2, 3))) static int refuse(char *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_format_list(problem, STATE_PROBLEM_BYTES, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int read_all(int fd, void *ret_bytes, size_t size, char *problem)
{
    char *at = ret_bytes;
    while (size > 0) {
        long count = host_read(fd, at, size);
        if (count == -EINTR)
            continue;
        if (count < 0) {
            refuse(problem, "%s", strerror((int)-count));
            return (int)count;
        }
        if (count == 0)
            return refuse(problem, "the state file is cut off");
        at += count;
        size -= (size_t)count;
    }
    return 0;
}

static int read_bytes(struct reader *r, void *ret_bytes, size_t size)
{
    if (size > r->left || size % sizeof(uint64_t))
        return refuse(r->problem, "the state file is damaged");
    r->left -= size;
    int error = read_all(r->fd, ret_bytes, size, r->problem);
    if (!error)
        r->sum = add_to_sum(r->sum, ret_bytes, size);
    return error;
}

static int check_header(const struct header *header, char *problem)
{
    if (memcmp(header->magic, magic, sizeof(magic)) != 0)
        return refuse(problem, "it is no state file of sel4emu");
    if (header->format != STATE_FORMAT || header->layout != layout_number())
        return refuse(problem, "another version of sel4emu wrote the state file");
    if (header->memory_bytes == 0 || header->memory_bytes > MEMORY_MAX ||
        header->memory_bytes % PAGE_BYTES || header->body_bytes < sizeof(struct kernel) ||
        !memchr(header->image_path, 0, sizeof(header->image_path)))
        return refuse(problem, "the state file is damaged");
    return 0;
}

static int read_memory(struct reader *r, const struct state_file *file)
{
    for (;;) {
        struct run run;
        int error = read_bytes(r, &run, sizeof(run));
        if (error)
            return error;
        if (run.length == 0)
            return r->left ? refuse(r->problem, "the state file is damaged") : 0;
        if (run.start > file->memory_bytes || run.length > file->memory_bytes - run.start)
            return refuse(r->problem, "the state file is damaged");
        error = read_bytes(r, (char *)file->memory + run.start, run.length);
        if (error)
            return error;
    }
}

static bool memory_is_there(const struct state_file *file)
{
    const struct kernel *k = file->k;
    for (unsigned i = 0; i < k->memory_count && i < MAX_MEMORY_REGIONS; i++) {
        if (k->memory[i].base > k->memory[i].end || k->memory[i].end > file->memory_bytes)
            return false;
    }
    return true;
}

static int make_room(struct state_file *file, char *problem)
{
    file->k = host_allocate(1, sizeof(*file->k));
    long base = host_mmap(NULL, file->memory_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    file->memory = base < 0 && base > -4096 ? NULL : (void *)base;
    if (file->k && file->memory)
        return 0;
    refuse(problem, "no memory for the state");
    return -ENOMEM;
}

static int read_file(int fd, struct state_file *file, char *problem)
{
    struct header header;
    struct reader r = {.fd = fd, .problem = problem};
    int error = read_all(fd, &header, sizeof(header), problem);
    if (!error)
        error = check_header(&header, problem);
    if (error)
        return error;
    file->memory_bytes = header.memory_bytes;
    strcpy(file->image_path, header.image_path);
    error = make_room(file, problem);
    r.left = header.body_bytes;
    if (!error)
        error = read_bytes(&r, file->k, sizeof(*file->k));
    if (!error)
        error = read_memory(&r, file);
    if (error)
        return error;
    if ((header_sum(&header) ^ r.sum) != header.sum || !memory_is_there(file))
        return refuse(problem, "the state file is damaged");
    file->k->memory_offset = (char *)file->memory - (char *)file->k;
    return 0;
}

int state_file_open(const char *path, struct state_file *ret_file,
                    char ret_problem[STATE_PROBLEM_BYTES])
{
    *ret_file = (struct state_file){0};
    int fd = (int)host_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        refuse(ret_problem, "%s", strerror(-fd));
        return fd;
    }
    int error = read_file(fd, ret_file, ret_problem);
    host_close(fd);
    if (error)
        state_file_close(ret_file);
    return error;
}

void state_file_close(struct state_file *file)
{
    if (file->memory)
        host_munmap(file->memory, file->memory_bytes);
    free(file->k);
    *file = (struct state_file){0};
}
