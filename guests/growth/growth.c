/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What operations cost beside more and more threads, VSpaces and areas of memory: rows NAME-COUNT
 * (tests/growth draws them).
 *
 *     null       a call that does nothing
 *     call-here  seL4_Call to a server in this VSpace, and its answer; call-away: in another
 *     thread     a thread made, run until it waits, and deleted
 *     turn       a switch from one of them to the next: a round of Yields, by their number
 *     map        Page_Map, a write and Unmap of a page, beside so many areas
 */
#include "either.h"
#include "measure.h"
#include "thread.h"

unsigned guest_pool_bits = 26;

#define PRIORITY (seL4_MaxPrio - 1) /* of those that yield: the root task's in their rounds */

#define PAGE       UINT64_C(0x34000000)  /* mapped, written to, and taken away */
#define AREAS      UINT64_C(0x100000000) /* a page each */
#define STORE_BITS 16                    /* slots for their capabilities */

static unsigned yielders; /* that are there */

/* --- threads that yield, with a TCB and nothing else --------------------------------------- */

void growth_yield(void);
__asm__(".pushsection .text\n"
        ".balign 64\n"
        ".globl growth_yield\n"
        ".type growth_yield, @function\n"
        "growth_yield:\n"
        "    movq %rsp, %rbx\n"
        "    syscall\n"
        "    movq %rbx, %rsp\n"
        "    jmp growth_yield\n"
        ".size growth_yield, . - growth_yield\n"
        ".popsection\n");

static void start_yielder(seL4_CPtr pml4)
{
    const seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
    seL4_UserContext registers = {
        .rip = (seL4_Word)growth_yield, .rflags = 0x202, .rdx = (seL4_Word)seL4_SysYield};

    sched_context_new(tcb);
    must(tcb_configure(tcb, seL4_CapNull, seL4_CapInitThreadCNode, 0, pml4, 0, seL4_CapNull),
         "TCB_Configure");
    must(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, PRIORITY), "TCB_SetPriority");
    must(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers),
         "TCB_WriteRegisters");
    yielders++;
}

static void start_yielder_here(void)
{
    start_yielder(seL4_CapInitThreadVSpace);
}

/* In a VSpace that has the page of that code, and nothing else. */
static void start_yielder_away(void)
{
    extern char __image_start[];
    const seL4_Word page = (seL4_Word)growth_yield / PAGE_SIZE * PAGE_SIZE;
    const seL4_CPtr frame =
        guest_boot_info->userImageFrames.start + (page - (seL4_Word)__image_start) / PAGE_SIZE;
    struct vspace vspace;

    vspace_create(&vspace);
    vspace_map(&vspace, cap_mint(frame, seL4_CanRead, 0), page, seL4_CanRead);
    start_yielder(vspace.pml4);
}

static void set_priority(seL4_Word priority)
{
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, priority),
         "TCB_SetPriority");
}

/* Until each of them has run so often that its call is patched. */
static void begin_rounds(void)
{
    set_priority(PRIORITY);
    for (unsigned i = 0; i < 20; i++)
        seL4_Yield();
}

static void end_rounds(void)
{
    set_priority(seL4_MaxPrio);
}

/* --- servers ------------------------------------------------------------------------------- */

static seL4_CPtr endpoint_here, endpoint_away;

static void server_main(void *argument)
{
    const seL4_CPtr endpoint = (seL4_CPtr)argument;

    ipc_recv(endpoint, NULL);
    for (;;)
        ipc_reply_recv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL);
}

static void start_servers(void)
{
    static struct thread here;
    static struct process away;

    endpoint_here = object_new(seL4_EndpointObject, 0);
    endpoint_away = object_new(seL4_EndpointObject, 0);
    thread_create(&here, &(struct thread_options){.name = "server",
                                                  .priority = seL4_MaxPrio,
                                                  .entry = server_main,
                                                  .argument = (void *)endpoint_here});
    process_create(&away, &(struct thread_options){.name = "server away",
                                                   .priority = seL4_MaxPrio,
                                                   .entry = server_main,
                                                   .argument = (void *)PROCESS_FIRST_FREE,
                                                   .own_code = true});
    process_grant(&away, PROCESS_FIRST_FREE, endpoint_away, seL4_AllRights, 0);
    thread_resume(&here);
    thread_resume(&away.thread);
}

static void call_here(void)
{
    seL4_Call(endpoint_here, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void call_away(void)
{
    seL4_Call(endpoint_away, seL4_MessageInfo_new(0, 0, 0, 0));
}

/* --- a thread that comes and goes ---------------------------------------------------------- */

static seL4_CPtr short_lived, short_untyped, short_context, exit_notification;

/* What one thread had is another's after it. */
static void bind_context(seL4_CPtr tcb)
{
#ifdef CONFIG_KERNEL_MCS
    must(seL4_SchedContext_Bind(short_context, tcb), "SchedContext_Bind");
#else
    (void)tcb;
#endif
}

/* Waits for ever, which lets the root task go on. */
static void make_and_delete(void)
{
    const seL4_CPtr root = seL4_CapInitThreadCNode;
    seL4_UserContext registers = {
        .rip = (seL4_Word)growth_yield,
        .rflags = 0x202,
        .rdi = exit_notification,
#ifdef CONFIG_KERNEL_MCS
        .rdx = (seL4_Word)seL4_SysWait,
#else
        .rdx = (seL4_Word)seL4_SysRecv,
#endif
    };

    must(seL4_Untyped_Retype(short_untyped, seL4_TCBObject, 0, root, 0, 0, short_lived, 1),
         "Untyped_Retype");
    must(tcb_configure(short_lived, seL4_CapNull, root, 0, seL4_CapInitThreadVSpace, 0,
                       seL4_CapNull),
         "TCB_Configure");
    bind_context(short_lived);
    must(seL4_TCB_SetPriority(short_lived, seL4_CapInitThreadTCB, seL4_MaxPrio), "SetPriority");
    must(seL4_TCB_WriteRegisters(short_lived, 1, 0, sizeof(registers) / sizeof(seL4_Word),
                                 &registers),
         "TCB_WriteRegisters");
    seL4_Yield();
    must(seL4_CNode_Delete(root, short_lived, seL4_WordBits), "CNode_Delete");
}

static void make_room(void)
{
    short_lived = slot_new();
    short_untyped = object_new(seL4_UntypedObject, seL4_TCBBits);
    exit_notification = object_new(seL4_NotificationObject, 0);
    must(seL4_Untyped_Retype(short_untyped, seL4_TCBObject, 0, seL4_CapInitThreadCNode, 0, 0,
                             short_lived, 1),
         "Untyped_Retype");
    short_context = sched_context_new(short_lived);
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, short_lived, seL4_WordBits), "CNode_Delete");
}

/* --- the rows ------------------------------------------------------------------------------ */

static void measure(const struct row *row, unsigned parts, const char *kind, unsigned count)
{
    char name[40] = "";
    struct row measured = *row;

    print_append(name, sizeof(name), "%s-%s-%u", kind, row->name, count);
    measured.name = name;
    measured.parts = parts;
    measure_rows(&measured, 1);
}

/* Yielders are made until there are `count`. */
static void measure_beside(unsigned count, const char *kind, void (*start_one)(void))
{
    static const struct row calls[] = {
        {.name = "null", .operation = seL4_BenchmarkNullSyscall},
        {.name = "call-here", .operation = call_here},
        {.name = "call-away", .operation = call_away},
    };
    static const struct row turn = {.name = "turn",
                                    .operation = seL4_Yield,
                                    .start = begin_rounds,
                                    .stop = end_rounds,
                                    .samples = 15};

    static const struct row thread = {.name = "thread", .operation = make_and_delete};

    while (yielders < count)
        start_one();
    for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++)
        measure(&calls[i], 1, kind, count);
    measure(&turn, count + 1, kind, count);
    measure(&thread, 1, kind, count); /* now that all have run */
}

static void measure_beside_threads(void)
{
    static const unsigned counts[] = {10, 30, 100, 300, 1000};

    scratch_begin();
    for (unsigned i = 0; i < ARRAY_LENGTH(counts); i++)
        measure_beside(counts[i], "threads", start_yielder_here);
    scratch_end();
    yielders = 0;
}

static void measure_beside_vspaces(void)
{
    static const unsigned counts[] = {10, 30, 100, 200};

    scratch_begin();
    for (unsigned i = 0; i < ARRAY_LENGTH(counts); i++)
        measure_beside(counts[i], "vspaces", start_yielder_away);
    scratch_end();
    yielders = 0;
}

/* --- areas of memory ----------------------------------------------------------------------- */

static seL4_CPtr page;
static unsigned areas;

static void map_touch_unmap(void)
{
    must(seL4_X86_Page_Map(page, seL4_CapInitThreadVSpace, PAGE, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
    *(volatile char *)PAGE = 1;
    must(seL4_X86_Page_Unmap(page), "Page_Unmap");
}

/* A copy of the frame's capability, mapped, touched, and put aside. */
static void make_area(seL4_CPtr store, seL4_CPtr slot, seL4_CPtr frame)
{
    const seL4_CPtr root = seL4_CapInitThreadCNode;
    const seL4_Word vaddr = AREAS + areas * PAGE_SIZE;

    if (areas > 0 && areas % 512 == 0)
        must(seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), root_vspace.pml4,
                                    vaddr, seL4_X86_Default_VMAttributes),
             "PageTable_Map");
    must(seL4_CNode_Copy(root, slot, seL4_WordBits, root, frame, seL4_WordBits, seL4_AllRights),
         "CNode_Copy");
    must(seL4_X86_Page_Map(slot, root_vspace.pml4, vaddr, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
    *(volatile char *)vaddr = 1;
    must(seL4_CNode_Move(store, areas++, STORE_BITS, root, slot, seL4_WordBits), "CNode_Move");
}

static void measure_beside_areas(void)
{
    static const unsigned counts[] = {10, 100, 1000, 10000, 50000};
    static const struct row row = {.name = "map", .operation = map_touch_unmap};
    const seL4_CPtr store = object_new(seL4_CapTableObject, STORE_BITS);
    const seL4_CPtr slot = slot_new();
    /* the page between the two keeps neighbours from being one area */
    const seL4_CPtr frames[] = {object_new(seL4_X86_4K, 0), object_new(seL4_X86_4K, 0),
                                object_new(seL4_X86_4K, 0)};

    page = object_new(seL4_X86_4K, 0);
    vspace_make_tables(&root_vspace, PAGE);
    vspace_make_tables(&root_vspace, AREAS);
    for (unsigned i = 0; i < ARRAY_LENGTH(counts); i++) {
        while (areas < counts[i])
            make_area(store, slot, frames[areas % 2 * 2]);
        measure(&row, 1, "areas", counts[i]);
    }
}

void guest_main(void)
{
    start_servers();
    make_room();
    measure_beside_threads();
    measure_beside_vspaces();
    measure_beside_areas();
    print("growth: end\n");
}
