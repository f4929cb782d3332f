/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCB whose stack lies in frames of the guest forks: parent and child go on at the same time. */
#include <stdio.h>
#include <sys/wait.h>
#include <thread.h>
#include <unistd.h>

static seL4_CPtr done;

/* Each writes and reads its own variable, deep in calls, until the other has done so, too. */
static int count_down(volatile int *own, int here, int there)
{
    char letter = 0;

    for (*own = 200; *own > 100; --*own) {
        if (write(there, "x", 1) != 1 || read(here, &letter, 1) != 1 || letter != 'x')
            return -1;
    }
    return *own;
}

static void run(void *unused)
{
    int to_child[2], to_parent[2], status = 0;
    volatile int own = 1;

    (void)unused;
    if (pipe(to_child) != 0 || pipe(to_parent) != 0)
        return;
    pid_t child = fork();
    if (child == 0)
        _exit(count_down(&own, to_child[0], to_parent[1]) == 100 ? 41 : 1);
    int counted = count_down(&own, to_parent[0], to_child[1]);
    waitpid(child, &status, 0);
    printf("counted to %d, the child's status is %d\n", counted, WEXITSTATUS(status));
    seL4_Signal(done);
}

int main(void)
{
    static struct thread thread;
    seL4_Word badge;

    done = object_new(seL4_NotificationObject, 0);
    thread_create(&thread,
                  &(struct thread_options){.name = "forks", .priority = 200, .entry = run});
    thread_resume(&thread);
    seL4_Wait(done, &badge);
    return 0;
}
