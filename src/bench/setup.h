/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns: what is started to be measured. A column more is a row in the table of setup.c. */
#ifndef BENCH_SETUP_H
#define BENCH_SETUP_H

#include <bench/figures.h>
#include <bench/images.h>

enum bench_kind {
    BENCH_LINUX,   /* the limits: this program itself */
    BENCH_SEL4EMU, /* sel4emu run, with options of its own */
    BENCH_QEMU,    /* the real kernel */
};

struct bench_setup {
    const char *name;
    enum bench_kind kind;
    enum bench_kernel kernel; /* whose guest runs */
    const char *options;      /* more words, separated by spaces; or NULL */
    const char *qemu_kernel;  /* BENCH_QEMU: the file that it boots */
    const char *help;         /* what it is; NULL for those of the user */
};

/* Those that sel4emu has itself. The first is Linux. */
extern const struct bench_setup bench_setups[];
extern const unsigned bench_setup_count;

/* The one of that name (not necessarily terminated: `length` bytes), or NULL. */
const struct bench_setup *bench_setup_find(const char *name, size_t length);

#define BENCH_MAX_WORDS  64
#define BENCH_WORD_BYTES 2048

struct bench_words {
    const char *items[BENCH_MAX_WORDS + 1]; /* NULL behind the last */
    char bytes[BENCH_WORD_BYTES];
};

/* Where the child finds things, as paths. */
struct bench_places {
    const char *program; /* sel4emu */
    const char *image, *settings;
};

/* The command line of its process. False if there is no room for all words. */
bool bench_setup_words(const struct bench_setup *setup, const struct bench_places *places,
                       struct bench_words *ret_words);

#endif
