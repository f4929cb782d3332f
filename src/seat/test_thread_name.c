/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <base/text.h>
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

TEST(the_hash_tells_names_apart_that_linux_shows_alike)
{
    static const char *const names[] = {
        "", "a", "b", "ab", "ba", "a name of more than 15", "a name of more than 16",
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        for (unsigned j = 0; j < ARRAY_LENGTH(names); j++) {
            struct tcb a = named(names[i]), b = named(names[j]);
            CHECK_EQ(seat_thread_name_hash(&a) == seat_thread_name_hash(&b), i == j);
        }
    }
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
