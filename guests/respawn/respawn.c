/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A child in a VSpace of its own runs, ends, and is taken apart, and then another of the same
 * program, as a test suite or a supervisor does it.
 */
#include "thread.h"

enum child_slot {
    CHILD_DONE = PROCESS_FIRST_FREE,
};

#define ROUNDS 3

__attribute__((noinline)) static void child_work(seL4_Word round)
{
    print("child: round %lu\n", round);
}

static void child_main(void *argument)
{
    child_work((seL4_Word)argument);
    seL4_Signal(CHILD_DONE);
}

/* The object ends with its last capability: its copies are in the child's CSpace. */
static void destroy(seL4_CPtr cap)
{
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, cap, seL4_WordBits), "revoking");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, cap, seL4_WordBits), "deleting");
}

static void run_child(seL4_Word round, seL4_CPtr done)
{
    struct process child = {0};

    process_create(&child, &(struct thread_options){.name = "child",
                                                    .priority = 100,
                                                    .entry = child_main,
                                                    .argument = (void *)round});
    process_grant(&child, CHILD_DONE, done, seL4_CanWrite, 0);
    thread_resume(&child.thread);
    seL4_Wait(done, NULL);
    destroy(child.thread.tcb);
    destroy(child.cnode);
    destroy(child.vspace.pml4);
    print("root: child %lu is gone\n", round);
}

void guest_main(void)
{
    const seL4_CPtr done = object_new(seL4_NotificationObject, 0);

    for (seL4_Word round = 1; round <= ROUNDS; round++)
        run_child(round, done);
    print("root: done\n");
}
