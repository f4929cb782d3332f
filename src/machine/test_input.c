/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/input.h>

#include <errno.h>
#include <host/host.h>
#include <string.h>
#include <test.h>
#include <unistd.h>

struct fixture {
    int fds[2]; /* of a pipe: what is typed is written here */
    struct input input;
};

static struct fixture setup(void)
{
    struct fixture f;

    CHECK_EQ(pipe(f.fds), 0);
    CHECK_EQ(input_open(&f.input, f.fds[0]), 0);
    CHECK(!f.input.is_terminal);
    return f;
}

static void end(const struct fixture *f)
{
    close(f->fds[0]);
    if (f->fds[1] >= 0)
        close(f->fds[1]);
}

static void type(const struct fixture *f, const void *bytes, size_t size)
{
    CHECK_EQ(write(f->fds[1], bytes, size), size);
}

TEST(nothing_typed_is_nothing_to_take)
{
    struct fixture f = setup();
    uint8_t bytes[4];

    CHECK_EQ(input_read(&f.input), TERMINAL_KEY_NONE);
    CHECK_EQ(input_take(&f.input, bytes, sizeof(bytes)), 0);
    CHECK(!f.input.ended);
    CHECK(input_wants_more(&f.input));
    end(&f);
}

TEST(bytes_come_in_their_order_and_all_values_are_the_guests)
{
    static const char typed[] = "a\x01x\x03z"; /* from a pipe no key is the machine's */
    struct fixture f = setup();
    uint8_t bytes[8];

    type(&f, typed, 5);
    CHECK_EQ(input_read(&f.input), TERMINAL_KEY_NONE);
    CHECK_EQ(input_take(&f.input, bytes, 2), 2);
    CHECK_MEM(bytes, typed, 2);
    CHECK_EQ(input_take(&f.input, bytes, sizeof(bytes)), 3);
    CHECK_MEM(bytes, typed + 2, 3);
    end(&f);
}

TEST(the_end_comes_behind_the_last_byte)
{
    struct fixture f = setup();
    uint8_t byte;

    type(&f, "q", 1);
    close(f.fds[1]);
    f.fds[1] = -1;
    input_read(&f.input);
    input_read(&f.input);
    CHECK(f.input.ended);
    CHECK(!input_wants_more(&f.input));
    CHECK_EQ(input_take(&f.input, &byte, 1), 1);
    CHECK_EQ(byte, 'q');
    end(&f);
}

TEST(a_full_ring_leaves_the_rest_in_the_pipe)
{
    static uint8_t typed[INPUT_BYTES + 100];
    struct fixture f = setup();
    size_t taken = 0, count;
    uint8_t bytes[256];
    unsigned wrong = 0;

    for (size_t i = 0; i < sizeof(typed); i++)
        typed[i] = (uint8_t)(i % 251);
    type(&f, typed, sizeof(typed));
    for (unsigned i = 0; i < 2 * INPUT_BYTES / 256; i++)
        input_read(&f.input);
    CHECK_EQ(f.input.length, INPUT_BYTES);
    CHECK(!input_wants_more(&f.input));
    while ((count = input_take(&f.input, bytes, sizeof(bytes))) > 0) {
        for (size_t i = 0; i < count; i++)
            wrong += bytes[i] != typed[taken + i];
        taken += count;
        input_read(&f.input);
    }
    CHECK_EQ(taken, sizeof(typed));
    CHECK_EQ(wrong, 0);
    end(&f);
}

TEST(a_failing_read_is_the_end)
{
    struct fixture f = setup();

    type(&f, "q", 1);
    CHECK_EQ(host_inject("read", 1, EIO), 0);
    CHECK_EQ(input_read(&f.input), TERMINAL_KEY_NONE);
    host_inject("read", 0, 0);
    CHECK(f.input.ended);
    end(&f);
}

TEST(what_is_always_ready_is_read_when_it_is_taken)
{
    struct fixture f = setup();
    uint8_t bytes[4];

    type(&f, "abc", 3);
    CHECK_EQ(input_take(&f.input, bytes, sizeof(bytes)), 0);
    f.input.is_always_ready = true;
    CHECK_EQ(input_take(&f.input, bytes, sizeof(bytes)), 3);
    CHECK_EQ(bytes[0], 'a');
    close(f.fds[1]);
    f.fds[1] = -1;
    CHECK_EQ(input_take(&f.input, bytes, sizeof(bytes)), 0);
    CHECK(f.input.ended);
    end(&f);
}
