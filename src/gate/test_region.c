/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a runtime region goes, and that its parts lie as they should. */
#include <test.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/bits.h>
#include <gate/region.h>
#include <gate/testkit_region.h>
#include <host/host.h>
#include <kernel/kernel_api.h>
#include <runtime/patch.h>
#include <runtime/region.h>

#define GIB UINT64_C(0x40000000)

TEST(a_region_grows_with_memory_in_whole_gibibytes)
{
    CHECK_EQ(region_bytes(UINT64_C(0x1ffe0000)), GIB);
    CHECK_EQ(region_bytes(GIB / 2), GIB);
    CHECK_EQ(region_bytes(GIB - REGION_WINDOW - REGION_GUARD_BYTES), GIB);
    CHECK_EQ(region_bytes(GIB - REGION_WINDOW - REGION_GUARD_BYTES + PAGE_BYTES), 2 * GIB);
    CHECK_EQ(region_bytes(3 * GIB), 4 * GIB);
}

static void check_base(uint64_t bytes, const struct address_range *used, unsigned used_count,
                       uint64_t random)
{
    vaddr_t base = 0;
    if (!CHECK(region_choose_base(bytes, used, used_count, random, &base)))
        return;
    CHECK_EQ(base % GIB, 0);
    CHECK(base >= REGION_LOWEST_BASE && base + bytes <= REGION_HIGHEST_END);
    for (unsigned i = 0; i < used_count; i++)
        CHECK(base >= used[i].end + GIB || base + bytes + GIB <= used[i].start);
}

TEST(a_base_is_clear_of_what_is_used)
{
    const struct address_range used[] = {
        {0x400000, 0x500000},
        {UINT64_C(0x555500000000), UINT64_C(0x555600000000)},
        {REGION_LOWEST_BASE + 5 * GIB + 1, REGION_LOWEST_BASE + 5 * GIB + 2},
    };
    for (uint64_t random = 0; random < 40; random++)
        check_base((1 + random % 4) * GIB, used, ARRAY_LENGTH(used), random * random * random);
}

TEST(every_base_has_its_turn)
{
    /* all but three are in use, or too near */
    const struct address_range used[] = {
        {REGION_LOWEST_BASE + 2 * GIB, REGION_HIGHEST_END - 4 * GIB}};
    const vaddr_t bases[] = {REGION_LOWEST_BASE, REGION_HIGHEST_END - 3 * GIB,
                             REGION_HIGHEST_END - 2 * GIB, REGION_HIGHEST_END - GIB};
    for (unsigned random = 0; random < 2 * ARRAY_LENGTH(bases); random++) {
        vaddr_t base = 0;
        CHECK(region_choose_base(GIB, used, 1, random, &base));
        CHECK_EQ(base, bases[random % ARRAY_LENGTH(bases)]);
    }
}

/* As they are found one by one. */
TEST(bases_among_many_ranges_are_counted)
{
    uint64_t random = 7;

    for (unsigned round = 0; round < 20; round++) {
        struct address_range used[6];
        uint64_t clear = 0, bytes = (1 + round % 5) * GIB;
        vaddr_t last = 0, base;
        for (unsigned i = 0; i < ARRAY_LENGTH(used); i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            used[i].start = random >> 17;
            used[i].end = i == 5 ? UINT64_MAX : used[i].start + (random & 0xffffffffff);
        }
        used[5].start = REGION_HIGHEST_END - 100 * GIB;
        for (vaddr_t at = REGION_LOWEST_BASE; at + bytes <= REGION_HIGHEST_END; at += GIB) {
            bool is_clear = true;
            for (unsigned i = 0; i < ARRAY_LENGTH(used); i++)
                is_clear = is_clear && (used[i].start >= at + bytes + GIB ||
                                        (used[i].end < at && used[i].end <= at - GIB));
            clear += is_clear;
            last = is_clear ? at : last;
        }
        if (!CHECK(clear > 0 && region_choose_base(bytes, used, 6, clear - 1, &base)))
            return;
        CHECK_EQ(base, last);
        CHECK(region_choose_base(bytes, used, 6, clear, &base));
        CHECK(base < last);
    }
}

TEST(there_may_be_no_base)
{
    const struct address_range used[] = {{0, UINT64_C(0x7fffffffffff)}};
    vaddr_t base = 7;
    CHECK(!region_choose_base(GIB, used, 1, 3, &base));
    CHECK(!region_choose_base(UINT64_C(1) << 47, NULL, 0, 3, &base));
    CHECK_EQ(base, 7);
}

TEST(stubs_are_clear_of_what_is_used)
{
    const struct address_range used[] = {{0x400000, 0x60000000}, {0x70000000, 0x70100000}};
    for (uint64_t random = 0; random < 2000; random++) {
        vaddr_t stubs = region_choose_stubs(used, ARRAY_LENGTH(used), random * random * 7919);
        CHECK(stubs >= REGION_STUBS && stubs + PATCH_STUBS_BYTES <= UINT64_C(0x80000000));
        CHECK_EQ(stubs % PAGE_BYTES, 0);
        for (unsigned i = 0; i < ARRAY_LENGTH(used); i++)
            CHECK(stubs >= used[i].end || stubs + PATCH_STUBS_BYTES <= used[i].start);
    }
}

TEST(there_may_be_no_place_for_stubs)
{
    const struct address_range used[] = {{0x400000, UINT64_C(0x80000000)}};
    CHECK_EQ(region_choose_stubs(used, 1, 12345), 0);
}

TEST(a_kernel_of_any_usual_machine_fits)
{
    CHECK(region_holds_kernel(UINT64_C(0x1ffe0000)));
    CHECK(region_holds_kernel(UINT64_C(64) << 30));
    CHECK(!region_holds_kernel(UINT64_C(1) << 46));
}

/* The rights of the mapping at `address`, as /proc has them: "r-xp"; "": there is none. */
static void rights_at(vaddr_t address, char ret_rights[5])
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long start, end;
    char rights[5], line[512];

    strcpy(ret_rights, "");
    while (maps && fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) == 3 && address >= start &&
            address < end)
            strcpy(ret_rights, rights);
    }
    if (maps)
        fclose(maps);
}

static void check_rights(vaddr_t address, const char *expected)
{
    char rights[5];
    rights_at(address, rights);
    CHECK_STR(rights, expected);
}

TEST(a_region_has_its_parts_and_guards_between_them)
{
    struct test_region r;
    if (!test_region_open(&r, 11))
        return;
    uint64_t image = r.base + REGION_IMAGE, window = r.base + REGION_WINDOW;
    check_rights(r.base, "---p");
    check_rights(image - 1, "---p");
    check_rights(image, "r-xp");
    check_rights(image + r.image.code_bytes - 1, "r-xp");
    check_rights(image + r.image.code_bytes, "r--p");
    check_rights(image + r.image.bytes, "---p");
    check_rights(r.base + REGION_SYMBOLS - 1, "---p");
    check_rights(r.base + REGION_SYMBOLS, "r--p");
    check_rights(r.base + REGION_SYMBOLS + r.image.symbols_bytes, "---p");
    check_rights(r.base + REGION_KERNEL - 1, "---p");
    check_rights(r.base + REGION_KERNEL, "rw-s");
    check_rights(r.base + REGION_SHARED, "rw-s");
    check_rights(r.base + REGION_PROCESS, "rw-p");
    check_rights(r.base + REGION_PROCESS + REGION_PROCESS_BYTES, "---p");
    check_rights(r.base + REGION_EDIT_STACK - 1, "---p");
    check_rights(r.base + REGION_EDIT_STACK, "rw-p");
    check_rights(r.base + REGION_EDIT_STACK + REGION_EDIT_STACK_BYTES, "---p");
    check_rights(window - 1, "---p");
    check_rights(window, "rw-s");
    check_rights(window + r.memory.size - 1, "rw-s");
    check_rights(window + r.memory.size, "---p");
    CHECK_EQ(region_map(r.base, &r.contents), -EEXIST);
    check_rights(image, "r-xp");
    CHECK_EQ(region_unmap(r.base, &r.contents), 0);
    check_rights(image, "");
    r.base = 0;
    test_region_close(&r);
}

/* Nobody changes the code of the others. */
TEST(a_runtime_image_is_sealed)
{
    struct test_region r;
    if (!test_region_open(&r, 12))
        return;
    CHECK_EQ(host_write(r.image.fd, "x", 1), -EPERM);
    CHECK_EQ(host_ftruncate(r.image.fd, 0), -EPERM);
    test_region_close(&r);
}

TEST(what_the_host_refuses_leaves_nothing_behind)
{
    static const char *const calls[] = {"memfd_create", "ftruncate", "mmap", "munmap", "fcntl"};
    struct runtime_image image = {.fd = 12345};
    int before = dup(0);

    close(before);
    for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++) {
        host_inject(calls[i], 1, ENOMEM);
        CHECK_EQ(runtime_image_create(REGION_LOWEST_BASE, &image), -ENOMEM);
        host_inject(calls[i], 1, 0);
        CHECK_EQ(image.fd, 12345);
        int after = dup(0);
        CHECK_EQ(after, before);
        close(after);
    }
    host_inject("ftruncate", 1, ENOMEM);
    CHECK_EQ(region_state_open(), -ENOMEM);
    host_inject("ftruncate", 1, 0);
}

TEST(a_part_that_cannot_be_mapped_leaves_no_region)
{
    struct test_region r;
    if (!test_region_open(&r, 13))
        return;
    CHECK_EQ(region_unmap(r.base, &r.contents), 0);
    for (unsigned part = 1; part <= REGION_PART_COUNT; part++) {
        host_inject("mmap", part, ENOMEM);
        CHECK_EQ(region_map(r.base, &r.contents), -ENOMEM);
        check_rights(r.base + REGION_IMAGE, "");
    }
    host_inject("mmap", 1, 0);
    r.base = 0;
    test_region_close(&r);
}
