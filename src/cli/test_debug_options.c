/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/debug_options.h>
#include <test.h>

#include <string.h>

static struct run_options run;
static struct command_error error;

static bool set(const char *value)
{
    memset(&run, 0, sizeof(run));
    return debug_set_gdb(&run, value, &error);
}

TEST(gdb_listens_on_this_host_alone)
{
    CHECK(set("4000"));
    CHECK(run.machine.has_gdb);
    CHECK_EQ(run.machine.gdb.kind, SERIAL_TCP);
    CHECK_EQ(run.machine.gdb.port, 4000);
    CHECK_EQ(run.machine.gdb.address[0], 127);
    CHECK_STR(run.machine.gdb.text, "4000");
    CHECK(set("tcp::1234")); /* as QEMU has it */
    CHECK_EQ(run.machine.gdb.port, 1234);
    CHECK(set("tcp:127.0.0.1:7"));
    CHECK(!set("tcp:0.0.0.0:1234"));
    CHECK(strstr(error.message, "only from this host") != NULL);
}

TEST(gdb_takes_a_socket_of_the_file_system)
{
    CHECK(set("unix:/tmp/gdb"));
    CHECK_EQ(run.machine.gdb.kind, SERIAL_UNIX);
    CHECK_STR(run.machine.gdb.path, "/tmp/gdb");
}

TEST(gdb_refuses_what_is_no_place)
{
    static const char *const bad[] = {
        "",      "port", "65536",     "-1",   "12x",
        "stdio", "pty",  "file:/tmp", "0x10", "99999999999999999999999"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!set(bad[i]));
        CHECK(strstr(error.message, "must be a port") != NULL);
        CHECK(!run.machine.has_gdb);
    }
}

TEST(nobody_is_frozen_without_a_debugger)
{
    memset(&run, 0, sizeof(run));
    CHECK(debug_set_freeze(&run, NULL, &error));
    CHECK(!debug_options_check(&run.machine, &error));
    CHECK(debug_set_default_port(&run, NULL, &error));
    CHECK_EQ(run.machine.gdb.port, 1234);
    CHECK(debug_options_check(&run.machine, &error));
}
