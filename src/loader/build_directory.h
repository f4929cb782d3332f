/* SPDX-License-Identifier: BSD-2-Clause */
/* Build directories of seL4 projects: where the image lies in one, and where its configuration. */
#ifndef LOADER_BUILD_DIRECTORY_H
#define LOADER_BUILD_DIRECTORY_H

#include <loader/file.h>

/*
 * The image of a build directory (or of its images/): the one file named ...-image-x86_64-pc99. If
 * there is none or more than one, the sentence says so and what there is.
 */
bool build_directory_find_image(const char *directory, char ret_path[FILE_PATH_BYTES],
                                struct loader_error *ret_error);

/*
 * The image that a user who gave the kernel at `kernel_path` may have meant: beside it, or in the
 * images/ beside its directory. False if none is seen.
 */
bool build_directory_guess_image(const char *kernel_path, char ret_path[FILE_PATH_BYTES]);

/*
 * The kernel's gen_config.json for `path`, an image or a directory: looked for in the directory
 * itself and in those above it. False if there is none.
 */
bool build_directory_find_configuration(const char *path, char ret_path[FILE_PATH_BYTES]);

/*
 * Files that tell the kernel's release, by the path of its gen_config.json: invocations_all.json,
 * the list of system calls, and the VERSION file of the sources. False if it is not there.
 */
bool build_directory_find_invocations(const char *configuration, char ret_path[FILE_PATH_BYTES]);
bool build_directory_find_syscalls(const char *configuration, char ret_path[FILE_PATH_BYTES]);
bool build_directory_find_version(const char *configuration, char ret_path[FILE_PATH_BYTES]);

/* The ELF file of the kernel with the gen_config.json `configuration`. */
bool build_directory_find_kernel(const char *configuration, char ret_path[FILE_PATH_BYTES]);

#endif
