/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/commands.h>
#include <cli/status.h>

#include <stdio.h>

#ifndef SEL4EMU_VERSION
#define SEL4EMU_VERSION "unknown"
#endif

static int run(void *target, const char *const *operands, unsigned operand_count)
{
    (void)target;
    (void)operands;
    (void)operand_count;
    printf("sel4emu " SEL4EMU_VERSION "\n");
    return STATUS_OK;
}

const struct command command_version = {
    .verb = "version",
    .operands = "",
    .summary = "show the version",
    .run = run,
};
