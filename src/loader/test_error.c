/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/error.h>
#include <test.h>

#include <string.h>

static struct loader_error error;

TEST(error_is_false_with_a_sentence)
{
    CHECK(!loader_fail(&error, LOADER_NO_FILE, "%s: %d", "file", 7));
    CHECK_STR(error.message, "file: 7");
    CHECK_EQ(error.problem, LOADER_NO_FILE);
}

TEST(error_keeps_its_kind_behind_a_prefix)
{
    loader_fail(&error, LOADER_IS_KERNEL, "the kernel");
    CHECK(!loader_fail_prefix(&error, "path"));
    CHECK_STR(error.message, "path: the kernel");
    CHECK_EQ(error.problem, LOADER_IS_KERNEL);
}

TEST(error_is_one_printable_line)
{
    loader_fail(&error, LOADER_BAD_FILE, "a\nb\x1b[1m\x7f\tc");
    CHECK_STR(error.message, "a?b?[1m??c");
    loader_fail(&error, LOADER_BAD_FILE, "caf\xc3\xa9");
    CHECK_STR(error.message, "caf\xc3\xa9");
}

TEST(error_marks_what_was_cut)
{
    char text[LOADER_MESSAGE_BYTES + 10];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    loader_fail(&error, LOADER_BAD_FILE, "%s", text);
    CHECK_EQ(strlen(error.message), LOADER_MESSAGE_BYTES - 1);
    CHECK_STR(error.message + LOADER_MESSAGE_BYTES - 4, "...");
    loader_fail_prefix(&error, "path");
    CHECK(strncmp(error.message, "path: xxx", 9) == 0);
    CHECK_STR(error.message + LOADER_MESSAGE_BYTES - 4, "...");
}
