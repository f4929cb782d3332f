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

/* SEL4EMU_OPTIONS: options of `sel4emu run`, with blanks between them. */
static void add_options(struct words *words)
{
    static char copy[4096];
    const char *options = getenv("SEL4EMU_OPTIONS");
    char *rest;

    snprintf(copy, sizeof(copy), "%s", options ? options : "");
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        add_word(words, word);
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
    for (unsigned i = 0; sel4emu_settings[i]; i++)
        add_word(&words, sel4emu_settings[i]);
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
