/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <inspect/state_file.h>
#include <inspect/testkit_views.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static char problem[STATE_PROBLEM_BYTES];

/* The guest's memory, copied to a memfd; what it has not touched is a hole there. */
static int memory_of(struct guest *g)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    const char *memory = kernel_memory(g->k, 0);
    static const char zeroes[PAGE_BYTES];
    CHECK_EQ(ftruncate(fd, GUEST_MEMORY_END), 0);
    for (paddr_t at = g->k->memory[0].base; at < GUEST_MEMORY_END; at += PAGE_BYTES) {
        if (memcmp(memory + at, zeroes, PAGE_BYTES) != 0)
            CHECK_EQ(pwrite(fd, memory + at, PAGE_BYTES, (off_t)at), PAGE_BYTES);
    }
    return fd;
}

static int write_state(struct guest *g)
{
    int fd = memory_of(g);
    snprintf(path, sizeof(path), "/tmp/sel4emu-state-%d", getpid());
    int error = state_file_write(path, &(struct state_source){
                                           .k = g->k,
                                           .memory_fd = fd,
                                           .memory = kernel_memory(g->k, 0),
                                           .memory_bytes = GUEST_MEMORY_END,
                                           .image_path = "/build/image",
                                       });
    close(fd);
    return error;
}

static int open_and_close(void)
{
    struct state_file file;
    problem[0] = '\0';
    int error = state_file_open(path, &file, problem);
    if (!error)
        state_file_close(&file);
    return error;
}

static void change_byte(off_t at)
{
    int fd = open(path, O_RDWR);
    char c;
    CHECK_EQ(pread(fd, &c, 1, at), 1);
    c = (char)(c ^ 0x40);
    CHECK_EQ(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

TEST(a_state_shows_the_same_as_the_kernel_it_is_of)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    struct guest_thread t = named_thread(&g, "t");
    give(&g, t, 1, ep, RIGHT_READ);
    run_call(&g, t, SYSCALL_RECV, 1);
    CHECK_EQ(write_state(&g), 0);
    struct state_file file;
    CHECK_EQ(state_file_open(path, &file, problem), 0);
    CHECK_STR(file.image_path, "/build/image");
    static const char *const requests[] = {"ps",       "queues", "untyped",  "objects",
                                           "mappings", "caps t", "schedule", "derivation"};
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        char *expected = strdup(view_text(&g, requests[i]));
        struct guest from_file = {.k = file.k};
        CHECK_STR(view_text(&from_file, requests[i]), expected);
        free(expected);
    }
    state_file_close(&file);
    unlink(path);
    guest_end(&g);
}

TEST(a_file_that_has_changed_is_refused)
{
    struct guest g = guest_boot_default();
    CHECK_EQ(write_state(&g), 0);
    CHECK_EQ(open_and_close(), 0);
    int fd = open(path, O_RDONLY);
    off_t size = lseek(fd, 0, SEEK_END);
    close(fd);
    for (off_t at = 0; at < size; at += 1 + size / 97) {
        change_byte(at);
        CHECK_EQ(open_and_close(), -EINVAL);
        CHECK(problem[0]);
        change_byte(at);
    }
    change_byte(0);
    CHECK_EQ(open_and_close(), -EINVAL);
    CHECK_STR(problem, "it is no state file of sel4emu");
    change_byte(0);
    change_byte(24);
    open_and_close();
    CHECK_STR(problem, "another version of sel4emu wrote the state file");
    change_byte(24);
    for (off_t length = size - 1; length > 0; length /= 3) {
        CHECK_EQ(truncate(path, length), 0);
        CHECK_EQ(open_and_close(), -EINVAL);
        CHECK_STR(problem, "the state file is cut off");
    }
    unlink(path);
    CHECK_EQ(open_and_close(), -ENOENT);
    guest_end(&g);
}

TEST(a_file_that_cannot_be_written_is_not_left_there)
{
    struct guest g = guest_boot_default();
    host_inject("write", 3, ENOSPC);
    CHECK_EQ(write_state(&g), -ENOSPC);
    host_inject("write", 1, 0);
    CHECK_EQ(access(path, F_OK), -1);
    host_inject("lseek", 2, EIO);
    CHECK_EQ(write_state(&g), -EIO);
    host_inject("lseek", 1, 0);
    CHECK_EQ(access(path, F_OK), -1);
    guest_end(&g);
}

TEST(what_is_no_file_is_not_removed)
{
    struct guest g = guest_boot_default();
    snprintf(path, sizeof(path), "/tmp/sel4emu-state-%d", getpid());
    CHECK_EQ(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDWR | O_CLOEXEC);
    host_inject("write", 1, ENOSPC);
    CHECK_EQ(write_state(&g), -ENOSPC);
    host_inject("write", 1, 0);
    CHECK_EQ(access(path, F_OK), 0);
    close(reader);
    unlink(path);
    guest_end(&g);
}
