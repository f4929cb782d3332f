/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that the kernel makes again: of threads that wait, to receive and to send, and are
 * suspended and resumed.
 */
#include <stdio.h>
#include <thread.h>

static seL4_CPtr requests, answers, done;

static void receive(void *unused)
{
    seL4_Word sender;

    (void)unused;
    ipc_recv(requests, &sender);
    printf("received %lu %lu\n", seL4_GetMR(0), seL4_GetMR(5));
    seL4_Signal(done);
}

static void send(void *unused)
{
    (void)unused;
    seL4_SetMR(0, 7);
    seL4_SetMR(5, 8);
    seL4_Send(answers, seL4_MessageInfo_new(0, 0, 0, 6));
    puts("sent");
    seL4_Signal(done);
}

static void start(struct thread *thread, const char *name, void (*entry)(void *))
{
    thread_create(thread, &(struct thread_options){.name = name, .priority = 255, .entry = entry});
    thread_resume(thread);
    seL4_Yield();
    seL4_TCB_Suspend(thread->tcb);
    seL4_TCB_Resume(thread->tcb);
    seL4_Yield();
}

int main(void)
{
    static struct thread receiver, sender;
    seL4_Word badge;

    requests = object_new(seL4_EndpointObject, 0);
    answers = object_new(seL4_EndpointObject, 0);
    done = object_new(seL4_NotificationObject, 0);
    start(&receiver, "receiver", receive);
    seL4_SetMR(0, 5);
    seL4_SetMR(5, 6);
    seL4_Send(requests, seL4_MessageInfo_new(0, 0, 0, 6));
    seL4_Wait(done, &badge);
    start(&sender, "sender", send);
    ipc_recv(answers, &badge);
    printf("from the sender %lu %lu\n", seL4_GetMR(0), seL4_GetMR(5));
    seL4_Wait(done, &badge);
    return 0;
}
