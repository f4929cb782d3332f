/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <machine/guests.h>

#define LINE(flags, path) "ffff888003c1a000: 00000002 00000000 " flags " 0001 01 35542 " path "\n"

static unsigned found(const char *line, unsigned uid)
{
    struct running_guests guests = {.count = 0};
    guests_add_line(&guests, line, uid);
    return guests.count;
}

TEST(a_socket_that_listens_under_our_name_is_a_guest)
{
    struct running_guests guests = {.count = 0};
    guests_add_line(&guests, LINE("00010000", "@sel4emu/1000/4711/hello"), 1000);
    CHECK_EQ(guests.count, 1);
    CHECK_EQ(guests.guests[0].uid, 1000);
    CHECK_EQ(guests.guests[0].pid, 4711);
    CHECK_STR(guests.guests[0].name, "hello");
}

TEST(nothing_else_is_one)
{
    CHECK_EQ(found("Num       RefCount Protocol Flags    Type St Inode Path\n", 0), 0);
    CHECK_EQ(found(LINE("00000000", "@sel4emu/1000/4711/hello"), 1000), 0);
    CHECK_EQ(found(LINE("00010000", "/sel4emu/1000/4711/hello"), 1000), 0);
    CHECK_EQ(found(LINE("00010000", "@sel4emu/1000/4711"), 1000), 0);
    CHECK_EQ(found(LINE("00010000", "@sel4emu/1000/x/y"), 1000), 0);
    CHECK_EQ(found(LINE("00010000", "@sel4emu/1000/-1/y"), 1000), 0);
    CHECK_EQ(found(LINE("00010000", "@sel4emu/0/1/y"), 1000), 0);
    CHECK_EQ(found(LINE("00010000", "@sel4emu/1000/1/y"), 0), 1);
}

TEST(more_than_there_is_room_for_are_left_out)
{
    struct running_guests guests = {.count = 0};
    for (unsigned i = 0; i < GUESTS_MAX + 5; i++)
        guests_add_line(&guests, LINE("00010000", "@sel4emu/1000/1/y"), 1000);
    CHECK_EQ(guests.count, GUESTS_MAX);
}
