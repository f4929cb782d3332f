/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/watch.h>

#include <string.h>

bool watch_init(struct watch *watch, const char *text)
{
    size_t length = strlen(text);
    uint8_t matched = 0;

    if (length == 0 || length > WATCH_MAX_TEXT) {
        return false;
    }
    *watch = (struct watch){.length = (uint8_t)length, .keep_returns = strchr(text, '\r') != NULL};
    memcpy(watch->text, text, length);
    for (size_t i = 1; i < length; i++) {
        watch->fallback[i] = matched;
        while (matched > 0 && watch->text[i] != watch->text[matched]) {
            matched = watch->fallback[matched];
        }
        matched = (uint8_t)(matched + (watch->text[i] == watch->text[matched]));
    }
    return true;
}

/* Knuth, Morris and Pratt's search, a byte at a time. */
static bool feed_byte(struct watch *watch, uint8_t byte)
{
    if (byte == '\r' && !watch->keep_returns) {
        return false;
    }
    while (watch->matched > 0 && watch->text[watch->matched] != byte) {
        watch->matched = watch->fallback[watch->matched];
    }
    watch->matched = (uint8_t)(watch->matched + (watch->text[watch->matched] == byte));
    return watch->matched == watch->length;
}

size_t watch_feed(struct watch *watches, unsigned count, const uint8_t *bytes, size_t size,
                  unsigned *ret_which)
{
    for (size_t i = 0; i < size; i++) {
        for (unsigned which = 0; which < count; which++) {
            if (feed_byte(&watches[which], bytes[i])) {
                *ret_which = which;
                return i + 1;
            }
        }
    }
    return WATCH_NOTHING;
}
