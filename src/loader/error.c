/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages carry paths and names out of files: they must not move the cursor or break the line. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f) {
            *text = '?';
        }
    }
}

static void mark_truncation(char *text, size_t size, int wanted)
{
    if (wanted >= 0 && (size_t)wanted >= size) {
        memcpy(text + size - sizeof("..."), "...", sizeof("..."));
    }
}

bool loader_fail(struct loader_error *ret_error, enum loader_problem problem, const char *format,
                 ...)
{
    va_list arguments;
    int wanted;

    ret_error->problem = problem;
    va_start(arguments, format);
    wanted = vsnprintf(ret_error->message, sizeof(ret_error->message), format, arguments);
    va_end(arguments);
    mark_truncation(ret_error->message, sizeof(ret_error->message), wanted);
    make_printable(ret_error->message);
    return false;
}

bool loader_fail_prefix(struct loader_error *error, const char *prefix)
{
    char message[LOADER_MESSAGE_BYTES];

    memcpy(message, error->message, sizeof(message));
    return loader_fail(error, error->problem, "%s: %s", prefix, message);
}
