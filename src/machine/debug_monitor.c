/* SPDX-License-Identifier: BSD-2-Clause */
/* The debugger's `monitor` commands. */
#include <machine/debugger_state.h>
#include <machine/inspector.h>

#include <base/bits.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct monitor_call {
    struct debugger *debugger;
    const char *operand; /* what stands behind the command; "" if nothing does */
    gdb_text_sink *write;
    void *sink;
};

__attribute__((format(printf, 2, 3))) static void print(const struct monitor_call *call,
                                                        const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length > 0)
        call->write(call->sink, text, min_u64((uint64_t)length, sizeof(text) - 1));
}

/* --- views of the inspector ---------------------------------------------------------------- */

static void write_text(void *context, const char *text, size_t length)
{
    const struct monitor_call *call = context;
    call->write(call->sink, text, length);
}

/* What is called otherwise here. */
static const struct {
    const char *name, *view;
} aliases[] = {{"threads", "ps"}};

static int answer_view(struct monitor_call *call, const char *name)
{
    struct machine *machine = call->debugger->machine;
    struct inspect_host host = machine_inspect_host(machine);
    struct report_sink sink = {.context = call, .write = write_text};
    char request[VIEW_REQUEST_BYTES + 1], problem[VIEW_PROBLEM_BYTES];
    for (size_t i = 0; i < ARRAY_LENGTH(aliases); i++) {
        if (strcmp(aliases[i].name, name) == 0)
            name = aliases[i].view;
    }
    if (!view_find(name))
        return -ENOENT;
    snprintf(request, sizeof(request), "%s %s", name, call->operand);
    if (view_answer(machine->kernel, &host, request, sink, problem))
        print(call, "%s\n", problem);
    return 0;
}

/* --- commands ------------------------------------------------------------------------------ */

static void show_help(const struct monitor_call *call);

static void list_events(const struct monitor_call *call)
{
    const struct debug_events *events = &call->debugger->events;
    for (unsigned i = 0; i < DEBUG_MAX_EVENTS; i++) {
        if (events->list[i].number != 0)
            print(call, "%u: %s %s\n", events->list[i].number,
                  events->list[i].stops ? "stop at" : "show", events->list[i].words);
    }
}

static void add_event(const struct monitor_call *call, bool stops)
{
    unsigned number;
    if (!*call->operand) {
        list_events(call);
        return;
    }
    const char *wrong = debug_events_add(&call->debugger->events, call->operand, stops, &number);
    if (wrong)
        print(call, "%s: %s\n", call->operand, wrong);
    else
        print(call, "%u: %s %s\n", number, stops ? "stop at" : "show", call->operand);
}

static void break_at(const struct monitor_call *call)
{
    add_event(call, true);
}

static void trace_at(const struct monitor_call *call)
{
    add_event(call, false);
}

static void delete_event(const struct monitor_call *call)
{
    char *end;
    unsigned long number = strtoul(call->operand, &end, 10);
    bool is_number = !*call->operand || (!*end && number != 0 && number <= UINT32_MAX);
    if (!is_number || !debug_events_remove(&call->debugger->events, (unsigned)number))
        print(call, "there is no event %s; monitor break lists them\n", call->operand);
}

static const struct monitor_command {
    const char *name, *operand, *help;
    void (*run)(const struct monitor_call *call);
} commands[] = {
    {"help", "", "this list", show_help},
    {"break", "EVENT...", "stop at a call by name, fault, error, transfer, thread=NAME; or list",
     break_at},
    {"trace", "EVENT...", "show such calls and faults, and run on", trace_at},
    {"delete", "[NUMBER]", "forget such a stop or trace, or all", delete_event},
};

static void show_line(const struct monitor_call *call, const char *name, const char *operand,
                      const char *help)
{
    print(call, "  %s%s%s: %s\n", name, *operand ? " " : "", operand, help);
}

static void show_help(const struct monitor_call *call)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        show_line(call, commands[i].name, commands[i].operand, commands[i].help);
    for (size_t i = 0; i < view_count; i++)
        show_line(call, view_table[i].name, view_table[i].operand, view_table[i].help);
    for (size_t i = 0; i < ARRAY_LENGTH(aliases); i++)
        print(call, "  %s: the same as %s\n", aliases[i].name, aliases[i].view);
}

int debug_monitor(struct debugger *debugger, const char *line, gdb_text_sink *write, void *sink)
{
    struct monitor_call call = {.debugger = debugger, .write = write, .sink = sink};
    char name[32];
    line += strspn(line, " ");
    size_t length = strcspn(line, " ");
    snprintf(name, sizeof(name), "%.*s", (int)min_u64(length, sizeof(name)), line);
    call.operand = line + length + strspn(line + length, " ");
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            commands[i].run(&call);
            return 0;
        }
    }
    if (answer_view(&call, name) == -ENOENT)
        print(&call, "no command \"%s\"; see monitor help\n", name);
    return 0; /* gdb would call it an error of the protocol */
}
