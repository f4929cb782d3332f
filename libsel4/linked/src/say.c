/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *program_name = "program";

void say(const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    int length = snprintf(line, sizeof(line), "sel4emu: %s: ", program_name);
    length += vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof(line) - 2)
        length = (int)sizeof(line) - 2;
    line[length] = '\n';
    if (write(STDERR_FILENO, line, (size_t)length + 1) < 0)
        return; /* nobody is there to be told */
}

_Noreturn void fail(const char *what, int error)
{
    say("%s%s%s", what, error ? ": " : "", error ? strerror(error) : "");
    _exit(STATUS_HOST_FAILED);
}

static const char *access_name(const struct linked_crash *crash)
{
    if (crash->is_fetch)
        return "jumps to";
    return crash->is_write ? "writes to" : "reads from";
}

void say_crash(const struct linked_crash *crash)
{
    const char *name = crash->thread[0] ? crash->thread : "without a name";
    char what[80], where[64];
    vaddr_t start, end;

    place_find_text(&start, &end);
    if (crash->instruction >= start && crash->instruction < end)
        snprintf(where, sizeof(where), "in the program's text + 0x%" PRIx64,
                 crash->instruction - start);
    else
        snprintf(where, sizeof(where), "outside of the program's text");
    if (crash->is_page_fault)
        snprintf(what, sizeof(what), "%s 0x%" PRIx64, access_name(crash), crash->address);
    else
        snprintf(what, sizeof(what), "raises exception %u", crash->vector);
    say("thread \"%s\" %s at 0x%" PRIx64
        " (%s), and has no fault handler: it ends as a program of Linux's does",
        name, what, crash->instruction, where);
}
