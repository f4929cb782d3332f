/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of a linked program are real: what is mapped can be written, what is unmapped faults, and
 * a fault comes to the thread's handler, which mends it. And Linux's own memory stays out of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <thread.h>

#define PAGE UINT64_C(0x30000000)

static seL4_CPtr faults;

static void touch(void *unused)
{
    volatile int *word = (volatile int *)PAGE;

    (void)unused;
    *word = 1;
    printf("the thread has written %d\n", *word);
    fflush(stdout);
    *(volatile int *)(PAGE + 8) += 2;
    printf("and goes on: %d, %d\n", word[0], word[2]);
    fflush(stdout);
    *(volatile int *)(uintptr_t)16 = 3;
}

static void show_fault(seL4_MessageInfo_t info)
{
    printf("fault %lu at 0x%lx, fsr 0x%lx\n", seL4_MessageInfo_get_label(info),
           seL4_GetMR(seL4_VMFault_Addr), seL4_GetMR(seL4_VMFault_FSR));
    fflush(stdout);
}

int main(void)
{
    static struct thread thread;
    seL4_Word sender;

    faults = object_new(seL4_EndpointObject, 0);
    thread_create(&thread,
                  &(struct thread_options){
                      .name = "toucher", .priority = 100, .entry = touch, .fault_ep = faults});
    thread_resume(&thread);
    show_fault(ipc_recv(faults, &sender));
    seL4_CPtr frame = vspace_new_page(&root_vspace, PAGE);
    seL4_MessageInfo_t info =
        ipc_reply_recv(faults, seL4_MessageInfo_new(0, 0, 0, 0), &sender); /* the last one */
    show_fault(info);
    printf("the page has %d\n", *(volatile int *)PAGE);
    must(seL4_X86_Page_Unmap(frame), "X86_Page_Unmap");
    thread_rewind(&thread, touch, NULL);
    thread_resume(&thread);
    show_fault(ipc_recv(faults, &sender));
    vspace_map(&root_vspace, frame, PAGE, seL4_CanRead);
    printf("it still has %d\n", *(volatile int *)PAGE);
    show_fault(ipc_reply_recv(faults, seL4_MessageInfo_new(0, 0, 0, 0), &sender));
    must(seL4_X86_Page_Unmap(frame), "X86_Page_Unmap");
    fflush(stdout);

    static int own;
    seL4_Word taken = (seL4_Word)&own / PAGE_SIZE * PAGE_SIZE;
    vspace_map(&root_vspace, frame, taken, seL4_ReadWrite);
    puts("never printed");
    return 0;
}
