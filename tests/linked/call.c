/* SPDX-License-Identifier: BSD-2-Clause */
/* Two TCBs of a linked program talk; both use libc: its output, its memory, its errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <thread.h>

static seL4_CPtr endpoint;

static void serve(void *unused)
{
    enum { BYTES = 100 };
    seL4_Word sender;

    (void)unused;
    seL4_MessageInfo_t info = ipc_recv(endpoint, &sender);
    for (;;) {
        char *text = malloc(BYTES);
        snprintf(text, BYTES, "served %lu", seL4_GetMR(0));
        errno = ENOTTY;
        puts(text);
        free(text);
        seL4_SetMR(0, seL4_GetMR(0) + 1);
        info = ipc_reply_recv(endpoint, info, &sender);
    }
}

int main(void)
{
    static struct thread server;
    endpoint = object_new(seL4_EndpointObject, 0);
    thread_create(&server,
                  &(struct thread_options){.name = "server", .priority = 100, .entry = serve});
    thread_resume(&server);
    errno = EPERM;
    for (int i = 0; i < 3; i++) {
        seL4_SetMR(0, 41 + i);
        seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
        printf("the server says %lu, errno %s\n", seL4_GetMR(0), strerrorname_np(errno));
    }
    return 0;
}
