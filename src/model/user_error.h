/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line that a debug kernel prints when user level asks for something it does not get. With
 * KernelInvocationReportErrorIPC it is not printed but goes to the caller's IPC buffer with the
 * next error, whether that has a line of its own or not: kernel->user_error keeps the last one.
 */
#ifndef MODEL_USER_ERROR_H
#define MODEL_USER_ERROR_H

#include <model/kernel.h>

/*
 * Says why the thread that made this entry does not get what it asked for. where: the function of
 * the real kernel that says so.
 */
void user_error(struct kernel *k, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
