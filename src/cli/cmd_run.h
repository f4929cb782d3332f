/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `sel4emu run` that tests look at. */
#ifndef CLI_CMD_RUN_H
#define CLI_CMD_RUN_H

#include <cli/command.h>
#include <loader/configuration.h>
#include <machine/machine.h>

#define LINKED_CODE_BYTES 12

/* What the command line fills. */
struct run_options {
    struct machine_options machine;
    struct configuration configuration;
    const char *config_file; /* NULL: look for one */
    bool has_seed;
    /* Of a linked program (cli/linked.h): where it starts, and what leads there. */
    vaddr_t linked_entry;
    uint8_t linked_code[LINKED_CODE_BYTES];
};

/* --memory; one more --serial, whose text must stay. False with a sentence. */
bool run_set_memory(struct run_options *options, const char *value,
                    struct command_error *ret_error);
bool run_add_serial(struct run_options *options, const char *text, struct command_error *ret_error);

/*
 * Runs the image at `path`, of the configuration that is found from `place` if none was named.
 * Returns an enum status, with the reason said if it is not STATUS_OK.
 */
int run_image(struct run_options *run, const char *place, const char *path);

/* The same for IMAGE|BUILD_DIR from a command line: a command's run(). target: run_options. */
int run_operand(void *target, const char *const *operands, unsigned operand_count);

/* The exit status (enum status) for the end of a machine. */
int run_status(const struct machine_options *machine, enum machine_end end,
               const struct machine_report *report);

#endif
