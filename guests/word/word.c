/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps pages of its own at the place where libsel4, in the linked form, finds the gate: they are
 * the guest's then, in the VSpace that has them, and the gate is back when they are gone. Meanwhile
 * the kernel is called by the instruction that traps.
 */
#include "thread.h"

#define PLACE UINT64_C(0x7fffc0000000)
#define VALUE UINT64_C(0x6f77736574616721)

/* In the child's CSpace */
#define ENDPOINT PROCESS_FIRST_FREE

static seL4_Word read_place(void)
{
    return *(volatile seL4_Word *)PLACE;
}

/* A call of the kernel with one message register, by `syscall`. Returns the label of the answer. */
static seL4_Word trap(seL4_Word number, seL4_CPtr cap, seL4_MessageInfo_t message, seL4_Word mr)
{
    seL4_Word info = message.words[0];
    register seL4_Word mr0 __asm__("r10") = mr;

    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "syscall\n\t"
                     "mov %%rbx, %%rsp"
                     : "+D"(cap), "+S"(info), "+r"(mr0)
                     : "d"(number)
                     : "rbx", "rcx", "r8", "r9", "r11", "r15", "memory");
    return seL4_MessageInfo_get_label((seL4_MessageInfo_t){{info}});
}

/* A frame that holds VALUE, not mapped any more. */
static seL4_CPtr new_frame(void)
{
    seL4_CPtr frame = object_new(seL4_X86_4K, 0);

    *(volatile seL4_Word *)window_open(frame) = VALUE;
    window_close();
    return frame;
}

static void map_at_place(struct vspace *vspace, seL4_CPtr frame)
{
    vspace_make_tables(vspace, PLACE);
    must(seL4_X86_Page_Map(frame, vspace->pml4, PLACE, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
}

/* In its own VSpace, which has no gate between the two. */
static void take_and_give_back(void)
{
    seL4_CPtr frame = new_frame();
    const seL4_MessageInfo_t unmap = seL4_MessageInfo_new(X86PageUnmap, 0, 0, 0);

    map_at_place(&root_vspace, frame);
    seL4_Word value = read_place();
    *(volatile seL4_Word *)PLACE = 1;
    value += read_place();
    seL4_Word error = trap(seL4_SysCall, frame, unmap, 0);
    print("the page had what it should: %u, unmapped: %s\n", (unsigned)(value == VALUE + 1),
          error_name(error));
}

/* Calls by the gate until the place is taken. */
static void child(void *argument)
{
    (void)argument;
    seL4_SetMR(0, 1);
    seL4_Call(ENDPOINT, seL4_MessageInfo_new(0, 0, 0, 1));
    seL4_Word value = read_place();
    trap(seL4_SysSend, ENDPOINT, seL4_MessageInfo_new(0, 0, 0, 1), value);
    for (;;)
        trap(seL4_SysYield, 0, seL4_MessageInfo_new(0, 0, 0, 0), 0);
}

static void take_from_child(void)
{
    static struct process process;
    const struct thread_options options = {.name = "child", .priority = 200, .entry = child};
    seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_CPtr frame = new_frame();

    process_create(&process, &options);
    process_grant(&process, ENDPOINT, endpoint, seL4_AllRights, 0);
    thread_resume(&process.thread);
    seL4_Recv(endpoint, NULL);
    print("the child calls: %u\n", (unsigned)seL4_GetMR(0));
    map_at_place(&process.vspace, frame);
    seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_Recv(endpoint, NULL);
    print("the child has its page: %u\n", (unsigned)(seL4_GetMR(0) == VALUE));
    must(seL4_TCB_Suspend(process.thread.tcb), "TCB_Suspend");
}

void guest_main(void)
{
    print("the gate is there\n");
    take_and_give_back();
    take_from_child();
    for (unsigned i = 0; i < 3; i++)
        take_and_give_back();
    print("Goodbye.\n");
}
