/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/memory.h>
#include <test.h>

#define BYTES 64

/* Distinct bytes, so that a wrong offset shows. */
static void fill(unsigned char *bytes)
{
    for (unsigned i = 0; i < BYTES; i++) {
        bytes[i] = (unsigned char)(i + 1);
    }
}

TEST(copies_every_size_at_every_alignment)
{
    unsigned char from[BYTES], to[BYTES];

    fill(from);
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t size = 0; size <= 40; size++) {
            unsigned wrong = 0;
            for (size_t i = 0; i < BYTES; i++) {
                to[i] = 0xee;
            }
            mem_copy(to + offset, from + 3, size);
            for (size_t i = 0; i < BYTES; i++) {
                bool inside = i >= offset && i < offset + size;
                wrong += to[i] != (inside ? from[3 + i - offset] : 0xee);
            }
            CHECK_EQ(wrong, 0);
        }
    }
}

TEST(zeroes_every_size_and_nothing_more)
{
    unsigned char bytes[BYTES];

    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t size = 0; size <= 40; size++) {
            unsigned wrong = 0;
            fill(bytes);
            mem_zero(bytes + offset, size);
            for (size_t i = 0; i < BYTES; i++) {
                bool inside = i >= offset && i < offset + size;
                wrong += bytes[i] != (inside ? 0 : i + 1);
            }
            CHECK_EQ(wrong, 0);
        }
    }
}

TEST(compares_to_the_last_byte)
{
    unsigned char a[BYTES], b[BYTES];

    fill(a);
    fill(b);
    CHECK(mem_equal(a, b, BYTES));
    CHECK(mem_equal(a, b + 1, 0));
    for (size_t i = 0; i < 20; i++) {
        b[i] ^= 0x80;
        CHECK(!mem_equal(a, b, 20));
        CHECK(mem_equal(a, b, i));
        b[i] ^= 0x80;
    }
}
