/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/stream.h>
#include <device/testkit_bus.h>

#include <errno.h>
#include <test.h>

static struct memory_end end;

static struct host_stream *create(size_t room)
{
    end = (struct memory_end){.room = room};
    return stream_create(&memory_end_ops, &end);
}

static const uint8_t *text(const char *s)
{
    return (const uint8_t *)s;
}

TEST(bytes_go_out_at_once)
{
    struct host_stream *stream = create(100);

    stream_write(stream, text("hello"), 5);
    CHECK_EQ(end.output_size, 5);
    CHECK_MEM(end.output, "hello", 5);
    CHECK(!stream_has_backlog(stream));
    stream_destroy(stream);
}

TEST(what_the_host_does_not_take_is_kept_in_order)
{
    struct host_stream *stream = create(2);

    stream_write(stream, text("hello "), 6);
    stream_write(stream, text("world"), 5);
    CHECK_EQ(end.output_size, 2);
    CHECK(stream_has_backlog(stream));
    CHECK(stream_can_write(stream));
    end.room = 3;
    CHECK(!stream_flush(stream));
    end.room = 100;
    CHECK(stream_flush(stream));
    CHECK_EQ(end.output_size, 11);
    CHECK_MEM(end.output, "hello world", 11);
    stream_destroy(stream);
}

TEST(a_full_backlog_waits_and_loses_nothing)
{
    struct host_stream *stream = create(0);

    for (unsigned i = 0; i < STREAM_BACKLOG_BYTES; i++)
        stream_write(stream, &(uint8_t){(uint8_t)(i * 7)}, 1);
    CHECK(!stream_can_write(stream));
    CHECK_EQ(end.waits, 0);
    stream_write(stream, text("0123456789abcdefg"), 17);
    CHECK_EQ(end.waits, 2);
    end.room = sizeof(end.output);
    stream_destroy(stream);
    if (!CHECK_EQ(end.output_size, STREAM_BACKLOG_BYTES + 17))
        return;
    for (unsigned i = 0; i < STREAM_BACKLOG_BYTES; i++) {
        if (end.output[i] != (uint8_t)(i * 7))
            CHECK_EQ(end.output[i], (uint8_t)(i * 7));
    }
    CHECK_MEM(end.output + STREAM_BACKLOG_BYTES, "0123456789abcdefg", 17);
}

TEST(a_reader_that_went_away_is_remembered)
{
    struct host_stream *stream = create(2);

    stream_write(stream, text("abc"), 3);
    end.error = -EPIPE;
    stream_write(stream, text("d"), 1);
    CHECK_EQ(stream->output_error, -EPIPE);
    CHECK(!stream_has_backlog(stream));
    CHECK(stream_can_write(stream));
    end.error = 0;
    end.room = 100;
    stream_write(stream, text("e"), 1);
    CHECK_EQ(end.output_size, 2);
    stream_destroy(stream);
}

TEST(an_error_while_waiting_ends_the_output)
{
    struct host_stream *stream = create(0);

    for (unsigned i = 0; i < STREAM_BACKLOG_BYTES; i++)
        stream_write(stream, text("x"), 1);
    end.error = -EIO;
    stream_write(stream, text("yz"), 2);
    CHECK_EQ(stream->output_error, -EIO);
    stream_destroy(stream);
}

TEST(input_comes_until_its_end)
{
    struct host_stream *stream = create(0);
    uint8_t bytes[4] = {0};

    CHECK_EQ(stream_read(stream, bytes, 4), 0);
    CHECK(!stream->input_ended);
    end.input = "abcdef";
    end.input_size = 6;
    CHECK_EQ(stream_read(stream, bytes, 0), 0);
    CHECK_EQ(stream_read(stream, bytes, 4), 4);
    CHECK_MEM(bytes, "abcd", 4);
    CHECK_EQ(stream_read(stream, bytes, 4), 2);
    end.ended = true;
    CHECK_EQ(stream_read(stream, bytes, 4), 0);
    CHECK(stream->input_ended);
    CHECK_EQ(stream->input_error, 0);
    end.input_size = 3;
    CHECK_EQ(stream_read(stream, bytes, 4), 0);
    stream_destroy(stream);
}

TEST(the_null_end_swallows_all)
{
    struct host_stream *stream = stream_create(&host_stream_null_ops, NULL);
    uint8_t byte;

    stream_write(stream, text("x"), 1);
    CHECK(!stream_has_backlog(stream));
    CHECK_EQ(stream_read(stream, &byte, 1), 0);
    CHECK(stream->input_ended);
    stream_destroy(stream);
    stream_destroy(NULL);
}
