/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/watch.h>
#include <test.h>

#include <string.h>

static struct watch watches[2];

/* Feeds `text` in pieces of `piece` bytes; where the first match ends in the whole, or NOTHING. */
static size_t feed(unsigned count, const char *text, size_t piece, unsigned *ret_which)
{
    size_t size = strlen(text);

    for (size_t at = 0; at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        size_t end = watch_feed(watches, count, (const uint8_t *)text + at, length, ret_which);

        if (end != WATCH_NOTHING) {
            return at + end;
        }
    }
    return WATCH_NOTHING;
}

static bool finds(const char *wanted, const char *text, size_t end)
{
    unsigned which = 9;

    for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
        if (!watch_init(&watches[0], wanted) || feed(1, text, piece, &which) != end ||
            (end != WATCH_NOTHING && which != 0)) {
            return false;
        }
    }
    return true;
}

TEST(watch_finds_a_text_however_it_is_cut)
{
    CHECK(finds("done", "all is done.", 11));
    CHECK(finds("done", "all is well", WATCH_NOTHING));
    CHECK(finds("d", "d", 1));
    CHECK(finds("aab", "aaaab", 5));
    CHECK(finds("abab", "abaabab", 7));
    CHECK(finds("abacabad", "abacabacabad", 12));
    CHECK(finds("aa", "aaa", 2));
}

TEST(watch_ignores_carriage_returns)
{
    CHECK(finds("one\ntwo", "one\r\ntwo", 8));
    CHECK(finds("passed", "pass\red", 7));
    CHECK(finds("one\r\ntwo", "one\r\ntwo", 8));
    CHECK(finds("one\r\ntwo", "one\ntwo", WATCH_NOTHING));
}

TEST(watch_reports_the_first_of_several)
{
    unsigned which = 9;

    CHECK(watch_init(&watches[0], "failed"));
    CHECK(watch_init(&watches[1], "passed"));
    CHECK_EQ(feed(2, "3 passed, 1 failed", 5, &which), 8);
    CHECK_EQ(which, 1);
    CHECK(watch_init(&watches[0], "well"));
    CHECK(watch_init(&watches[1], "is well"));
    CHECK_EQ(feed(2, "all is well", 3, &which), 11);
    CHECK_EQ(which, 0);
}

TEST(watch_takes_texts_of_a_size)
{
    char text[WATCH_MAX_TEXT + 2];

    memset(text, 'x', sizeof(text));
    text[WATCH_MAX_TEXT + 1] = '\0';
    CHECK(!watch_init(&watches[0], text));
    CHECK(!watch_init(&watches[0], ""));
    text[WATCH_MAX_TEXT] = '\0';
    CHECK(watch_init(&watches[0], text));
    CHECK(finds(text, text, WATCH_MAX_TEXT));
}
