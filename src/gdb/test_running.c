/* SPDX-License-Identifier: BSD-2-Clause */
/* vCont, c, C, s, S, vCtrlC, QNonStop, D, k, vKill. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <stdio.h>
#include <string.h>
#include <test.h>

static struct testkit_target t;

static void begin(void)
{
    testkit_target_init(&t);
    testkit_target_connect(&t);
    testkit_ask(&t, "qSupported:multiprocess+;swbreak+;hwbreak+;no-resumed+");
}

static void end(void)
{
    testkit_target_free(&t);
}

/* 'c', 's', or '-' for held, of the threads p1.1, p1.2 and p2.5. */
static const char *actions(void)
{
    static char text[4];
    static const char letters[] = {[GDB_CONTINUE] = 'c', [GDB_STEP] = 's', [GDB_HOLD] = '-'};

    for (unsigned i = 0; i < 3; i++)
        text[i] = letters[t.threads[i].action];
    return text;
}

/* --- all-stop ------------------------------------------------------------------------------ */

TEST(vCont_gives_each_thread_the_first_action_that_names_it)
{
    static const struct {
        const char *packet, *actions;
    } rows[] = {
        {"vCont;c", "ccc"},
        {"vCont;s:p1.2;c", "csc"},
        {"vCont;c:p1.-1", "cc-"},
        {"vCont;s:p2.5", "--s"},
        {"vCont;C0b:p1.1;s:p2.-1", "c-s"},
        {"vCont;S05:p1.1;c:-1", "scc"},
        {"vCont;c:p2;t:p1.1", "--c"},
        {"vCont;c:p1.1;s:p1.1", "c--"},
        {"vCont;r401000,401010:p1.1;c", "scc"},
        {"vCont;c:p1.1;", "c--"},
        {"vCont;c:2", "-c-"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        CHECK_STR(testkit_ask(&t, rows[i].packet), "");
        CHECK_STR((const char *)t.sent, "+"); /* the answer is the next stop */
        CHECK_STR(actions(), rows[i].actions);
        CHECK(!t.is_frozen);
        end();
    }
}

TEST(vCont_refuses_all_if_one_action_is_bad)
{
    static const char *const bad[] = {
        "vCont;",        "vCont;x",        "vCont;c:",        "vCont;c:p1.1;;",
        "vCont;C",       "vCont;Cx1:p1.1", "vCont;r401000",   "vCont;r1,2:pp",
        "vCont;c:p1.1s", "vCont;cs",       "vCont;c:p1.1,p2", "vCont;c;q"};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        begin();
        CHECK_STR(testkit_ask(&t, bad[i]), "E16");
        CHECK(t.is_frozen);
        CHECK_STR(actions(), "ccc");
        end();
    }
}

TEST(vCont_says_what_it_knows)
{
    begin();
    CHECK_STR(testkit_ask(&t, "vCont?"), "vCont;c;C;s;S;t;r");
    end();
}

TEST(a_step_ends_in_a_stop_and_freezes)
{
    begin();
    testkit_ask(&t, "vCont;s:p1.2");
    testkit_run(&t, 10);
    CHECK_EQ(strncmp(testkit_sent(&t, 0), "T05thread:p1.2;", 15), 0);
    CHECK(t.is_frozen);
    CHECK_EQ(t.threads[1].registers.word[UREG_RIP], TESTKIT_TEXT + 1);
    CHECK_EQ(t.threads[0].registers.word[UREG_RIP], TESTKIT_TEXT); /* was held */
    end();
}

TEST(a_range_step_ends_outside_or_at_a_breakpoint)
{
    begin();
    testkit_ask(&t, "vCont;r401000,401008:p1.1;c");
    testkit_run(&t, 7);
    CHECK_STR((const char *)t.sent, "+");
    testkit_run(&t, 1);
    CHECK_EQ(strncmp(testkit_sent(&t, 0), "T05thread:p1.1;", 15), 0);
    CHECK_EQ(t.threads[0].registers.word[UREG_RIP], TESTKIT_TEXT + 8);
    testkit_ask(&t, "Z0,40100a,1");
    testkit_ask(&t, "vCont;r401008,401010:p1.1");
    testkit_run(&t, 20);
    CHECK_EQ(strncmp(testkit_sent(&t, 0), "T05swbreak:;thread:p1.1;", 24), 0);
    testkit_ask(&t, "vCont;s:p1.1"); /* the range is forgotten */
    testkit_run(&t, 1);
    CHECK_EQ(t.threads[0].registers.word[UREG_RIP], TESTKIT_TEXT + 0xb);
    CHECK(t.is_frozen);
    end();
}

/* A call that waits for a thread that is held: stepping on would never end. */
TEST(a_range_step_ends_where_a_step_changes_nothing)
{
    begin();
    testkit_ask(&t, "vCont;r401000,401080:p1.1");
    testkit_run(&t, 4);
    CHECK_STR((const char *)t.sent, "+");
    testkit_stop(&t, 1, 1, GDB_STOP_STEPPED, GDB_SIGNAL_NONE);
    CHECK_EQ(strncmp(testkit_sent(&t, 0), "T05thread:p1.1;", 15), 0);
    CHECK(t.is_frozen);
    end();
}

/* One instruction at least, even if the thread is outside to begin with. */
TEST(a_range_step_from_outside_is_a_step)
{
    begin();
    testkit_ask(&t, "vCont;r500000,500008:p1.1");
    testkit_run(&t, 20);
    CHECK_EQ(t.threads[0].registers.word[UREG_RIP], TESTKIT_TEXT + 1);
    CHECK(t.is_frozen);
    end();
}

TEST(more_ranges_than_there_is_room_for_are_plain_steps)
{
    begin();
    for (unsigned i = 0; i < GDB_RANGES + 2; i++)
        testkit_add_thread(&t, 1, 10 + i, "more");
    testkit_ask(&t, "vCont;r401000,401080:p1.-1");
    testkit_run(&t, 1);
    CHECK_EQ(strncmp(testkit_sent(&t, 0), "T05thread:p1.18;", 16), 0);
    CHECK(t.is_frozen);
    end();
}

TEST(the_byte_3_interrupts_what_runs)
{
    begin();
    testkit_input(&t, "\x03", 1);
    CHECK_STR((const char *)t.sent, ""); /* nothing runs */
    testkit_ask(&t, "vCont;c");
    testkit_run(&t, 3);
    testkit_input(&t, "\x03", 1);
    CHECK_EQ(strncmp(testkit_sent(&t, 0), "T02thread:p2.5;", 15), 0);
    CHECK(t.is_frozen);
    end();
}

TEST(vCtrlC_does_so_too)
{
    begin();
    testkit_ask(&t, "vCont;c");
    CHECK_STR(testkit_ask(&t, "vCtrlC"), "OK");
    CHECK_EQ(strncmp(testkit_sent(&t, 1), "T02thread:p1.1;", 15), 0);
    CHECK_STR(testkit_ask(&t, "vCtrlC"), "OK");
    CHECK_STR(testkit_sent(&t, 1), "");
    end();
}

TEST(an_interrupt_works_where_no_thread_is)
{
    begin();
    for (unsigned i = 0; i < TESTKIT_THREADS; i++)
        t.threads[i].is_alive = false;
    testkit_ask(&t, "vCont;c");
    testkit_input(&t, "\x03", 1);
    CHECK_STR(testkit_sent(&t, 0), "T02");
    CHECK(t.is_frozen);
    end();
}

TEST(the_older_packets_go_by_Hc_and_Hg)
{
    static const struct {
        const char *select, *packet, *actions;
    } rows[] = {
        {"Hc-1", "c", "ccc"},     {"Hc0", "c", "ccc"},    {"Hcp1.2", "c", "-c-"},
        {"Hc-1", "C05", "ccc"},   {"Hgp2.5", "s", "ccs"}, {"Hcp2.5", "s", "--s"},
        {"Hcp1.1", "S05", "s--"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        testkit_ask(&t, rows[i].select);
        testkit_ask(&t, rows[i].packet);
        CHECK_STR(actions(), rows[i].actions);
        CHECK(!t.is_frozen);
        end();
    }
}

TEST(the_older_packets_refuse_addresses_and_dead_threads)
{
    begin();
    CHECK_STR(testkit_ask(&t, "c401000"), "E16");
    CHECK_STR(testkit_ask(&t, "s401000"), "E16");
    CHECK_STR(testkit_ask(&t, "C05;401000"), "E16");
    CHECK_STR(testkit_ask(&t, "C"), "E16");
    CHECK_STR(testkit_ask(&t, "S5"), "E16");
    testkit_ask(&t, "Hcp1.9");
    CHECK_STR(testkit_ask(&t, "c"), "E03");
    CHECK(t.is_frozen);
    end();
}

/* --- non-stop ------------------------------------------------------------------------------ */

TEST(QNonStop_holds_all_and_lets_time_go_on)
{
    begin();
    CHECK_STR(testkit_ask(&t, "QNonStop:1"), "OK");
    CHECK_STR(actions(), "---");
    CHECK(!t.is_frozen);
    CHECK_STR(testkit_ask(&t, "vCont;c"), "OK");
    CHECK_STR(actions(), "ccc");
    CHECK_STR(testkit_ask(&t, "QNonStop:1"), "OK");
    CHECK_STR(actions(), "ccc");
    CHECK_STR(testkit_ask(&t, "QNonStop:0"), "OK");
    CHECK(t.is_frozen);
    CHECK_STR(testkit_ask(&t, "QNonStop:2"), "E16");
    CHECK_STR(testkit_ask(&t, "QNonStop:"), "E16");
    end();
}

TEST(vCont_changes_only_whom_it_names)
{
    begin();
    testkit_ask(&t, "QNonStop:1");
    CHECK_STR(testkit_ask(&t, "vCont;c:p1.2"), "OK");
    CHECK_STR(actions(), "-c-");
    CHECK_STR(testkit_ask(&t, "vCont;s:p2.5"), "OK");
    CHECK_STR(actions(), "-cs");
    testkit_run(&t, 1);
    CHECK_STR(actions(), "-c-");
    CHECK(!t.is_frozen);
    end();
}

TEST(t_stops_a_thread_and_tells)
{
    begin();
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;c");
    CHECK_STR(testkit_ask(&t, "vCont;t:p1.-1"), "OK");
    CHECK_STR(actions(), "--c");
    CHECK_EQ(strncmp(testkit_sent(&t, 1), "Stop:T00thread:p1.1;", 20), 0);
    CHECK_EQ(strncmp(testkit_ask(&t, "vStopped"), "T00thread:p1.2;", 15), 0);
    CHECK_STR(testkit_ask(&t, "vStopped"), "OK");
    CHECK_STR(testkit_ask(&t, "vCont;t:p1.-1"), "OK"); /* they are stopped */
    CHECK_STR(testkit_sent(&t, 1), "");
    end();
}

/* It would run although gdb is about to learn that it stopped. */
TEST(a_thread_with_an_untold_stop_is_not_resumed)
{
    begin();
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;c");
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    testkit_ask(&t, "vCont;c");
    CHECK_STR(actions(), "-cc");
    testkit_ask(&t, "vStopped");
    testkit_ask(&t, "vCont;c");
    CHECK_STR(actions(), "ccc");
    end();
}

TEST(vCtrlC_stops_one_thread_in_non_stop)
{
    begin();
    testkit_ask(&t, "QNonStop:1");
    CHECK_STR(testkit_ask(&t, "vCtrlC"), "OK");
    CHECK_STR(testkit_sent(&t, 1), ""); /* none runs */
    testkit_ask(&t, "vCont;c:p2.5");
    CHECK_STR(testkit_ask(&t, "vCtrlC"), "OK");
    CHECK_EQ(strncmp(testkit_sent(&t, 1), "Stop:T02thread:p2.5;", 20), 0);
    CHECK_STR(actions(), "---");
    end();
}

/* --- the end ------------------------------------------------------------------------------- */

TEST(D_detaches_from_one_process_or_all)
{
    begin();
    testkit_ask(&t, "Hgp2.0");
    testkit_ask(&t, "Z0,401010,1");
    CHECK_STR(testkit_ask(&t, "D;2"), "OK");
    CHECK_EQ(testkit_breakpoint_count(&t), 0);
    CHECK(t.is_frozen); /* process 1 is still there */
    CHECK(!gdb_server_is_finished(t.server));
    CHECK_STR(testkit_ask(&t, "D;1"), "OK");
    CHECK(!t.is_frozen);
    CHECK_EQ(t.detached, 1);
    CHECK_STR(testkit_ask(&t, "D;7"), "OK"); /* of a process without threads */
    CHECK(!gdb_server_is_finished(t.server));
    end();
    CHECK_EQ(t.detached, 1);
    begin();
    CHECK_STR(testkit_ask(&t, "D"), "OK");
    CHECK_EQ(t.detached, 1);
    CHECK(gdb_server_is_finished(t.server));
    end();
}

TEST(after_the_last_process_nothing_is_set_again)
{
    static const char *const packets[] = {"Z0,401010,1", "QNonStop:0", "vCont;c", "?", "k"};

    begin();
    testkit_ask(&t, "D;1");
    testkit_ask(&t, "D;2");
    for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        CHECK_STR(testkit_ask(&t, packets[i]), "E03");
    testkit_input(&t, "\x03", 1);
    CHECK(!t.is_frozen && !t.is_killed);
    CHECK_EQ(testkit_breakpoint_count(&t), 0);
    CHECK_STR(testkit_ask(&t, "D"), "OK");
    CHECK(gdb_server_is_finished(t.server));
    end();
}

TEST(D_refuses_what_is_no_process)
{
    begin();
    CHECK_STR(testkit_ask(&t, "D;"), "E16");
    CHECK_STR(testkit_ask(&t, "D;0"), "E16");
    CHECK_STR(testkit_ask(&t, "D;1x"), "E16");
    CHECK_STR(testkit_ask(&t, "Dx"), "E16");
    CHECK_STR(testkit_ask(&t, "D;100000000"), "E16");
    CHECK_EQ(t.detached, 0);
    end();
}

TEST(a_detach_in_the_middle_leaves_nothing)
{
    begin();
    testkit_ask(&t, "Z0,401010,1");
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;r401000,401080:p1.1");
    testkit_stop(&t, 1, 2, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    CHECK_STR(testkit_ask(&t, "D"), "OK");
    CHECK_STR(testkit_sent(&t, 1), "");
    CHECK_STR(actions(), "ccc");
    CHECK_EQ(testkit_breakpoint_count(&t), 0);
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV); /* nobody is told */
    CHECK(!t.is_frozen);
    end();
}

TEST(k_ends_the_machine_and_vKill_a_process)
{
    begin();
    CHECK_STR(testkit_ask(&t, "vKill;2"), "OK");
    CHECK(t.processes[1].is_killed);
    CHECK_STR(testkit_ask(&t, "vKill;2"), "E03");
    CHECK_STR(testkit_ask(&t, "vKill;"), "E16");
    CHECK_STR(testkit_ask(&t, "vKill;0"), "E16");
    CHECK(!gdb_server_is_finished(t.server));
    CHECK_STR(testkit_ask(&t, "vKill;1"), "OK");
    CHECK(gdb_server_is_finished(t.server));
    end();
    begin();
    CHECK_STR(testkit_ask(&t, "k"), "");
    CHECK(t.is_killed);
    CHECK(gdb_server_is_finished(t.server));
    end();
    CHECK_EQ(t.detached, 0);
}

TEST(vAttach_and_vRun_are_refused)
{
    begin();
    CHECK_STR(testkit_ask(&t, "vAttach;1"), "E01");
    CHECK_STR(testkit_ask(&t, "vRun;2f"), "E01");
    end();
}
