/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that look into a guest that runs: which one is meant, and what it is asked. */
#ifndef CLI_GUEST_H
#define CLI_GUEST_H

#include <machine/guests.h>

/*
 * The guest of that name or process id; text NULL: the only one that runs. Returns an enum status,
 * with the reason said if it is not STATUS_OK.
 */
int guest_choose(const char *text, struct running_guest *ret_guest);

/*
 * Sends the request, a line, and takes the first line of the answer. STATUS_OK with the descriptor
 * that the rest comes from, the caller's to close; else another status, with the reason said.
 */
int guest_ask(const struct running_guest *guest, const char *request, int *ret_fd);

#endif
