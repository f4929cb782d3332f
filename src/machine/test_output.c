/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/output.h>

#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <test.h>
#include <unistd.h>

struct fixture {
    int fds[2]; /* of a pipe: what the output writes can be read here */
    struct machine_options options;
    struct host_stream *stream;
    struct output output;
};

static int64_t pipe_write(void *context, const uint8_t *bytes, size_t size)
{
    return host_write((int)(intptr_t)context, bytes, size);
}

static int64_t pipe_read(void *context, uint8_t *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return 0;
}

static int pipe_wait(void *context)
{
    struct pollfd poll_fd = {.fd = (int)(intptr_t)context, .events = POLLOUT};

    poll(&poll_fd, 1, -1);
    return 0;
}

static const struct host_stream_ops pipe_ops = {
    .name = "pipe", .write = pipe_write, .read = pipe_read, .wait = pipe_wait};

static struct fixture setup(const char *until, const char *fail_on)
{
    struct fixture f = {.options = {.until = until}};

    if (fail_on)
        f.options.fail_on[f.options.fail_on_count++] = fail_on;
    CHECK_EQ(pipe2(f.fds, O_NONBLOCK), 0);
    f.stream = stream_create(&pipe_ops, (void *)(intptr_t)f.fds[1]);
    CHECK(f.stream != NULL);
    CHECK(output_init(&f.output, f.stream, &f.options));
    return f;
}

static void end(struct fixture *f)
{
    stream_destroy(f->stream);
    close(f->fds[0]);
    close(f->fds[1]);
}

static void put(struct fixture *f, const char *text)
{
    f->output.fail_on = f->options.fail_on; /* the fixture has been copied */
    output_put(&f->output, (const uint8_t *)text, strlen(text));
}

/* What has been written since the last call. */
static const char *written(const struct fixture *f)
{
    static char text[256];
    ssize_t count = read(f->fds[0], text, sizeof(text) - 1);

    text[count > 0 ? count : 0] = '\0';
    return text;
}

TEST(lines_are_written_when_they_end)
{
    struct fixture f = setup(NULL, NULL);

    put(&f, "half");
    CHECK_STR(written(&f), "");
    CHECK(f.output.flush_at != NANOSECONDS_NEVER);
    put(&f, " a line\n");
    CHECK_STR(written(&f), "half a line\n");
    CHECK_EQ(f.output.flush_at, NANOSECONDS_NEVER);
    put(&f, "prompt> ");
    output_flush(&f.output);
    CHECK_STR(written(&f), "prompt> ");
    end(&f);
}

TEST(until_ends_the_output_behind_its_text)
{
    struct fixture f = setup("All done", NULL);

    put(&f, "All ");
    CHECK(!output_is_over(&f.output));
    put(&f, "done, and more\nto come\n");
    CHECK(output_is_over(&f.output));
    CHECK(f.output.until_seen);
    put(&f, "nothing more\n");
    CHECK_STR(written(&f), "All done\n");
    end(&f);
}

TEST(fail_on_is_told_from_until)
{
    struct fixture f = setup("All done", "panic");

    put(&f, "a panic\n");
    CHECK(output_is_over(&f.output));
    CHECK(!f.output.until_seen);
    CHECK_STR(f.output.fail_on_seen, "panic");
    end(&f);
}

TEST(a_failing_write_is_remembered)
{
    struct fixture f = setup(NULL, NULL);

    CHECK_EQ(host_inject("write", 1, EIO), 0);
    put(&f, "lost\n");
    host_inject("write", 0, 0);
    CHECK_EQ(f.stream->output_error, -EIO);
    CHECK(output_is_over(&f.output));
    end(&f);
}

static void *drain(void *argument)
{
    const struct fixture *f = argument;
    size_t total = 0;
    char bytes[4096];
    ssize_t count;

    fcntl(f->fds[0], F_SETFL, 0);
    while ((count = read(f->fds[0], bytes, sizeof(bytes))) > 0)
        total += (size_t)count;
    return (void *)total;
}

TEST(nothing_is_lost_when_the_reader_is_slow)
{
    enum { BYTES = 1 << 20 }; /* more than a pipe holds */
    struct fixture f = setup(NULL, NULL);
    uint8_t *bytes = malloc(BYTES);
    pthread_t reader;
    void *total = NULL;

    if (!CHECK(bytes != NULL))
        return;
    memset(bytes, 'x', BYTES);
    CHECK_EQ(pthread_create(&reader, NULL, drain, &f), 0);
    output_put(&f.output, bytes, BYTES);
    output_flush(&f.output);
    while (!stream_flush(f.stream))
        pipe_wait((void *)(intptr_t)f.fds[1]);
    close(f.fds[1]);
    pthread_join(reader, &total);
    CHECK_EQ((size_t)total, BYTES);
    CHECK_EQ(f.stream->output_error, 0);
    close(f.fds[0]);
    stream_destroy(f.stream);
    free(bytes);
}
