/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/text.h>

#define NO_PRECISION SIZE_MAX
#define DIGITS_MAX   20 /* of 2^64 - 1 in decimal */

/* Where the text goes. */
struct output {
    char *buffer;
    size_t capacity; /* without the closing 0 */
    size_t length;
};

/* One conversion: what stands between '%' and its letter. */
struct conversion {
    bool left, zero;
    size_t width;
    size_t precision;
    unsigned longs; /* l, ll and z: 1 and more */
};

static void put(struct output *out, char c)
{
    if (out->length < out->capacity) {
        out->buffer[out->length++] = c;
    }
}

static void pad(struct output *out, char c, size_t width, size_t used)
{
    for (; used < width && out->length < out->capacity; used++) {
        put(out, c);
    }
}

/* `sign` (may be empty) stands before zero padding and behind blanks. */
static void put_field(struct output *out, const struct conversion *conversion, const char *sign,
                      const char *text, size_t length)
{
    size_t used = length + text_length(sign);

    if (!conversion->left && !conversion->zero) {
        pad(out, ' ', conversion->width, used);
    }
    for (; *sign; sign++) {
        put(out, *sign);
    }
    if (!conversion->left && conversion->zero) {
        pad(out, '0', conversion->width, used);
    }
    for (size_t i = 0; i < length; i++) {
        put(out, text[i]);
    }
    if (conversion->left) {
        pad(out, ' ', conversion->width, used);
    }
}

static void put_string(struct output *out, struct conversion *conversion, const char *text)
{
    size_t length = 0;

    conversion->zero = false;
    text = text ? text : "(null)";
    while (length < conversion->precision && text[length]) {
        length++;
    }
    put_field(out, conversion, "", text, length);
}

static void put_number(struct output *out, const struct conversion *conversion, const char *sign,
                       uint64_t value, unsigned base, const char *digits)
{
    char text[DIGITS_MAX];
    size_t start = sizeof(text);

    do {
        text[--start] = digits[value % base];
        value /= base;
    } while (value);
    put_field(out, conversion, sign, text + start, sizeof(text) - start);
}

static const char *parse_number(const char *format, va_list *arguments, size_t *ret_number)
{
    size_t number = 0;

    if (*format == '*') {
        int given = va_arg(*arguments, int);
        *ret_number = given < 0 ? 0 : (size_t)given;
        return format + 1;
    }
    for (; *format >= '0' && *format <= '9'; format++) {
        number = number * 10 + (size_t)(*format - '0');
    }
    *ret_number = number;
    return format;
}

/* Returns where the conversion's letter stands. */
static const char *parse(const char *format, va_list *arguments, struct conversion *ret_conversion)
{
    struct conversion conversion = {.precision = NO_PRECISION};

    for (;; format++) {
        if (*format == '-') {
            conversion.left = true;
        } else if (*format == '0') {
            conversion.zero = true;
        } else {
            break;
        }
    }
    format = parse_number(format, arguments, &conversion.width);
    if (*format == '.') {
        format = parse_number(format + 1, arguments, &conversion.precision);
    }
    for (; *format == 'l' || *format == 'z'; format++) {
        conversion.longs++;
    }
    *ret_conversion = conversion;
    return format;
}

static uint64_t unsigned_argument(const struct conversion *conversion, va_list *arguments)
{
    return conversion->longs ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
}

static void put_signed(struct output *out, const struct conversion *conversion, va_list *arguments)
{
    int64_t value = conversion->longs ? va_arg(*arguments, long) : va_arg(*arguments, int);
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

    put_number(out, conversion, value < 0 ? "-" : "", magnitude, 10, "0123456789");
}

/* Carries out the conversion whose letter is `letter`; returns false if there is none such. */
static bool convert(struct output *out, struct conversion *conversion, char letter,
                    va_list *arguments)
{
    static const char lower[] = "0123456789abcdef";

    switch (letter) {
    case 's':
        put_string(out, conversion, va_arg(*arguments, const char *));
        return true;
    case 'c': {
        char c = (char)va_arg(*arguments, int);
        conversion->zero = false;
        put_field(out, conversion, "", &c, 1);
        return true;
    }
    case 'd':
    case 'i':
        put_signed(out, conversion, arguments);
        return true;
    case 'u':
        put_number(out, conversion, "", unsigned_argument(conversion, arguments), 10, lower);
        return true;
    case 'x':
        put_number(out, conversion, "", unsigned_argument(conversion, arguments), 16, lower);
        return true;
    case 'X':
        put_number(out, conversion, "", unsigned_argument(conversion, arguments), 16,
                   "0123456789ABCDEF");
        return true;
    case 'p':
        put_number(out, conversion, "0x", (uintptr_t)va_arg(*arguments, void *), 16, lower);
        return true;
    case '%':
        put(out, '%');
        return true;
    default:
        return false;
    }
}

size_t text_format_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct output out = {.buffer = buffer, .capacity = size ? size - 1 : 0};
    va_list rest;

    va_copy(rest, arguments);
    while (*format) {
        struct conversion conversion;
        const char *letter;

        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        letter = parse(format + 1, &rest, &conversion);
        if (convert(&out, &conversion, *letter, &rest)) {
            format = letter + 1;
        } else {
            put(&out, *format++);
        }
    }
    va_end(rest);
    if (size) {
        buffer[out.length] = '\0';
    }
    return out.length;
}

size_t text_format(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = text_format_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

size_t text_length(const char *text)
{
    size_t length = 0;

    while (text[length]) {
        length++;
    }
    return length;
}

bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

size_t text_copy(char *buffer, size_t size, const char *text)
{
    size_t length = 0;

    for (; length + 1 < size && text[length]; length++) {
        buffer[length] = text[length];
    }
    buffer[length] = '\0';
    return length;
}

size_t text_copy_printable(char *buffer, size_t size, const char *text)
{
    size_t length = text_copy(buffer, size, text);

    for (size_t i = 0; i < length; i++) {
        if (buffer[i] < ' ' || buffer[i] > '~') {
            buffer[i] = '?';
        }
    }
    return length;
}
