/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel's state in a file: struct kernel and the pages of guest memory that were ever touched.
 * It is for the sel4emu that wrote it: one with other layouts refuses it, and so does every one if
 * a single byte has changed.
 *
 *     header | struct kernel | run... | run of length 0
 *     run: first byte, length in bytes (two words), then the bytes
 */
#ifndef INSPECT_STATE_FILE_H
#define INSPECT_STATE_FILE_H

#include <model/kernel.h>

#define STATE_PROBLEM_BYTES 256
#define STATE_IMAGE_BYTES   1024

/* What a file is made of. */
struct state_source {
    const struct kernel *k;
    int memory_fd; /* the memfd that `memory` maps */
    const void *memory;
    uint64_t memory_bytes;
    const char *image_path; /* kept in the file if it is not too long; may be NULL */
};

/* Makes or overwrites the file; 0 or a negative errno. */
int state_file_write(const char *path, const struct state_source *source);

struct state_file {
    struct kernel *k; /* with its memory in the window; may be inspected, not run */
    void *memory;
    uint64_t memory_bytes;
    char image_path[STATE_IMAGE_BYTES]; /* "": not known */
};

/*
 * 0, or a negative errno with a sentence: -EINVAL, it is not such a file, damaged, or of another
 * version.
 */
int state_file_open(const char *path, struct state_file *ret_file,
                    char ret_problem[STATE_PROBLEM_BYTES]);
void state_file_close(struct state_file *file);

#endif
