/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest code asks Linux for something, in the root task or in a thread of its own. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <thread.h>
#include <unistd.h>

static seL4_CPtr done;

/* A heap, large blocks, locks and messages between TCBs: a C library, and the kernel. */
static void keep_to_oneself(void)
{
    for (int i = 0; i < 100; i++) {
        char *small = malloc(100), *large = malloc(1 << 20);
        memset(large, i, 1 << 20);
        large = realloc(large, 4 << 20);
        free(small);
        free(large);
    }
    seL4_DebugPutChar('*');
    seL4_DebugPutChar('\n');
}

static void open_file(void)
{
    int fd = open("/dev/null", O_RDONLY);
    printf("descriptor %d\n", fd);
}

static void print_line(void)
{
    printf("a line\n");
}

static void report(void)
{
    static const char text[] = "to standard error\n";
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        abort();
}

static void at_end(void)
{
    keep_to_oneself();
}

static const struct {
    const char *name;
    void (*function)(void);
} acts[] = {{"nothing", keep_to_oneself},
            {"open", open_file},
            {"print", print_line},
            {"report", report},
            {"abort", abort}};

static const char *wanted;

static void act(void)
{
    for (unsigned i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
        if (strcmp(acts[i].name, wanted) == 0)
            acts[i].function();
    }
}

static void work(void *unused)
{
    (void)unused;
    act();
    seL4_Signal(done);
}

int main(int count, char **words)
{
    static struct thread worker;

    wanted = words[1];
    atexit(at_end);
    if (count == 2) {
        act();
        return 0;
    }
    done = object_new(seL4_NotificationObject, 0);
    thread_create(&worker,
                  &(struct thread_options){.name = "worker", .priority = 100, .entry = work});
    thread_resume(&worker);
    seL4_Wait(done, NULL);
    return 0;
}
