/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user's terminal as the guest's console. While the guest runs every key goes to it as it is
 * typed, but for Ctrl-C and the keys behind Ctrl-A (QEMU's). Output processing stays on, so a
 * guest's bare newlines look right.
 *
 * The settings are given back by terminal_restore(), by exit(), and by whatever signal ends the
 * process, as far as that can be caught (machine/signals.h).
 */
#ifndef MACHINE_TERMINAL_H
#define MACHINE_TERMINAL_H

#include <base/types.h>

/*
 * Takes over the terminal behind `fd`. No failure, and nothing happens, if fd is no terminal or
 * this process is not in its foreground. Returns 0 or a negative errno.
 */
int terminal_take(int fd);

/* Whether terminal_take() changed anything that has not been restored yet. */
bool terminal_is_taken(void);

/* Async-signal-safe; may be called at any time, any number of times. */
void terminal_restore(void);

/* What a typed byte means. */
enum terminal_key {
    TERMINAL_KEY_NONE,      /* half of a sequence: nothing for the guest */
    TERMINAL_KEY_GUEST,     /* *ret_byte is for the guest */
    TERMINAL_KEY_QUIT,      /* Ctrl-A x */
    TERMINAL_KEY_INTERRUPT, /* Ctrl-C */
    TERMINAL_KEY_HELP,      /* Ctrl-A h: show terminal_help */
    TERMINAL_KEY_DUMP,      /* Ctrl-A s: show what the threads do */
};

struct terminal_keys {
    bool escaped; /* Ctrl-A came */
};

enum terminal_key terminal_key(struct terminal_keys *keys, uint8_t byte, uint8_t *ret_byte);

/* Lines, each ended by a newline. */
extern const char terminal_help[];

#endif
