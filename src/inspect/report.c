/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/report.h>

#include <base/text.h>
#include <errno.h>
#include <host/host.h>
#include <inspect/list.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CELL_BYTES  1024
#define MAX_COLUMNS 16

enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_ADDRESS, CELL_BYTES_COUNT, CELL_NOTHING };

struct cell {
    enum cell_kind kind;
    uint64_t number;
    uint32_t text; /* where it begins in `texts` */
};

struct cells {
    struct cell *items;
    uint32_t count, room;
};

struct texts {
    char *items;
    uint32_t count, room;
};

struct report {
    enum report_form form;
    struct report_sink sink;
    unsigned tables; /* that were written */
    bool failed;     /* no memory: cells are missing */

    const char *key, *title;
    const struct report_column *columns;
    unsigned column_count;
    struct cells cells; /* of the table that is being filled */
    struct texts texts;
};

static void write_text(struct report *report, const char *text)
{
    report->sink.write(report->sink.context, text, text_length(text));
}

__attribute__((format(printf, 2, 3))) static void write_format(struct report *report,
                                                               const char *format, ...)
{
    char text[2 * CELL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format_list(text, sizeof(text), format, arguments);
    va_end(arguments);
    report->sink.write(report->sink.context, text, length);
}

/* In quotes: JSON and dot agree on how to escape what can be in a printable text. */
static void write_quoted(struct report *report, const char *text)
{
    write_text(report, "\"");
    for (; *text; text++) {
        if (*text == '\n')
            write_text(report, "\\n");
        else if (*text == '"' || *text == '\\')
            write_format(report, "\\%c", *text);
        else if (*text >= ' ' && *text <= '~')
            report->sink.write(report->sink.context, text, 1);
        else
            write_text(report, "?");
    }
    write_text(report, "\"");
}

/* --- life ---------------------------------------------------------------------------------- */

int report_open(enum report_form form, const char *view, struct report_sink sink,
                struct report **ret_report)
{
    struct report *report = host_allocate(1, sizeof(*report));
    if (!report)
        return -ENOMEM;
    report->form = form;
    report->sink = sink;
    if (form == REPORT_JSON)
        write_format(report, "{\"view\": \"%s\"", view);
    else if (form == REPORT_DOT)
        write_format(report, "digraph %s {\n    rankdir=LR;\n    node [fontname=monospace];\n",
                     view);
    *ret_report = report;
    return 0;
}

int report_close(struct report *report)
{
    static const char *const ends[] = {
        [REPORT_TEXT] = "", [REPORT_JSON] = "\n}\n", [REPORT_DOT] = "}\n"};
    int error = report->failed ? -ENOMEM : 0;
    write_text(report, ends[report->form]);
    free(report->cells.items);
    free(report->texts.items);
    free(report);
    return error;
}

/* --- cells --------------------------------------------------------------------------------- */

void report_begin_table(struct report *report, const char *key, const char *title,
                        const struct report_column *columns, unsigned count)
{
    report->key = key;
    report->title = title;
    report->columns = columns;
    report->column_count = count < MAX_COLUMNS ? count : MAX_COLUMNS;
    report->cells.count = 0;
    report->texts.count = 0;
}

static void add_cell(struct report *report, struct cell cell, const char *text)
{
    if (report->form == REPORT_DOT)
        return;
    cell.text = report->texts.count;
    bool fits = true;
    do
        fits = fits && LIST_ADD(&report->texts, *text);
    while (*text++);
    if (!fits || !LIST_ADD(&report->cells, cell))
        report->failed = true;
}

void report_text(struct report *report, const char *format, ...)
{
    char text[CELL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(text, sizeof(text), format, arguments);
    va_end(arguments);
    add_cell(report, (struct cell){.kind = CELL_TEXT}, text);
}

void report_branch(struct report *report, unsigned depth, const char *text)
{
    report_text(report, "%*s%s", report->form == REPORT_TEXT ? 2 * (int)depth : 0, "", text);
}

void report_number(struct report *report, uint64_t number)
{
    char text[24];
    text_format(text, sizeof(text), "%lu", number);
    add_cell(report, (struct cell){.kind = CELL_NUMBER, .number = number}, text);
}

void report_address(struct report *report, uint64_t address)
{
    char text[24];
    text_format(text, sizeof(text), "0x%lx", address);
    add_cell(report, (struct cell){.kind = CELL_ADDRESS}, text);
}

void report_bytes(struct report *report, uint64_t bytes)
{
    char text[24];
    unsigned unit = 0;
    uint64_t shown = bytes;
    for (; shown >= 1024 && shown % 1024 == 0 && unit < 4; unit++)
        shown /= 1024;
    text_format(text, sizeof(text), "%lu%.*s", shown, unit ? 1 : 0, &" KMGT"[unit]);
    add_cell(report, (struct cell){.kind = CELL_BYTES_COUNT, .number = bytes}, text);
}

void report_nothing(struct report *report)
{
    add_cell(report, (struct cell){.kind = CELL_NOTHING}, "-");
}

/* --- tables -------------------------------------------------------------------------------- */

static const char *cell_text(const struct report *report, const struct cell *cell)
{
    return &report->texts.items[cell->text];
}

static void write_padded(struct report *report, const char *text, size_t width, unsigned column)
{
    bool is_last = column + 1 == report->column_count;
    size_t length = text_length(text);
    size_t pad = length < width ? width - length : 0;
    if (report->columns[column].align == REPORT_RIGHT)
        write_format(report, "%*s%s", (int)pad, "", text);
    else
        write_format(report, "%s%*s", text, is_last ? 0 : (int)pad, "");
    write_text(report, is_last ? "\n" : "  ");
}

static void write_headings(struct report *report, const size_t *widths)
{
    for (unsigned column = 0; column < report->column_count; column++) {
        char heading[40];
        size_t length = text_copy(heading, sizeof(heading), report->columns[column].name);
        for (size_t i = 0; i < length; i++) {
            if (heading[i] >= 'a' && heading[i] <= 'z')
                heading[i] = (char)(heading[i] - 'a' + 'A');
        }
        write_padded(report, heading, widths[column], column);
    }
}

static void write_text_table(struct report *report)
{
    size_t widths[MAX_COLUMNS];
    for (unsigned column = 0; column < report->column_count; column++)
        widths[column] = text_length(report->columns[column].name);
    for (uint32_t i = 0; i < report->cells.count; i++) {
        size_t length = text_length(cell_text(report, &report->cells.items[i]));
        size_t *width = &widths[i % report->column_count];
        *width = length > *width ? length : *width;
    }
    if (report->tables > 0)
        write_text(report, "\n");
    if (report->title)
        write_format(report, "%s:%s\n", report->title, report->cells.count ? "" : " none");
    if (!report->cells.count)
        return;
    write_headings(report, widths);
    for (uint32_t i = 0; i < report->cells.count; i++) {
        unsigned column = i % report->column_count;
        write_padded(report, cell_text(report, &report->cells.items[i]), widths[column], column);
    }
}

static void write_json_cell(struct report *report, const struct cell *cell, const char *name)
{
    write_text(report, "\"");
    for (; *name; name++)
        write_format(report, "%c", *name == ' ' ? '_' : *name);
    write_text(report, "\": ");
    if (cell->kind == CELL_NOTHING)
        write_text(report, "null");
    else if (cell->kind == CELL_NUMBER || cell->kind == CELL_BYTES_COUNT)
        write_format(report, "%lu", cell->number);
    else
        write_quoted(report, cell_text(report, cell));
}

static void write_json_table(struct report *report)
{
    unsigned columns = report->column_count;
    write_format(report, ",\n\"%s\": [", report->key);
    for (uint32_t i = 0; i < report->cells.count; i++) {
        if (i % columns == 0)
            write_text(report, i ? ",\n  {" : "\n  {");
        write_json_cell(report, &report->cells.items[i], report->columns[i % columns].name);
        write_text(report, i % columns + 1 == columns ? "}" : ", ");
    }
    write_text(report, "]");
}

void report_end_table(struct report *report)
{
    if (report->failed)
        report->cells.count = 0; /* columns may be out of step */
    if (report->form == REPORT_TEXT)
        write_text_table(report);
    else if (report->form == REPORT_JSON)
        write_json_table(report);
    report->tables++;
}

/* --- the graph ----------------------------------------------------------------------------- */

static const char *const node_marks[] = {
    [REPORT_PLAIN] = "", [REPORT_BAD] = ", color=red, penwidth=2", [REPORT_FAINT] = ", color=gray"};
static const char *const edge_marks[] = {[REPORT_PLAIN] = "",
                                         [REPORT_BAD] = ", color=red, penwidth=2",
                                         [REPORT_FAINT] = ", style=dotted"};

void report_node(struct report *report, struct report_node node, enum report_mark mark,
                 const char *format, ...)
{
    if (report->form != REPORT_DOT)
        return;
    char label[CELL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(label, sizeof(label), format, arguments);
    va_end(arguments);
    write_format(report, "    %c%lx [shape=%s, label=", node.kind, node.id,
                 node.kind == 't' ? "box" : "ellipse");
    write_quoted(report, label);
    write_format(report, "%s];\n", node_marks[mark]);
}

void report_edge(struct report *report, struct report_node from, struct report_node to,
                 enum report_mark mark, const char *label)
{
    if (report->form != REPORT_DOT)
        return;
    write_format(report, "    %c%lx -> %c%lx [label=", from.kind, from.id, to.kind, to.id);
    write_quoted(report, label);
    write_format(report, "%s];\n", edge_marks[mark]);
}
