/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three processes: this one, which waits; the machine, in the background of the terminal; gdb, in
 * its foreground. The machine listens on a socket in a directory of its own and ends with gdb.
 * If this process is killed, gdb and the machine get SIGTERM, and the machine cleans up.
 */
#include <base/bits.h>
#include <cli/cmd_run.h>
#include <cli/commands.h>
#include <cli/debug_options.h>
#include <cli/gdb_commands.h>
#include <cli/say.h>
#include <cli/status.h>
#include <host/host.h>
#include <loader/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAX_ARGUMENTS 64

struct debug_options {
    struct run_options run; /* first: the options of `run` fill it */
    char **gdb_words;
    int gdb_word_count;
};

struct session {
    char directory[64]; /* "": not made */
    char socket[96], commands[96];
    char place[128]; /* --gdb of the machine */
    char gdb[FILE_PATH_BYTES];
    int machine, debugger; /* processes */
    int waiter;            /* the one that waits for them */
};

/* Signals that this process takes in a way of its own, and the session for their handlers. */
static const int own_signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
static struct session *running;

/* --- gdb ------------------------------------------------------------------------------------- */

_Noreturn static void become_gdb(struct session *session, const struct debug_options *options)
{
    const char *arguments[MAX_ARGUMENTS + 5] = {session->gdb, "-q", "-x", session->commands};

    for (int i = 0; i < options->gdb_word_count; i++) {
        arguments[4 + i] = options->gdb_words[i];
    }
    host_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(own_signals); i++) {
        signal(own_signals[i], SIG_DFL);
    }
    int error = (int)-host_execve(session->gdb, arguments, (const char *const *)environ);
    say("%s: %s", session->gdb, strerror(error));
    _exit(STATUS_UNSUPPORTED);
}

/* --- the directory of its socket -------------------------------------------------------------- */

static bool make_directory(struct session *session)
{
    FILE *stream;

    strcpy(session->directory, "/tmp/sel4emu-debug.XXXXXX");
    if (mkdtemp(session->directory) == NULL) {
        session->directory[0] = '\0';
        return false;
    }
    snprintf(session->socket, sizeof(session->socket), "%s/socket", session->directory);
    snprintf(session->commands, sizeof(session->commands), "%s/commands", session->directory);
    snprintf(session->place, sizeof(session->place), "unix:%s", session->socket);
    stream = fopen(session->commands, "we");
    if (stream == NULL) {
        return false;
    }
    gdb_commands_write(stream, session->socket);
    return fclose(stream) == 0;
}

static void remove_directory(const struct session *session)
{
    if (session->directory[0] == '\0') {
        return;
    }
    unlink(session->commands);
    unlink(session->socket);
    rmdir(session->directory);
}

/* --- the machine ----------------------------------------------------------------------------- */

/* Its console is this terminal, but the keys are gdb's. */
static int become_machine(struct session *session, struct debug_options *options,
                          const char *const *operands, unsigned operand_count)
{
    struct command_error error;

    host_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    host_setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN);
    int null = (int)host_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
    if (null < 0 || host_dup3(null, STDIN_FILENO, 0) < 0) {
        say("/dev/null cannot be opened");
        return STATUS_HOST;
    }
    host_close(null);
    if (!debug_set_gdb(&options->run, session->place, &error)) {
        say("%s", error.message);
        return STATUS_HOST;
    }
    options->run.machine.gdb.is_quiet = true;
    options->run.machine.gdb_is_private = true;
    options->run.machine.freeze = true;
    return say_end(command_run.run(&options->run, operands, operand_count));
}

static int run_machine(struct session *session, struct debug_options *options,
                       const char *const *operands, unsigned operand_count)
{
    int status = become_machine(session, options, operands, operand_count);

    if (getppid() != session->waiter) {
        remove_directory(session);
    }
    return status;
}

/* --- the session ----------------------------------------------------------------------------- */

/* Whether the process has ended; *ret_status: as a shell has it. */
static bool has_ended(int process, int options, int *ret_status)
{
    int status;

    while (true) {
        long result = host_wait4(process, &status, options, NULL);
        if (result == -EINTR) {
            continue;
        }
        if (result == 0) {
            return false;
        }
        *ret_status = result < 0          ? STATUS_HOST
                      : WIFEXITED(status) ? WEXITSTATUS(status)
                                          : STATUS_SIGNAL + WTERMSIG(status);
        return true;
    }
}

/* This process is to end: it does when gdb, or else the machine, has. */
static void on_end(int number)
{
    (void)number;
    host_kill(running->debugger > 0 ? running->debugger : running->machine, SIGTERM);
}

/* Until the machine listens. False: it has ended, with *ret_status. */
static bool wait_for_machine(const struct session *session, int *ret_status)
{
    const struct timespec step = {.tv_nsec = 1000000};

    while (access(session->socket, F_OK) != 0) {
        if (has_ended(session->machine, WNOHANG, ret_status)) {
            return false;
        }
        host_clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
    }
    return true;
}

static int run_session(struct session *session, struct debug_options *options,
                       const char *const *operands, unsigned operand_count)
{
    struct termios terminal;
    const bool has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
    int status, machine_status;

    fflush(stdout);
    session->waiter = getpid();
    session->machine = (int)host_fork();
    if (session->machine == 0) {
        exit(run_machine(session, options, operands, operand_count));
    }
    if (session->machine < 0) {
        say("no process for the machine: %s", strerror(-session->machine));
        return STATUS_HOST;
    }
    running = session;
    signal(SIGINT, SIG_IGN); /* it is for gdb */
    signal(SIGQUIT, SIG_IGN);
    signal(SIGTERM, on_end);
    signal(SIGHUP, on_end);
    if (!wait_for_machine(session, &status)) {
        return status;
    }
    session->debugger = (int)host_fork();
    if (session->debugger == 0) {
        become_gdb(session, options);
    }
    if (session->debugger < 0) {
        say("no process for gdb: %s", strerror(-session->debugger));
        status = STATUS_HOST;
    } else {
        has_ended(session->debugger, 0, &status);
        if (has_terminal && status > STATUS_SIGNAL) {
            tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal); /* gdb had no time to */
        }
    }
    host_kill(session->machine, SIGTERM);
    has_ended(session->machine, 0, &machine_status);
    return status;
}

static int run_debug(void *target, const char *const *operands, unsigned operand_count)
{
    struct debug_options *options = target;
    struct session session = {0};
    int status = STATUS_HOST;

    if (operand_count == 0) {
        say("no image given; usage: sel4emu debug [OPTION...] %s", command_debug.operands);
        return STATUS_USAGE;
    }
    if (options->run.machine.has_gdb) {
        say("--gdb and debug do not go together: connect to sel4emu run --gdb with your own");
        return STATUS_USAGE;
    }
    if (options->gdb_word_count > MAX_ARGUMENTS) {
        say("more than %d words for gdb", MAX_ARGUMENTS);
        return STATUS_USAGE;
    }
    if (!gdb_find(session.gdb)) {
        say("gdb is not installed; on Debian: apt install gdb");
        return STATUS_UNSUPPORTED;
    }
    if (make_directory(&session)) {
        status = run_session(&session, options, operands, operand_count);
    } else {
        say("/tmp: %s", strerror(errno));
    }
    remove_directory(&session);
    return status;
}

static void set_rest(void *target, char **words, int count)
{
    struct debug_options *options = target;

    options->gdb_words = words;
    options->gdb_word_count = count;
}

static void prepare(void *target)
{
    command_run.prepare(target);
}

const struct command command_debug = {
    .verb = "debug",
    .operands = "IMAGE|BUILD_DIR [-- GDB_ARGUMENT...]",
    .summary = "start an image under gdb, with the symbols of all its programs",
    .details =
        "gdb stops before the root server's first instruction. The guest's output appears on this\n"
        "terminal; for its input give --serial pty or another place. Words behind -- are for gdb,\n"
        "as in: sel4emu debug BUILD_DIR -- -batch -x commands. docs/debugging.md is a guide.\n",
    .base = &command_run,
    .max_operands = 1,
    .set_rest = set_rest,
    .target_size = sizeof(struct debug_options),
    .prepare = prepare,
    .run = run_debug,
};
