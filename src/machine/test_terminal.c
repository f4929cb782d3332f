/* SPDX-License-Identifier: BSD-2-Clause */
#include <host/host.h>
#include <machine/terminal.h>
#include <test.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

TEST(terminal_keys_go_to_the_guest)
{
    struct terminal_keys keys = {0};
    uint8_t byte = 0;

    CHECK_EQ(terminal_key(&keys, 'x', &byte), TERMINAL_KEY_GUEST);
    CHECK_EQ(byte, 'x');
    CHECK_EQ(terminal_key(&keys, 0xff, &byte), TERMINAL_KEY_GUEST);
    CHECK_EQ(byte, 0xff);
    CHECK_EQ(terminal_key(&keys, 4, &byte), TERMINAL_KEY_GUEST);
    CHECK_EQ(byte, 4);
}

TEST(terminal_ends_on_control_c)
{
    struct terminal_keys keys = {0};
    uint8_t byte = 7;

    CHECK_EQ(terminal_key(&keys, 3, &byte), TERMINAL_KEY_INTERRUPT);
    CHECK_EQ(byte, 7);
}

TEST(terminal_knows_the_keys_behind_control_a)
{
    static const struct {
        uint8_t typed;
        enum terminal_key key;
    } rows[] = {{'x', TERMINAL_KEY_QUIT}, {'X', TERMINAL_KEY_QUIT}, {'h', TERMINAL_KEY_HELP},
                {'s', TERMINAL_KEY_DUMP}, {1, TERMINAL_KEY_GUEST},  {3, TERMINAL_KEY_GUEST},
                {'q', TERMINAL_KEY_NONE}};
    struct terminal_keys keys = {0};
    uint8_t byte = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_EQ(terminal_key(&keys, 1, &byte), TERMINAL_KEY_NONE);
        CHECK_EQ(terminal_key(&keys, rows[i].typed, &byte), rows[i].key);
        if (rows[i].key == TERMINAL_KEY_GUEST) {
            CHECK_EQ(byte, rows[i].typed);
        }
    }
    CHECK_EQ(terminal_key(&keys, 'x', &byte), TERMINAL_KEY_GUEST);
}

/* --- a real terminal, in a session of its own ---------------------------------------------- */

static int master, slave;

static bool same_settings(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_lflag == b->c_lflag &&
           a->c_cflag == b->c_cflag;
}

static int take_and_restore(void)
{
    struct termios before, during, after;

    tcgetattr(slave, &before);
    if (terminal_take(slave) != 0 || !terminal_is_taken()) {
        return 1;
    }
    tcgetattr(slave, &during);
    if ((during.c_lflag & (ICANON | ECHO | ISIG)) != 0 || (during.c_oflag & OPOST) == 0) {
        return 2;
    }
    terminal_restore();
    tcgetattr(slave, &after);
    if (terminal_is_taken() || !same_settings(&before, &after)) {
        return 3;
    }
    terminal_restore();
    return 0;
}

static int take_and_exit(void)
{
    return terminal_take(slave) == 0 && terminal_is_taken() ? 0 : 1;
}

static int take_and_fail(void)
{
    struct termios before, after;

    tcgetattr(slave, &before);
    host_inject("ioctl", 3, EIO); /* after reading the settings and the foreground group */
    if (terminal_take(slave) != -EIO || terminal_is_taken()) {
        return 1;
    }
    tcgetattr(slave, &after);
    return same_settings(&before, &after) ? 0 : 2;
}

static int take_in_background(void)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        setpgid(0, 0);
        _exit(terminal_take(slave) == 0 && !terminal_is_taken() ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 9;
}

static bool open_terminal(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        return false;
    }
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    return slave >= 0;
}

/* Runs `body` with the terminal as its own, and exit() after it. */
static int run_on_terminal(int (*body)(void))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        exit(body());
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 9;
}

static void check_on_terminal(int (*body)(void))
{
    struct termios before, after;

    if (!open_terminal()) {
        test_skip("no pseudo-terminals");
        return;
    }
    CHECK_EQ(tcgetattr(slave, &before), 0);
    CHECK_EQ(run_on_terminal(body), 0);
    CHECK_EQ(tcgetattr(slave, &after), 0);
    CHECK(same_settings(&before, &after));
    close(slave);
    close(master);
}

TEST(terminal_is_given_back)
{
    check_on_terminal(take_and_restore);
}

TEST(terminal_is_given_back_by_exit)
{
    check_on_terminal(take_and_exit);
}

TEST(terminal_that_refuses_is_an_error)
{
    check_on_terminal(take_and_fail);
}

TEST(terminal_is_left_alone_in_the_background)
{
    check_on_terminal(take_in_background);
}

TEST(terminal_ignores_what_is_none)
{
    int fds[2];

    CHECK_EQ(pipe(fds), 0);
    CHECK_EQ(terminal_take(fds[0]), 0);
    CHECK(!terminal_is_taken());
    CHECK_EQ(terminal_take(-1), 0);
    close(fds[0]);
    close(fds[1]);
}
