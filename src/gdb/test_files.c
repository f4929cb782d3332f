/* SPDX-License-Identifier: BSD-2-Clause */
/* vFile: the programs, and nothing else. */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <errno.h>
#include <host/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <test.h>
#include <unistd.h>

static struct testkit_target t;
static char path[64];

/* Process 2 has a program of 20000 bytes. */
static void begin(void)
{
    int fd;

    testkit_target_init(&t);
    testkit_target_connect(&t);
    snprintf(path, sizeof(path), "/tmp/sel4emu-files-XXXXXX");
    fd = mkstemp(path);
    for (unsigned i = 0; i < 20000; i++)
        CHECK_EQ(write(fd, &(char){(char)('A' + i % 23)}, 1), 1);
    close(fd);
    t.processes[1].file = path;
}

static void end(void)
{
    testkit_target_free(&t);
    unlink(path);
}

static const char *open_file(const char *name, const char *flags)
{
    char packet[256] = "vFile:open:";
    size_t length = strlen(packet);

    for (; *name; name++)
        length += (size_t)snprintf(packet + length, 3, "%02x", (unsigned char)*name);
    snprintf(packet + length, sizeof(packet) - length, "%s", flags);
    return testkit_ask(&t, packet);
}

TEST(a_program_is_read_in_pieces)
{
    begin();
    CHECK_STR(testkit_ask(&t, "vFile:setfs:2"), "F0");
    CHECK_STR(open_file(path, ",0,0"), "F0");
    CHECK_STR(testkit_ask(&t, "vFile:pread:0,5,2"), "F5;CDEFG");
    CHECK_STR(testkit_ask(&t, "vFile:pread:0,5,4e1e"), "F2;LM");
    CHECK_STR(testkit_ask(&t, "vFile:pread:0,5,5000"), "F0;");
    CHECK_EQ(strncmp(testkit_ask(&t, "vFile:pread:0,4000,0"), "F3fe0;ABCD", 10), 0);
    CHECK_STR(testkit_ask(&t, "vFile:close:0"), "F0");
    CHECK_STR(testkit_ask(&t, "vFile:close:0"), "F-1,9");
    CHECK_STR(testkit_ask(&t, "vFile:pread:0,5,2"), "F-1,9");
    end();
}

TEST(its_size_and_time_are_told)
{
    const uint8_t *status;

    begin();
    open_file(path, ",0,0");
    CHECK_EQ(strncmp(testkit_ask(&t, "vFile:fstat:0"), "F40;", 4), 0);
    status = t.sent + 2 + 4;                       /* "+$F40;" */
    CHECK_MEM(status + 8, "\x00\x00\x81}\x04", 5); /* a file that can be read, 0100444 */
    CHECK_MEM(status + 29, "\x00\x00\x00\x00\x00\x00\x4e\x20", 8);
    CHECK_STR(testkit_ask(&t, "vFile:fstat:1"), "F-1,9");
    end();
}

TEST(no_other_file_is_opened_and_none_for_writing)
{
    begin();
    CHECK_STR(open_file("/etc/passwd", ",0,0"), "F-1,2");
    CHECK_STR(open_file("", ",0,0"), "F-1,2");
    CHECK_STR(open_file(path, ",1,0"), "F-1,d");
    CHECK_STR(open_file(path, ",601,1b6"), "F-1,d");
    CHECK_STR(open_file(path, ""), "F-1,16");
    CHECK_STR(open_file(path, ",0"), "F-1,16");
    CHECK_STR(testkit_ask(&t, "vFile:open:zz,0,0"), "F-1,16");
    t.processes[1].file = "/no/such/file";
    CHECK_STR(open_file("/no/such/file", ",0,0"), "F-1,2");
    CHECK_STR(testkit_ask(&t, "vFile:unlink:2f"), "");
    end();
}

TEST(there_is_a_limit_and_the_end_closes_all)
{
    begin();
    for (unsigned i = 0; i < GDB_OPEN_FILES; i++)
        CHECK_EQ(open_file(path, ",0,0")[1] == '-', false);
    CHECK_STR(open_file(path, ",0,0"), "F-1,18");
    gdb_files_close(t.server);
    CHECK_STR(open_file(path, ",0,0"), "F0");
    end();
}

TEST(failures_of_the_host_are_told)
{
    begin();
    host_inject("openat", 1, EIO);
    CHECK_STR(open_file(path, ",0,0"), "F-1,5");
    CHECK_STR(open_file(path, ",0,0"), "F0");
    host_inject("pread64", 1, EIO);
    CHECK_STR(testkit_ask(&t, "vFile:pread:0,5,2"), "F-1,5");
    host_inject("fstat", 1, EIO);
    CHECK_STR(testkit_ask(&t, "vFile:fstat:0"), "F-1,5");
    CHECK_STR(testkit_ask(&t, "vFile:pread:0,5"), "F-1,9");
    CHECK_STR(testkit_ask(&t, "vFile:pread:40,5,0"), "F-1,9");
    CHECK_STR(testkit_ask(&t, "vFile:pread:0,5,ffffffffffffffff"), "F-1,9");
    end();
}
