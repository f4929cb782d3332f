/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <cli/attach_commands.h>
#include <host/host.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- processes ------------------------------------------------------------------------------- */

/* Of the heading's last column, which the paths begin in; SIZE_MAX: there is no such heading. */
static size_t program_column(const char *answer)
{
    const char *heading = strstr(answer, "PROGRAM");

    return heading != NULL && memchr(answer, '\n', (size_t)(heading - answer)) == NULL
               ? (size_t)(heading - answer)
               : SIZE_MAX;
}

/* False: no memory. One without a process is left out. */
static bool add_line(struct guest_processes *processes, const char *line, size_t length,
                     size_t column)
{
    struct guest_process process = {.pid = atoi(line)};
    struct guest_process *items;

    if (process.pid <= 0 || length <= column) {
        return true;
    }
    if (line[column] == '/') {
        process.program = strndup(line + column, length - column);
        if (process.program == NULL) {
            return false;
        }
    }
    items = realloc(processes->items, (processes->count + 1) * sizeof(*items));
    if (items == NULL) {
        free(process.program);
        return false;
    }
    items[processes->count++] = process;
    processes->items = items;
    return true;
}

bool guest_processes_parse(const char *answer, struct guest_processes *ret_processes)
{
    size_t column = program_column(answer);
    bool has_memory = true;

    *ret_processes = (struct guest_processes){0};
    for (const char *line = answer; *line != '\0' && has_memory;) {
        size_t length = strcspn(line, "\n");

        has_memory = add_line(ret_processes, line, length, column);
        line += length + (line[length] == '\n');
    }
    if (!has_memory) {
        guest_processes_free(ret_processes);
    }
    return has_memory;
}

void guest_processes_free(struct guest_processes *processes)
{
    for (size_t i = 0; i < processes->count; i++) {
        free(processes->items[i].program);
    }
    free(processes->items);
    *processes = (struct guest_processes){0};
}

/* --- words ----------------------------------------------------------------------------------- */

static void add_word(struct words *words, char *word)
{
    char **items = realloc(words->items, (words->count + 2) * sizeof(*items));

    if (items != NULL) {
        words->items = items;
    }
    if (items == NULL || word == NULL) {
        words->failed = true;
        free(word);
        return;
    }
    items[words->count++] = word;
    items[words->count] = NULL;
}

void words_add(struct words *words, const char *format, ...)
{
    va_list arguments;
    char *word;

    va_start(arguments, format);
    if (vasprintf(&word, format, arguments) < 0) {
        word = NULL;
    }
    va_end(arguments);
    add_word(words, word);
}

void words_free(struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        free(words->items[i]);
    }
    free(words->items);
    *words = (struct words){0};
}

/* --- gdb ------------------------------------------------------------------------------------- */

/* docs/attaching.md says the same to its readers. */
static const char *const settings[] = {
    /* how guest code enters its kernel; SIGURG is the machine's kick */
    "handle SIGSYS SIGSEGV SIGBUS SIGILL SIGFPE SIGURG nostop noprint pass",
    "handle SIGSTOP nostop noprint nopass", /* processes are stopped until all have gdb */
    "handle SIGCONT nostop noprint pass",
    "set exec-file-mismatch off", /* /proc/PID/exe is sel4emu itself */
    "set sysroot",                /* symbol files are on this host */
    "set debuginfod enabled off", /* nobody else has these programs */
    "set breakpoint pending on",
    "set schedule-multiple on", /* a `continue` is for all processes, not for the one shown */
};

static void add_command(struct words *words, const char *command)
{
    words_add(words, "-ex");
    words_add(words, "%s", command);
}

/* gdb takes a path up to the end of the line, but for blanks and quotes. */
static void add_file(struct words *words, const char *path)
{
    char *command = malloc(sizeof("file ") + 2 * strlen(path));
    char *end = command;

    if (command == NULL) {
        words->failed = true;
        return;
    }
    end = stpcpy(end, "file ");
    for (; *path != '\0'; path++) {
        if (strchr(" \t\\\"'", *path) != NULL) {
            *end++ = '\\';
        }
        *end++ = *path;
    }
    *end = '\0';
    add_command(words, command);
    free(command);
}

static void add_process(struct words *words, const struct guest_process *process)
{
    char command[64];

    if (process->program != NULL) {
        add_file(words, process->program);
    }
    snprintf(command, sizeof(command), "attach %d", process->pid);
    add_command(words, command);
    snprintf(command, sizeof(command), "shell kill -CONT %d", process->pid);
    add_command(words, command);
}

void attach_commands_add(struct words *words, const struct guest_processes *processes)
{
    char command[64];

    for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
        add_command(words, settings[i]);
    }
    for (size_t i = 0; i < processes->count; i++) {
        if (i > 0) {
            add_command(words, "add-inferior -no-connection");
            snprintf(command, sizeof(command), "inferior %zu", i + 1);
            add_command(words, command);
        }
        add_process(words, &processes->items[i]);
    }
    if (processes->count > 1) {
        add_command(words, "inferior 1");
    }
}
