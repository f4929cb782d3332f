/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that are there as a whole or not at all. */
#ifndef HOST_NEW_FILE_H
#define HOST_NEW_FILE_H

/* A file that only the user reads, empty. The descriptor, or a negative errno. */
int new_file_create(const char *path);

/*
 * Closes it. error: a negative errno of what was to be written to it, or 0. If that or the closing
 * has failed, the file is removed, but not a device or a pipe that `path` may name. The error.
 */
int new_file_finish(int fd, const char *path, int error);

#endif
