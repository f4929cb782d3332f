/* SPDX-License-Identifier: BSD-2-Clause */
#include <trace/line.h>

#include <base/text.h>
#include <stdarg.h>

#define LARGEST_DECIMAL 9999

static const char end_mark[] = "\n";
static const char cut_mark[] = " <cut off>\n";

/* Room for text: the mark always fits behind it. */
#define LINE_ROOM (LINE_BYTES - sizeof(cut_mark))

void line_clear(struct line *line)
{
    line->length = 0;
    line->text[0] = '\0';
}

void line_add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line->length += text_format_list(&line->text[line->length], LINE_ROOM - line->length + 1,
                                     format, arguments);
    va_end(arguments);
}

void line_add_number(struct line *line, word_t number)
{
    if (number <= LARGEST_DECIMAL)
        line_add(line, "%lu", number);
    else
        line_add(line, "0x%lx", number);
}

void line_add_time(struct line *line, nanoseconds_t time, int width)
{
    enum { NS_PER_US = 1000, US_PER_S = 1000000 };
    uint64_t us = time / NS_PER_US;
    line_add(line, "%*lu.%06lu", width, us / US_PER_S, us % US_PER_S);
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

static void add_escaped(struct line *line, char c)
{
    switch (c) {
    case '\n':
        line_add(line, "\\n");
        break;
    case '\r':
        line_add(line, "\\r");
        break;
    case '\t':
        line_add(line, "\\t");
        break;
    case '"':
    case '\\':
        line_add(line, "\\%c", c);
        break;
    default:
        if (is_printable(c))
            line_add(line, "%c", c);
        else
            line_add(line, "\\x%02x", (unsigned)(uint8_t)c);
        break;
    }
}

void line_add_quoted(struct line *line, const char *text, size_t length)
{
    line_add(line, "\"");
    for (size_t i = 0; i < length; i++)
        add_escaped(line, text[i]);
    line_add(line, "\"");
}

void line_end(struct line *line)
{
    const char *mark = line->length >= LINE_ROOM ? cut_mark : end_mark;
    line->length += text_copy(&line->text[line->length], LINE_BYTES - line->length, mark);
}
