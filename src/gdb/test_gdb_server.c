/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames, confirmations, and how a connection begins and ends. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <errno.h>
#include <host/host.h>
#include <string.h>
#include <test.h>

static struct testkit_target t;

static void begin(void)
{
    testkit_target_init(&t);
    testkit_target_connect(&t);
}

static void end(void)
{
    testkit_target_free(&t);
}

static const char *sent_for(const char *bytes)
{
    testkit_input(&t, bytes, strlen(bytes));
    return (const char *)t.sent;
}

TEST(a_connection_freezes_and_its_end_lets_run)
{
    begin();
    CHECK(t.is_frozen);
    testkit_ask(&t, "Hgp2.0");
    testkit_ask(&t, "Z0,401010,1");
    CHECK_EQ(testkit_breakpoint_count(&t), 1);
    end();
    CHECK(!t.is_frozen);
    CHECK_EQ(t.detached, 1);
    CHECK_EQ(testkit_breakpoint_count(&t), 0);
    gdb_server_destroy(NULL);
}

TEST(packets_are_confirmed)
{
    begin();
    CHECK_STR(sent_for("$qAttached#8f"), "+$1#31");
    CHECK_STR(sent_for("+"), "");
    end();
}

TEST(to_quit_a_private_machine_is_to_kill_it)
{
    begin();
    t.server->target.is_private = true;
    CHECK_STR(sent_for("$qAttached#8f"), "+$0#30");
    end();
}

TEST(a_wrong_checksum_is_refused_and_the_packet_not_obeyed)
{
    begin();
    CHECK_STR(sent_for("$k#00"), "-");
    CHECK(!t.is_killed);
    CHECK_STR(sent_for("$k#6x"), "-");
    CHECK_STR(sent_for("$qAttached#8f"), "+$1#31");
    end();
}

TEST(an_answer_that_got_lost_is_sent_again)
{
    begin();
    CHECK_STR(sent_for("-"), "");
    sent_for("$qAttached#8f");
    CHECK_STR(sent_for("-"), "$1#31");
    CHECK_STR(sent_for("-"), "$1#31");
    end();
}

TEST(without_confirmations_nothing_is_confirmed)
{
    begin();
    CHECK_STR(sent_for("$QStartNoAckMode#b0"), "+$OK#9a");
    CHECK_STR(sent_for("+$qAttached#8f"), "$1#31");
    CHECK_STR(sent_for("-"), "");
    CHECK_STR(sent_for("$qAttached#00"), "$1#31"); /* the checksum is not looked at */
    end();
}

TEST(packets_come_in_pieces_of_any_size)
{
    const char *packet = "$qAttached#8f";

    begin();
    for (const char *c = packet; c[1]; c++) {
        testkit_input(&t, c, 1);
        CHECK_STR((const char *)t.sent, "");
    }
    CHECK_STR(sent_for("f"), "+$1#31");
    CHECK_STR(sent_for("$qAttached#8f$qAttached#8f"), "+$1#31+$1#31");
    end();
}

TEST(a_packet_that_was_broken_off_is_forgotten)
{
    begin();
    CHECK_STR(sent_for("$m4010$qAttached#8f"), "+$1#31");
    CHECK_STR(sent_for("noise\n$qAttached#8f"), "+$1#31");
    end();
}

TEST(a_packet_that_is_too_long_gets_an_error_and_the_next_one_its_answer)
{
    static char packet[GDB_PACKET_BYTES + 100];

    begin();
    memset(packet, 'q', sizeof(packet));
    CHECK_STR(testkit_ask_bytes(&t, packet, sizeof(packet)), "E5a");
    CHECK_STR(testkit_ask_bytes(&t, packet, GDB_PACKET_BYTES), "");
    CHECK_STR(sent_for("$qAttached#8f"), "+$1#31");
    end();
}

TEST(output_is_for_a_debugger_that_waits)
{
    begin();
    t.sent_size = 0;
    gdb_server_say(t.server, "too early");
    CHECK_EQ(t.sent_size, 0);
    testkit_ask(&t, "vCont;c");
    gdb_server_say(t.server, "hi");
    CHECK_STR(testkit_sent(&t, 0), "O6869");
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    t.sent_size = 0;
    gdb_server_say(t.server, "too late");
    CHECK_EQ(t.sent_size, 0);
    end();
}

TEST(without_memory_for_a_stop_the_connection_is_given_up)
{
    begin();
    testkit_ask(&t, "QNonStop:1");
    testkit_ask(&t, "vCont;c");
    host_inject("allocate", 1, ENOMEM);
    testkit_stop(&t, 1, 1, GDB_STOP_SIGNAL, GDB_SIGNAL_SEGV);
    host_inject("allocate", 1, 0);
    CHECK(gdb_server_is_finished(t.server));
    CHECK_EQ(t.detached, 1);
    CHECK(!testkit_is_held(&t, 1, 1));
    CHECK_STR(sent_for("$qAttached#8f"), ""); /* nobody listens any more */
    end();
    CHECK_EQ(t.detached, 1);
}

TEST(without_memory_there_is_no_server)
{
    struct gdb_server *server = NULL;

    testkit_target_init(&t);
    host_inject("allocate", 1, ENOMEM);
    CHECK_EQ(gdb_server_create(&t.target, NULL, NULL, &server), -ENOMEM);
    host_inject("allocate", 1, 0);
    CHECK(!server);
    CHECK(!t.is_frozen);
    testkit_target_free(&t);
}
