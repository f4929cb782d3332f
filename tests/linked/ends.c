/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways in which a linked program ends: argv[1] says which. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <thread.h>
#include <unistd.h>

static seL4_CPtr endpoint;

/* Of a lower priority than the main thread, which waits. */
static void run_in_thread(const char *name, void (*entry)(void *))
{
    static struct thread thread;

    thread_create(&thread, &(struct thread_options){.name = name, .priority = 200, .entry = entry});
    thread_resume(&thread);
    ipc_recv(endpoint, NULL);
}

static void write_wildly(void *unused)
{
    (void)unused;
    *(volatile int *)0x10 = 1;
}

static void trap(void *unused)
{
    (void)unused;
    __builtin_trap();
}

static void leave(void *unused)
{
    (void)unused;
    puts("the thread leaves");
    exit(7);
}

static void wait_for_ever(void *unused)
{
    (void)unused;
    ipc_recv(endpoint, NULL);
}

static void end_by_wild_write(void)
{
    run_in_thread("wild", write_wildly);
}

static void end_by_exception(void)
{
    run_in_thread("trapper", trap);
}

static void end_by_exit(void)
{
    run_in_thread("leaver", leave);
}

static void end_by_halt(void)
{
    seL4_DebugHalt();
}

static void *call_kernel(void *unused)
{
    seL4_Yield();
    return unused;
}

static void end_by_host_thread(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, call_kernel, NULL);
    pthread_join(thread, NULL);
}

static void end_by_child(void)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        seL4_Yield();
    waitpid(child, &status, 0);
    seL4_Yield();
    printf("the child's status is %d\n", WEXITSTATUS(status));
}

static void end_by_idling(void)
{
    run_in_thread("waiter", wait_for_ever);
}

static void kill_program(void *unused)
{
    (void)unused;
    raise(SIGKILL);
}

static void end_by_signal(void)
{
    run_in_thread("killer", kill_program);
}

/* Somebody else ends it. */
static void end_not(void)
{
    puts("it runs");
    fflush(stdout);
    for (;;)
        continue;
}

static const struct {
    const char *name;
    void (*run)(void);
} ends[] = {
    {"wild", end_by_wild_write}, {"exception", end_by_exception},
    {"exit", end_by_exit},       {"halt", end_by_halt},
    {"child", end_by_child},     {"host-thread", end_by_host_thread},
    {"idle", end_by_idling},     {"signal", end_by_signal},
    {"never", end_not},
};

int main(int argc, char **argv)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    for (size_t i = 0; argc > 1 && i < ARRAY_LENGTH(ends); i++) {
        if (strcmp(ends[i].name, argv[1]) == 0)
            ends[i].run();
    }
    return 3;
}
