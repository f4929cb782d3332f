/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <test.h>

#include <host/cpu.h>
#include <host/host.h>

TEST(pinning_is_undone)
{
    struct host_cpu_set before = {.size = 0}, pinned = {.size = 0};
    unsigned long mask[16] = {0};
    int bits = 0;

    CHECK_EQ(host_cpu_pin(&before), 0);
    CHECK(host_sched_getaffinity(0, sizeof(mask), mask) > 0);
    for (unsigned i = 0; i < 16; i++)
        bits += __builtin_popcountl(mask[i]);
    CHECK_EQ(bits, 1);
    host_cpu_restore(&before);
    CHECK_EQ(host_cpu_pin(&pinned), 0);
    CHECK(!memcmp(before.mask, pinned.mask, sizeof(before.mask)));
    host_cpu_restore(&pinned);
}

TEST(processor_tells_its_name)
{
    uint32_t answer[HOST_CPUID_REGISTERS] = {0};
    char name[13] = "";

    host_cpuid(0, 0, answer);
    memcpy(name, &answer[HOST_EBX], 4);
    memcpy(name + 4, &answer[HOST_EDX], 4);
    memcpy(name + 8, &answer[HOST_ECX], 4);
    CHECK_EQ(strlen(name), 12);
    CHECK(answer[HOST_EAX] >= 7);
}
