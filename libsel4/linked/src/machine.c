/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 64

static int machine_socket = -1;
static pid_t machine_pid, program_pid;
static atomic_bool is_ending;

/* --- start --------------------------------------------------------------------------------- */

struct words {
    const char *word[MAX_WORDS + 1];
    unsigned count;
};

static void add_word(struct words *words, const char *word)
{
    if (words->count < MAX_WORDS)
        words->word[words->count++] = word;
}

static void add_settings(struct words *words)
{
    for (unsigned i = 0; sel4emu_settings[i]; i++)
        add_word(words, sel4emu_settings[i]);
}

/* Numbers of calls, sizes and layouts are compiled into the program: another kernel is none for it.
 */
static void check_setting(const char *setting)
{
    char built_for[256] = "";
    size_t length = 0;

    for (unsigned i = 0; sel4emu_settings[i]; i++) {
        if (strcmp(sel4emu_settings[i], setting) == 0)
            return;
        if (strcmp(sel4emu_settings[i], "--set") != 0 && length < sizeof(built_for))
            length += (size_t)snprintf(built_for + length, sizeof(built_for) - length, " %s",
                                       sel4emu_settings[i]);
    }
    say("SEL4EMU_OPTIONS: %s: the program was built for a kernel with%s; build it with --set %s",
        setting, length ? built_for : " the default settings", setting);
    _exit(STATUS_USAGE);
}

/* SEL4EMU_OPTIONS: options of `sel4emu run`, with blanks between them. */
static void add_options(struct words *words)
{
    static char copy[4096];
    const char *options = getenv("SEL4EMU_OPTIONS");
    char *rest;

    snprintf(copy, sizeof(copy), "%s", options ? options : "");
    const char *before = "";

    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(before, "--set") == 0)
            check_setting(word);
        else if (strncmp(word, "--set=", strlen("--set=")) == 0)
            check_setting(word + strlen("--set="));
        add_word(words, word);
        before = word;
    }
}

/* What was preloaded into the program, for it, is none of the machine's. */
static void run_machine(int socket, const struct words *words)
{
    sigset_t none;
    int input = open("/dev/null", O_RDONLY);

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* what the terminal sends is the program's to answer; the machine ends with it */
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    unsetenv("LD_PRELOAD");
    if (input >= 0)
        dup2(input, STDIN_FILENO);
    fcntl(socket, F_SETFD, 0);
    execv(sel4emu_path, (char *const *)(uintptr_t)words->word);
    say("the emulator cannot be started: %s: %s", sel4emu_path, strerror(errno));
    _exit(STATUS_NO_EMULATOR);
}

void machine_start(vaddr_t entry, vaddr_t low, vaddr_t high)
{
    static char file[PATH_MAX], where[160];
    struct words words = {.word = {sel4emu_path, "run"}, .count = 2};
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        fail("no socket to the machine", errno);
    program_pid = getpid();
    ssize_t length = readlink("/proc/self/exe", file, sizeof(file) - 1);
    snprintf(where, sizeof(where), "--linked=%d,%d,%" PRIx64 ",%" PRIx64 ",%" PRIx64, ends[1],
             (int)program_pid, entry, low, high);
    add_settings(&words);
    add_options(&words);
    add_word(&words, where);
    add_word(&words, length > 0 ? file : program_name);
    machine_pid = fork();
    if (machine_pid < 0)
        fail("no process for the machine", errno);
    if (machine_pid == 0)
        run_machine(ends[1], &words);
    close(ends[1]);
    machine_socket = ends[0];
}

/* --- what it says -------------------------------------------------------------------------- */

/* Its exit status; -1: nobody knows. */
static int await_machine(void)
{
    int status;
    pid_t pid;

    do
        pid = waitpid(machine_pid, &status, 0);
    while (pid < 0 && errno == EINTR);
    return pid == machine_pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One message; its size, 0 at the end. */
static size_t receive(void *message, size_t size, int ret_fds[LINKED_FD_COUNT])
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(LINKED_FD_COUNT * sizeof(int))];
    } control;
    struct iovec bytes = {.iov_base = message, .iov_len = size};
    struct msghdr header = {.msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    ssize_t count;

    memset(&control, 0, sizeof(control));
    do
        count = recvmsg(machine_socket, &header, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (ret_fds && header.msg_controllen >= CMSG_LEN(LINKED_FD_COUNT * sizeof(int)))
        memcpy(ret_fds, CMSG_DATA(&control.header), LINKED_FD_COUNT * sizeof(int));
    return count > 0 ? (size_t)count : 0;
}

void machine_await_place(struct linked_place *ret_place, int ret_fds[LINKED_FD_COUNT])
{
    size_t size = receive(ret_place, sizeof(*ret_place), ret_fds);

    if (size == sizeof(*ret_place))
        return;
    shutdown(machine_socket, SHUT_RDWR);
    int status = await_machine();
    _exit(status > 0 ? status : STATUS_HOST_FAILED); /* it has said why */
}

static void *watch(void *unused)
{
    struct linked_end end;

    (void)unused;
    if (receive(&end, sizeof(end), NULL) == sizeof(end))
        exit(end.status); /* all TCBs stand still */
    while (is_ending)
        pause();
    await_machine();
    fail("its machine has ended", 0);
}

void machine_watch(void)
{
    int error = thread_start(watch, NULL);

    if (error)
        fail("no thread to watch the machine", error);
}

/* --- end ----------------------------------------------------------------------------------- */

/* What the machine has to print comes before the program is over, and no process stays. */
__attribute__((destructor(101))) static void end(void)
{
    if (machine_socket < 0 || getpid() != program_pid)
        return;
    is_ending = true;
    shutdown(machine_socket, SHUT_WR);
    await_machine();
    place_drop_window();
}
