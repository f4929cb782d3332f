/* SPDX-License-Identifier: BSD-2-Clause */
/* sel4emu under the name sel4emu-qemu: in the place of QEMU in upstream's `simulate` script. */
#ifndef CLI_CMD_QEMU_H
#define CLI_CMD_QEMU_H

#include <base/types.h>

/* Whether the program was started under that name. */
bool qemu_is_meant(const char *program);

/* The whole command line, argv[0] included. Returns an enum status. */
int qemu_main(int argc, char **argv);

#endif
