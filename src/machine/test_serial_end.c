/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/serial_end.h>

#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <test.h>
#include <unistd.h>

struct fixture {
    char directory[32];
    char text[64]; /* of the spec: it keeps pointing there */
    struct serial_spec spec;
    struct serial_end end;
};

/* `format`: with %s for the directory. Returns what opening gave. */
static int setup(struct fixture *f, const char *kind, const char *name)
{
    strcpy(f->directory, "/tmp/serial-XXXXXX");
    CHECK(mkdtemp(f->directory) != NULL);
    if (name)
        snprintf(f->text, sizeof(f->text), "%s%s/%s", kind, f->directory, name);
    else
        snprintf(f->text, sizeof(f->text), "%s", kind);
    CHECK(serial_spec_parse(f->text, &f->spec) == NULL);
    return serial_end_open(&f->end, &f->spec, "COM2", NULL);
}

static void end(struct fixture *f)
{
    serial_end_close(&f->end);
    CHECK_EQ(rmdir(f->directory), 0); /* nothing is left in it */
}

static int64_t put(struct fixture *f, const char *text)
{
    return serial_end_write(&f->end, (const uint8_t *)text, strlen(text));
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    CHECK_EQ(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

TEST(a_socket_takes_bytes_only_while_a_client_is_there)
{
    struct fixture f;
    char seen[8];
    uint8_t byte;

    CHECK_EQ(setup(&f, "unix:", "socket"), 0);
    CHECK(!serial_end_is_connected(&f.end));
    CHECK_EQ(put(&f, "early"), -EAGAIN);
    CHECK_EQ(serial_end_read(&f.end, &byte, 1), -EAGAIN);

    for (int i = 0; i < 2; i++) { /* the second time as another client */
        int client = connect_to(f.spec.path);

        serial_end_accept(&f.end);
        CHECK(serial_end_is_connected(&f.end));
        CHECK_EQ(put(&f, "out"), 3);
        CHECK_EQ(read(client, seen, sizeof(seen)), 3);
        CHECK_EQ(write(client, "i", 1), 1);
        CHECK_EQ(serial_end_read(&f.end, &byte, 1), 1);
        CHECK_EQ(byte, 'i');
        CHECK_EQ(serial_end_read(&f.end, &byte, 1), -EAGAIN);
        close(client);
        CHECK_EQ(serial_end_read(&f.end, &byte, 1), -EAGAIN);
        CHECK(!serial_end_is_connected(&f.end));
    }
    end(&f);
}

TEST(a_second_client_is_sent_away_on_request)
{
    struct fixture f;
    char seen[8];

    CHECK_EQ(setup(&f, "unix:", "socket"), 0);
    int first = connect_to(f.spec.path), second = connect_to(f.spec.path);
    CHECK(!serial_end_refuse(&f.end, "no")); /* nobody is connected: who waits is welcome */
    serial_end_accept(&f.end);
    CHECK(serial_end_refuse(&f.end, "no"));
    CHECK(!serial_end_refuse(&f.end, "no"));
    CHECK_EQ(read(second, seen, sizeof(seen)), 2);
    CHECK_EQ(read(second, seen, sizeof(seen)), 0);
    CHECK_EQ(put(&f, "yes"), 3);
    CHECK_EQ(read(first, seen, sizeof(seen)), 3);
    serial_end_disconnect(&f.end);
    CHECK_EQ(read(first, seen, sizeof(seen)), 0);
    close(first);
    close(second);
    end(&f);
}

TEST(a_socket_is_not_put_over_a_file)
{
    struct fixture f, other;

    CHECK_EQ(setup(&f, "unix:", "socket"), 0);
    other = f;
    CHECK_EQ(serial_end_open(&other.end, &other.spec, "COM1", NULL), -EADDRINUSE);
    CHECK_EQ(access(f.spec.path, F_OK), 0); /* and what failed removed nothing */
    end(&f);
}

TEST(a_pseudo_terminal_is_raw_and_holds_bytes_for_who_comes)
{
    struct fixture f;
    uint8_t bytes[8];
    char seen[8];
    int slave;

    CHECK_EQ(setup(&f, "pty", NULL), 0);
    CHECK_EQ(serial_end_read(&f.end, bytes, sizeof(bytes)), -EAGAIN);
    CHECK_EQ(put(&f, "a\n"), 2);
    slave = open(f.end.place, O_RDWR | O_NOCTTY);
    CHECK_EQ(read(slave, seen, sizeof(seen)), 2);
    CHECK(memcmp(seen, "a\n", 2) == 0);
    CHECK_EQ(write(slave, "\x03\n", 2), 2);
    CHECK_EQ(serial_end_read(&f.end, bytes, sizeof(bytes)), 2);
    CHECK(memcmp(bytes, "\x03\n", 2) == 0);
    close(slave);
    CHECK_EQ(serial_end_read(&f.end, bytes, sizeof(bytes)), -EAGAIN); /* another may come */
    CHECK(serial_end_is_connected(&f.end));
    end(&f);
}

TEST(a_file_is_written_anew_and_stays)
{
    struct fixture f;
    uint8_t byte;
    struct stat status;

    CHECK_EQ(setup(&f, "file:", "log"), 0);
    CHECK_EQ(put(&f, "one line\n"), 9);
    CHECK_EQ(serial_end_read(&f.end, &byte, 1), 0);
    serial_end_close(&f.end);
    CHECK_EQ(stat(f.spec.path, &status), 0);
    CHECK_EQ(status.st_size, 9);
    CHECK_EQ(serial_end_open(&f.end, &f.spec, "COM1", NULL), 0);
    CHECK_EQ(stat(f.spec.path, &status), 0);
    CHECK_EQ(status.st_size, 0);
    unlink(f.spec.path);
    end(&f);
}

TEST(an_end_that_is_null_takes_all_and_gives_nothing)
{
    struct fixture f;
    uint8_t byte;

    CHECK_EQ(setup(&f, "null", NULL), 0);
    CHECK_EQ(put(&f, "gone"), 4);
    CHECK_EQ(serial_end_read(&f.end, &byte, 1), 0);
    end(&f);
}

TEST(an_end_that_cannot_be_opened_leaves_nothing)
{
    static const struct {
        const char *kind, *name, *call;
    } rows[] = {
        {"unix:", "s", "socket"}, {"unix:", "s", "setsockopt"},   {"unix:", "s", "bind"},
        {"unix:", "s", "listen"}, {"tcp:0", NULL, "getsockname"}, {"tcp:0", NULL, "bind"},
        {"pty", NULL, "openat"},  {"pty", NULL, "ioctl"},         {"file:", "f", "openat"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        int next = open("/dev/null", O_RDONLY);

        close(next);
        CHECK_EQ(host_inject(rows[i].call, 1, ENOBUFS), 0);
        CHECK_EQ(setup(&f, rows[i].kind, rows[i].name), -ENOBUFS);
        host_inject(rows[i].call, 0, 0);
        CHECK_EQ(rmdir(f.directory), 0);
        CHECK_EQ(open("/dev/null", O_RDONLY), next); /* no descriptor either */
        close(next);
    }
}
