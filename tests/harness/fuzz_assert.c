/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of base/assert.h in a fuzz target: a crash, for that is what fuzzers look for. */
#include <stdio.h>
#include <stdlib.h>

_Noreturn void assertion_failed(const char *what, const char *file, int line);

/* Weak: a layer above may bring the real one. */
__attribute__((weak)) void assertion_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
    abort();
}
