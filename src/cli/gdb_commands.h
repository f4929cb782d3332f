/* SPDX-License-Identifier: BSD-2-Clause */
/* What gdb is told at its start by `sel4emu debug`. */
#ifndef CLI_GDB_COMMANDS_H
#define CLI_GDB_COMMANDS_H

#include <loader/file.h>

#include <stdio.h>

/* Commands for gdb: its settings, our own commands, the connection to the machine at `place`. */
void gdb_commands_write(FILE *stream, const char *place);

/* The program itself, in the directories of PATH. */
bool gdb_find(char ret_path[FILE_PATH_BYTES]);

#endif
