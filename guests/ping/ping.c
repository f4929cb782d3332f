/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing but messages: calls a server in another VSpace for as long as it is let, for profilers.
 */
#include "thread.h"

static void server_main(void *unused)
{
    seL4_MessageInfo_t info = ipc_recv(PROCESS_FIRST_FREE, NULL);

    (void)unused;
    for (;;)
        info = ipc_reply_recv(PROCESS_FIRST_FREE, info, NULL);
}

void guest_main(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    static struct process server;

    process_create(&server, &(struct thread_options){.name = "server",
                                                     .priority = seL4_MaxPrio,
                                                     .entry = server_main,
                                                     .own_code = true});
    process_grant(&server, PROCESS_FIRST_FREE, endpoint, seL4_AllRights, 0);
    thread_resume(&server.thread);
    seL4_DebugNameThread(seL4_CapInitThreadTCB, "client");
    print("ping\n");
    for (;;)
        seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 4));
}
