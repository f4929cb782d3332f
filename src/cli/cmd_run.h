/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `sel4emu run` that tests look at. */
#ifndef CLI_CMD_RUN_H
#define CLI_CMD_RUN_H

#include <loader/configuration.h>
#include <machine/machine.h>

/* What the command line fills. */
struct run_options {
    struct machine_options machine;
    struct configuration configuration;
    const char *config_file; /* NULL: look for one */
};

/* The exit status (enum status) for the end of a machine. */
int run_status(const struct machine_options *machine, enum machine_end end,
               const struct machine_report *report);

#endif
