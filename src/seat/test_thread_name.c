/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <base/text.h>
#include <object/tcb.h>
#include <seat/thread_name.h>

static struct tcb named(const char *name)
{
    struct tcb tcb = {.name = ""};
    text_copy(tcb.name, sizeof(tcb.name), name);
    return tcb;
}

TEST(threads_are_named_after_their_tcb_or_their_function)
{
    static const struct {
        const char *tcb, *symbol, *name;
        bool is_named;
    } rows[] = {
        {"worker", NULL, "worker", true},
        {"worker", "main", "worker", true},
        {"", "main", "main", false},
        {"", NULL, "thread", false},
        {"child of: 'rootserver'", "start_function_of_it", "start_function_", false},
        {"child of: ", "main", "child of: ", true},
        {"child of: its mother", NULL, "child of: its m", true},
        {"fifteen letters", NULL, "fifteen letters", true},
        {"tab\there, \x80", NULL, "tab?here, ?", true},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct tcb tcb = named(rows[i].tcb);
        char name[THREAD_NAME_BYTES];
        CHECK_EQ(seat_thread_is_named(&tcb), rows[i].is_named);
        seat_thread_name(&tcb, rows[i].symbol, name);
        CHECK_STR(name, rows[i].name);
    }
}

TEST(a_tcb_that_is_named_anew_is_told_from_what_it_was)
{
    struct tcb tcb = named("a");
    uint64_t source = seat_thread_name_source(&tcb);
    CHECK(source != 0);
    CHECK_EQ(seat_thread_name_source(&tcb), source);
    tcb_set_name(&tcb, "b");
    CHECK_STR(tcb.name, "b");
    CHECK(seat_thread_name_source(&tcb) != source);
}

TEST(numbers_are_found_where_they_were_put)
{
    static const struct {
        const char *name, *base;
        unsigned number;
    } rows[] = {
        {"worker", "worker", 1},     {"worker~2", "worker", 2},
        {"worker~10", "worker", 10}, {"a name of mor~2", "a name of more ", 2},
        {"work", "worker", 0},       {"worker", "work", 0},
        {"worker~", "worker", 0},    {"worker~2b", "worker", 0},
        {"worker-2", "worker", 0},   {"worker~7", "worker~7", 1},
        {"", "worker", 0},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++)
        CHECK_EQ(seat_thread_name_number(rows[i].name, rows[i].base), rows[i].number);
}

TEST(numbered_names_stay_within_what_linux_shows)
{
    static const struct {
        const char *name;
        unsigned number;
        const char *numbered;
    } rows[] = {
        {"worker", 2, "worker~2"},
        {"a name of more ", 2, "a name of mor~2"},
        {"a name of mor", 12, "a name of mo~12"},
        {"a name of more ", UINT32_MAX, "a na~4294967295"},
        {"", 3, "~3"},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        char name[THREAD_NAME_BYTES];
        text_copy(name, sizeof(name), rows[i].name);
        seat_thread_name_add_number(name, rows[i].number);
        CHECK_STR(name, rows[i].numbered);
        if (rows[i].name[0])
            CHECK_EQ(seat_thread_name_number(name, rows[i].name), rows[i].number);
    }
}
