/* SPDX-License-Identifier: BSD-2-Clause */
/* A temporary directory with files in it. */
#ifndef LOADER_TESTKIT_FILES_H
#define LOADER_TESTKIT_FILES_H

#include <loader/file.h>

struct testkit_files {
    char directory[64];
};

void testkit_files_start(struct testkit_files *files);

/* Writes a file, with the directories above it. ret_path: its full name. */
void testkit_files_add(struct testkit_files *files, const char *name, const char *contents,
                       char ret_path[FILE_PATH_BYTES]);

void testkit_files_path(const struct testkit_files *files, const char *name,
                        char ret_path[FILE_PATH_BYTES]);

/* Removes the directory and all in it. */
void testkit_files_end(struct testkit_files *files);

#endif
