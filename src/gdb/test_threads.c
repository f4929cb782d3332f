/* SPDX-License-Identifier: BSD-2-Clause */
/* H, T, qC, qfThreadInfo, qsThreadInfo, qThreadExtraInfo, qAttached. */
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
    testkit_ask(&t, "qSupported:multiprocess+");
}

static void end(void)
{
    testkit_target_free(&t);
}

TEST(Hg_says_whose_registers_and_memory)
{
    begin();
    CHECK_STR(testkit_ask(&t, "Hgp1.2"), "OK");
    CHECK_STR(testkit_ask(&t, "qC"), "QCp1.2");
    CHECK_STR(testkit_ask(&t, "Hgp2.0"), "OK"); /* any of process 2 */
    CHECK_STR(testkit_ask(&t, "qC"), "QCp2.5");
    CHECK_STR(testkit_ask(&t, "m500000,1"), "02");
    CHECK_STR(testkit_ask(&t, "Hgp1.0"), "OK"); /* the current one is of process 1 */
    CHECK_STR(testkit_ask(&t, "qC"), "QCp1.1");
    CHECK_STR(testkit_ask(&t, "m500000,1"), "01");
    end();
}

TEST(Hg_for_any_thread_keeps_the_one_there_is)
{
    begin();
    testkit_ask(&t, "Hgp1.2");
    CHECK_STR(testkit_ask(&t, "Hgp0.0"), "OK");
    CHECK_STR(testkit_ask(&t, "qC"), "QCp1.2");
    CHECK_STR(testkit_ask(&t, "Hg-1"), "OK");
    CHECK_STR(testkit_ask(&t, "qC"), "QCp1.2");
    CHECK_STR(testkit_ask(&t, "Hgp1.-1"), "OK");
    CHECK_STR(testkit_ask(&t, "qC"), "QCp1.2");
    testkit_thread(&t, 1, 2)->is_alive = false;
    CHECK_STR(testkit_ask(&t, "Hg0"), "OK");
    CHECK_STR(testkit_ask(&t, "qC"), "QCp1.1");
    end();
}

/* gdb does not look at the answer: nothing of another thread may follow. */
TEST(Hg_for_a_thread_that_is_gone_shows_no_other)
{
    begin();
    CHECK_STR(testkit_ask(&t, "Hgp1.63"), "E03");
    CHECK_STR(testkit_ask(&t, "g"), "E03");
    CHECK_STR(testkit_ask(&t, "qC"), "E03");
    CHECK_STR(testkit_ask(&t, "m500000,1"), "01"); /* the process is there */
    CHECK_STR(testkit_ask(&t, "Hgp7.0"), "OK");    /* perhaps it comes back */
    CHECK_STR(testkit_ask(&t, "m500000,1"), "E0e");
    CHECK_STR(testkit_ask(&t, "g"), "E03");
    CHECK_STR(testkit_ask(&t, "Z0,401000,1"), "OK");
    CHECK_EQ(t.breakpoints[0].pid, 7);
    end();
}

TEST(H_refuses_what_is_no_thread)
{
    begin();
    CHECK_STR(testkit_ask(&t, "H"), "E16");
    CHECK_STR(testkit_ask(&t, "Hg"), "E16");
    CHECK_STR(testkit_ask(&t, "Hx1"), "E16");
    CHECK_STR(testkit_ask(&t, "Hgp1.1junk"), "E16");
    CHECK_STR(testkit_ask(&t, "Hc-1"), "OK");
    end();
}

TEST(T_knows_who_lives)
{
    begin();
    CHECK_STR(testkit_ask(&t, "Tp2.5"), "OK");
    CHECK_STR(testkit_ask(&t, "T5"), "OK");
    CHECK_STR(testkit_ask(&t, "Tp1.5"), "E03");
    CHECK_STR(testkit_ask(&t, "Tp3.1"), "E03");
    CHECK_STR(testkit_ask(&t, "T"), "E16");
    CHECK_STR(testkit_ask(&t, "Tp1.-1"), "E16");
    testkit_thread(&t, 2, 5)->is_alive = false;
    CHECK_STR(testkit_ask(&t, "Tp2.5"), "E03");
    end();
}

TEST(qfThreadInfo_lists_all_threads)
{
    begin();
    CHECK_STR(testkit_ask(&t, "qfThreadInfo"), "mp1.1,p1.2,p2.5");
    CHECK_STR(testkit_ask(&t, "qsThreadInfo"), "l");
    end();
}

TEST(a_debugger_without_processes_sees_threads_alone)
{
    testkit_target_init(&t);
    testkit_target_connect(&t);
    CHECK_STR(testkit_ask(&t, "qfThreadInfo"), "m1,2,5");
    CHECK_STR(testkit_ask(&t, "Hg5"), "OK");
    CHECK_STR(testkit_ask(&t, "qC"), "QC5");
    CHECK_STR(testkit_ask(&t, "m500000,1"), "02");
    CHECK_STR(testkit_ask(&t, "Hg63"), "E03");
    CHECK_STR(testkit_ask(&t, "g"), "E03");
    end();
}

/* Thousands of threads do not fit one packet. */
static bool next_of_many(void *context, struct gdb_thread_id after,
                         struct gdb_thread_id *ret_thread)
{
    (void)context;
    *ret_thread = (struct gdb_thread_id){1, after.tid + 0x1000000};
    return after.tid < 0x1000000LL * 3000;
}

TEST(qsThreadInfo_goes_on_where_the_packet_was_full)
{
    struct gdb_target_ops many;
    unsigned threads = 0;

    begin();
    many = *t.target.ops;
    many.next_thread = next_of_many;
    t.server->target.ops = &many;
    for (const char *list = testkit_ask(&t, "qfThreadInfo"); strcmp(list, "l") != 0;
         list = testkit_ask(&t, "qsThreadInfo")) {
        CHECK_EQ(list[0], 'm');
        CHECK(strlen(list) <= GDB_PACKET_BYTES);
        for (const char *c = list; *c; c++)
            threads += *c == 'p';
    }
    CHECK_EQ(threads, 3000);
    end();
}

TEST(qThreadExtraInfo_tells_name_and_state)
{
    begin();
    snprintf(t.threads[2].state, sizeof(t.threads[2].state), "blocked");
    CHECK_STR(testkit_ask(&t, "qThreadExtraInfo,p2.5"), "6368696c643a20626c6f636b6564");
    CHECK_STR(testkit_ask(&t, "qThreadExtraInfo,p2.6"), "E03");
    CHECK_STR(testkit_ask(&t, "qThreadExtraInfo,"), "E16");
    end();
}

TEST(qAttached_lets_gdb_detach_at_its_end)
{
    begin();
    CHECK_STR(testkit_ask(&t, "qAttached"), "1");
    CHECK_STR(testkit_ask(&t, "qAttached:2"), "1");
    end();
}
