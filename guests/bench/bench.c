/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What operations cost: the least of several rounds, so that what else the host does shows little.
 * By the processor's counter, in nanoseconds with the frequency that the kernel tells.
 */
#include "hpet.h"
#include "thread.h"

#define ROUNDS  200
#define PAGE    0x34000000
#define NO_PAGE 0x35000000 /* nothing is ever mapped there */

static struct hpet hpet;
static seL4_CPtr endpoint, own_endpoint, fault_endpoint, notification, frame, empty;

static void null_call(void)
{
    seL4_DebugCapIdentify(seL4_CapInitThreadTCB);
}

static void copy_and_delete(void)
{
    must(seL4_CNode_Copy(seL4_CapInitThreadCNode, empty, seL4_WordBits, seL4_CapInitThreadCNode,
                         endpoint, seL4_WordBits, seL4_AllRights),
         "CNode_Copy");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, empty, seL4_WordBits), "CNode_Delete");
}

static void call_and_reply(void)
{
    seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void call_and_reply_here(void)
{
    seL4_Call(own_endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
}

/* The answer lets the thread make the same access again. */
static void fault_and_answer(void)
{
    seL4_ReplyRecv(fault_endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL);
}

static void signal(void)
{
    seL4_Signal(notification);
}

static void map_touch_unmap(void)
{
    must(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, PAGE, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
    *(volatile char *)PAGE = 1;
    must(seL4_X86_Page_Unmap(frame), "Page_Unmap");
}

static void map_unmap(void)
{
    must(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, PAGE, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
    must(seL4_X86_Page_Unmap(frame), "Page_Unmap");
}

static void device_read(void)
{
    hpet_now(&hpet);
}

static const struct {
    const char *name;
    unsigned count; /* of calls in a round */
    void (*operation)(void);
} operations[] = {
    {"null call", 20, null_call},
    {"CNode_Copy and CNode_Delete", 20, copy_and_delete},
    {"Signal, nobody waits", 20, signal},
    {"Call and ReplyRecv, one VSpace", 20, call_and_reply_here},
    {"Call and ReplyRecv, two VSpaces", 20, call_and_reply},
    {"fault to a handler and back", 20, fault_and_answer},
    {"Page_Map and Page_Unmap", 20, map_unmap},
    {"Page_Map, a write, Page_Unmap", 20, map_touch_unmap},
    {"read of a device's register", 20, device_read},
};

static uint64_t counter(void)
{
    return __builtin_ia32_rdtsc();
}

/* Cycles in a microsecond. */
static uint64_t frequency(void)
{
    const seL4_BootInfoHeader *chunk =
        seL4_BootInfo_find_chunk(guest_boot_info, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);

    return chunk ? *(const uint32_t *)(chunk + 1) : 1;
}

static uint64_t measure(unsigned count, void (*operation)(void))
{
    uint64_t best = UINT64_MAX;

    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint64_t before = counter();

        for (unsigned i = 0; i < count; i++)
            operation();
        const uint64_t time = counter() - before;
        best = time < best ? time : best;
    }
    return best / count;
}

static void server_main(void *argument)
{
    const seL4_CPtr own = (seL4_CPtr)argument;

    seL4_Recv(own, NULL);
    for (;;)
        seL4_ReplyRecv(own, seL4_MessageInfo_new(0, 0, 0, 0), NULL);
}

static void start_server(void)
{
    static struct process server;

    process_create(&server, &(struct thread_options){.name = "server",
                                                     .priority = seL4_MaxPrio,
                                                     .entry = server_main,
                                                     .argument = (void *)PROCESS_FIRST_FREE});
    process_grant(&server, PROCESS_FIRST_FREE, endpoint, seL4_AllRights, 0);
    thread_resume(&server.thread);
}

static void fault_main(void *unused)
{
    (void)unused;
    for (;;)
        (void)*(volatile char *)NO_PAGE;
}

static void start_threads(void)
{
    static struct thread here, faulter;

    thread_create(&here, &(struct thread_options){.name = "server here",
                                                  .priority = seL4_MaxPrio,
                                                  .entry = server_main,
                                                  .argument = (void *)own_endpoint});
    thread_create(&faulter, &(struct thread_options){.name = "faulter",
                                                     .priority = seL4_MaxPrio - 1,
                                                     .entry = fault_main,
                                                     .fault_ep = fault_endpoint});
    thread_resume(&here);
    thread_resume(&faulter);
}

void guest_main(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    own_endpoint = object_new(seL4_EndpointObject, 0);
    fault_endpoint = object_new(seL4_EndpointObject, 0);
    notification = object_new(seL4_NotificationObject, 0);
    frame = object_new(seL4_X86_4K, 0);
    empty = slot_new();
    vspace_make_tables(&root_vspace, PAGE);
    hpet_create(&hpet, object_new(seL4_NotificationObject, 0));
    start_server();
    start_threads();
    seL4_Yield();
    seL4_Recv(fault_endpoint, NULL);

    const uint64_t mhz = frequency();
    for (unsigned i = 0; i < ARRAY_LENGTH(operations); i++)
        print("%-32s %lu ns\n", operations[i].name,
              measure(operations[i].count, operations[i].operation) * 1000 / mhz);
    print("done\n");
}
