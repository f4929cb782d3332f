/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches the guest's console for texts (--until, --fail-on) as the bytes go by, however they are
 * cut into writes. Carriage returns in the stream do not count, unless the text has some itself.
 */
#ifndef MACHINE_WATCH_H
#define MACHINE_WATCH_H

#include <base/types.h>

#define WATCH_MAX_TEXT 255
#define WATCH_NOTHING  SIZE_MAX

struct watch {
    uint8_t text[WATCH_MAX_TEXT];
    uint8_t length;
    uint8_t matched;                  /* bytes of the text that the stream ended with so far */
    uint8_t fallback[WATCH_MAX_TEXT]; /* matched bytes that remain when byte [i] does not fit */
    bool keep_returns;
};

/* False if the text is empty or longer than WATCH_MAX_TEXT. */
bool watch_init(struct watch *watch, const char *text);

/*
 * Feeds the next bytes of the stream to all watches. Returns how many bytes the stream had up to
 * and with the first text that was completed, and that watch's number (of two at once the lower
 * one); or WATCH_NOTHING. After a match the watches may not be fed again.
 */
size_t watch_feed(struct watch *watches, unsigned count, const uint8_t *bytes, size_t size,
                  unsigned *ret_which);

#endif
