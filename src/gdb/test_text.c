/* SPDX-License-Identifier: BSD-2-Clause */
#include <gdb/text.h>

#include <string.h>
#include <test.h>

static struct gdb_reader reader_of(const char *text)
{
    return (struct gdb_reader){(const uint8_t *)text, (const uint8_t *)text + strlen(text)};
}

TEST(numbers_are_hexadecimal_and_fit_a_word)
{
    struct gdb_reader reader = reader_of("1aF,0");
    uint64_t number = 7;

    CHECK(gdb_read_number(&reader, &number));
    CHECK_EQ(number, 0x1af);
    CHECK(gdb_read_text(&reader, ","));
    CHECK(gdb_read_number(&reader, &number));
    CHECK_EQ(number, 0);
    CHECK(!gdb_read_number(&reader, &number));
    reader = reader_of("ffffffffffffffff");
    CHECK(gdb_read_number(&reader, &number));
    CHECK_EQ(number, UINT64_MAX);
    reader = reader_of("10000000000000000");
    CHECK(!gdb_read_number(&reader, &number));
    reader = reader_of("-1");
    CHECK(!gdb_read_number(&reader, &number));
    reader = reader_of("x");
    CHECK(!gdb_read_number(&reader, &number));
}

TEST(bytes_have_two_digits_each)
{
    struct gdb_reader reader = reader_of("00ffA5g0");
    uint8_t bytes[4];

    CHECK(gdb_read_bytes(&reader, bytes, 3));
    CHECK_MEM(bytes, "\x00\xff\xa5", 3);
    CHECK(!gdb_read_bytes(&reader, bytes, 1));
    reader = reader_of("123");
    CHECK(!gdb_read_bytes(&reader, bytes, 2));
}

static bool read_thread(const char *text, struct gdb_thread_id *ret_thread)
{
    struct gdb_reader reader = reader_of(text);

    return gdb_read_thread(&reader, ret_thread) && !gdb_bytes_left(&reader);
}

TEST(threads_have_processes_or_not)
{
    static const struct {
        const char *text;
        struct gdb_thread_id thread;
    } good[] = {
        {"p2.5", {2, 5}},
        {"p2.-1", {2, -1}},
        {"p2", {2, -1}},
        {"p0.0", {0, 0}},
        {"5", {0, 5}},
        {"0", {0, 0}},
        {"-1", {-1, -1}},
        {"p-1.-1", {-1, -1}},
        {"p1.1f", {1, 31}},
        {"p7fffffff.1", {INT32_MAX, 1}},
        {"7fffffffffffffff", {0, INT64_MAX}},
    };
    static const char *const bad[] = {"",   "p",   "p.",   "p1.",         "q1.1",
                                      "-2", "p-2", "px.1", "p80000000.1", "8000000000000000"};
    struct gdb_thread_id thread;

    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK(read_thread(good[i].text, &thread));
        CHECK_EQ(thread.pid, good[i].thread.pid);
        CHECK_EQ(thread.tid, good[i].thread.tid);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(!read_thread(bad[i], &thread));
}

TEST(strings_end_where_they_are_told)
{
    struct gdb_reader reader = reader_of("6869,0");
    char text[4];

    CHECK(gdb_read_string(&reader, ',', text, sizeof(text)));
    CHECK_STR(text, "hi");
    CHECK(gdb_read_text(&reader, ",0"));
    reader = reader_of("68696a6b");
    CHECK(!gdb_read_string(&reader, 0, text, sizeof(text)));
    reader = reader_of("6800");
    CHECK(!gdb_read_string(&reader, 0, text, sizeof(text)));
    reader = reader_of("686");
    CHECK(!gdb_read_string(&reader, 0, text, sizeof(text)));
}

TEST(what_does_not_fit_is_dropped_and_said)
{
    uint8_t bytes[8];
    struct gdb_writer writer = {.bytes = bytes, .capacity = sizeof(bytes)};

    gdb_write_text(&writer, "E%02x", 5);
    CHECK_EQ(writer.size, 3);
    gdb_write_hex(&writer, "\x01\xfe", 2);
    CHECK_MEM(bytes, "E0501fe", 7);
    CHECK(!writer.is_full);
    gdb_write_text(&writer, "ab");
    CHECK(writer.is_full);
    CHECK_EQ(writer.size, 7);
}

TEST(threads_are_written_as_they_are_read)
{
    uint8_t bytes[64];
    struct gdb_writer writer = {.bytes = bytes, .capacity = sizeof(bytes)};

    gdb_write_thread(&writer, (struct gdb_thread_id){0x1f, INT64_MAX}, true);
    gdb_write_thread(&writer, (struct gdb_thread_id){2, 5}, false);
    CHECK_EQ(writer.size, 21);
    CHECK_MEM(bytes, "p1f.7fffffffffffffff5", 21);
}

TEST(binary_data_has_no_signs_of_the_frame)
{
    uint8_t bytes[16], back[16];
    struct gdb_writer writer = {.bytes = bytes, .capacity = sizeof(bytes)};

    CHECK_EQ(gdb_write_binary(&writer, "a#$}*z", 6), 6);
    CHECK_EQ(writer.size, 10);
    CHECK_MEM(bytes, "a}\x03}\x04}]}\nz", 10);
    memcpy(back, bytes, 10);
    CHECK_EQ(gdb_unescape(back, 10), 6);
    CHECK_MEM(back, "a#$}*z", 6);
    CHECK_EQ(gdb_write_binary(&writer, "1234#5", 6), 5);
    CHECK_EQ(writer.size, 16);
    back[0] = '}';
    CHECK_EQ(gdb_unescape(back, 1), 1);
}

TEST(checksums_are_sums_of_bytes)
{
    char sum[3];

    gdb_checksum((const uint8_t *)"OK", 2, sum);
    CHECK_STR(sum, "9a");
    gdb_checksum(NULL, 0, sum);
    CHECK_STR(sum, "00");
}
