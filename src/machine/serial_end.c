/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/serial_end.h>

#include <base/bits.h>
#include <host/clock.h>
#include <host/host.h>

/* The kernel's own structures: <termios.h> has others under the same names. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A reader of the pseudo terminal that reads nothing for so long is taken for none. */
#define LINGER_STEP  (10 * UINT64_C(1000000))
#define LINGER_STEPS 20
#define LINGER_EMPTY 3 /* looks at an empty one */

__attribute__((format(printf, 2, 3))) static void tell(const struct serial_end *end,
                                                       const char *format, ...)
{
    char text[256];
    va_list arguments;

    if (end->spec->is_quiet)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(stderr, "sel4emu: %s: %s\n", end->port, text);
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        host_close(*fd);
    *fd = -1;
}

/* --- opening ------------------------------------------------------------------------------- */

static int open_stdio(struct serial_end *end)
{
    end->fd = STDOUT_FILENO;
    return 0;
}

static int open_nothing(struct serial_end *end)
{
    (void)end;
    return 0;
}

static int open_file(struct serial_end *end)
{
    end->fd =
        (int)host_openat(AT_FDCWD, end->spec->path,
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    return end->fd < 0 ? end->fd : 0;
}

static int make_raw(int terminal)
{
    struct termios settings;
    int error = (int)host_ioctl(terminal, TCGETS, &settings);

    if (error)
        return error;
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = (settings.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    return (int)host_ioctl(terminal, TCSETS, &settings);
}

static int open_pty(struct serial_end *end)
{
    int unlock = 0, number, error;

    end->fd =
        (int)host_openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    if (end->fd < 0)
        return end->fd;
    error = (int)host_ioctl(end->fd, TIOCSPTLCK, &unlock);
    if (!error)
        error = (int)host_ioctl(end->fd, TIOCGPTN, &number);
    if (error)
        return error;
    snprintf(end->place, sizeof(end->place), "/dev/pts/%d", number);
    end->slave = (int)host_openat(AT_FDCWD, end->place, O_RDWR | O_CLOEXEC | O_NOCTTY, 0);
    error = end->slave < 0 ? end->slave : make_raw(end->slave);
    if (!error)
        tell(end, "is %s", end->place);
    return error;
}

/* Makes the listening socket. */
static int start_listening(struct serial_end *end, const struct sockaddr *address, unsigned size)
{
    int one = 1, error;

    end->listener =
        (int)host_socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (end->listener < 0)
        return end->listener;
    /* Clients of the run before may linger in Linux; they keep nobody from connecting. */
    error = (int)host_setsockopt(end->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!error)
        error = (int)host_bind(end->listener, address, size);
    if (!error) {
        end->owns_path = address->sa_family == AF_UNIX;
        error = (int)host_listen(end->listener, 1);
    }
    return error;
}

static int open_unix(struct serial_end *end)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int error;

    strncpy(address.sun_path, end->spec->path, sizeof(address.sun_path) - 1);
    error = start_listening(end, (const struct sockaddr *)&address, sizeof(address));
    if (!error)
        tell(end, "listens on %s", end->spec->path);
    return error;
}

static int open_tcp(struct serial_end *end)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(end->spec->port)};
    const uint8_t *bytes = end->spec->address;
    unsigned size = sizeof(address);
    int error;

    memcpy(&address.sin_addr, bytes, sizeof(address.sin_addr));
    error = start_listening(end, (const struct sockaddr *)&address, size);
    if (!error) /* for the port that port 0 has become */
        error = (int)host_getsockname(end->listener, (struct sockaddr *)&address, &size);
    if (error)
        return error;
    snprintf(end->place, sizeof(end->place), "%u.%u.%u.%u:%u", bytes[0], bytes[1], bytes[2],
             bytes[3], ntohs(address.sin_port));
    tell(end, "listens on %s", end->place);
    return 0;
}

static int (*const openers[])(struct serial_end *end) = {
    [SERIAL_STDIO] = open_stdio, [SERIAL_NULL] = open_nothing, [SERIAL_PTY] = open_pty,
    [SERIAL_FILE] = open_file,   [SERIAL_UNIX] = open_unix,    [SERIAL_TCP] = open_tcp,
};

int serial_end_open(struct serial_end *end, const struct serial_spec *spec, const char *port,
                    struct input *input)
{
    int error;

    *end = (struct serial_end){
        .spec = spec, .port = port, .input = input, .fd = -1, .listener = -1, .slave = -1};
    error = openers[spec->kind](end);
    if (error)
        serial_end_close(end);
    return error;
}

/* --- closing ------------------------------------------------------------------------------- */

/*
 * What lies in a pseudo terminal is lost when it is closed: waits while somebody reads it. Linux
 * hands it from one side to the other a moment after it was written, so one look is not enough.
 */
static void linger(const struct serial_end *end)
{
    const struct timespec step = {.tv_nsec = (long)LINGER_STEP};
    int left = 0, before;
    unsigned steps = 0, empty = 0;

    while (steps++ < LINGER_STEPS && empty < LINGER_EMPTY) {
        before = left;
        if (host_ioctl(end->slave, FIONREAD, &left) != 0)
            return;
        empty = left == 0 ? empty + 1 : 0;
        if (left != before)
            steps = 0;
        host_clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
    }
}

void serial_end_close(struct serial_end *end)
{
    if (end->slave >= 0)
        linger(end);
    if (end->owns_path)
        host_unlinkat(AT_FDCWD, end->spec->path, 0);
    end->owns_path = false;
    if (end->spec->kind != SERIAL_STDIO)
        close_if_open(&end->fd);
    close_if_open(&end->slave);
    close_if_open(&end->listener);
}

/* --- bytes --------------------------------------------------------------------------------- */

bool serial_end_is_connected(const struct serial_end *end)
{
    return end->fd >= 0;
}

void serial_end_accept(struct serial_end *end)
{
    if (end->listener < 0 || end->fd >= 0)
        return;
    end->fd = (int)host_accept4(end->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (end->fd < 0)
        end->fd = -1;
    else
        tell(end, "a client is connected");
}

bool serial_end_refuse(struct serial_end *end, const char *text)
{
    if (end->listener < 0 || end->fd < 0)
        return false;
    int fd = (int)host_accept4(end->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    host_write(fd, text, strlen(text)); /* a new connection takes it */
    host_close(fd);
    tell(end, "a second client was sent away");
    return true;
}

void serial_end_disconnect(struct serial_end *end)
{
    close_if_open(&end->fd);
    end->fd_interest = 0; /* Linux forgets a descriptor that is closed */
    tell(end, "the client has gone");
}

/* For both directions. `result`: what the call gave; 0 of a read is the client's end. */
static int64_t judge(struct serial_end *end, long result, bool is_read)
{
    if (result > 0)
        return result;
    if (result == -EAGAIN || result == -EINTR)
        return -EAGAIN;
    if (end->listener < 0)
        return result;
    if (result < 0 || is_read)
        serial_end_disconnect(end);
    return -EAGAIN;
}

int64_t serial_end_write(struct serial_end *end, const uint8_t *bytes, size_t size)
{
    long result;

    if (end->spec->kind == SERIAL_NULL)
        return (int64_t)size;
    if (end->fd < 0)
        return -EAGAIN;
    do
        result = host_write(end->fd, bytes, size);
    while (result == -EINTR);
    return judge(end, result, false);
}

int64_t serial_end_read(struct serial_end *end, uint8_t *ret_bytes, size_t size)
{
    size_t count;

    switch (end->spec->kind) {
    case SERIAL_NULL:
    case SERIAL_FILE:
        return 0;
    case SERIAL_STDIO:
        count = input_take(end->input, ret_bytes, size);
        return count > 0 ? (int64_t)count : end->input->ended ? 0 : -EAGAIN;
    default:
        return end->fd < 0 ? -EAGAIN : judge(end, host_read(end->fd, ret_bytes, size), true);
    }
}
