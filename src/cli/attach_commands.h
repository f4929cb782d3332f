/* SPDX-License-Identifier: BSD-2-Clause */
/* What gdb is told by `sel4emu attach`, and what of a guest's processes that takes. */
#ifndef CLI_ATTACH_COMMANDS_H
#define CLI_ATTACH_COMMANDS_H

#include <base/types.h>

/* One VSpace's. */
struct guest_process {
    int pid;
    char *program; /* path of a file; NULL: not known */
};

struct guest_processes {
    struct guest_process *items;
    size_t count;
};

/* Takes the answer to "processes" apart. False: no memory. */
bool guest_processes_parse(const char *answer, struct guest_processes *ret_processes);
void guest_processes_free(struct guest_processes *processes);

/* A command line, ended by NULL; all of its words are its own. */
struct words {
    char **items;
    size_t count;
    bool failed; /* no memory for all of them */
};

__attribute__((format(printf, 2, 3))) void words_add(struct words *words, const char *format, ...);
void words_free(struct words *words);

/*
 * gdb's words: settings, and for each process, which has been stopped by SIGSTOP, an inferior with
 * its program's symbols, attached to it. Each command is a word of its own: one that fails, for a
 * process that has ended, keeps no other from being carried out.
 */
void attach_commands_add(struct words *words, const struct guest_processes *processes);

#endif
