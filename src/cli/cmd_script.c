/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands that are programs of the package: libexec/sel4emu/VERB, beside the directory that the
 * command lies in, or below it in a build directory. They take all words as they are.
 */
#include <cli/commands.h>
#include <cli/say.h>
#include <cli/script.h>
#include <cli/status.h>

#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS 256

bool script_path(const char *self, const char *place, const char *verb, char *ret_path, size_t size)
{
    const char *slash = strrchr(self, '/');
    int length;

    if (slash == NULL) {
        return false;
    }
    length = snprintf(ret_path, size, "%.*s/%s/%s", (int)(slash - self), self, place, verb);
    return length > 0 && (size_t)length < size;
}

int script_run(const char *verb, int argc, char **argv)
{
    static const char *const places[] = {"../libexec/sel4emu", "libexec/sel4emu"};
    char self[PATH_MAX], path[PATH_MAX];
    const char *words[MAX_WORDS + 2];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int error = ENOENT;

    if (length < 0) {
        say("/proc/self/exe: %s", strerror(errno));
        return STATUS_HOST;
    }
    self[length] = '\0';
    if (argc > MAX_WORDS) {
        say("%s takes %d words at most", verb, MAX_WORDS);
        return STATUS_USAGE;
    }
    if (setenv("SEL4EMU_SELF", self, 1) != 0) {
        say("no memory");
        return STATUS_HOST;
    }
    for (int i = 0; i < argc; i++) {
        words[i + 1] = argv[i];
    }
    words[argc + 1] = NULL;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && error == ENOENT; i++) {
        if (script_path(self, places[i], verb, path, sizeof(path))) {
            words[0] = path;
            error = (int)-host_execve(path, words, (const char *const *)environ);
        }
    }
    say("%s is a program of its own, libexec/sel4emu/%s: %s; install sel4emu whole", verb, verb,
        strerror(error));
    return STATUS_HOST;
}

const struct command command_cc = {
    .verb = "cc",
    .operands = "",
    .summary = "compile a C file into a program for seL4 that runs by itself",
    .is_script = true,
};

const struct command command_new = {
    .verb = "new",
    .operands = "",
    .summary = "make a small project to begin with",
    .is_script = true,
};
