/* SPDX-License-Identifier: BSD-2-Clause */
#include <trace/summary.h>

#include <stdlib.h>
#include <string.h>
#include <trace/line.h>

static struct summary_row *find_row(struct trace_summary *summary, const char *call)
{
    for (unsigned i = 0; i < summary->count; i++) {
        if (strcmp(summary->rows[i].call, call) == 0)
            return &summary->rows[i];
    }
    if (summary->count == SUMMARY_ROWS)
        return NULL;
    summary->rows[summary->count] = (struct summary_row){.call = call};
    return &summary->rows[summary->count++];
}

void summary_count(struct trace_summary *summary, const struct trace_event *event)
{
    struct summary_row *row = find_row(summary, event->call);
    if (!row)
        return;
    row->calls++;
    row->errors += event->failed;
}

void summary_count_wait(struct trace_summary *summary, const struct trace_event *event,
                        nanoseconds_t waited)
{
    struct summary_row *row = find_row(summary, event->call);
    if (!row)
        return;
    row->errors += event->failed;
    row->waited += waited;
}

static int compare_rows(const void *a, const void *b)
{
    const struct summary_row *left = a, *right = b;
    if (left->calls != right->calls)
        return left->calls < right->calls ? 1 : -1;
    return strcmp(left->call, right->call);
}

static void add_row(struct line *line, const struct summary_row *row)
{
    enum { NS_PER_US = 1000, US_PER_S = 1000000 };
    uint64_t us = row->waited / NS_PER_US;
    line_clear(line);
    line_add(line, "%9lu %9lu %7lu.%06lu  %s", row->calls, row->errors, us / US_PER_S,
             us % US_PER_S, row->call);
    line_end(line);
}

void summary_write(struct trace_summary *summary,
                   void (*write)(void *context, const char *text, size_t length), void *context)
{
    static const char head[] = "    calls    errors     seconds  call\n"
                               "                        waiting\n";
    struct summary_row total = {.call = "in all"};
    struct line line;

    write(context, head, sizeof(head) - 1);
    qsort(summary->rows, summary->count, sizeof(summary->rows[0]), compare_rows);
    for (unsigned i = 0; i < summary->count; i++) {
        const struct summary_row *row = &summary->rows[i];
        total.calls += row->calls;
        total.errors += row->errors;
        total.waited += row->waited;
        add_row(&line, row);
        write(context, line.text, line.length);
    }
    add_row(&line, &total);
    write(context, line.text, line.length);
}
