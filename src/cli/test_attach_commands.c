/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/attach_commands.h>
#include <test.h>

#include <string.h>

static struct guest_processes parse(const char *answer)
{
    struct guest_processes processes = {0};

    CHECK(guest_processes_parse(answer, &processes));
    return processes;
}

static bool has_word(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

TEST(processes_are_taken_from_the_table_that_is_shown)
{
    struct guest_processes processes = parse("PROCESS  THREADS  VSPACE      PROGRAM\n"
                                             "   4711        2  rootserver  /some where/program\n"
                                             "      -        1  not begun   /x\n"
                                             "     12        1  unknown     -\n");

    if (CHECK_EQ(processes.count, 2)) {
        CHECK_EQ(processes.items[0].pid, 4711);
        CHECK_STR(processes.items[0].program, "/some where/program");
        CHECK_EQ(processes.items[1].pid, 12);
        CHECK(processes.items[1].program == NULL);
    }
    guest_processes_free(&processes);
}

TEST(what_is_no_table_has_no_processes)
{
    static const char *const answers[] = {"",
                                          "\n\n",
                                          "4711",
                                          "PROCESS  THREADS\n   4711  2\n",
                                          "4711 2 a /x\nPROGRAM",
                                          "PROGRAM\n-5 /x\n"};

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct guest_processes processes = parse(answers[i]);
        CHECK_EQ(processes.count, 0);
        guest_processes_free(&processes);
    }
}

TEST(each_process_is_an_inferior_with_its_program)
{
    struct guest_processes processes = parse("PROCESS  THREADS  VSPACE  PROGRAM\n"
                                             "     11        2  a       /some where/it's\n"
                                             "     12        1  b       -\n");
    struct words words = {0};

    attach_commands_add(&words, &processes);
    CHECK(!words.failed);
    CHECK(words.items[words.count] == NULL);
    CHECK(has_word(&words, "file /some\\ where/it\\'s"));
    CHECK(has_word(&words, "attach 11"));
    CHECK(has_word(&words, "inferior 2"));
    CHECK(has_word(&words, "attach 12"));
    CHECK(has_word(&words, "shell kill -CONT 12"));
    CHECK(!has_word(&words, "inferior 3"));
    for (size_t i = 0; i < words.count; i += 2) {
        CHECK_STR(words.items[i], "-ex");
    }
    words_free(&words);
    guest_processes_free(&processes);
}
