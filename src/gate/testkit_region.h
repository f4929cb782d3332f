/* SPDX-License-Identifier: BSD-2-Clause */
/* A runtime region in the test's own process, at a random base where nothing lies. */
#ifndef GATE_TESTKIT_REGION_H
#define GATE_TESTKIT_REGION_H

#include <gate/region.h>
#include <host/memory.h>

#define TEST_REGION_MEMORY UINT64_C(0x1000000)

struct test_region {
    vaddr_t base; /* 0: not mapped */
    struct runtime_image image;
    struct host_memory memory;
    int state_fd, wake_fd;
    struct region_contents contents;
};

/* seed: of the base. False: a check has failed. */
bool test_region_open(struct test_region *r, uint64_t seed);
void test_region_close(struct test_region *r);

#endif
