/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/nearest.h>

#include <ctype.h>
#include <string.h>

#define MAX_WORD 63

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein's, one row at a time. */
unsigned nearest_distance(const char *a, const char *b)
{
    size_t columns = strlen(b);
    unsigned row[MAX_WORD + 1];

    if (strlen(a) > MAX_WORD || columns > MAX_WORD) {
        return MAX_WORD;
    }
    for (unsigned j = 0; j <= columns; j++) {
        row[j] = j;
    }
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = i + 1;
        for (unsigned j = 0; j < columns; j++) {
            unsigned replace = diagonal + !same_letter(a[i], b[j]);
            unsigned edit = 1 + (unsigned)min_u64(row[j], row[j + 1]);

            diagonal = row[j + 1];
            row[j + 1] = (unsigned)min_u64(replace, edit);
        }
    }
    return row[columns];
}

void nearest_offer(struct nearest *nearest, const char *typed, const char *word)
{
    unsigned distance = nearest_distance(typed, word);
    unsigned limit = 1 + (unsigned)strlen(typed) / 3;

    /* A word that was begun right is meant, however much of it is missing. */
    if (strlen(typed) >= 3 && strncmp(typed, word, strlen(typed)) == 0) {
        distance = 1;
    }
    if (distance <= limit && (nearest->word == NULL || distance < nearest->distance)) {
        nearest->word = word;
        nearest->distance = distance;
    }
}
