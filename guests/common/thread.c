/* SPDX-License-Identifier: BSD-2-Clause */
#include "thread.h"

#include "program.h"
#include "tls.h"

/*
 * The area of thread n, from low to high: a page with IPC buffer and TLS, a page left out so that
 * a stack overflow faults, the stack. A process has but one thread, n = 0.
 */
#define AREA_BASE  UINT64_C(0x10000000)
#define AREA_SIZE  UINT64_C(0x10000)
#define TLS_OFFSET 2048

unsigned guest_stack_pages __attribute__((weak)) = 4;

static unsigned root_threads;

/* The first function of each thread. */
static void thread_main(void (*entry)(void *), void *argument, seL4_IPCBuffer *buffer,
                        seL4_CPtr tcb, seL4_CPtr reply)
{
    seL4_SetIPCBuffer(buffer);
    own_reply = reply;
    entry(argument);
    for (;;)
        seL4_TCB_Suspend(tcb);
}

struct placement {
    struct vspace *vspace;
    seL4_CPtr cnode;
    seL4_Word cnode_data; /* guard to add; 0: none */
    seL4_Word area;
};

static void area_create(struct thread *thread, const struct placement *place)
{
    char *page;

    thread->buffer = place->area;
    thread->stack_end = place->area + (2 + guest_stack_pages) * PAGE_SIZE;
    thread->buffer_frame = vspace_new_page(place->vspace, place->area);
    page = window_open(thread->buffer_frame);
    thread->tls_pointer = tls_create_for(page + TLS_OFFSET, place->area + TLS_OFFSET);
    window_close();
    for (unsigned i = 0; i < guest_stack_pages; i++)
        vspace_new_page(place->vspace, place->area + (2 + i) * PAGE_SIZE);
}

static void thread_create_at(struct thread *thread, const struct thread_options *options,
                             const struct placement *place)
{
    area_create(thread, place);
    must(tcb_configure(thread->tcb, options->fault_ep, place->cnode, place->cnode_data,
                       place->vspace->pml4, thread->buffer, thread->buffer_frame),
         "TCB_Configure");
    must(seL4_TCB_SetPriority(thread->tcb, seL4_CapInitThreadTCB, options->priority),
         "TCB_SetPriority");
    thread_rewind(thread, options->entry, options->argument);
#ifdef CONFIG_DEBUG_BUILD
    seL4_DebugNameThread(thread->tcb, options->name);
#endif
}

static void thread_create_objects(struct thread *thread)
{
    thread->tcb = object_new(seL4_TCBObject, 0);
    thread->reply = reply_new();
    thread->sched_context = sched_context_new(thread->tcb);
}

void thread_create(struct thread *thread, const struct thread_options *options)
{
    thread_create_objects(thread);
    thread->own_tcb = thread->tcb;
    thread->own_reply = thread->reply;
    thread_create_at(thread, options,
                     &(struct placement){
                         .vspace = &root_vspace,
                         .cnode = seL4_CapInitThreadCNode,
                         .area = AREA_BASE + root_threads++ * AREA_SIZE,
                     });
}

void thread_resume(const struct thread *thread)
{
    must(seL4_TCB_Resume(thread->tcb), "TCB_Resume");
}

static void write_registers(const struct thread *thread, seL4_Word ip, void (*entry)(void *),
                            void *argument)
{
    seL4_UserContext registers = {
        .rip = ip,
        /* as after a call: 16-aligned less the return address */
        .rsp = thread->stack_end - sizeof(seL4_Word),
        .rflags = 0x202,
        .rdi = (seL4_Word)entry,
        .rsi = (seL4_Word)argument,
        .rdx = thread->buffer,
        .rcx = thread->own_tcb,
        .r8 = thread->own_reply,
        .fs_base = thread->tls_pointer,
    };

    must(seL4_TCB_Suspend(thread->tcb), "TCB_Suspend");
    must(seL4_TCB_WriteRegisters(thread->tcb, 0, 0, sizeof(registers) / sizeof(seL4_Word),
                                 &registers),
         "TCB_WriteRegisters");
}

void thread_rewind(const struct thread *thread, void (*entry)(void *), void *argument)
{
    write_registers(thread, (seL4_Word)thread_main, entry, argument);
}

/* All but what its VSpace holds. */
static void process_create_around(struct process *process, const struct thread_options *options)
{
    process->cnode = object_new(seL4_CapTableObject, PROCESS_CNODE_BITS);
    thread_create_objects(&process->thread);
    process->thread.own_tcb = PROCESS_TCB;
    process->thread.own_reply = PROCESS_REPLY;
    process_grant(process, PROCESS_TCB, process->thread.tcb, seL4_AllRights, 0);
    process_grant(process, PROCESS_CNODE, process->cnode, seL4_AllRights, 0);
    process_grant(process, PROCESS_VSPACE, process->vspace.pml4, seL4_AllRights, 0);
    if (process->thread.reply != seL4_CapNull)
        process_grant(process, PROCESS_REPLY, process->thread.reply, seL4_AllRights, 0);
    /* a guard of zeroes for all other bits of a capability pointer: slot 1 is pointer 1 */
    thread_create_at(
        &process->thread, options,
        &(struct placement){
            .vspace = &process->vspace,
            .cnode = process->cnode,
            .cnode_data = seL4_CNode_CapData_new(0, seL4_WordBits - PROCESS_CNODE_BITS).words[0],
            .area = AREA_BASE,
        });
}

void process_create(struct process *process, const struct thread_options *options)
{
    vspace_create(&process->vspace);
    vspace_copy_image(&process->vspace, options->own_code);
    process_create_around(process, options);
}

void process_create_program(struct process *process, const void *elf,
                            const struct thread_options *options)
{
    seL4_Word entry;

    vspace_create(&process->vspace);
    entry = program_load(&process->vspace, elf);
    process_create_around(process, options);
    write_registers(&process->thread, entry, NULL, NULL);
}

void process_grant(const struct process *process, seL4_Word slot, seL4_CPtr cap,
                   seL4_CapRights_t rights, seL4_Word badge)
{
    must(seL4_CNode_Mint(process->cnode, slot, PROCESS_CNODE_BITS, seL4_CapInitThreadCNode, cap,
                         seL4_WordBits, rights, badge),
         "CNode_Mint");
}
