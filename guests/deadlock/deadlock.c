/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A deadlock. A client asks a cache, the cache asks the file server below it, and that one tells
 * the cache to forget a block before it answers: with a Call, to the endpoint at which the cache
 * does not receive, for it waits for the file server. The client and the root task wait behind
 * them for ever.
 */
#include "thread.h"

enum priority {
    CLIENT = 100,
    CACHE = 110,
    FILES = 120,
};

enum cache_slot {
    CACHE_ENDPOINT = PROCESS_FIRST_FREE,
    CACHE_TO_FILES,
};

enum files_slot {
    FILES_ENDPOINT = PROCESS_FIRST_FREE,
    FILES_TO_CACHE,
};

enum client_slot {
    CLIENT_TO_CACHE = PROCESS_FIRST_FREE,
    CLIENT_DONE,
};

enum badge {
    BADGE_CLIENT = 0xc1,
    BADGE_FILES = 0xf1,
};

enum request {
    REQUEST_READ = 1,
    REQUEST_FORGET,
};

static void call(seL4_CPtr endpoint, enum request request, seL4_Word block)
{
    seL4_SetMR(0, block);
    seL4_Call(endpoint, seL4_MessageInfo_new(request, 0, 0, 1));
}

static void cache_main(void *argument)
{
    seL4_Word badge;
    seL4_MessageInfo_t request = seL4_Recv(CACHE_ENDPOINT, &badge);

    (void)argument;
    for (;;) {
        seL4_Word block = seL4_GetMR(0);

        print("cache: block %lu is asked for, badge 0x%lx\n", block, badge);
        if (seL4_MessageInfo_get_label(request) == REQUEST_READ)
            call(CACHE_TO_FILES, REQUEST_READ, block);
        request = seL4_ReplyRecv(CACHE_ENDPOINT, seL4_MessageInfo_new(0, 0, 0, 0), &badge);
    }
}

static void files_main(void *argument)
{
    seL4_Word badge;

    (void)argument;
    seL4_Recv(FILES_ENDPOINT, &badge);
    for (;;) {
        seL4_Word block = seL4_GetMR(0);

        print("files: block %lu is read; the cache is to forget the one before\n", block);
        call(FILES_TO_CACHE, REQUEST_FORGET, block - 1);
        seL4_ReplyRecv(FILES_ENDPOINT, seL4_MessageInfo_new(0, 0, 0, 0), &badge);
    }
}

static void client_main(void *argument)
{
    (void)argument;
    print("client: I want block 7\n");
    call(CLIENT_TO_CACHE, REQUEST_READ, 7);
    print("client: I have block 7\n");
    seL4_Signal(CLIENT_DONE);
}

void guest_main(void)
{
    static struct process client, cache, files;
    const seL4_CPtr to_cache = object_new(seL4_EndpointObject, 0);
    const seL4_CPtr to_files = object_new(seL4_EndpointObject, 0);
    const seL4_CPtr done = object_new(seL4_NotificationObject, 0);
    const seL4_CapRights_t can_call = seL4_CapRights_new(1, 0, 0, 1);
    const seL4_CapRights_t can_serve = seL4_CapRights_new(0, 0, 1, 0);

    process_create(
        &files, &(struct thread_options){.name = "files", .priority = FILES, .entry = files_main});
    process_grant(&files, FILES_ENDPOINT, to_files, can_serve, 0);
    process_grant(&files, FILES_TO_CACHE, to_cache, can_call, BADGE_FILES);
    process_create(
        &cache, &(struct thread_options){.name = "cache", .priority = CACHE, .entry = cache_main});
    process_grant(&cache, CACHE_ENDPOINT, to_cache, can_serve, 0);
    process_grant(&cache, CACHE_TO_FILES, to_files, can_call, 0);
    process_create(&client, &(struct thread_options){
                                .name = "client", .priority = CLIENT, .entry = client_main});
    process_grant(&client, CLIENT_TO_CACHE, to_cache, can_call, BADGE_CLIENT);
    process_grant(&client, CLIENT_DONE, done, seL4_CanWrite, 0);

    print("root: a client, a cache, a file server\n");
    thread_resume(&files.thread);
    thread_resume(&cache.thread);
    thread_resume(&client.thread);
    seL4_Wait(done, NULL);
    print("root: done\n");
}
