/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <machine/control.h>
#include <string.h>

TEST(names_hold_only_what_a_socket_name_may)
{
    char name[CONTROL_NAME_BYTES], expected[CONTROL_NAME_BYTES], length[200];
    control_clean_name("sel4test-driver", name);
    CHECK_STR(name, "sel4test-driver");
    control_clean_name("a b/c\n\x80", name);
    CHECK_STR(name, "a-b-c--");
    control_clean_name("", name);
    CHECK_STR(name, "guest");
    memset(length, 'x', sizeof(length));
    length[sizeof(length) - 1] = '\0';
    memset(expected, 'x', sizeof(expected));
    expected[sizeof(expected) - 1] = '\0';
    control_clean_name(length, name);
    CHECK_STR(name, expected);
}

TEST(a_control_that_is_closed_has_nothing_to_do)
{
    struct control control;
    CHECK_EQ(control_open(&control, "test", NULL), 0);
    CHECK(control.listener >= 0);
    CHECK_EQ(control_next(&control), NANOSECONDS_NEVER);
    control_close(&control);
    CHECK_EQ(control.listener, -1);
    CHECK_EQ(control_next(&control), NANOSECONDS_NEVER);
}
