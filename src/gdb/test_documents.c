/* SPDX-License-Identifier: BSD-2-Clause */
/* qXfer: features, threads, exec-file. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <errno.h>
#include <host/host.h>
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

TEST(threads_are_listed_with_names_and_states)
{
    begin();
    t.threads[2].name[0] = 0;
    CHECK_STR(testkit_ask(&t, "qXfer:threads:read::0,1000"),
              "l<?xml version=\"1.0\"?>\n<threads>\n"
              "<thread id=\"p1.1\" name=\"rootserver\">running</thread>\n"
              "<thread id=\"p1.2\" name=\"helper\">running</thread>\n"
              "<thread id=\"p2.5\">running</thread>\n</threads>\n");
    end();
}

TEST(names_cannot_be_markup)
{
    begin();
    snprintf(t.threads[0].name, sizeof(t.threads[0].name), "<a b=\"c\">&\n\xc3");
    CHECK(strstr(testkit_ask(&t, "qXfer:threads:read::0,1000"),
                 "name=\"&lt;a b=&quot;c&quot;&gt;&amp;??\"") != NULL);
    end();
}

TEST(pieces_make_the_whole)
{
    static char whole[8192], together[8192];
    char packet[64];
    size_t size = 0;

    begin();
    snprintf(whole, sizeof(whole), "%s", testkit_ask(&t, "qXfer:features:read:target.xml:0,4000"));
    CHECK_EQ(whole[0], 'l');
    for (bool more = true; more;) {
        const char *piece;

        snprintf(packet, sizeof(packet), "qXfer:features:read:target.xml:%zx,64", size);
        piece = testkit_ask(&t, packet);
        more = piece[0] == 'm';
        CHECK(more ? strlen(piece) == 101 : piece[0] == 'l' && strlen(piece) <= 101);
        size += strlen(piece + 1);
        strncat(together, piece + 1, sizeof(together) - strlen(together) - 1);
    }
    CHECK_STR(together, whole + 1);
    CHECK_STR(testkit_ask(&t, "qXfer:features:read:target.xml:4000,64"), "E16");
    end();
}

/* One list does not mix two states of the machine. */
TEST(a_list_stays_what_it_was_until_it_is_begun_again)
{
    begin();
    CHECK_EQ(testkit_ask(&t, "qXfer:threads:read::0,40")[0], 'm');
    t.threads[1].is_alive = false;
    CHECK(strstr(testkit_ask(&t, "qXfer:threads:read::40,1000"), "helper") != NULL);
    CHECK(!strstr(testkit_ask(&t, "qXfer:threads:read::0,1000"), "helper"));
    end();
}

TEST(many_threads_need_several_packets)
{
    begin();
    for (unsigned i = 0; i < TESTKIT_THREADS - 3; i++) {
        struct testkit_thread_state *thread = testkit_add_thread(&t, 1, 100 + i, "");

        memset(thread->name, '<', sizeof(thread->name) - 1);
        memset(thread->state, '&', sizeof(thread->state) - 1);
    }
    CHECK_EQ(testkit_ask(&t, "qXfer:threads:read::0,ffffffff")[0], 'm');
    CHECK_EQ(strlen(testkit_sent(&t, 0)), GDB_PACKET_BYTES);
    CHECK_EQ(testkit_ask(&t, "qXfer:threads:read::3fff,ffffffff")[0], 'l');
    end();
}

TEST(exec_file_names_the_program_of_a_process)
{
    begin();
    t.processes[1].file = "/images/child #1";
    CHECK_STR(testkit_ask(&t, "qXfer:exec-file:read:2:0,100"), "l/images/child }\x03"
                                                               "1");
    CHECK_STR(testkit_ask(&t, "qXfer:exec-file:read:1:0,100"), "E02"); /* not known */
    CHECK_STR(testkit_ask(&t, "qXfer:exec-file:read:9:0,100"), "E02");
    testkit_ask(&t, "Hgp2.0");
    CHECK_STR(testkit_ask(&t, "qXfer:exec-file:read::0,3"), "m/im");
    end();
}

TEST(what_is_no_request_is_refused)
{
    static const char *const bad[] = {
        "qXfer:threads:read:",         "qXfer:threads:read::",
        "qXfer:threads:read::0",       "qXfer:threads:read::0,10x",
        "qXfer:exec-file:read:x:0,1",  "qXfer:exec-file:read:80000000:0,1",
        "qXfer:threads:read::fffff,1",
    };

    begin();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_STR(testkit_ask(&t, bad[i]), "E16");
    CHECK_STR(testkit_ask(&t, "qXfer:features:read:other.xml:0,100"), "E02");
    CHECK_STR(testkit_ask(&t, "qXfer:threads:read:annex:0,100"), "E02");
    end();
}

TEST(without_memory_there_is_no_list)
{
    begin();
    host_inject("allocate", 1, ENOMEM);
    CHECK_STR(testkit_ask(&t, "qXfer:threads:read::0,1000"), "E0c");
    CHECK_EQ(testkit_ask(&t, "qXfer:threads:read::0,1000")[0], 'l');
    host_inject("allocate", 1, 0);
    end();
}
