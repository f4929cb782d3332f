/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capability with too few rights. A store asks the disk's driver for blocks, and as it only reads
 * the disk, the root task gives it a capability that may be read: but to ask is to send, and a
 * capability to an endpoint that may be read is one to receive from it. The store's Call comes back
 * at once with an error, which the store, like many a server, takes for the driver's answer.
 */
#include "thread.h"

enum priority {
    STORE = 110,
    DISK = 120,
};

enum store_slot {
    STORE_ENDPOINT = PROCESS_FIRST_FREE,
    STORE_TO_DISK,
};

enum disk_slot { DISK_ENDPOINT = PROCESS_FIRST_FREE };

static seL4_Word ask(seL4_CPtr endpoint, seL4_Word block)
{
    seL4_SetMR(0, block);
    seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1));
    return seL4_GetMR(0);
}

/* Receives the number of a block, and answers the last one with what it holds. */
static seL4_Word next_block(seL4_CPtr endpoint, seL4_Word content)
{
    seL4_SetMR(0, content);
    seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), NULL);
    return seL4_GetMR(0);
}

static void disk_main(void *argument)
{
    seL4_Word block;

    (void)argument;
    seL4_Recv(DISK_ENDPOINT, NULL);
    block = seL4_GetMR(0);
    for (;;) {
        print("disk: block %lu is read\n", block);
        block = next_block(DISK_ENDPOINT, 1000 + block);
    }
}

static void store_main(void *argument)
{
    seL4_Word block;

    (void)argument;
    seL4_Recv(STORE_ENDPOINT, NULL);
    block = seL4_GetMR(0);
    for (;;)
        block = next_block(STORE_ENDPOINT, ask(STORE_TO_DISK, block));
}

void guest_main(void)
{
    static struct process store, disk;
    const seL4_CPtr to_store = object_new(seL4_EndpointObject, 0);
    const seL4_CPtr to_disk = object_new(seL4_EndpointObject, 0);

    process_create(&disk,
                   &(struct thread_options){.name = "disk", .priority = DISK, .entry = disk_main});
    process_grant(&disk, DISK_ENDPOINT, to_disk, seL4_CanRead, 0);
    process_create(
        &store, &(struct thread_options){.name = "store", .priority = STORE, .entry = store_main});
    process_grant(&store, STORE_ENDPOINT, to_store, seL4_CanRead, 0);
    process_grant(&store, STORE_TO_DISK, to_disk, seL4_CanRead, 0);

    thread_resume(&disk.thread);
    thread_resume(&store.thread);
    for (seL4_Word block = 7; block <= 8; block++)
        print("root: block %lu holds %lu, and should hold %lu\n", block, ask(to_store, block),
              1000 + block);
}
