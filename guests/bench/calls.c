/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that come back to who made them. */
#include "measure.h"
#include "thread.h"

static seL4_CPtr notification, empty;
static struct thread other;

static void signal_nobody(void)
{
    seL4_Signal(notification);
}

static void copy_and_delete(void)
{
    must(seL4_CNode_Copy(seL4_CapInitThreadCNode, empty, seL4_WordBits, seL4_CapInitThreadCNode,
                         notification, seL4_WordBits, seL4_AllRights),
         "CNode_Copy");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, empty, seL4_WordBits), "CNode_Delete");
}

static void yield_main(void *unused)
{
    (void)unused;
    for (;;)
        seL4_Yield();
}

static void start_other(void)
{
    thread_resume(&other);
}

static void stop_other(void)
{
    must(seL4_TCB_Suspend(other.tcb), "TCB_Suspend");
}

void bench_calls(void)
{
    static const struct row rows[] = {
        {.name = "null", .operation = seL4_BenchmarkNullSyscall},
        {.name = "signal", .operation = signal_nobody},
        {.name = "yield", .operation = seL4_Yield},
        /* one operation is two of them: there and back */
        {.name = "yield-thread", .operation = seL4_Yield, .start = start_other, .stop = stop_other},
        {.name = "copy-delete", .operation = copy_and_delete},
    };

    notification = object_new(seL4_NotificationObject, 0);
    empty = slot_new();
    thread_create(&other, &(struct thread_options){
                              .name = "yield", .priority = seL4_MaxPrio, .entry = yield_main});
    measure_rows(rows, ARRAY_LENGTH(rows));
}
