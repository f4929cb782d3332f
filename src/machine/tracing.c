/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/tracing.h>

#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int tracing_add(struct tracing *tracing, const struct trace_options *options,
                struct trace_sink sink, struct trace **ret_trace)
{
    if (tracing->count == TRACING_MAX)
        return -EMFILE;
    int error = trace_open(options, sink, ret_trace);
    if (!error)
        tracing->traces[tracing->count++] = *ret_trace;
    return error;
}

void tracing_remove(struct tracing *tracing, struct trace *trace)
{
    for (unsigned i = 0; i < tracing->count; i++) {
        if (tracing->traces[i] == trace) {
            tracing->traces[i] = tracing->traces[--tracing->count];
            trace_close(trace);
            return;
        }
    }
}

/* --- the trace of the command line ---------------------------------------------------------- */

static void fail_write(struct tracing *tracing, int error)
{
    const char *place = tracing->path ? tracing->path : "standard error";
    tracing->write_failed = true;
    fprintf(stderr, "sel4emu: %s: %s: the trace ends here\n", place, strerror(error));
}

/* A signal may come while nobody reads: libc's stderr would lose the line. */
static void write_line(void *context, const char *text, size_t length)
{
    struct tracing *tracing = context;
    while (length > 0 && !tracing->write_failed) {
        long written = host_write(tracing->fd, text, length);
        if (written == -EINTR)
            continue;
        if (written < 0) {
            fail_write(tracing, (int)-written);
            return;
        }
        text += written;
        length -= (size_t)written;
    }
}

int tracing_start(struct tracing *tracing, const struct trace_options *options, const char *path)
{
    enum { EVERYBODY_READS = 0666 };
    struct trace *trace;
    long fd = STDERR_FILENO;

    if (path) {
        fd = host_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
                         EVERYBODY_READS);
        if (fd < 0)
            return (int)fd;
    }
    tracing->fd = (int)fd;
    tracing->path = path;
    int error = tracing_add(tracing, options,
                            (struct trace_sink){.write = write_line, .context = tracing}, &trace);
    if (error && path)
        host_close(tracing->fd);
    return error;
}

void tracing_end(struct tracing *tracing)
{
    while (tracing->count)
        trace_close(tracing->traces[--tracing->count]);
    if (tracing->path)
        host_close(tracing->fd);
}

/* --- hooks ---------------------------------------------------------------------------------- */

void tracing_enter(struct tracing *tracing, struct kernel *k, const struct tcb *tcb,
                   const struct trap *trap)
{
    for (unsigned i = 0; i < tracing->count; i++)
        trace_enter(tracing->traces[i], k, tcb, trap);
}

void tracing_leave(struct tracing *tracing, struct kernel *k, struct outcome outcome)
{
    for (unsigned i = 0; i < tracing->count; i++)
        trace_leave(tracing->traces[i], k, outcome);
}
