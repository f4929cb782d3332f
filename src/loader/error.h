/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader says when it refuses something: one sentence for the user, and its kind. */
#ifndef LOADER_ERROR_H
#define LOADER_ERROR_H

#include <base/types.h>

#define LOADER_MESSAGE_BYTES 1024

enum loader_problem {
    LOADER_BAD_FILE,       /* the file is read, and is not what it should be */
    LOADER_IS_KERNEL,      /* it is seL4's kernel, not an image */
    LOADER_NO_FILE,        /* the file cannot be read at all */
    LOADER_BAD_ASSIGNMENT, /* a NAME=VALUE of the user's is wrong */
};

struct loader_error {
    enum loader_problem problem;
    char message[LOADER_MESSAGE_BYTES]; /* one line, printable, no newline */
};

/*
 * Fills *ret_error and returns false, so that a check can end with `return loader_fail(...)`.
 * Bytes of the file that are no printable text come out as '?'; what is too long ends in "...".
 */
bool loader_fail(struct loader_error *ret_error, enum loader_problem problem, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the message; returns false. */
bool loader_fail_prefix(struct loader_error *error, const char *prefix);

#endif
