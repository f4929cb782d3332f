/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <cli/command.h>
#include <cli/commands.h>

const struct command *const command_table[] = {
    &command_run, &command_trace, &command_doctor, &command_help, &command_version,
};
const size_t command_count = ARRAY_LENGTH(command_table);
