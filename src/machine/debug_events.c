/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/debug_events.h>

#include <base/bits.h>
#include <stdio.h>
#include <string.h>

static char problem[160];

/* --- what is asked for --------------------------------------------------------------------- */

/* Words with a meaning of their own; others without "=" are the names of calls. */
static const struct {
    const char *word, *option, *value;
} meanings[] = {
    {"fault", "kind", "fault"}, {"faults", "kind", "fault"}, {"error", "errors", NULL},
    {"errors", "errors", NULL}, {"transfer", "kind", "ipc"}, {"transfers", "kind", "ipc"},
};

static const char *set_word(struct kernel_event *event, struct trace_options *options, char *word)
{
    char *value = strchr(word, '=');
    if (value) {
        *value = '\0';
        return trace_option_set(options, word, value + 1);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++) {
        if (strcmp(meanings[i].word, word) != 0)
            continue;
        event->transfers_only |= strncmp(word, "transfer", strlen("transfer")) == 0;
        return trace_option_set(options, meanings[i].option, meanings[i].value);
    }
    return trace_option_set(options, "call", word);
}

static const char *set_words(struct kernel_event *event, struct trace_options *options)
{
    char words[sizeof(event->words)], *rest = words, *word;
    const char *wrong = NULL;
    strcpy(words, event->words);
    while (!wrong && (word = strsep(&rest, " \t")) != NULL) {
        if (*word)
            wrong = set_word(event, options, word);
    }
    return wrong;
}

/* --- what happens -------------------------------------------------------------------------- */

/* In the middle of an entry: the debugger is told when it is over. */
static void take_line(void *context, const char *text, size_t length)
{
    struct kernel_event *event = context;
    struct debug_events *events = event->events;
    if (!event->trace || events->pending_count == DEBUG_MAX_PENDING)
        return;
    if (event->transfers_only && !memmem(text, length, ", caps [", strlen(", caps [")))
        return;
    unsigned i = events->pending_count++;
    events->pending[i].thread = event->stops ? trace_thread(event->trace) : 0;
    snprintf(events->pending[i].line, DEBUG_EVENT_BYTES, "%.*s", (int)length, text);
    if (length >= DEBUG_EVENT_BYTES)
        strcpy(events->pending[i].line + DEBUG_EVENT_BYTES - 5, "...\n");
}

static struct gdb_thread_id find_thread(const struct debug_processes *processes, uint64_t serial)
{
    const struct tcb *tcb = debug_thread_find(
        processes, (struct gdb_thread_id){.pid = GDB_ANY, .tid = (int64_t)serial});
    return tcb ? debug_thread_id(processes, tcb) : (struct gdb_thread_id){0};
}

/* It listens until the first stop. */
static void show_lines(struct debug_events *events, struct gdb_server *server, bool is_behind)
{
    char line[64];
    if (is_behind) {
        events->lost += events->pending_count;
        return;
    }
    if (events->lost) {
        snprintf(line, sizeof(line), "(%lu lines are lost)\n", (unsigned long)events->lost);
        gdb_server_say(server, line);
        events->lost = 0;
    }
    for (unsigned i = 0; i < events->pending_count; i++)
        gdb_server_say(server, events->pending[i].line);
}

void debug_events_tell(struct debug_events *events, const struct debug_processes *processes,
                       struct gdb_server *server, bool is_behind)
{
    static const struct gdb_stop stop = {.kind = GDB_STOP_SIGNAL, .signal = GDB_SIGNAL_TRAP};
    if (events->pending_count > 0)
        show_lines(events, server, is_behind);
    for (unsigned i = 0; i < events->pending_count; i++) {
        if (!events->pending[i].thread)
            continue;
        struct gdb_thread_id thread = find_thread(processes, events->pending[i].thread);
        if (thread.pid > 0)
            gdb_server_stopped(server, thread, &stop);
    }
    events->pending_count = 0;
}

/* --- the list ------------------------------------------------------------------------------ */

static struct kernel_event *find_event(struct debug_events *events, unsigned number)
{
    for (unsigned i = 0; i < DEBUG_MAX_EVENTS; i++) {
        if (events->list[i].number == number)
            return &events->list[i];
    }
    return NULL;
}

const char *debug_events_add(struct debug_events *events, const char *words, bool stops,
                             unsigned *ret_number)
{
    struct kernel_event *event = find_event(events, 0);
    struct trace_options options = {0};
    if (!event)
        return "there are too many; delete some";
    if (strlen(words) >= sizeof(event->words))
        return "too many words";
    *event = (struct kernel_event){.events = events, .stops = stops};
    strcpy(event->words, words);
    const char *wrong = set_words(event, &options);
    if (wrong)
        return wrong;
    struct trace_sink sink = {.write = take_line, .context = event};
    int error = tracing_add(events->tracing, &options, sink, &event->trace);
    if (error) {
        snprintf(problem, sizeof(problem), "no more traces: %s", strerror(-error));
        return problem;
    }
    event->number = ++events->last_number;
    *ret_number = event->number;
    return NULL;
}

static void remove_event(struct debug_events *events, struct kernel_event *event)
{
    struct trace *trace = event->trace;
    *event = (struct kernel_event){.events = events}; /* what was gathered goes nowhere */
    tracing_remove(events->tracing, trace);
}

bool debug_events_remove(struct debug_events *events, unsigned number)
{
    bool found = number == 0;
    for (unsigned i = 0; i < DEBUG_MAX_EVENTS; i++) {
        struct kernel_event *event = &events->list[i];
        if (event->number != 0 && (number == 0 || event->number == number)) {
            remove_event(events, event);
            found = true;
        }
    }
    return found;
}
