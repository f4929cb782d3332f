/* SPDX-License-Identifier: BSD-2-Clause */
/* qSupported, QStartNoAckMode, qRcmd and what is not supported. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

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

TEST(qSupported_names_what_the_server_can_do)
{
    static const char *const features[] = {
        "PacketSize=4000;",
        "QStartNoAckMode+",
        "multiprocess+",
        "swbreak+",
        "hwbreak+",
        "vContSupported+",
        "QNonStop+",
        "no-resumed+",
        "qXfer:features:read+",
        "qXfer:threads:read+",
        "qXfer:exec-file:read+",
    };

    begin();
    for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        CHECK(strstr(testkit_ask(&t, "qSupported:xmlRegisters=i386"), features[i]) != NULL);
    CHECK(!strstr(testkit_ask(&t, "qSupported"), "qXfer:libraries"));
    end();
}

TEST(qSupported_learns_what_the_debugger_can_do)
{
    begin();
    testkit_ask(&t, "qSupported:multiprocess+;swbreak-;hwbreak+x;xno-resumed+");
    CHECK(t.server->knows_processes);
    CHECK(!t.server->knows_swbreak && !t.server->knows_hwbreak && !t.server->knows_no_resumed);
    testkit_ask(&t, "qSupported:;;swbreak+;hwbreak+;no-resumed+;");
    CHECK(t.server->knows_swbreak && t.server->knows_hwbreak && t.server->knows_no_resumed);
    end();
}

TEST(QStartNoAckMode_is_itself_confirmed)
{
    begin();
    CHECK_STR(testkit_ask(&t, "QStartNoAckMode"), "OK");
    CHECK_EQ(t.sent[0], '+');
    CHECK_STR(testkit_ask(&t, "qAttached"), "1");
    CHECK_EQ(t.sent[0], '$');
    end();
}

TEST(qRcmd_shows_what_the_target_writes)
{
    begin();
    CHECK_STR(testkit_ask(&t, "qRcmd,7361792068692121"), "O68692121");
    CHECK_STR(testkit_sent(&t, 1), "O0a");
    CHECK_STR(testkit_sent(&t, 2), "OK");
    CHECK_STR(t.monitor_line, "say hi!!");
    end();
}

TEST(qRcmd_cuts_long_output_into_packets)
{
    size_t digits = 0;

    begin();
    testkit_ask(&t, "qRcmd,6d756368");
    for (unsigned i = 0; testkit_sent(&t, i)[0] == 'O' && testkit_sent(&t, i)[1] != 'K'; i++)
        digits += strlen(testkit_sent(&t, i)) - 1;
    CHECK_EQ(digits, 6000);
    end();
}

TEST(qRcmd_refuses_unknown_commands_and_what_is_no_text)
{
    begin();
    CHECK_STR(testkit_ask(&t, "qRcmd,6e6f6e65"), "E02");
    CHECK_STR(testkit_ask(&t, "qRcmd,"), "E02");
    CHECK_STR(testkit_ask(&t, "qRcmd,6"), "E16");
    CHECK_STR(testkit_ask(&t, "qRcmd,xx"), "E16");
    CHECK_STR(testkit_ask(&t, "qRcmd,6100"), "E16");
    end();
}

TEST(what_is_not_supported_says_so)
{
    static const char *const packets[] = {"qOffsets",
                                          "qTStatus",
                                          "qSymbol::",
                                          "vMustReplyEmpty",
                                          "QThreadEvents:1",
                                          "qXfer:libraries:read::0,10",
                                          "qXfer:auxv:read::0,10",
                                          "bs",
                                          "R00",
                                          "!",
                                          "QPassSignals:e;10;14"};

    begin();
    for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        testkit_ask(&t, packets[i]);
        CHECK_STR((const char *)t.sent, "+$#00");
    }
    end();
}
