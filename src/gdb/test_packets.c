/* SPDX-License-Identifier: BSD-2-Clause */
/* The table; packets that are not in it, or not of its form. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <string.h>
#include <test.h>

static const struct gdb_packet *find(const char *text, const char **ret_arguments)
{
    struct gdb_reader arguments;
    const struct gdb_packet *packet =
        gdb_find_packet((const uint8_t *)text, strlen(text), &arguments);

    if (packet)
        *ret_arguments = (const char *)arguments.at;
    return packet;
}

TEST(each_row_is_found_by_its_name)
{
    for (unsigned i = 0; i < gdb_packet_count; i++) {
        const char *arguments;

        CHECK(find(gdb_packets[i].name, &arguments) == &gdb_packets[i]);
        CHECK_STR(arguments, "");
        CHECK(gdb_packets[i].what[0]);
    }
}

TEST(names_end_where_the_table_says)
{
    const char *arguments;

    CHECK_STR(find("m401000,10", &arguments)->name, "m");
    CHECK_STR(arguments, "401000,10");
    CHECK_STR(find("vCont;c:p1.-1", &arguments)->name, "vCont;");
    CHECK_STR(arguments, "c:p1.-1");
    CHECK_STR(find("vCont?", &arguments)->name, "vCont?");
    CHECK(!find("vContinue", &arguments));
    CHECK(!find("qC:1", &arguments));
    CHECK(!find("qCRC:0,1", &arguments));
    CHECK(!find("qAttachedTo", &arguments));
    CHECK(!find("", &arguments));
    CHECK(!find("?1", &arguments));
}

/* Whatever is asked, one packet answers, and it is never more than the debugger takes. */
TEST(each_packet_is_answered_once_without_arguments)
{
    for (unsigned i = 0; i < gdb_packet_count; i++) {
        static struct testkit_target t;
        const char *name = gdb_packets[i].name;
        bool waits = !strcmp(name, "c") || !strcmp(name, "s") || !strcmp(name, "k");

        testkit_target_init(&t);
        testkit_target_connect(&t);
        testkit_ask(&t, "QStartNoAckMode");
        testkit_ask(&t, name);
        CHECK_EQ(t.sent_size != 0, !waits);
        CHECK_EQ(t.sent_size && strcmp(testkit_sent(&t, 1), "") != 0, false);
        testkit_target_free(&t);
    }
}

TEST(what_is_not_known_gets_an_empty_answer)
{
    static struct testkit_target t;

    testkit_target_init(&t);
    testkit_target_connect(&t);
    testkit_ask(&t, "vMustReplyEmpty");
    CHECK_STR((const char *)t.sent, "+$#00");
    testkit_ask(&t, "vUnknown;1");
    CHECK_STR((const char *)t.sent, "+$#00");
    testkit_ask(&t, "!");
    CHECK_STR((const char *)t.sent, "+$#00");
    testkit_ask(&t, "qOffsets");
    CHECK_STR((const char *)t.sent, "+$#00");
    testkit_target_free(&t);
}
