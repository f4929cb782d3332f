/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/nearest.h>
#include <test.h>

static const char *nearest_of(const char *typed)
{
    static const char *const words[] = {"memory", "config", "until", "fail-on", "timeout"};
    struct nearest nearest = {0};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        nearest_offer(&nearest, typed, words[i]);
    }
    return nearest.word;
}

TEST(nearest_counts_edits)
{
    CHECK_EQ(nearest_distance("memory", "memory"), 0);
    CHECK_EQ(nearest_distance("MEMORY", "memory"), 0);
    CHECK_EQ(nearest_distance("memry", "memory"), 1);
    CHECK_EQ(nearest_distance("kitten", "sitting"), 3);
    CHECK_EQ(nearest_distance("", "abc"), 3);
    CHECK_EQ(nearest_distance("abc", ""), 3);
}

TEST(nearest_finds_what_was_meant)
{
    CHECK_STR(nearest_of("memry"), "memory");
    CHECK_STR(nearest_of("mem"), "memory");
    CHECK_STR(nearest_of("conifg"), "config");
    CHECK_STR(nearest_of("time-out"), "timeout");
    CHECK_STR(nearest_of("utnil"), "until");
}

TEST(nearest_stays_silent_when_nothing_is_near)
{
    CHECK(nearest_of("x") == NULL);
    CHECK(nearest_of("graphics") == NULL);
    CHECK(nearest_of("") == NULL);
    CHECK(nearest_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") ==
          NULL);
}
