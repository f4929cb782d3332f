/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <cli/command.h>
#include <cli/commands.h>

const struct command *const command_table[] = {
    &command_run,       &command_trace,    &command_debug,     &command_attach,
    &command_list,      &command_ps,       &command_processes, &command_queues,
    &command_deadlocks, &command_caps,     &command_slots,     &command_untyped,
    &command_objects,   &command_schedule, &command_mappings,  &command_derivation,
    &command_bench,     &command_cc,       &command_new,       &command_doctor,
    &command_help,      &command_version,
};
const size_t command_count = ARRAY_LENGTH(command_table);
