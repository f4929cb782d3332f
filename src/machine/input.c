/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/input.h>

#include <errno.h>
#include <host/host.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

int input_open(struct input *input, int fd)
{
    *input = (struct input){.fd = fd};
    int error = terminal_take(fd);
    if (error < 0)
        return error;
    input->is_terminal = terminal_is_taken();
    if (!input->is_terminal && isatty(fd))
        input->fd = -1; /* in the background of its terminal: reading would stop the process */
    input->ended = input->fd < 0;
    return 0;
}

bool input_wants_more(const struct input *input)
{
    return !input->ended && (input->is_terminal || input->length < INPUT_BYTES);
}

static void ring_put(struct input *input, uint8_t byte)
{
    if (input->length == INPUT_BYTES)
        return;
    input->ring[(input->first + input->length++) % INPUT_BYTES] = byte;
}

static bool is_ready(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    const struct timespec at_once = {0, 0};
    return host_ppoll(&poll_fd, 1, &at_once, NULL, 0) > 0;
}

/* Returns the bytes read, 0 if there are none now. */
static size_t read_now(struct input *input, uint8_t *bytes, size_t size)
{
    if (!input_wants_more(input) || !is_ready(input->fd))
        return 0;
    if (!input->is_terminal && size > INPUT_BYTES - input->length)
        size = INPUT_BYTES - input->length;
    long count = host_read(input->fd, bytes, size);
    if (count > 0)
        return (size_t)count;
    if (count != -EAGAIN && count != -EINTR)
        input->ended = true;
    return 0;
}

enum terminal_key input_read(struct input *input)
{
    uint8_t bytes[256];
    size_t count = read_now(input, bytes, sizeof(bytes));
    enum terminal_key result = TERMINAL_KEY_NONE;
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = bytes[i];
        enum terminal_key key =
            input->is_terminal ? terminal_key(&input->keys, bytes[i], &byte) : TERMINAL_KEY_GUEST;
        if (key == TERMINAL_KEY_GUEST)
            ring_put(input, byte);
        else if (result == TERMINAL_KEY_NONE)
            result = key;
    }
    return result;
}

size_t input_take(struct input *input, uint8_t *ret_bytes, size_t size)
{
    size_t count = 0;
    if (input->length == 0 && input->is_always_ready)
        input_read(input);
    while (count < size && input->length > 0) {
        ret_bytes[count++] = input->ring[input->first];
        input->first = (input->first + 1) % INPUT_BYTES;
        input->length--;
    }
    return count;
}
