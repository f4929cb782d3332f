/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard input on its way to the guest's console. Keys behind Ctrl-A, and Ctrl-C, are for the
 * machine if the input is a terminal that was taken over. A ring holds what the guest has not read:
 * a full one stops reading from a file or pipe; from a terminal further keys are dropped, as a
 * keyboard buffer does, so that the machine's own keys go on working.
 */
#ifndef MACHINE_INPUT_H
#define MACHINE_INPUT_H

#include <machine/terminal.h>

#define INPUT_BYTES 4096

struct input {
    int fd; /* -1: there is none */
    bool is_terminal;
    bool ended;
    bool
        is_always_ready; /* as regular files are, which cannot be watched: read when it is wanted */
    struct terminal_keys keys;
    uint8_t ring[INPUT_BYTES];
    unsigned first, length;
};

/* Takes over the terminal if there is one. 0 or a negative errno. */
int input_open(struct input *input, int fd);

/* Whether the machine should watch the descriptor. */
bool input_wants_more(const struct input *input);

/*
 * Reads what is there now, without blocking. Returns the first key that is for the machine
 * (TERMINAL_KEY_QUIT, _INTERRUPT, _HELP, _DUMP) or TERMINAL_KEY_NONE.
 */
enum terminal_key input_read(struct input *input);

/* Takes bytes for the guest; returns how many, 0 if there are none now. */
size_t input_take(struct input *input, uint8_t *ret_bytes, size_t size);

#endif
