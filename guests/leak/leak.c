/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A leak of untyped memory. The root task runs a job after the other, each in a process of its own,
 * and gives back all that it got for one when the job is done: it deletes every capability that it
 * made. But the process's own CSpace holds capabilities to its TCB, its VSpace and to the CNode
 * itself, as a process's CSpace does: nobody can get at them any more, and they keep what they
 * lead to alive, and with it the untyped from starting anew. One day a Retype finds no memory.
 */
#include "thread.h"

/* Two megabytes: it does not take long. */
unsigned guest_pool_bits = 21;

enum job_slot { JOB_DONE = PROCESS_FIRST_FREE };

static void job_main(void *argument)
{
    (void)argument;
    seL4_Signal(JOB_DONE);
}

/* All capabilities that were made since `first` was taken. */
static void delete_since(seL4_CPtr first)
{
    const seL4_CPtr last = slot_new();

    for (seL4_CPtr slot = first; slot <= last; slot++)
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, slot, seL4_WordBits), "CNode_Delete");
}

static void run_job(seL4_CPtr done, unsigned number)
{
    static struct process job;
    const seL4_CPtr first = slot_new();

    process_create(&job,
                   &(struct thread_options){.name = "job", .priority = 100, .entry = job_main});
    process_grant(&job, JOB_DONE, done, seL4_CanWrite, 0);
    thread_resume(&job.thread);
    seL4_Wait(done, NULL);
    must(seL4_TCB_Suspend(job.thread.tcb), "TCB_Suspend");
    delete_since(first);
    print("root: job %u is done, and its capabilities are deleted\n", number);
}

void guest_main(void)
{
    const seL4_CPtr done = object_new(seL4_NotificationObject, 0);

    /* the window through which pages are filled stays, with its tables */
    window_open(object_new(seL4_X86_4K, 0));
    window_close();
    for (unsigned number = 1;; number++)
        run_job(done, number);
}
