/* SPDX-License-Identifier: BSD-2-Clause */
/* m, M, X, qSearch:memory, Z and z. */
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
    testkit_ask(&t, "Hgp2.0");
}

static void end(void)
{
    testkit_target_free(&t);
}

static uint8_t *data_of(unsigned process)
{
    return t.processes[process].segments[1].bytes;
}

TEST(m_reads_as_much_as_there_is)
{
    begin();
    CHECK_STR(testkit_ask(&t, "m500000,4"), "02091017");
    CHECK_STR(testkit_ask(&t, "m502ffe,10"), "f4fb");
    CHECK_STR(testkit_ask(&t, "m503000,4"), "E0e");
    CHECK_STR(testkit_ask(&t, "m500000,0"), "");
    CHECK_EQ(strlen(testkit_ask(&t, "m500000,ffffffffffffffff")), GDB_PACKET_BYTES);
    CHECK_STR(testkit_ask(&t, "mffffffffffffffff,4"), "E0e");
    end();
}

TEST(m_refuses_what_is_no_range)
{
    begin();
    CHECK_STR(testkit_ask(&t, "m"), "E16");
    CHECK_STR(testkit_ask(&t, "m500000"), "E16");
    CHECK_STR(testkit_ask(&t, "m500000,"), "E16");
    CHECK_STR(testkit_ask(&t, "m500000,4x"), "E16");
    CHECK_STR(testkit_ask(&t, "m10000000000000000,4"), "E16");
    end();
}

TEST(M_writes_in_the_process_of_Hg)
{
    begin();
    CHECK_STR(testkit_ask(&t, "M500010,3:aabbcc"), "OK");
    CHECK_MEM(data_of(1) + 0x10, "\xaa\xbb\xcc", 3);
    CHECK_EQ(data_of(0)[0x10], 0x71);
    CHECK_STR(testkit_ask(&t, "M500010,0:"), "OK");
    CHECK_STR(testkit_ask(&t, "M503000,1:aa"), "E0e");
    CHECK_STR(testkit_ask(&t, "M500010,3:aabb"), "E16");
    CHECK_STR(testkit_ask(&t, "M500010,2:aabbcc"), "E16");
    CHECK_STR(testkit_ask(&t, "M500010,ffffffffffffffff:aa"), "E16");
    CHECK_STR(testkit_ask(&t, "M500010,1"), "E16");
    end();
}

TEST(X_writes_bytes_that_are_escaped_where_they_must_be)
{
    static const char packet[] = "X500020,5:a}\x03}\x04}]\x00";

    begin();
    CHECK_STR(testkit_ask_bytes(&t, packet, sizeof(packet) - 1), "OK");
    CHECK_MEM(data_of(1) + 0x20, "a#$}\x00", 5);
    CHECK_STR(testkit_ask(&t, "X500020,0:"), "OK");
    CHECK_STR(testkit_ask(&t, "X500020,3:ab"), "E16");
    CHECK_STR(testkit_ask(&t, "X500020,1:ab"), "E16");
    CHECK_STR(testkit_ask(&t, "X503000,1:a"), "E0e");
    end();
}

TEST(qSearch_finds_across_pieces)
{
    begin();
    memcpy(data_of(1) + 0xffe, "needle", 6);
    memcpy(data_of(1) + 0x2ffd, "end", 3);
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;3000;needle"), "1,500ffe");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500fff;2000;needle"), "0");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;1003;needle"), "0");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;1004;needle"), "1,500ffe");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;3000;end"), "1,502ffd");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;2;needle"), "0");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;4000;nowhere"), "E0e");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:600000;10;x"), "E0e");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;10;"), "E16");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:500000;10"), "E16");
    end();
}

/* Memory without an end must not keep the guest waiting. */
static size_t read_everywhere(void *context, int32_t pid, vaddr_t address, void *ret_bytes,
                              size_t size)
{
    (void)context;
    (void)pid;
    (void)address;
    memset(ret_bytes, 0, size);
    return size;
}

TEST(qSearch_ends)
{
    struct gdb_target_ops endless;

    begin();
    endless = *t.target.ops;
    endless.read_memory = read_everywhere;
    t.server->target.ops = &endless;
    CHECK_STR(testkit_ask(&t, "qSearch:memory:0;ffffffffffffffff;x"), "E1b");
    end();
}

TEST(Z_inserts_where_Hg_says_and_z_removes)
{
    static const char *const rows[] = {"0,401010,1", "1,401010,1", "2,500000,8", "4,500000,4"};
    char packet[32];

    begin();
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(packet, sizeof(packet), "Z%s", rows[i]);
        CHECK_STR(testkit_ask(&t, packet), "OK");
        CHECK_STR(testkit_ask(&t, packet), "OK"); /* again: an answer got lost */
        CHECK_EQ(testkit_breakpoint_count(&t), i + 1);
        CHECK_EQ(t.breakpoints[i].pid, 2);
        CHECK_EQ(t.breakpoints[i].kind, rows[i][0] - '0');
    }
    testkit_ask(&t, "Hgp1.0");
    CHECK_STR(testkit_ask(&t, "z0,401010,1"), "OK"); /* not that of process 2 */
    CHECK_EQ(testkit_breakpoint_count(&t), 4);
    testkit_ask(&t, "Hgp2.0");
    CHECK_STR(testkit_ask(&t, "z0,401010,1"), "OK");
    CHECK_EQ(testkit_breakpoint_count(&t), 3);
    end();
}

TEST(Z_says_what_cannot_be)
{
    begin();
    CHECK_STR(testkit_ask(&t, "Z3,500000,4"), ""); /* not supported, as on x86 */
    CHECK_STR(testkit_ask(&t, "Z5,500000,4"), "E16");
    CHECK_STR(testkit_ask(&t, "Z0,401000,2"), "E16");
    CHECK_STR(testkit_ask(&t, "Z2,500000,0"), "E16");
    CHECK_STR(testkit_ask(&t, "Z2,500000,9"), "E16");
    CHECK_STR(testkit_ask(&t, "Z0,401000,1;X1,00"), "E16");
    CHECK_STR(testkit_ask(&t, "Z"), "E16");
    CHECK_STR(testkit_ask(&t, "z9"), "E16");
    for (unsigned i = 0; i < TESTKIT_BREAKPOINTS; i++)
        t.breakpoints[i] = (struct testkit_breakpoint){1, GDB_SOFTWARE_BREAKPOINT, i, 1};
    CHECK_STR(testkit_ask(&t, "Z1,401000,1"), "E1c");
    end();
}

TEST(without_a_process_there_is_no_memory)
{
    begin();
    for (unsigned i = 0; i < TESTKIT_THREADS; i++)
        t.threads[i].is_alive = false;
    testkit_ask(&t, "Hgp0.0");
    CHECK_STR(testkit_ask(&t, "m500000,1"), "E03");
    CHECK_STR(testkit_ask(&t, "M500000,1:00"), "E03");
    CHECK_STR(testkit_ask(&t, "X500000,1:0"), "E03");
    CHECK_STR(testkit_ask(&t, "Z0,401000,1"), "E03");
    CHECK_STR(testkit_ask(&t, "qSearch:memory:0;1;a"), "E03");
    end();
}
