/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/cmd_run.h>
#include <cli/commands.h>
#include <loader/nearest.h>

#include <stdio.h>
#include <string.h>

static bool set_option(void *target, const char *name, const char *value,
                       struct command_error *ret_error)
{
    struct run_options *run = target;
    const char *problem = trace_option_set(&run->machine.trace_options, name, value);

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
    ((struct run_options *)target)->machine.trace_path = value;
    return true;
}

static const struct command_option options[] = {
    {"thread", "PATTERN", "only of threads with such a name, as in 'client*'", 0, set_thread},
    {"call", "PATTERN", "only such calls: Recv, 'TCB_*', VMFault", 'e', set_call},
    {"kind", "KIND[,KIND...]", "only ipc, invocation, fault, debug, other", 0, set_kind},
    {"errors", NULL, "only what gets an error, and faults that nobody takes", 'Z', set_errors},
    {"summary", NULL, "no lines: at the end how often, how often wrong, how long", 'C',
     set_summary},
    {"output", "FILE", "write it there instead of to standard error", 'o', set_output},
};

static void prepare(void *target)
{
    command_run.prepare(target);
    ((struct run_options *)target)->machine.trace = true;
}

const struct command command_trace = {
    .verb = "trace",
    .operands = "IMAGE|BUILD_DIR",
    .summary = "start an image and show each of its calls and faults",
    .details =
        "Options may be given several times: a line is shown if it fits one of each kind of\n"
        "option. Patterns are the shell's, letters' case aside. docs/trace.md explains the\n"
        "lines.\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .base = &command_run,
    .max_operands = 1,
    .target_size = sizeof(struct run_options),
    .prepare = prepare,
    .run = run_operand,
};
