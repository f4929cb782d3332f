/* SPDX-License-Identifier: BSD-2-Clause */
/* One per cmd_<verb>.c; what there is stands in command_table.c. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <cli/command.h>

extern const struct command command_run;
extern const struct command command_trace;
extern const struct command command_doctor;
extern const struct command command_help;
extern const struct command command_version;

#endif
