/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/text.h>
#include <limits.h>
#include <stdio.h>
#include <test.h>

/* What the host's printf() makes of the same line is the measure. */
#define CHECK_LIKE_PRINTF(...)                                                                     \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        size_t length = text_format(ours, sizeof(ours), __VA_ARGS__);                              \
        CHECK_EQ(length, (unsigned)snprintf(theirs, sizeof(theirs), __VA_ARGS__));                 \
        CHECK_STR(ours, theirs);                                                                   \
    } while (0)

TEST(formats_like_printf)
{
    CHECK_LIKE_PRINTF("%s", "plain");
    CHECK_LIKE_PRINTF("%d %d %d", 0, INT_MAX, INT_MIN);
    CHECK_LIKE_PRINTF("%ld %ld", LONG_MAX, LONG_MIN);
    CHECK_LIKE_PRINTF("%u %x %X", UINT_MAX, 0xdeadbeefu, 0xdeadbeefu);
    CHECK_LIKE_PRINTF("%lu %lx %llx %zu", ULONG_MAX, ULONG_MAX, 5ULL, (size_t)9);
    CHECK_LIKE_PRINTF("%p", (void *)0x1234);
    CHECK_LIKE_PRINTF("100%%");
    CHECK_LIKE_PRINTF("%c%c", 'o', 'k');
}

TEST(pads_like_printf)
{
    CHECK_LIKE_PRINTF("[%8s] [%-8s]", "abc", "abc");
    CHECK_LIKE_PRINTF("[%2s]", "longer");
    CHECK_LIKE_PRINTF("[%016lx] [%4x] [%-4x]", 0xffffUL, 0xau, 0xau);
    CHECK_LIKE_PRINTF("[%05d] [%5d] [%-5d]", -42, -42, -42);
    CHECK_LIKE_PRINTF("[%*d] [%-*s]", 6, 7, 6, "x");
    CHECK_LIKE_PRINTF("[%.3s] [%6.2s] [%.*s]", "abcdef", "abcdef", 4, "abcdef");
    CHECK_LIKE_PRINTF("[%18p] [%3c]", (void *)0x1000, 'c');
}

TEST(cuts_off_what_does_not_fit)
{
    char buffer[8] = "1234567";

    CHECK_EQ(text_format(buffer, 4, "%s", "abcdef"), 3);
    CHECK_STR(buffer, "abc");
    CHECK_EQ(buffer[4], '5');
    CHECK_EQ(text_format(buffer, 1, "%d", 12), 0);
    CHECK_STR(buffer, "");
    buffer[0] = 'z';
    CHECK_EQ(text_format(buffer, 0, "%d", 12), 0);
    CHECK_EQ(buffer[0], 'z');
}

TEST(a_huge_width_ends_at_the_buffer)
{
    char buffer[8];

    CHECK_EQ(text_format(buffer, sizeof(buffer), "%*d", INT_MAX, 1), 7);
    CHECK_STR(buffer, "       ");
}

TEST(null_string_and_unknown_conversion)
{
    const char *volatile unknown = "%q %"; /* volatile: the compiler would object */
    const char *volatile nothing = NULL;
    char buffer[32];

    text_format(buffer, sizeof(buffer), "%s", nothing);
    CHECK_STR(buffer, "(null)");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    text_format(buffer, sizeof(buffer), unknown);
#pragma GCC diagnostic pop
    CHECK_STR(buffer, "%q %");
}

TEST(lengths_comparison_and_copy)
{
    char buffer[4];

    CHECK_EQ(text_length(""), 0);
    CHECK_EQ(text_length("abc"), 3);
    CHECK(text_equal("abc", "abc"));
    CHECK(!text_equal("abc", "abcd"));
    CHECK(!text_equal("abd", "abc"));
    CHECK_EQ(text_copy(buffer, sizeof(buffer), "abcdef"), 3);
    CHECK_STR(buffer, "abc");
    CHECK_EQ(text_copy(buffer, sizeof(buffer), "x"), 1);
    CHECK_STR(buffer, "x");
}

TEST(copies_keep_what_is_printable)
{
    char name[8];

    CHECK_EQ(text_copy_printable(name, sizeof(name), "a\n\x80 long name"), 7);
    CHECK_STR(name, "a?? lon");
}
