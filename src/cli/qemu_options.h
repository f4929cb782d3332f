/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's command line, as far as the scripts that upstream generates use it, for `sel4emu-qemu`:
 * what an option means here, what it is ignored for, what it is refused for. sel4emu's own options
 * may stand between QEMU's: with two dashes a name that both have is ours.
 */
#ifndef CLI_QEMU_OPTIONS_H
#define CLI_QEMU_OPTIONS_H

#include <cli/cmd_run.h>

#define QEMU_TEXT_BYTES    4096
#define QEMU_IGNORED_BYTES 1024

struct qemu_line {
    struct run_options run; /* prepared by the caller */
    bool asks_version;
    const char *kernel;                               /* -kernel, or NULL */
    char image[QEMU_TEXT_BYTES];                      /* the first module of -initrd, or "" */
    char serial[MACHINE_MAX_SERIAL][QEMU_TEXT_BYTES]; /* -serial, as --serial takes it */
    unsigned serial_count;
    char ignored[QEMU_IGNORED_BYTES]; /* " -cpu max -vga none": what has no meaning here, or "" */
};

/* False with a sentence. argv: without the program's name. */
bool qemu_options_parse(int argc, char **argv, struct qemu_line *line,
                        struct command_error *ret_error);

#endif
