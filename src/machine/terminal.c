/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <host/host.h>
#include <machine/terminal.h>

/* The kernel's own structures: <termios.h> has others under the same names. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    int fd;
    struct termios saved;
    atomic_bool taken;
    bool registered; /* with atexit() */
} terminal;

static bool in_foreground(int fd)
{
    int group;

    return host_ioctl(fd, TIOCGPGRP, &group) == 0 && group == getpgrp();
}

static struct termios console_settings(const struct termios *saved)
{
    struct termios settings = *saved;

    settings.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
    settings.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    settings.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
    settings.c_cflag |= CS8;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    return settings;
}

int terminal_take(int fd)
{
    struct termios settings;
    int error;

    if (terminal.taken || host_ioctl(fd, TCGETS, &terminal.saved) != 0 || !in_foreground(fd)) {
        return 0;
    }
    settings = console_settings(&terminal.saved);
    if (!terminal.registered) {
        if (atexit(terminal_restore) != 0) {
            return -ENOMEM;
        }
        terminal.registered = true;
    }
    /* Before the change: a signal between the two then restores what is there already. */
    terminal.fd = fd;
    terminal.taken = true;
    error = (int)host_ioctl(fd, TCSETSW, &settings);
    if (error != 0) {
        terminal.taken = false;
    }
    return error;
}

bool terminal_is_taken(void)
{
    return terminal.taken;
}

void terminal_restore(void)
{
    /* In the background the attempt would stop the process: whoever is in front owns the settings.
     */
    if (terminal.taken && in_foreground(terminal.fd)) {
        host_ioctl(terminal.fd, TCSETSW, &terminal.saved);
    }
    terminal.taken = false;
}

#define CTRL(letter) ((letter)&0x1f)

static const struct {
    uint8_t byte;
    enum terminal_key key;
} escape_keys[] = {
    {'x', TERMINAL_KEY_QUIT},        {'X', TERMINAL_KEY_QUIT},
    {CTRL('x'), TERMINAL_KEY_QUIT},  {'h', TERMINAL_KEY_HELP},
    {'?', TERMINAL_KEY_HELP},        {'s', TERMINAL_KEY_DUMP},
    {CTRL('a'), TERMINAL_KEY_GUEST}, {CTRL('c'), TERMINAL_KEY_GUEST},
};

const char terminal_help[] = "Ctrl-A x       end the guest\n"
                             "Ctrl-A s       show what the threads do\n"
                             "Ctrl-A h       this help\n"
                             "Ctrl-A Ctrl-A  send Ctrl-A to the guest\n"
                             "Ctrl-A Ctrl-C  send Ctrl-C to the guest\n"
                             "Ctrl-C         end the guest\n";

enum terminal_key terminal_key(struct terminal_keys *keys, uint8_t byte, uint8_t *ret_byte)
{
    if (!keys->escaped) {
        keys->escaped = byte == CTRL('a');
        if (keys->escaped) {
            return TERMINAL_KEY_NONE;
        }
        if (byte == CTRL('c')) {
            return TERMINAL_KEY_INTERRUPT;
        }
        *ret_byte = byte;
        return TERMINAL_KEY_GUEST;
    }
    keys->escaped = false;
    for (size_t i = 0; i < ARRAY_LENGTH(escape_keys); i++) {
        if (escape_keys[i].byte == byte) {
            *ret_byte = byte;
            return escape_keys[i].key;
        }
    }
    return TERMINAL_KEY_NONE;
}
