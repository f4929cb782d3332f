/* SPDX-License-Identifier: BSD-2-Clause */
/* A server with bugs in it, for sanitizers and valgrind to find: argv[1] says which a client runs
 * into. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <thread.h>

#define LONG_WORDS 20

static seL4_CPtr endpoint;
static volatile unsigned shared;

static void overflow(void)
{
    volatile char *text = malloc(8);

    text[seL4_GetMR(1)] = 'x'; /* BUG heap */
    free((char *)text);
}

static void read_freed(void)
{
    int *number = malloc(sizeof(*number));

    *number = 1;
    free(number);
    printf("%d\n", *(volatile int *)number); /* BUG freed */
}

static void overflow_number(void)
{
    volatile int large = INT_MAX;

    large += (int)seL4_GetMR(1); /* BUG number */
}

static void use_unset(void)
{
    int *number = malloc(sizeof(*number));

    if (*(volatile int *)number == 5) /* BUG unset */
        puts("five");
    free(number);
}

static void lose(void)
{
    char *volatile lost = malloc(1234); /* BUG lost */

    lost = NULL;
    (void)lost;
}

/* No bug: what comes in the IPC buffer has values, whatever has been left there. */
static void answer_long(void)
{
    for (int i = 0; i < LONG_WORDS; i++)
        seL4_SetMR(i, i);
}

static void (*const requests[])(void) = {overflow, read_freed, overflow_number, use_unset, lose};
static const char *const names[] = {"heap", "freed", "number", "unset", "lost"};

static void serve(void *unused)
{
    seL4_Word sender;

    (void)unused;
    seL4_MessageInfo_t info = ipc_recv(endpoint, &sender);
    for (;;) {
        seL4_Word request = seL4_GetMR(0);
        if (request < ARRAY_LENGTH(requests))
            requests[request]();
        else
            answer_long();
        printf("request %lu is served\n", request);
        info = ipc_reply_recv(endpoint, info, &sender);
    }
}

static void count(void *unused)
{
    (void)unused;
    for (volatile int i = 0;; i++)
        shared++; /* BUG race */
}

/* Two threads of one priority, and nothing but preemption between them. */
static void race(void)
{
    static struct thread threads[2];

    for (unsigned i = 0; i < 2; i++) {
        thread_create(&threads[i],
                      &(struct thread_options){.name = "counter", .priority = 100, .entry = count});
        thread_resume(&threads[i]);
    }
    ipc_recv(endpoint, NULL);
}

static void request(seL4_Word number)
{
    seL4_Word *unset = malloc(sizeof(*unset));

    for (int i = 2; i < LONG_WORDS; i++)
        seL4_SetMR(i, *(volatile seL4_Word *)unset);
    free(unset);
    seL4_SetMR(0, number);
    seL4_SetMR(1, 8);
    seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, LONG_WORDS));
    if (number == ARRAY_LENGTH(requests) && seL4_GetMR(LONG_WORDS - 1) != LONG_WORDS - 1)
        puts("it is lost");
}

int main(int argc, char **argv)
{
    static struct thread server;

    endpoint = object_new(seL4_EndpointObject, 0);
    if (argc > 1 && strcmp(argv[1], "race") == 0)
        race();
    thread_create(&server,
                  &(struct thread_options){.name = "server", .priority = 100, .entry = serve});
    thread_resume(&server);
    for (seL4_Word i = 0; i <= ARRAY_LENGTH(requests); i++) {
        if (i < ARRAY_LENGTH(requests) && (argc < 2 || strcmp(argv[1], names[i]) != 0))
            continue;
        request(i);
    }
    return 0;
}
