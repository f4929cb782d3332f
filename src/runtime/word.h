/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page of the gate word (seat/word.h) in a process: mapped when a linked program first reads
 * it there. To the list of what Linux has mapped it is one of the guest's, and goes when these go.
 */
#ifndef RUNTIME_WORD_H
#define RUNTIME_WORD_H

/* In the calling process. Returns 0 or -errno. */
long word_map(void);

/* The guest has mapped something there: no process has the word any more. */
void word_give_way(void);

#endif
