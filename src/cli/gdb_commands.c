/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <cli/gdb_commands.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a system of several programs needs of gdb; docs/debugging.md says the same to its readers.
 */
static const char *const settings[] = {
    "set schedule-multiple on",   /* a `continue` is for all programs, not for the one shown */
    "set breakpoint pending on",  /* in programs that have not started yet */
    "set sysroot",                /* symbol files are on this host */
    "set debuginfod enabled off", /* nobody else has these programs */
    "handle SIGCHLD nostop noprint pass", /* a new VSpace */
};

/* gdb's commands over `monitor`. */
static const struct {
    const char *name, *request, *help;
    bool takes_operand;
} commands[] = {
    {"threads", "threads", "Show each thread, and what it does or waits for.", false},
    {"caps", "caps", "Show the capabilities of a thread: info sel4-caps THREAD.", true},
    {"slots", "slots", "Show every slot that holds a capability.", false},
    {"untyped", "untyped", "Show untyped memory and what was made of it.", false},
    {"objects", "objects", "Show the kernel's objects.", false},
    {"queues", "queues", "Show who waits for whom.", false},
    {"schedule", "schedule", "Show the threads that are ready to run, and the domains.", false},
    {"mappings", "mappings", "Show what is mapped: info sel4-mappings [THREAD].", true},
};

void gdb_commands_write(FILE *stream, const char *place)
{
    for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
        fprintf(stream, "%s\n", settings[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        fprintf(stream, "define info sel4-%s\n", commands[i].name);
        if (commands[i].takes_operand) {
            fprintf(stream,
                    "  if $argc == 0\n    monitor %s\n  else\n    monitor %s $arg0\n  end\n",
                    commands[i].request, commands[i].request);
        } else {
            fprintf(stream, "  monitor %s\n", commands[i].request);
        }
        fprintf(stream, "end\ndocument info sel4-%s\n%s\nend\n", commands[i].name,
                commands[i].help);
    }
    fprintf(stream, "target remote %s\n", place);
}

bool gdb_find(char ret_path[FILE_PATH_BYTES])
{
    const char *path = getenv("PATH");

    for (const char *at = path == NULL ? "" : path; *at != '\0';) {
        char directory[FILE_PATH_BYTES];
        size_t length = strcspn(at, ":");

        if (length > 0 && length < sizeof(directory)) {
            memcpy(directory, at, length);
            directory[length] = '\0';
            if (file_join(directory, "gdb", ret_path) && file_is_regular(ret_path) &&
                access(ret_path, X_OK) == 0) {
                return true;
            }
        }
        at += length + (at[length] == ':');
    }
    return false;
}
