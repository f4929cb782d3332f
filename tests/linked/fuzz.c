/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that libFuzzer drives by seL4_Call: each input is a request, its words and then text. It
 * reads a packet of a made-up protocol, and believes the packet's own length.
 */
#include <string.h>
#include <thread.h>

enum { OPERATION_PUT = 'p', MAX_TEXT = 64 };

static seL4_CPtr endpoint;

static seL4_Word put(const unsigned char *packet, seL4_Word length)
{
    volatile char text[MAX_TEXT / 4];
    seL4_Word claimed = packet[3];

    if (claimed > length - 4)
        claimed = length - 4;
    for (seL4_Word i = 0; i < claimed; i++)
        text[i] = (char)packet[4 + i]; /* BUG length */
    return claimed;
}

static seL4_Word answer(const unsigned char *packet, seL4_Word length)
{
    if (length < 4 || packet[0] != 's' || packet[1] != '4')
        return 0;
    return packet[2] == OPERATION_PUT ? put(packet, length) : 0;
}

static void serve(void *unused)
{
    seL4_Word sender;

    (void)unused;
    seL4_MessageInfo_t info = ipc_recv(endpoint, &sender);
    for (;;) {
        seL4_Word words[1 + MAX_TEXT / sizeof(seL4_Word)] = {0};
        for (unsigned i = 0; i < seL4_MessageInfo_get_length(info) && i < ARRAY_LENGTH(words); i++)
            words[i] = seL4_GetMR((int)i);
        seL4_SetMR(
            0, answer((const unsigned char *)&words[1], words[0] < MAX_TEXT ? words[0] : MAX_TEXT));
        info = ipc_reply_recv(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), &sender);
    }
}

/* Called once, by libFuzzer, in the root task. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct thread server;

    (void)argc;
    (void)argv;
    endpoint = object_new(seL4_EndpointObject, 0);
    thread_create(&server,
                  &(struct thread_options){.name = "server", .priority = 200, .entry = serve});
    thread_resume(&server);
    return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    seL4_Word words[MAX_TEXT / sizeof(seL4_Word)] = {0};

    if (size > MAX_TEXT)
        return -1;
    memcpy(words, data, size);
    seL4_SetMR(0, size);
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        seL4_SetMR((int)i + 1, words[i]);
    seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 1 + ARRAY_LENGTH(words)));
    return 0;
}
