/* SPDX-License-Identifier: BSD-2-Clause */
/* The line that a debug kernel prints when user level asks for something it does not get. */
#ifndef KERNEL_USER_ERROR_H
#define KERNEL_USER_ERROR_H

#include <model/kernel.h>

void user_error(struct kernel *k, unsigned core, const struct tcb *tcb, const char *where,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
