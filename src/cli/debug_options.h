/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a debugger's, of `run` and of sel4emu-qemu alike. */
#ifndef CLI_DEBUG_OPTIONS_H
#define CLI_DEBUG_OPTIONS_H

#include <cli/cmd_run.h>

/* --gdb: PORT, unix:PATH, or QEMU's tcp::PORT; the text must stay. False with a sentence. */
bool debug_set_gdb(struct run_options *options, const char *value, struct command_error *ret_error);

/* The rows of `run`. */
bool debug_set_gdb_option(void *target, const char *value, struct command_error *ret_error);
bool debug_set_default_port(void *target, const char *value, struct command_error *ret_error);
bool debug_set_freeze(void *target, const char *value, struct command_error *ret_error);

/* False with a sentence if nobody could let a frozen machine run. */
bool debug_options_check(const struct machine_options *machine, struct command_error *ret_error);

#endif
