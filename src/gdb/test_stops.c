/* SPDX-License-Identifier: BSD-2-Clause */
/* Stops as they are told: '?', answers to vCont, %Stop and vStopped. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <stdio.h>
#include <string.h>
#include <test.h>

#define EVERYTHING "qSupported:multiprocess+;swbreak+;hwbreak+;no-resumed+"

static struct testkit_target t;

static void begin(const char *supported)
{
    testkit_target_init(&t);
    testkit_target_connect(&t);
    testkit_ask(&t, supported);
}

static void end(void)
{
    testkit_target_free(&t);
}

static bool begins(const char *text, const char *with)
{
    return CHECK_EQ(strncmp(text, with, strlen(with)), 0);
}

TEST(each_kind_of_stop_has_its_answer)
{
    static const struct {
        enum gdb_stop_kind kind;
        const char *answer, *plain; /* for a debugger that knows of nothing */
    } rows[] = {
        {GDB_STOP_SIGNAL, "T0bthread:p2.5;06:", "T0bthread:5;06:"},
        {GDB_STOP_SOFTWARE_BREAKPOINT, "T05swbreak:;thread:p2.5;", "T05thread:5;"},
        {GDB_STOP_HARDWARE_BREAKPOINT, "T05hwbreak:;thread:p2.5;", "T05thread:5;"},
        {GDB_STOP_WATCHPOINT, "T05watch:500000;thread:p2.5;", "T05watch:500000;thread:5;"},
        {GDB_STOP_STEPPED, "T05thread:p2.5;", "T05thread:5;"},
        {GDB_STOP_STARTED, "T14thread:p2.5;", "T14thread:5;"},
        {GDB_STOP_EXITED, "W03;process:2", "W03"},
        {GDB_STOP_KILLED, "X0b;process:2", "X0b"},
        {GDB_STOP_NOTHING_RUNS, "N", "T00"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(EVERYTHING);
        testkit_ask(&t, "vCont;c");
        testkit_stop(&t, 2, 5, rows[i].kind, GDB_SIGNAL_SEGV);
        begins(testkit_sent(&t, 0), rows[i].answer);
        CHECK(t.is_frozen);
        end();
        begin("qSupported");
        testkit_ask(&t, "vCont;c");
        testkit_stop(&t, 2, 5, rows[i].kind, GDB_SIGNAL_SEGV);
        begins(testkit_sent(&t, 0), rows[i].plain);
        end();
    }
}

TEST(watchpoints_are_told_by_kind)
{
    static const char *const names[] = {[GDB_WATCH_WRITE] = "T05watch:",
                                        [GDB_WATCH_READ] = "T05rwatch:",
                                        [GDB_WATCH_ACCESS] = "T05awatch:"};

    for (unsigned kind = GDB_WATCH_WRITE; kind <= GDB_WATCH_ACCESS; kind++) {
        begin(EVERYTHING);
        testkit_ask(&t, "vCont;c");
        gdb_server_stopped(t.server, t.threads[0].id,
                           &(struct gdb_stop){.kind = GDB_STOP_WATCHPOINT,
                                              .watch = (enum gdb_breakpoint_kind)kind,
                                              .address = 0x1234});
        begins(testkit_sent(&t, 0), names[kind]);
        end();
    }
}

TEST(a_stop_shows_the_registers_that_gdb_asks_for_first)
{
    begin(EVERYTHING);
    testkit_ask(&t, "vCont;c");
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    CHECK_STR(testkit_sent(&t, 0), "T0bthread:p1.1;06:0008500000000000;07:0008500000000000;"
                                   "10:0010400000000000;");
    end();
}

TEST(the_thread_that_stopped_is_the_one_of_Hg)
{
    begin(EVERYTHING);
    testkit_ask(&t, "vCont;c");
    testkit_stop(&t, 2, 5, GDB_STOP_STARTED, GDB_SIGNAL_NONE);
    CHECK_STR(testkit_ask(&t, "Hgp0.0"), "OK");
    CHECK_STR(testkit_ask(&t, "qC"), "QCp2.5");
    CHECK_STR(testkit_ask(&t, "m500000,1"), "02");
    end();
}

TEST(why_is_answered_with_the_last_stop)
{
    begin(EVERYTHING);
    begins(testkit_ask(&t, "?"), "T05thread:p1.1;");
    testkit_ask(&t, "vCont;c");
    testkit_stop(&t, 2, 5, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    begins(testkit_ask(&t, "?"), "T0bthread:p2.5;");
    testkit_thread(&t, 2, 5)->is_alive = false;
    begins(testkit_ask(&t, "?"), "T05thread:p1.1;");
    t.threads[0].is_alive = t.threads[1].is_alive = false;
    CHECK_STR(testkit_ask(&t, "?"), "W00");
    end();
}

TEST(stops_at_the_same_time_are_told_one_after_the_other)
{
    begin(EVERYTHING);
    testkit_ask(&t, "vCont;c");
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    testkit_stop(&t, 1, 2, GDB_STOP_SIGNAL, GDB_SIGNAL_ILL);
    testkit_stop(&t, 2, 5, GDB_STOP_EXITED, GDB_SIGNAL_NONE);
    CHECK_STR(testkit_sent(&t, 1), "");
    CHECK(gdb_server_has_untold_stop(t.server));
    begins(testkit_ask(&t, "vCont;c"), "T04thread:p1.2;");
    CHECK(t.is_frozen);
    CHECK_STR(testkit_ask(&t, "vCont;c"), "W03;process:2");
    CHECK(!gdb_server_has_untold_stop(t.server));
    CHECK_STR(testkit_ask(&t, "vCont;c"), "");
    CHECK(!t.is_frozen);
    end();
}

TEST(a_stop_of_a_thread_that_died_since_is_not_told)
{
    begin(EVERYTHING);
    testkit_ask(&t, "vCont;c");
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    testkit_stop(&t, 1, 2, GDB_STOP_SIGNAL, GDB_SIGNAL_ILL);
    testkit_thread(&t, 1, 2)->is_alive = false;
    CHECK_STR(testkit_ask(&t, "vCont;c"), "");
    CHECK(!t.is_frozen);
    end();
}

/* --- non-stop ------------------------------------------------------------------------------ */

TEST(a_stop_in_non_stop_is_announced_once_and_then_asked_for)
{
    begin(EVERYTHING);
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;c");
    t.sent_size = 0;
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    testkit_stop(&t, 2, 5, GDB_STOP_STARTED, GDB_SIGNAL_NONE);
    testkit_stop(&t, 2, 5, GDB_STOP_NOTHING_RUNS, GDB_SIGNAL_NONE);
    begins(testkit_sent(&t, 0), "Stop:T0bthread:p1.1;");
    CHECK_STR(testkit_sent(&t, 1), "");
    CHECK(testkit_is_held(&t, 1, 1) && testkit_is_held(&t, 2, 5) && !testkit_is_held(&t, 1, 2));
    begins(testkit_ask(&t, "vStopped"), "T14thread:p2.5;");
    CHECK_STR(testkit_ask(&t, "vStopped"), "OK");
    CHECK_STR(testkit_ask(&t, "vStopped"), "OK");
    testkit_stop(&t, 1, 2, GDB_STOP_SIGNAL, GDB_SIGNAL_FPE);
    begins(testkit_sent(&t, 1), "Stop:T08thread:p1.2;");
    CHECK(!t.is_frozen);
    end();
}

/* gdb 13 cannot take more than one stop that way. */
TEST(why_in_non_stop_tells_one_stop_and_announces_the_others)
{
    begin(EVERYTHING);
    testkit_ask(&t, "QNonStop:1");
    begins(testkit_ask(&t, "?"), "T00thread:p1.1;");
    CHECK_STR(testkit_sent(&t, 1), "");
    CHECK_STR(testkit_ask(&t, "vStopped"), "OK");
    begins(testkit_sent(&t, 1), "Stop:T00thread:p1.2;");
    begins(testkit_ask(&t, "vStopped"), "T00thread:p2.5;");
    CHECK_STR(testkit_ask(&t, "vStopped"), "OK");
    testkit_ask(&t, "vCont;c");
    CHECK_STR(testkit_ask(&t, "?"), "OK");
    end();
}

TEST(exits_are_told_in_non_stop)
{
    begin(EVERYTHING);
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;c");
    t.sent_size = 0;
    testkit_stop(&t, 2, 5, GDB_STOP_EXITED, GDB_SIGNAL_NONE);
    CHECK_STR(testkit_sent(&t, 0), "Stop:W03;process:2");
    end();
}

TEST(many_stops_wait_without_getting_lost)
{
    begin(EVERYTHING);
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;c");
    for (unsigned i = 0; i < 100; i++)
        testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    for (unsigned i = 1; i < 100; i++)
        begins(testkit_ask(&t, "vStopped"), "T0bthread:p1.1;");
    CHECK_STR(testkit_ask(&t, "vStopped"), "OK");
    end();
}

TEST(stops_of_a_process_that_was_detached_from_are_not_told)
{
    begin(EVERYTHING);
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;c");
    testkit_stop(&t, 2, 5, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_ILL);
    CHECK_STR(testkit_ask(&t, "D;2"), "OK");
    begins(testkit_sent(&t, 1), "Stop:T04thread:p1.1;");
    CHECK_STR(testkit_ask(&t, "vStopped"), "OK");
    end();
}
