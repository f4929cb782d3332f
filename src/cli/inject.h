/* SPDX-License-Identifier: BSD-2-Clause */
/* The hidden option --inject CALL:N:ERRNO of commands that make host calls: for tests. */
#ifndef CLI_INJECT_H
#define CLI_INJECT_H

#include <cli/command.h>

bool inject_set(void *target, const char *value, struct command_error *ret_error);

/* Says how often each host call was made: "host calls: mmap=12 ...". */
void inject_describe(void);

#define INJECT_OPTION                                                                              \
    {                                                                                              \
        "inject", "CALL:N:ERRNO", NULL, 0, inject_set                                              \
    }

#endif
