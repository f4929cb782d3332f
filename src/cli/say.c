/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/say.h>
#include <cli/status.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say(const char *format, ...)
{
    char line[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    fprintf(stderr, "sel4emu: %s\n", line);
}

int say_end(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        say("standard output: %s", strerror(errno));
        return STATUS_HOST;
    }
    return status;
}
