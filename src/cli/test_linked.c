/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/linked.h>
#include <test.h>

#include <runtime/linked.h>
#include <string.h>

static struct run_options run;
static struct command_error error;

static bool set(const char *value)
{
    memset(&run, 0, sizeof(run));
    return linked_set_option(&run, value, &error);
}

TEST(a_program_says_where_it_is)
{
    CHECK(set("5,100,555555555000,7e8000000000,7e9000000000"));
    CHECK_EQ(run.machine.linked.socket, 5);
    CHECK_EQ(run.machine.linked.pid, 100);
    CHECK_EQ(run.linked_entry, 0x555555555000);
    CHECK_EQ(run.machine.linked.low, 0x7e8000000000);
    CHECK_EQ(run.machine.linked.high, 0x7e9000000000);
}

TEST(whatever_else_is_said_is_refused)
{
    static const char *const bad[] = {"",
                                      "5",
                                      "5,100,1,2",
                                      "5,100,1,2,3x",
                                      "5,100,1,2,3,4",
                                      "-1,100,1,2,3",
                                      "5,0,1,2,3",
                                      "5,-1,1,2,3",
                                      "5,100,1,3,2",
                                      "5,100,1,2,ffffffffffffffff",
                                      "5,100,ffffffffffff0000,2,3"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!set(bad[i]));
        CHECK_EQ(run.machine.linked.pid, 0);
    }
}

TEST(the_image_leads_to_the_program)
{
    CHECK(set("5,100,1122334455,2,3"));
    struct image image = linked_image(&run);
    static uint8_t page[LINKED_IMAGE_END - LINKED_IMAGE_START];
    static const uint8_t code[] = {0x48, 0xb8, 0x55, 0x44, 0x33, 0x22, 0x11, 0, 0, 0, 0xff, 0xe0};

    image_load(&image, page);
    CHECK_EQ(image.entry, image.start);
    CHECK_MEM(page, code, sizeof(code));
    CHECK_EQ(page[sizeof(code)], 0);
}

TEST(calls_of_linux_are_all_or_none)
{
    CHECK(linked_set_host_calls(&run, "none", &error));
    CHECK(run.machine.linked.forbids_host_calls);
    CHECK(linked_set_host_calls(&run, "all", &error));
    CHECK(!run.machine.linked.forbids_host_calls);
    CHECK(!linked_set_host_calls(&run, "some", &error));
}

TEST(options_that_a_linked_program_cannot_have)
{
    CHECK(set("5,100,1,2,3"));
    CHECK(linked_check(&run, &error));
    run.machine.seat = MACHINE_SEAT_ISOLATED;
    CHECK(!linked_check(&run, &error));
    run.machine.seat = MACHINE_SEAT_ANY;
    run.machine.time = MACHINE_TIME_VIRTUAL;
    CHECK(!linked_check(&run, &error));
    run.machine.time = MACHINE_TIME_REAL;
    run.machine.has_gdb = true;
    CHECK(!linked_check(&run, &error));
    run.machine.linked.pid = 0;
    CHECK(linked_check(&run, &error));
}
