/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <test.h>
#include <unistd.h>

#include <host/host.h>
#include <host/memory.h>

TEST(memory_is_sparse_aligned_and_sealed)
{
    struct host_memory memory;

    if (!CHECK_EQ(host_memory_create(UINT64_C(8) << 30, &memory), 0))
        return;
    CHECK_EQ((uintptr_t)memory.base & 0x1fffff, 0);
    ((char *)memory.base)[memory.size - 1] = 1;
    CHECK_EQ(host_ftruncate(memory.fd, 4096), -EPERM);
    CHECK_EQ(host_ftruncate(memory.fd, memory.size * 2), -EPERM);
    host_memory_destroy(&memory);
}

TEST(memory_leaves_nothing_behind_when_a_call_fails)
{
    static const char *const names[] = {"memfd_create", "ftruncate", "fcntl", "mmap"};
    struct host_memory memory = {.fd = 12345};
    int next = dup(0);

    close(next);
    for (unsigned i = 0; i < 4; i++) {
        host_inject(names[i], 1, ENOMEM);
        CHECK_EQ(host_memory_create(1 << 20, &memory), -ENOMEM);
        CHECK_EQ(memory.fd, 12345);
    }
    host_inject("mmap", 2, ENOMEM);
    CHECK_EQ(host_memory_create(1 << 20, &memory), -ENOMEM);
    int again = dup(0);
    CHECK_EQ(again, next);
    close(again);
}
