/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and directories as the loader needs them. Internal to the loader, but for file_is_*. */
#ifndef LOADER_FILE_H
#define LOADER_FILE_H

#include <loader/error.h>

#define FILE_PATH_BYTES 4096

bool file_is_directory(const char *path);
bool file_is_regular(const char *path);

/*
 * Reads a regular file of at most `limit` bytes. A zero byte follows the contents, so that text is
 * a string. The caller frees *ret_data. The sentence names the path.
 */
bool file_read(const char *path, uint64_t limit, uint8_t **ret_data, uint64_t *ret_size,
               struct loader_error *ret_error);

/* What stands before the last slash of `path`; "." without one. May shorten in place. */
void file_directory_of(const char *path, char ret_directory[FILE_PATH_BYTES]);

/* An empty name gives the directory. False if it does not fit. */
bool file_join(const char *directory, const char *name, char ret_path[FILE_PATH_BYTES]);

/*
 * The files of `directory` whose names contain `part`, or with ends_with end in it: how many there
 * are, and the first in alphabetical order in ret_name ("" if none).
 */
unsigned file_find(const char *directory, const char *part, bool ends_with,
                   char ret_name[FILE_PATH_BYTES]);

#endif
