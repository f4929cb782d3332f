/* SPDX-License-Identifier: BSD-2-Clause */
/* One per cmd_<verb>.c; what there is stands in command_table.c. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <cli/command.h>

extern const struct command command_run;
extern const struct command command_trace;
extern const struct command command_debug;
extern const struct command command_attach;

/* of cmd_inspect.c */
extern const struct command command_list;
extern const struct command command_ps;
extern const struct command command_processes;
extern const struct command command_queues;
extern const struct command command_deadlocks;
extern const struct command command_caps;
extern const struct command command_slots;
extern const struct command command_untyped;
extern const struct command command_objects;
extern const struct command command_schedule;
extern const struct command command_mappings;
extern const struct command command_derivation;

extern const struct command command_bench;
extern const struct command command_cc;
extern const struct command command_doctor;
extern const struct command command_new;
extern const struct command command_help;
extern const struct command command_version;

#endif
