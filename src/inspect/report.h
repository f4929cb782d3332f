/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a view says, in one of three forms. A view fills tables and draws a graph at the same time;
 * text and JSON show the tables, dot shows the graph. A cell is filled after the other, row by row.
 *
 *     text: columns under headings in capitals
 *     JSON: {"view": ..., "TABLE": [{"COLUMN": ...}, ...], ...}; counts are numbers, addresses and
 *           badges are strings like "0x1000" (a JSON number has 53 bits), what is not there is null
 *     dot:  digraph, for graphviz
 */
#ifndef INSPECT_REPORT_H
#define INSPECT_REPORT_H

#include <base/types.h>

enum report_form { REPORT_TEXT, REPORT_JSON, REPORT_DOT };

/* Takes the finished text, in pieces. */
struct report_sink {
    void *context;
    void (*write)(void *context, const char *text, size_t length);
};

enum report_align { REPORT_LEFT, REPORT_RIGHT };

struct report_column {
    const char *name; /* "held by": as heading "HELD BY", in JSON "held_by" */
    enum report_align align;
};

struct report;

/* -ENOMEM, or 0. Everything after that: a report that has run out of memory says so at its end. */
int report_open(enum report_form form, const char *view, struct report_sink sink,
                struct report **ret_report);
/* Writes what is left to write. -ENOMEM: the report is not complete. */
int report_close(struct report *report);

/*
 * `key` names the table in JSON; title: the line above it as text, NULL for none. `columns` stay
 * the caller's.
 */
void report_begin_table(struct report *report, const char *key, const char *title,
                        const struct report_column *columns, unsigned count);
void report_end_table(struct report *report);

/* --- the next cell ------------------------------------------------------------------------- */
void report_text(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Of a tree: as text two blanks to the right for each level. */
void report_branch(struct report *report, unsigned depth, const char *text);
void report_number(struct report *report, uint64_t number);
void report_address(struct report *report, uint64_t address); /* and badges: 0x1000 */
void report_bytes(struct report *report, uint64_t bytes);     /* as text 4K, in JSON 4096 */
void report_nothing(struct report *report);                   /* "-", null */

/* --- the graph ----------------------------------------------------------------------------- */
enum report_mark { REPORT_PLAIN, REPORT_BAD, REPORT_FAINT };

/* What a node stands for: one letter, and what tells it from others of that letter. */
struct report_node {
    char kind;
    uint64_t id;
};

/* label: "\n" begins a new line. */
void report_node(struct report *report, struct report_node node, enum report_mark mark,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
void report_edge(struct report *report, struct report_node from, struct report_node to,
                 enum report_mark mark, const char *label);

#endif
