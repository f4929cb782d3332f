/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands and their options, as tables. A command describes its options; the parser fills a
 * structure of the command's with them; --help is written from the same rows.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <base/types.h>

#define COMMAND_ERROR_BYTES 1024

struct command_error {
    char message[COMMAND_ERROR_BYTES];
};

struct command_option {
    const char *name;  /* without the dashes */
    const char *value; /* what stands behind it: "SIZE"; NULL: nothing */
    const char *help;  /* NULL: not shown */
    char letter;       /* short form, or 0 */
    /* value: NULL if the option has none. False with a sentence. */
    bool (*set)(void *target, const char *value, struct command_error *ret_error);
};

struct command {
    const char *verb;
    const char *operands; /* "IMAGE|BUILD_DIR", or "" */
    const char *summary;
    const char *details;      /* more lines for --help, or NULL */
    void (*print_more)(void); /* what comes after them, or NULL */
    const struct command_option *options;
    size_t option_count;
    const struct command *base; /* takes the options of that command as well; or NULL */
    unsigned max_operands;
    /* Takes the words behind "--", which are operands without it. They stay. */
    void (*set_rest)(void *target, char **words, int count);
    /* Of the structure that options fill; zeroed, then given to prepare(). Begins with base's. */
    size_t target_size;
    void (*prepare)(void *target);
    bool is_script; /* a program of the package, which takes all words as they are */
    /* Returns an enum status. */
    int (*run)(void *target, const char *const *operands, unsigned operand_count);
};

#define COMMAND_MAX_OPERANDS 4

/* In the order of `sel4emu help`; the first is what runs when no verb is given. */
extern const struct command *const command_table[];
extern const size_t command_count;

const struct command *command_find(const char *verb); /* or NULL */

/* "--verbose" of the first verb and so on: the whole command line, argv[0] included. */
int command_main(int argc, char **argv);

/* False with a sentence, for option setters. */
bool command_fail(struct command_error *ret_error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct command_line {
    const char *operands[COMMAND_MAX_OPERANDS];
    unsigned operand_count;
    bool help;
};

/* Parses what stands behind the verb into `target` and *ret_line. */
bool command_parse(const struct command *command, int argc, char **argv, void *target,
                   struct command_line *ret_line, struct command_error *ret_error);

/* "512M" -> bytes; K, M, G, T or none. "1.5", "500ms", "2m" -> nanoseconds; s is the default. */
bool command_parse_size(const char *text, uint64_t *ret_bytes);
bool command_parse_duration(const char *text, nanoseconds_t *ret_duration);

/* --help of one command; the overview of all. On standard output. */
void command_print_help(const struct command *command);
void command_print_overview(void);

#endif
