/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: a TCB, a page for its IPC buffer and thread-local storage, a stack. A thread of the
 * root task shares its CSpace and VSpace; a process has its own of both.
 */
#ifndef GUEST_THREAD_H
#define GUEST_THREAD_H

#include "either.h"
#include "vspace.h"

/* Of each thread's stack, unless a guest defines it; 14 at most. */
extern unsigned guest_stack_pages;

struct thread {
    seL4_CPtr tcb;
    seL4_CPtr buffer_frame;
    seL4_Word buffer; /* where the thread sees its IPC buffer */
    seL4_Word stack_end;
    seL4_Word tls_pointer;
    seL4_CPtr own_tcb, own_reply;   /* where the thread finds its TCB and its reply object */
    seL4_CPtr reply, sched_context; /* 0 without MCS */
};

struct thread_options {
    const char *name;
    unsigned priority;
    void (*entry)(void *argument); /* the thread is suspended when it returns */
    void *argument;
    seL4_CPtr fault_ep; /* see fault_handler(); 0: faults are reported by the kernel */
    /* process_create(): code in frames of its own, too, as of a program that was loaded */
    bool own_code;
};

/* A thread of the root task. seL4_TCB_Resume(thread->tcb) starts it. */
void thread_create(struct thread *thread, const struct thread_options *options);
void thread_resume(const struct thread *thread);

/* Stops it wherever it is, and lets thread_resume() start it at `entry` with an empty stack. */
void thread_rewind(const struct thread *thread, void (*entry)(void *), void *argument);

/* Slots of a process's CSpace that are always there; process_grant() fills others. */
enum process_slot {
    PROCESS_TCB = 1,
    PROCESS_CNODE = 2,
    PROCESS_VSPACE = 3,
    PROCESS_FIRST_FREE = 4,
    PROCESS_REPLY = 31, /* empty without MCS */
};
#define PROCESS_CNODE_BITS 5

struct process {
    struct vspace vspace;
    seL4_CPtr cnode;
    struct thread thread; /* its one thread */
};

/*
 * A thread with a VSpace and a CSpace of its own. It runs code of this image and sees copies of
 * the variables, made now. thread_resume(&process->thread) starts it.
 */
void process_create(struct process *process, const struct thread_options *options);

/*
 * The same with a program of its own, an ELF file in memory, that has no thread-local storage: its
 * thread starts at the ELF file's entry. options->entry and ->argument are not used.
 */
void process_create_program(struct process *process, const void *elf,
                            const struct thread_options *options);

/* Copies a capability of the root task to `slot` of the process's CSpace. */
void process_grant(const struct process *process, seL4_Word slot, seL4_CPtr cap,
                   seL4_CapRights_t rights, seL4_Word badge);

#endif
