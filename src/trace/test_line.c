/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <trace/line.h>

#include <string.h>

static struct line line;

TEST(numbers_are_decimal_while_they_are_small)
{
    line_clear(&line);
    line_add_number(&line, 9999);
    line_add(&line, " ");
    line_add_number(&line, 10000);
    line_add(&line, " ");
    line_add_number(&line, UINT64_MAX);
    CHECK_STR(line.text, "9999 0x2710 0xffffffffffffffff");
}

TEST(quoted_text_is_printable)
{
    static const char text[] = "a\n\r\t\"\\\0\x7f\xff";
    line_clear(&line);
    line_add_quoted(&line, text, sizeof(text) - 1);
    CHECK_STR(line.text, "\"a\\n\\r\\t\\\"\\\\\\x00\\x7f\\xff\"");
}

TEST(a_line_ends_with_a_newline)
{
    line_clear(&line);
    line_add(&line, "%s", "text");
    line_end(&line);
    CHECK_STR(line.text, "text\n");
    CHECK_EQ(line.length, 5);
}

TEST(what_does_not_fit_is_cut_off_and_said_so)
{
    line_clear(&line);
    for (unsigned i = 0; i < LINE_BYTES; i++)
        line_add(&line, "%u", i % 10);
    line_end(&line);
    CHECK(line.length < LINE_BYTES);
    CHECK_EQ(strlen(line.text), line.length);
    CHECK_STR(&line.text[line.length - 13], "45 <cut off>\n");
}
