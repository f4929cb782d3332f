/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that are programs of the package. */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include <base/types.h>

/* Becomes the program; returns a status, with a line, only if that fails. */
int script_run(const char *verb, int argc, char **argv);

/* Where it is, seen from the command's own path; false if there is no such path. */
bool script_path(const char *self, const char *place, const char *verb, char *ret_path,
                 size_t size);

#endif
