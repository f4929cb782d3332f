/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <test.h>

#include <mem/testkit_vspace.h>
#include <seat/fill.h>

#define CODE    VADDR
#define SOURCE  (VADDR + 2 * PAGE_BYTES) /* and the page behind it, before it in memory */
#define TARGET  (VADDR + 5 * PAGE_BYTES)
#define BACKING UINT64_C(0x3000000)

enum { CODE_PAGE, SECOND_PAGE, FIRST_PAGE, GAP, TARGET_PAGE, PAGES };

static const char rep_movsq[] = "\xf3\x48\xa5", rep_movsb[] = "\xf3\xa4";
static const char rep_stosq[] = "\xf3\x48\xab", rep_stosb[] = "\xf3\xaa";

static char *memory(struct guest *g, unsigned page)
{
    return kernel_memory(g->k, BACKING + page * PAGE_BYTES);
}

static struct guest begin(const char *code, word_t reg[USER_REGISTER_COUNT])
{
    struct guest g = guest_with_vspace();
    map(&g, CODE, FRAME_4K, BACKING + CODE_PAGE * PAGE_BYTES, VM_READ_ONLY);
    map(&g, SOURCE, FRAME_4K, BACKING + FIRST_PAGE * PAGE_BYTES, VM_READ_ONLY);
    map(&g, SOURCE + PAGE_BYTES, FRAME_4K, BACKING + SECOND_PAGE * PAGE_BYTES, VM_READ_ONLY);
    map(&g, TARGET, FRAME_4K, BACKING + TARGET_PAGE * PAGE_BYTES, VM_READ_WRITE);
    for (unsigned i = 0; i < PAGES * PAGE_BYTES; i++)
        memory(&g, 0)[i] = (char)(i * 7 + i / 256);
    strcpy(memory(&g, CODE_PAGE) + 0x123, code);
    memset(reg, 0, USER_REGISTER_COUNT * sizeof(word_t));
    reg[UREG_RIP] = CODE + 0x123;
    reg[UREG_RAX] = UINT64_C(0x8877665544332211);
    reg[UREG_RSI] = SOURCE + 0x20;
    reg[UREG_RDI] = TARGET;
    return g;
}

static bool fill(struct guest *g, word_t reg[USER_REGISTER_COUNT])
{
    return seat_fill_page(g->k, ROOT, TARGET, BACKING + TARGET_PAGE * PAGE_BYTES, reg);
}

/* It must have written as many bytes, and say so. */
static void check_copied(struct guest *g, const word_t reg[USER_REGISTER_COUNT], unsigned offset,
                         unsigned bytes)
{
    unsigned first = PAGE_BYTES - 0x20 < bytes ? PAGE_BYTES - 0x20 : bytes;
    CHECK(memcmp(memory(g, TARGET_PAGE) + offset, memory(g, FIRST_PAGE) + 0x20, first) == 0);
    CHECK(memcmp(memory(g, TARGET_PAGE) + offset + first, memory(g, SECOND_PAGE), bytes - first) ==
          0);
    CHECK_EQ(reg[UREG_RSI], SOURCE + 0x20 + bytes);
    CHECK_EQ(reg[UREG_RDI], TARGET + offset + bytes);
    CHECK_EQ(reg[UREG_RIP], CODE + 0x123);
}

TEST(a_copy_ends_with_the_page_or_its_count)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(rep_movsq, reg);
    reg[UREG_RCX] = 1000;
    CHECK(fill(&g, reg));
    check_copied(&g, reg, 0, PAGE_BYTES);
    CHECK_EQ(reg[UREG_RCX], 1000 - PAGE_BYTES / 8);
    guest_end(&g);
    g = begin(rep_movsb, reg);
    reg[UREG_RDI] += 0x101;
    reg[UREG_RCX] = 777;
    char behind = memory(&g, TARGET_PAGE)[0x101 + 777];
    CHECK(fill(&g, reg));
    check_copied(&g, reg, 0x101, 777);
    CHECK_EQ(reg[UREG_RCX], 0);
    CHECK_EQ(memory(&g, TARGET_PAGE)[0x101 + 777], behind);
    guest_end(&g);
}

TEST(elements_are_copied_as_a_whole)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(rep_movsq, reg);
    reg[UREG_RDI] += 3; /* the last element is of two pages: it is left to the processor */
    reg[UREG_RCX] = PAGE_BYTES / 8;
    CHECK(fill(&g, reg));
    check_copied(&g, reg, 3, PAGE_BYTES - 8);
    CHECK_EQ(reg[UREG_RCX], 1);
    CHECK(!fill(&g, reg));
    CHECK_EQ(reg[UREG_RCX], 1);
    guest_end(&g);
    g = begin(rep_movsq, reg);
    reg[UREG_RSI] = SOURCE + PAGE_BYTES - 804; /* an element lies in two pages */
    reg[UREG_RCX] = 200;
    CHECK(fill(&g, reg));
    CHECK_EQ(reg[UREG_RSI], SOURCE + PAGE_BYTES - 804 + 1600);
    CHECK_EQ(reg[UREG_RCX], 0);
    CHECK(memcmp(memory(&g, TARGET_PAGE) + 804, memory(&g, SECOND_PAGE), 1600 - 804) == 0);
    guest_end(&g);
    g = begin(rep_movsq, reg);
    reg[UREG_RSI] = SOURCE + 2 * PAGE_BYTES - 804; /* and its second half nowhere */
    reg[UREG_RCX] = 200;
    char behind = memory(&g, TARGET_PAGE)[800];
    CHECK(fill(&g, reg));
    CHECK_EQ(reg[UREG_RSI], SOURCE + 2 * PAGE_BYTES - 4);
    CHECK_EQ(reg[UREG_RCX], 100);
    CHECK_EQ(memory(&g, TARGET_PAGE)[800], behind);
    guest_end(&g);
}

TEST(a_copy_stops_where_its_source_faults)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(rep_movsq, reg);
    reg[UREG_RSI] = SOURCE + PAGE_BYTES + 0x800; /* behind that is nothing */
    reg[UREG_RCX] = 512;
    CHECK(fill(&g, reg));
    CHECK_EQ(reg[UREG_RCX], 256);
    CHECK_EQ(reg[UREG_RDI], TARGET + 0x800);
    CHECK_EQ(reg[UREG_RSI], SOURCE + 2 * PAGE_BYTES);
    CHECK(!fill(&g, reg));
    reg[UREG_RSI] = USER_TOP - 0x10;
    CHECK(!fill(&g, reg));
    reg[UREG_RSI] = UINT64_MAX - 0xff;
    CHECK(!fill(&g, reg));
    CHECK_EQ(reg[UREG_RCX], 256);
    guest_end(&g);
}

TEST(what_overlaps_is_the_processor_s)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(rep_movsb, reg);
    reg[UREG_RSI] = TARGET + 8;
    reg[UREG_RCX] = 1024;
    CHECK(!fill(&g, reg));
    map(&g, SOURCE, FRAME_4K, BACKING + TARGET_PAGE * PAGE_BYTES, VM_READ_ONLY); /* an alias */
    reg[UREG_RSI] = SOURCE;
    reg[UREG_RDI] = TARGET + 1;
    CHECK(!fill(&g, reg));
    CHECK_EQ(reg[UREG_RCX], 1024);
    guest_end(&g);
}

TEST(memory_is_set_to_rax)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(rep_stosq, reg);
    reg[UREG_RCX] = 600;
    CHECK(fill(&g, reg));
    for (unsigned i = 0; i < PAGE_BYTES; i++)
        CHECK_EQ((uint8_t)memory(&g, TARGET_PAGE)[i], 0x11 * (i % 8 + 1));
    CHECK_EQ(reg[UREG_RCX], 600 - 512);
    CHECK_EQ(reg[UREG_RDI], TARGET + PAGE_BYTES);
    CHECK_EQ(reg[UREG_RSI], SOURCE + 0x20);
    guest_end(&g);
    g = begin(rep_stosb, reg);
    reg[UREG_RCX] = 600;
    CHECK(fill(&g, reg));
    for (unsigned i = 0; i < 600; i++)
        CHECK_EQ(memory(&g, TARGET_PAGE)[i], 0x11);
    CHECK_EQ(memory(&g, TARGET_PAGE)[600],
             (char)((TARGET_PAGE * PAGE_BYTES + 600) * 7 + (TARGET_PAGE * PAGE_BYTES + 600) / 256));
    CHECK_EQ(reg[UREG_RCX], 0);
    guest_end(&g);
}

TEST(whatever_else_it_is_it_faults)
{
    static const char *const others[] = {"\x48\xa5", "\xf2\x48\xa5", "\xf3\xa5", "\x67\xf3\xa4",
                                         "\xf3\x48\xa4"};
    static const word_t flags[] = {RFLAGS_DIRECTION, RFLAGS_ALIGNMENT, RFLAGS_TRAP};
    word_t reg[USER_REGISTER_COUNT];
    for (unsigned i = 0; i < ARRAY_LENGTH(others); i++) {
        struct guest g = begin(others[i], reg);
        reg[UREG_RCX] = 2000;
        CHECK(!fill(&g, reg));
        guest_end(&g);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(flags); i++) {
        struct guest g = begin(rep_stosq, reg);
        reg[UREG_RCX] = 2000;
        reg[UREG_RFLAGS] = flags[i];
        CHECK(!fill(&g, reg));
        reg[UREG_RFLAGS] = 0;
        reg[UREG_RCX] = 2; /* too little */
        CHECK(!fill(&g, reg));
        reg[UREG_RCX] = UINT64_MAX;
        reg[UREG_RDI] = TARGET - 8; /* another page's fault */
        CHECK(!fill(&g, reg));
        reg[UREG_RDI] = TARGET;
        CHECK(fill(&g, reg));
        CHECK_EQ(reg[UREG_RCX], UINT64_MAX - 512);
        guest_end(&g);
    }
}
