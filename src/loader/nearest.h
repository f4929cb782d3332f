/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean": the word of a list that is nearest to what was typed. */
#ifndef LOADER_NEAREST_H
#define LOADER_NEAREST_H

#include <base/types.h>

struct nearest {
    const char *word; /* the best so far, or NULL */
    unsigned distance;
};

/* Edits (insert, delete, replace a character) between two words, letters' case aside. */
unsigned nearest_distance(const char *a, const char *b);

/* Start with {0} and offer each word of the list; too far ones never become the best. */
void nearest_offer(struct nearest *nearest, const char *typed, const char *word);

#endif
