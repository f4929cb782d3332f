/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <sel4/sel4.h>
#include <stdarg.h>

/* Where characters go: to the kernel, or into memory where `text` is not NULL. */
struct sink {
    char *text;
    size_t length, size;
};

struct directive {
    struct sink *sink;
    bool left;
    bool zeros;
    int width;
    bool is_long;
};

static void put(struct sink *sink, char c)
{
    if (sink->text == NULL)
        seL4_DebugPutChar(c);
    else if (sink->length + 1 < sink->size)
        sink->text[sink->length++] = c;
}

static void fill(struct sink *sink, char c, int count)
{
    for (; count > 0; count--)
        put(sink, c);
}

static void print_text(const char *text, const struct directive *directive)
{
    int length = 0;

    while (text[length] != '\0')
        length++;
    if (!directive->left)
        fill(directive->sink, ' ', directive->width - length);
    for (int i = 0; i < length; i++)
        put(directive->sink, text[i]);
    if (directive->left)
        fill(directive->sink, ' ', directive->width - length);
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
    fill(directive->sink, directive->zeros ? '0' : ' ', directive->width - count);
    while (count > 0)
        put(directive->sink, digits[--count]);
}

static const char *read_directive(const char *at, struct directive *ret_directive)
{
    struct directive directive = {.sink = ret_directive->sink};

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

static void format_into(struct sink *sink, const char *format, va_list arguments)
{
    struct directive directive = {.sink = sink};
    int64_t number;

    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            put(sink, *at);
            continue;
        }
        at = read_directive(at + 1, &directive);
        switch (*at) {
        case 's':
            print_text(va_arg(arguments, const char *), &directive);
            break;
        case 'c':
            put(sink, (char)va_arg(arguments, int));
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
            put(sink, '0');
            put(sink, 'x');
            print_number((seL4_Word)va_arg(arguments, void *), 16, false, &directive);
            break;
        default:
            put(sink, *at);
            break;
        }
    }
}

void print(const char *format, ...)
{
    struct sink sink = {.text = NULL};
    va_list arguments;

    va_start(arguments, format);
    format_into(&sink, format, arguments);
    va_end(arguments);
}

void print_append_list(char *text, size_t size, const char *format, va_list arguments)
{
    struct sink sink = {.text = text, .size = size};

    while (sink.length + 1 < size && text[sink.length] != '\0')
        sink.length++;
    format_into(&sink, format, arguments);
    text[sink.length] = '\0';
}

void print_append(char *text, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_append_list(text, size, format, arguments);
    va_end(arguments);
}
