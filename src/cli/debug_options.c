/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/debug_options.h>

#include <stdio.h>
#include <string.h>

/* QEMU's. */
#define DEFAULT_PORT "1234"

static bool is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

bool debug_set_gdb(struct run_options *options, const char *value, struct command_error *ret_error)
{
    struct serial_spec spec;
    char text[32];
    const char *problem;

    if (is_number(value)) {
        snprintf(text, sizeof(text), "tcp:%.20s", value);
        problem = serial_spec_parse(text, &spec);
    } else {
        problem = serial_spec_parse(value, &spec);
    }
    if (problem != NULL || (spec.kind != SERIAL_TCP && spec.kind != SERIAL_UNIX)) {
        return command_fail(ret_error,
                            "--gdb %s: must be a port from 0 to 65535 (0: any that is free), or "
                            "unix:PATH",
                            value);
    }
    if (spec.kind == SERIAL_TCP && spec.address[0] != 127) {
        return command_fail(ret_error,
                            "--gdb %s: a debugger may do all that you may: only from this host; "
                            "give the port alone, and use ssh -L from elsewhere",
                            value);
    }
    spec.text = value;
    options->machine.gdb = spec;
    options->machine.has_gdb = true;
    return true;
}

bool debug_set_gdb_option(void *target, const char *value, struct command_error *ret_error)
{
    return debug_set_gdb(target, value, ret_error);
}

bool debug_set_default_port(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    return debug_set_gdb(target, DEFAULT_PORT, ret_error);
}

bool debug_set_freeze(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.freeze = true;
    return true;
}

bool debug_options_check(const struct machine_options *machine, struct command_error *ret_error)
{
    if (machine->freeze && !machine->has_gdb) {
        return command_fail(ret_error,
                            "-S holds the guest until a debugger lets it run: give -s or "
                            "--gdb PORT, too");
    }
    return true;
}
