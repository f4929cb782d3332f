/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/testkit_region.h>

#include <errno.h>
#include <sys/eventfd.h>
#include <test.h>

#include <host/host.h>
#include <runtime/region.h>

#define TRIES 20

/* At the next base of the seed's, which the image is relocated for. */
static int map_at_random(struct test_region *r, uint64_t *seed)
{
    vaddr_t base;

    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    if (!region_choose_base(region_bytes(TEST_REGION_MEMORY), NULL, 0, *seed >> 20, &base))
        return -ENOSPC;
    int error = runtime_image_create(base, &r->image);
    if (error)
        return error;
    r->contents.image = &r->image;
    error = region_map(base, &r->contents);
    if (error)
        runtime_image_destroy(&r->image);
    else
        r->base = base;
    return error;
}

bool test_region_open(struct test_region *r, uint64_t seed)
{
    int error = -EEXIST;

    *r = (struct test_region){.state_fd = region_state_open()};
    if (!CHECK(r->state_fd >= 0))
        return false;
    r->wake_fd = (int)host_eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!CHECK(r->wake_fd >= 0) ||
        !CHECK_EQ(host_memory_create(TEST_REGION_MEMORY, &r->memory), 0)) {
        host_close(r->state_fd);
        return false;
    }
    r->contents = (struct region_contents){.state_fd = r->state_fd,
                                           .memory_fd = r->memory.fd,
                                           .wake_fd = r->wake_fd,
                                           .memory_bytes = r->memory.size};
    for (unsigned i = 0; i < TRIES && error == -EEXIST; i++)
        error = map_at_random(r, &seed);
    if (CHECK_EQ(error, 0))
        return true;
    host_memory_destroy(&r->memory);
    host_close(r->wake_fd);
    host_close(r->state_fd);
    return false;
}

void test_region_close(struct test_region *r)
{
    if (r->base)
        region_unmap(r->base, &r->contents);
    runtime_image_destroy(&r->image);
    host_memory_destroy(&r->memory);
    host_close(r->wake_fd);
    host_close(r->state_fd);
}
