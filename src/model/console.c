/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/console.h>

#include <base/text.h>
#include <stdarg.h>

void console_put(struct kernel *k, char c)
{
    if (k->console.length < CONSOLE_BYTES)
        k->console.text[k->console.length++] = c;
}

void console_print(struct kernel *k, const char *format, ...)
{
    if (!k->config.printing || k->console.length >= CONSOLE_BYTES)
        return;
    va_list arguments;
    va_start(arguments, format);
    k->console.length += (uint32_t)text_format_list(
        &k->console.text[k->console.length], CONSOLE_BYTES - k->console.length, format, arguments);
    va_end(arguments);
}

bool console_has_room(const struct kernel *k, unsigned bytes)
{
    return k->console.length + bytes < CONSOLE_BYTES;
}

uint32_t console_take(struct kernel *k, const char **ret_text)
{
    uint32_t length = k->console.length;
    k->console.length = 0;
    *ret_text = k->console.text;
    return length;
}
