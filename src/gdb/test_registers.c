/* SPDX-License-Identifier: BSD-2-Clause */
/* g, G, p, P and the target description. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <test.h>

#define G_BYTES  536
#define RAX      0x00
#define RIP      0x10
#define EFLAGS   0x11
#define CS       0x12
#define ST0      0x18
#define FTAG     0x22
#define XMM3     0x2b
#define MXCSR    0x38
#define ORIG_RAX 0x39
#define FS_BASE  0x3a
#define YMM0H    0x3c
#define YMM15H   0x4b
#define NO_SUCH  0x4c

static struct testkit_target t;
static struct testkit_thread_state *thread;

static void begin(void)
{
    testkit_target_init(&t);
    t.target.has_avx = true;
    testkit_target_connect(&t);
    testkit_ask(&t, "Hg1");
    thread = testkit_thread(&t, 1, 1);
    thread->registers.has_vector = true;
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        thread->registers.word[i] = UINT64_C(0x1111111111111111) * (i % 15 + 1);
    for (unsigned i = 0; i < GDB_VECTOR_BYTES; i++)
        thread->registers.vector[i] = (uint8_t)i;
}

static void end(void)
{
    testkit_target_free(&t);
}

static const char *ask(const char *letter, unsigned number, const char *value)
{
    char packet[128];

    snprintf(packet, sizeof(packet), "%s%x%s", letter, number, value);
    return testkit_ask(&t, packet);
}

TEST(p_reads_each_kind_of_register)
{
    begin();
    CHECK_STR(ask("p", RAX, ""), "4444444444444444");
    CHECK_STR(ask("p", RIP, ""), "1111111111111111");
    CHECK_STR(ask("p", EFLAGS, ""), "33333333");
    CHECK_STR(ask("p", CS, ""), "33000000");
    CHECK_STR(ask("p", ST0, ""), "20212223242526272829");
    CHECK_STR(ask("p", XMM3, ""), "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf");
    CHECK_STR(ask("p", MXCSR, ""), "18191a1b");
    CHECK_STR(ask("p", ORIG_RAX, ""), "ffffffffffffffff");
    CHECK_STR(ask("p", FS_BASE, ""), "4444444444444444");
    CHECK_STR(ask("p", YMM0H, ""), "404142434445464748494a4b4c4d4e4f");
    CHECK_STR(ask("p", YMM15H, ""), "303132333435363738393a3b3c3d3e3f");
    end();
}

TEST(p_knows_no_others)
{
    begin();
    CHECK_STR(ask("p", NO_SUCH, ""), "E16");
    CHECK_STR(ask("p", RAX, "x"), "E16");
    CHECK_STR(testkit_ask(&t, "p"), "E16");
    CHECK_STR(testkit_ask(&t, "pffffffffffffffff"), "E16");
    t.server->target.has_avx = false;
    CHECK_STR(ask("p", YMM0H, ""), "E16");
    CHECK_STR(ask("p", FS_BASE, ""), "4444444444444444");
    end();
}

TEST(g_ends_where_all_layouts_of_gdb_agree)
{
    const char *all;

    begin();
    all = testkit_ask(&t, "g");
    CHECK_EQ(strlen(all), 2 * G_BYTES);
    CHECK_EQ(strncmp(all, "4444444444444444", 16), 0);
    CHECK_EQ(strncmp(all + 2 * (G_BYTES - 4), "18191a1b", 8), 0);
    end();
}

TEST(what_is_not_known_has_no_digits)
{
    begin();
    thread->registers.has_vector = false;
    CHECK_STR(ask("p", ST0, ""), "xxxxxxxxxxxxxxxxxxxx");
    CHECK_STR(ask("p", RAX, ""), "4444444444444444");
    CHECK_EQ(testkit_ask(&t, "g")[2 * G_BYTES - 1], 'x');
    CHECK_STR(ask("P", MXCSR, "=80190000"), "E3d");
    end();
}

TEST(G_writes_what_g_reads)
{
    static char packet[2 * G_BYTES + 2] = "G";
    struct gdb_registers before;

    begin();
    before = thread->registers;
    memcpy(packet + 1, testkit_ask(&t, "g"), 2 * G_BYTES);
    memcpy(packet + 1, "0807060504030201", 16);            /* rax */
    memset(packet + 1 + 16, 'x', 16);                      /* rbx stays */
    memcpy(packet + 1 + 2 * (G_BYTES - 4), "801f0000", 8); /* mxcsr */
    CHECK_STR(testkit_ask(&t, packet), "OK");
    CHECK_EQ(thread->registers.word[UREG_RAX], 0x0102030405060708);
    CHECK_EQ(thread->registers.word[UREG_RBX], before.word[UREG_RBX]);
    CHECK_EQ(thread->registers.word[UREG_RFLAGS], before.word[UREG_RFLAGS]);
    CHECK_EQ(thread->registers.vector[24], 0x80);
    CHECK_MEM(thread->registers.vector + 160, before.vector + 160, 256);
    packet[2 * G_BYTES - 1] = 0;
    CHECK_STR(testkit_ask(&t, packet), "E16");
    CHECK_STR(testkit_ask(&t, "G"), "E16");
    end();
}

TEST(P_writes_one_register)
{
    begin();
    thread->registers.vector[512] = 0;
    CHECK_STR(ask("P", RIP, "=0010400000000000"), "OK");
    CHECK_EQ(thread->registers.word[UREG_RIP], 0x401000);
    CHECK_STR(ask("P", EFLAGS, "=46020000"), "OK");
    CHECK_EQ(thread->registers.word[UREG_RFLAGS], 0x3333333300000246);
    CHECK_STR(ask("P", CS, "=00000000"), "OK");
    CHECK_STR(ask("p", CS, ""), "33000000");
    CHECK_EQ(thread->registers.vector[512], 0);
    CHECK_STR(ask("P", XMM3, "=000102030405060708090a0b0c0d0e0f"), "OK");
    CHECK_EQ(thread->registers.vector[160 + 3 * 16 + 9], 9);
    CHECK_EQ(thread->registers.vector[512], 2); /* the part is there now */
    CHECK_STR(ask("P", YMM0H, "=000102030405060708090a0b0c0d0e0f"), "OK");
    CHECK_EQ(thread->registers.vector[576 + 9], 9);
    CHECK_EQ(thread->registers.vector[512], 6);
    end();
}

TEST(P_refuses_what_is_no_value)
{
    begin();
    CHECK_STR(ask("P", RAX, "=00"), "E16");
    CHECK_STR(ask("P", RAX, "=00000000000000000000"), "E16");
    CHECK_STR(ask("P", RAX, ""), "E16");
    CHECK_STR(ask("P", NO_SUCH, "=00"), "E16");
    CHECK_EQ(thread->registers.word[UREG_RAX], 0x4444444444444444);
    end();
}

TEST(tags_of_the_x87_stack_have_two_bits_for_gdb)
{
    begin();
    thread->registers.vector[4] = 0x81;
    CHECK_STR(ask("p", FTAG, ""), "fc3f0000"); /* registers 0 and 7 are in use */
    CHECK_STR(ask("P", FTAG, "=fffc0000"), "OK");
    CHECK_EQ(thread->registers.vector[4], 0x10);
    end();
}

/* --- the description ----------------------------------------------------------------------- */

struct text {
    size_t size;
    char bytes[32768];
};

static void add(void *sink, const char *bytes, size_t size)
{
    struct text *text = sink;

    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = 0;
}

static unsigned count(const char *text, const char *what)
{
    unsigned found = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        found++;
    return found;
}

TEST(the_description_has_a_line_for_each_number)
{
    static struct text with, without;

    gdb_describe_target(true, add, &with);
    gdb_describe_target(false, add, &without);
    CHECK_EQ(count(with.bytes, "<reg "), NO_SUCH);
    CHECK_EQ(count(without.bytes, "<reg "), YMM0H);
    CHECK_EQ(count(with.bytes, "<feature "), 5);
    CHECK_EQ(count(with.bytes, "</feature>"), 5);
    CHECK_EQ(count(without.bytes, "org.gnu.gdb.i386.avx"), 0);
    CHECK(strstr(with.bytes, "<reg name=\"fs_base\" bitsize=\"64\" type=\"int64\"/>") != NULL);
    CHECK_EQ(strcmp(with.bytes + with.size - 9, "</target>"), 0);
}
