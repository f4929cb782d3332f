/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/commands.h>
#include <cli/say.h>
#include <cli/status.h>
#include <loader/nearest.h>

static int run(void *target, const char *const *operands, unsigned operand_count)
{
    struct nearest nearest = {0};
    const struct command *command;

    (void)target;
    if (operand_count == 0) {
        command_print_overview();
        return STATUS_OK;
    }
    command = command_find(operands[0]);
    if (command != NULL) {
        command_print_help(command);
        return STATUS_OK;
    }
    for (size_t i = 0; i < command_count; i++) {
        nearest_offer(&nearest, operands[0], command_table[i]->verb);
    }
    if (nearest.word == NULL) {
        say("unknown command %s; see sel4emu help", operands[0]);
    } else {
        say("unknown command %s; did you mean sel4emu help %s?", operands[0], nearest.word);
    }
    return STATUS_USAGE;
}

const struct command command_help = {
    .verb = "help",
    .operands = "[COMMAND]",
    .summary = "show the commands, or one of them",
    .max_operands = 1,
    .run = run,
};
