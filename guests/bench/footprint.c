/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host needs for many threads and many VSpaces, which it measures itself: a line
 *
 *     memory NAME
 *
 * says that so many are there, and then nothing happens for a while; "memory base" comes before.
 * Each thread has run, and waits. It has a TCB and nothing else, neither stack nor IPC buffer.
 */
#include "either.h"
#include "measure.h"
#include "vspace.h"

#define PAUSE       100 /* milliseconds */
#define VSPACES     100
#define ALL_THREADS 1000

static seL4_CPtr notification;

/* Waits for ever, from the first instruction on: registers say how. */
void footprint_wait(void);
__asm__(".pushsection .text\n"
        ".balign 64\n"
        ".globl footprint_wait\n"
        ".type footprint_wait, @function\n"
        "footprint_wait:\n"
        "    movq %rsp, %rbx\n"
        "    syscall\n"
        "    movq %rbx, %rsp\n"
        "    jmp footprint_wait\n"
        ".size footprint_wait, . - footprint_wait\n"
        ".popsection\n");

static void say(const char *name)
{
    print("memory %s\n", name);
    pause_milliseconds(PAUSE);
}

static void start_waiter(seL4_CPtr pml4)
{
    const seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
    seL4_UserContext registers = {
        .rip = (seL4_Word)footprint_wait,
        .rflags = 0x202,
        .rdi = notification,
#ifdef CONFIG_KERNEL_MCS
        .rdx = (seL4_Word)seL4_SysWait,
#else
        .rdx = (seL4_Word)seL4_SysRecv,
#endif
    };

    sched_context_new(tcb);
    must(tcb_configure(tcb, seL4_CapNull, seL4_CapInitThreadCNode, 0, pml4, 0, seL4_CapNull),
         "TCB_Configure");
    must(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, seL4_MaxPrio), "TCB_SetPriority");
    must(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers),
         "TCB_WriteRegisters");
}

static void count_threads(void)
{
    static const struct {
        unsigned count;
        const char *name;
    } steps[] = {{10, "threads-10"}, {100, "threads-100"}, {ALL_THREADS, "threads-1000"}};
    unsigned made = 0;

    say("base");
    for (unsigned i = 0; i < ARRAY_LENGTH(steps); i++) {
        for (; made < steps[i].count; made++)
            start_waiter(seL4_CapInitThreadVSpace);
        seL4_Yield();
        say(steps[i].name);
    }
}

/* Of the root task's pages each has the one that the waiter's code lies in. */
static void start_waiter_away(void)
{
    extern char __image_start[];
    const seL4_Word page = (seL4_Word)footprint_wait / PAGE_SIZE * PAGE_SIZE;
    const seL4_CPtr frame =
        guest_boot_info->userImageFrames.start + (page - (seL4_Word)__image_start) / PAGE_SIZE;
    struct vspace vspace;

    vspace_create(&vspace);
    vspace_map(&vspace, cap_mint(frame, seL4_CanRead, 0), page, seL4_CanRead);
    start_waiter(vspace.pml4);
}

static void count_vspaces(void)
{
    say("base");
    for (unsigned i = 0; i < VSPACES; i++)
        start_waiter_away();
    seL4_Yield();
    say("vspaces-100");
}

void bench_footprint(void)
{
    notification = object_new(seL4_NotificationObject, 0);
    scratch_begin();
    count_threads();
    scratch_end();
    scratch_begin();
    count_vspaces();
    scratch_end();
}
