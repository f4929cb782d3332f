/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <test.h>

#include <mem/testkit_vspace.h>
#include <seat/word.h>

#define CODE    VADDR
#define BACKING UINT64_C(0x3000000)
#define BYTES   10 /* of the instruction */

static const uint8_t reader[BYTES] = {0x48, 0xa1, 0, 0, 0, 0xc0, 0xff, 0x7f, 0, 0};
static const struct trap read_place = {.kind = TRAP_PAGE_FAULT, .address = WORD_PLACE};

/* A VSpace that has the instruction at `rip`, on two pages that memory has the other way round. */
static struct guest begin(vaddr_t rip, word_t reg[USER_REGISTER_COUNT])
{
    struct guest g = guest_with_vspace();

    map(&g, CODE, FRAME_4K, BACKING + PAGE_BYTES, VM_READ_ONLY);
    map(&g, CODE + PAGE_BYTES, FRAME_4K, BACKING, VM_READ_ONLY);
    memset(kernel_memory(g.k, BACKING), 0, 2 * PAGE_BYTES);
    for (unsigned i = 0; i < BYTES; i++) {
        vaddr_t offset = rip - CODE + i;
        *(uint8_t *)kernel_memory(g.k, BACKING + (offset + PAGE_BYTES) % (2 * PAGE_BYTES)) =
            reader[i];
    }
    memset(reg, 0, USER_REGISTER_COUNT * sizeof(word_t));
    reg[UREG_RIP] = rip;
    return g;
}

static bool reads(struct guest *g, struct trap trap, const word_t reg[USER_REGISTER_COUNT])
{
    return seat_reads_word(g->k, ROOT, &trap, reg);
}

TEST(the_instruction_is_known_on_one_page_and_on_two)
{
    for (vaddr_t rip = CODE + PAGE_BYTES - BYTES; rip <= CODE + PAGE_BYTES; rip++) {
        word_t reg[USER_REGISTER_COUNT];
        struct guest g = begin(rip, reg);
        CHECK(reads(&g, read_place, reg));
        guest_end(&g);
    }
}

TEST(each_of_its_bytes_counts)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(CODE + 0x123, reg);
    for (unsigned i = 0; i < BYTES; i++) {
        uint8_t *byte = kernel_memory(g.k, BACKING + PAGE_BYTES + 0x123 + i);
        *byte ^= 1;
        CHECK(!reads(&g, read_place, reg));
        *byte ^= 1;
    }
    CHECK(reads(&g, read_place, reg));
    guest_end(&g);
}

TEST(it_is_a_read_of_that_place)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(CODE + 0x123, reg);
    struct trap trap = read_place;
    trap.address += sizeof(word_t);
    CHECK(!reads(&g, trap, reg));
    trap = read_place;
    trap.write = true;
    CHECK(!reads(&g, trap, reg));
    trap = read_place;
    trap.fetch = true;
    CHECK(!reads(&g, trap, reg));
    guest_end(&g);
}

TEST(what_is_not_mapped_is_no_instruction)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(CODE + 2 * PAGE_BYTES - BYTES, reg);
    CHECK(reads(&g, read_place, reg));
    reg[UREG_RIP]++; /* its last byte */
    CHECK(!reads(&g, read_place, reg));
    reg[UREG_RIP] = USER_TOP - 1;
    CHECK(!reads(&g, read_place, reg));
    guest_end(&g);
}

TEST(a_page_of_the_guests_at_the_place_is_the_guests)
{
    word_t reg[USER_REGISTER_COUNT];
    struct guest g = begin(CODE, reg);
    CHECK(reads(&g, read_place, reg));
    map(&g, WORD_PLACE, FRAME_HUGE, 0, VM_READ_ONLY);
    CHECK(!reads(&g, read_place, reg));
    guest_end(&g);
}
