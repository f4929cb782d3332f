/* SPDX-License-Identifier: BSD-2-Clause */
/* Traces a guest from its start, or one that runs: by its control socket (machine/control.h). */
#include <cli/cmd_run.h>
#include <cli/commands.h>
#include <cli/guest.h>
#include <cli/say.h>
#include <cli/status.h>
#include <host/host.h>
#include <loader/nearest.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct trace_command {
    struct run_options run; /* first: the options of `run` fill it */
    const char *guest;      /* NULL: one is started */
};

/* --- options ------------------------------------------------------------------------------- */

static bool set_option(void *target, const char *name, const char *value,
                       struct command_error *ret_error)
{
    struct trace_command *trace = target;
    const char *problem = trace_option_set(&trace->run.machine.trace_options, name, value);

    return problem == NULL || command_fail(ret_error, "--%s %s: %s", name, value, problem);
}

static bool set_thread(void *target, const char *value, struct command_error *ret_error)
{
    return set_option(target, "thread", value, ret_error);
}

static bool set_call(void *target, const char *value, struct command_error *ret_error)
{
    struct nearest nearest = {0};
    const char *name;

    if (set_option(target, "call", value, ret_error)) {
        return true;
    }
    for (unsigned i = 0; (name = trace_call_name(i)) != NULL; i++) {
        nearest_offer(&nearest, value, name);
    }
    return nearest.word == NULL
               ? false
               : command_fail(ret_error, "--call %s: did you mean %s?", value, nearest.word);
}

static bool set_kind(void *target, const char *value, struct command_error *ret_error)
{
    return set_option(target, "kind", value, ret_error);
}

static bool set_errors(void *target, const char *value, struct command_error *ret_error)
{
    return set_option(target, "errors", value, ret_error);
}

static bool set_summary(void *target, const char *value, struct command_error *ret_error)
{
    return set_option(target, "summary", value, ret_error);
}

static bool set_output(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct trace_command *)target)->run.machine.trace_path = value;
    return true;
}

static bool set_guest(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct trace_command *)target)->guest = value;
    return true;
}

static const struct command_option options[] = {
    {"thread", "PATTERN", "only of threads with such a name, as in 'client*'", 0, set_thread},
    {"call", "PATTERN", "only such calls: Recv, 'TCB_*', VMFault", 'e', set_call},
    {"kind", "KIND[,KIND...]", "only ipc, invocation, fault, debug, other", 0, set_kind},
    {"errors", NULL, "only what gets an error or stops a thread for good", 'Z', set_errors},
    {"summary", NULL, "no lines: at the end how often, how often wrong, how long", 'C',
     set_summary},
    {"guest", "GUEST", "trace a guest that runs, by its name or process id", 'g', set_guest},
    {"output", "FILE", "write it there instead of to standard error", 'o', set_output},
};

static void prepare(void *target)
{
    struct trace_command *trace = target;

    command_run.prepare(&trace->run);
    trace->run.machine.trace = true;
}

/* --- a guest that runs --------------------------------------------------------------------- */

static volatile sig_atomic_t asked_to_end;

static void ask_to_end(int number)
{
    (void)number;
    asked_to_end = 1;
}

/*
 * Copies the trace until the guest ends, or the user asks for the end: then the guest is told, and
 * what it still sends is the summary. 0 or a negative errno.
 */
static int copy_trace(int fd, FILE *output)
{
    char text[4096];
    bool is_told = false;

    for (;;) {
        if (asked_to_end && !is_told) {
            is_told = true;
            shutdown(fd, SHUT_WR);
        }
        long count = host_read(fd, text, sizeof(text));
        if (count == 0) {
            return 0;
        }
        bool is_quiet = count == -EAGAIN && !is_told; /* a guest may make no call for hours */
        if (count < 0 && count != -EINTR && !is_quiet) {
            return (int)count;
        }
        if (count > 0 &&
            (fwrite(text, 1, (size_t)count, output) < (size_t)count || fflush(output) != 0)) {
            return -errno;
        }
    }
}

static int save_trace(int fd, const char *path)
{
    FILE *output = path == NULL ? stdout : fopen(path, "w");
    struct sigaction old;

    if (output == NULL) {
        return -errno;
    }
    host_sigaction(SIGINT, ask_to_end, &old);
    int error = copy_trace(fd, output);
    sigaction(SIGINT, &old, NULL);
    if (output != stdout && fclose(output) != 0 && error == 0) {
        error = -errno;
    }
    return error;
}

static int attach(const struct trace_command *trace)
{
    const char *path = trace->run.machine.trace_path;
    char words[VIEW_REQUEST_BYTES - sizeof("trace\n")], request[VIEW_REQUEST_BYTES];
    struct running_guest guest;
    int fd;

    if (!trace_options_format(&trace->run.machine.trace_options, words, sizeof(words))) {
        say("too many patterns for a guest that runs");
        return STATUS_USAGE;
    }
    snprintf(request, sizeof(request), "trace%s\n", words);
    int status = guest_choose(trace->guest, &guest);
    if (status == STATUS_OK) {
        status = guest_ask(&guest, request, &fd);
    }
    if (status != STATUS_OK) {
        return status;
    }
    int error = save_trace(fd, path);
    host_close(fd);
    if (error != 0) {
        say("%s: %s", path == NULL ? "the trace" : path, strerror(-error));
    }
    return error == 0 ? STATUS_OK : STATUS_HOST;
}

static int run(void *target, const char *const *operands, unsigned operand_count)
{
    struct trace_command *trace = target;

    if (trace->guest == NULL) {
        return run_operand(&trace->run, operands, operand_count);
    }
    if (operand_count > 0) {
        say("--guest %s and %s: it is one or the other", trace->guest, operands[0]);
        return STATUS_USAGE;
    }
    return attach(trace);
}

/* --- the command --------------------------------------------------------------------------- */

const struct command command_trace = {
    .verb = "trace",
    .operands = "IMAGE|BUILD_DIR|--guest GUEST",
    .summary = "show each call and fault of an image, or of a guest that runs",
    .details =
        "Options may be given several times: a line is shown if it fits one of each kind of\n"
        "option. Patterns are the shell's, letters' case aside. With --guest Ctrl-C ends the\n"
        "trace, and the guest runs on. docs/trace.md explains the lines.\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .base = &command_run,
    .max_operands = 1,
    .target_size = sizeof(struct trace_command),
    .prepare = prepare,
    .run = run,
};
