/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preemption: two threads of one priority that never call the kernel both get on, each amid libc's
 * locks; one of a higher priority runs whenever it wants to.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <thread.h>

#define ROUNDS 12

static seL4_CPtr done;
static atomic_uint turns[2];
static atomic_uint last;

/* Counts how often it finds that the other one has run meanwhile. */
static void work(void *argument)
{
    const unsigned own = (unsigned)(seL4_Word)argument;

    while (turns[own] < ROUNDS) {
        char *text = malloc(own + 64);
        snprintf(text, 64, "%u of %u", turns[own], own);
        fprintf(stderr, "%s", text[0] ? "" : "never");
        free(text);
        if (atomic_exchange(&last, own) != own)
            turns[own]++;
    }
    seL4_Send(done, seL4_MessageInfo_new(0, 0, 0, 0));
}

int main(void)
{
    static struct thread threads[2];
    seL4_Word sender;

    done = object_new(seL4_EndpointObject, 0);
    for (unsigned i = 0; i < 2; i++) {
        thread_create(&threads[i], &(struct thread_options){.name = i ? "odd" : "even",
                                                            .priority = 100,
                                                            .entry = work,
                                                            .argument = (void *)(seL4_Word)i});
        thread_resume(&threads[i]);
    }
    ipc_recv(done, &sender);
    printf("both had %s turns\n",
           turns[0] >= ROUNDS - 1 && turns[1] >= ROUNDS - 1 ? "their" : "no");
    return 0;
}
