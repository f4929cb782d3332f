/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <sel4/sel4.h>
#include <stdarg.h>

struct directive {
    bool left;
    bool zeros;
    int width;
    bool is_long;
};

static void fill(char c, int count)
{
    for (; count > 0; count--)
        seL4_DebugPutChar(c);
}

static void print_text(const char *text, const struct directive *directive)
{
    int length = 0;

    while (text[length] != '\0')
        length++;
    if (!directive->left)
        fill(' ', directive->width - length);
    for (int i = 0; i < length; i++)
        seL4_DebugPutChar(text[i]);
    if (directive->left)
        fill(' ', directive->width - length);
}

static void print_number(seL4_Word number, unsigned base, bool negative,
                         const struct directive *directive)
{
    char digits[24];
    int count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    if (negative)
        digits[count++] = '-';
    fill(directive->zeros ? '0' : ' ', directive->width - count);
    while (count > 0)
        seL4_DebugPutChar(digits[--count]);
}

static const char *read_directive(const char *at, struct directive *ret_directive)
{
    struct directive directive = {0};

    for (; *at == '-' || *at == '0'; at++) {
        directive.left |= *at == '-';
        directive.zeros |= *at == '0';
    }
    for (; *at >= '0' && *at <= '9'; at++)
        directive.width = directive.width * 10 + *at - '0';
    for (; *at == 'l'; at++)
        directive.is_long = true;
    *ret_directive = directive;
    return at;
}

void print(const char *format, ...)
{
    struct directive directive;
    va_list arguments;
    int64_t number;

    va_start(arguments, format);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            seL4_DebugPutChar(*at);
            continue;
        }
        at = read_directive(at + 1, &directive);
        switch (*at) {
        case 's':
            print_text(va_arg(arguments, const char *), &directive);
            break;
        case 'c':
            seL4_DebugPutChar((char)va_arg(arguments, int));
            break;
        case 'd':
            number = directive.is_long ? va_arg(arguments, long) : va_arg(arguments, int);
            print_number(number < 0 ? -(seL4_Word)number : (seL4_Word)number, 10, number < 0,
                         &directive);
            break;
        case 'u':
        case 'x':
            print_number(directive.is_long ? va_arg(arguments, unsigned long)
                                           : va_arg(arguments, unsigned),
                         *at == 'u' ? 10 : 16, false, &directive);
            break;
        case 'p':
            print("0x%lx", (seL4_Word)va_arg(arguments, void *));
            break;
        default:
            seL4_DebugPutChar(*at);
            break;
        }
    }
    va_end(arguments);
}
