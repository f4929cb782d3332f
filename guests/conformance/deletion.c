/* SPDX-License-Identifier: BSD-2-Clause */
/* Deletion under load: things in use, things that hold themselves, deletions under way. */
#include "check.h"
#include "pit.h"

#define SPACE_BITS 4
#define SLOT_BITS  5

/* Slots of the victim's own CSpace. */
enum { MY_ENDPOINT = 1, MY_TCB, MY_CNODE, MY_UNTYPED };

static struct thread victim;
static seL4_CPtr space, untyped;
static struct event event;
static volatile seL4_Word steps;

static void victim_create(void (*entry)(void *), void *argument)
{
    steps = 0;
    thread_create(&victim, &(struct thread_options){.name = "victim",
                                                    .priority = WORKER_PRIORITY,
                                                    .entry = entry,
                                                    .argument = argument,
                                                    .fault_ep = worker_endpoint(0)});
}

static void give(seL4_Word slot, seL4_CPtr cap)
{
    must(seL4_CNode_Copy(space, slot, SPACE_BITS, ROOT, cap, DEPTH, seL4_AllRights), "Copy");
}

/* The victim gets a CSpace of its own, made of `untyped`, with itself in it. */
static void victim_move_out(void)
{
    untyped = object_new(seL4_UntypedObject, 12);
    space = slot_new();
    must(seL4_Untyped_Retype(untyped, seL4_CapTableObject, SPACE_BITS, ROOT, 0, 0, space, 1),
         "Retype");
    give(MY_ENDPOINT, worker_endpoint(0));
    give(MY_TCB, victim.tcb);
    give(MY_CNODE, space);
    must(seL4_TCB_SetSpace(victim.tcb, fault_handler(MY_ENDPOINT, worker_endpoint(0)), space,
                           seL4_CNode_CapData_new(0, seL4_WordBits - SPACE_BITS).words[0],
                           seL4_CapInitThreadVSpace, 0),
         "SetSpace");
}

/* What the victim does until it is stopped, and how far it came. */
static void say_victim(const void *place)
{
    event_poll(&event);
    say_event(&event, place);
    say("steps %lu;", steps);
}

static void say_reusable(seL4_Word type, seL4_Word bits)
{
    say_error(seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, slot_new(), 1));
}

/* --- things in use ---------------------------------------------------------------------------- */

static void signal_for_ever(void *argument)
{
    for (;;) {
        steps++;
        signal_wait((seL4_CPtr)argument);
    }
}

/* It waits in its CSpace for the last time; the next call finds none, nor its fault handler. */
static void revoke_cspace(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);

    victim_create(signal_for_ever, (void *)(seL4_Word)MY_UNTYPED);
    victim_move_out();
    give(MY_UNTYPED, ntfn);
    thread_resume(&victim);
    say_victim(NULL);
    say_error(seL4_CNode_Revoke(ROOT, space, DEPTH));
    say_cap(space);
    seL4_Signal(ntfn);
    say_victim(NULL);
    must(seL4_TCB_SetSpace(victim.tcb, worker_endpoint(0), ROOT, 0, seL4_CapInitThreadVSpace, 0),
         "SetSpace");
    must(seL4_TCB_Resume(victim.tcb), "Resume");
    event_poll(&event);
    say("label %lu steps %lu", event.label, steps);
    must(delete_cap(victim.tcb), "Delete");
}

static void delete_buffer(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);

    victim_create(signal_for_ever, (void *)ntfn);
    thread_resume(&victim);
    say_victim(NULL);
    say_error(seL4_CNode_Revoke(ROOT, victim.buffer_frame, DEPTH));
    say_error(delete_cap(victim.buffer_frame));
    seL4_Signal(ntfn);
    say_victim(NULL);
    must(delete_cap(victim.tcb), "Delete");
}

static void process_main(void *argument)
{
    (void)argument;
    seL4_Send(PROCESS_FIRST_FREE, seL4_MessageInfo_new(EVENT_DONE, 0, 0, 0));
    seL4_Send(PROCESS_FIRST_FREE, seL4_MessageInfo_new(EVENT_DONE + 1, 0, 0, 0));
}

/* Between two messages its VSpace goes away: its next instruction cannot be fetched. */
static void revoke_vspace(void)
{
    static struct process process;

    process_create(&process, &(struct thread_options){.name = "process",
                                                      .priority = WORKER_PRIORITY,
                                                      .entry = process_main,
                                                      .fault_ep = fault_handler(
                                                          PROCESS_FIRST_FREE, worker_endpoint(0))});
    must(seL4_CNode_Copy(process.cnode, PROCESS_FIRST_FREE, PROCESS_CNODE_BITS, ROOT,
                         worker_endpoint(0), DEPTH, seL4_AllRights),
         "Copy");
    thread_resume(&process.thread);
    event_wait(&event);
    say_event(&event, NULL);
    say_error(seL4_CNode_Revoke(ROOT, process.vspace.pml4, DEPTH));
    event_poll(&event);
    say("label %lu length %lu instruction %s fsr %lu;", event.label, event.length,
        event.mr[seL4_VMFault_IP] == event.mr[seL4_VMFault_Addr] ? "fetched" : "ran",
        event.mr[seL4_VMFault_FSR]);
    ipc_reply(seL4_MessageInfo_new(0, 0, 0, 0));
    event_poll(&event);
    say("label %lu", event.label);
    say_error(delete_cap(process.vspace.pml4));
    say_error(delete_cap(process.thread.tcb));
}

static void send_to(void *argument)
{
    seL4_Send((seL4_CPtr)argument, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void delete_queued(void)
{
    static struct thread senders[3];
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    seL4_Word badge;

    for (seL4_Word i = 0; i < ARRAY_LENGTH(senders); i++) {
        victim_create(NULL, NULL);
        senders[i] = victim;
        thread_rewind(&senders[i], send_to, (void *)cap_mint(endpoint, seL4_AllRights, i + 1));
        thread_resume(&senders[i]);
        settle();
    }
    say_error(delete_cap(senders[1].tcb));
    for (unsigned i = 0; i < ARRAY_LENGTH(senders); i++) {
        badge = 0;
        ipc_nb_recv(endpoint, &badge);
        say("%lu", badge);
    }
    must(delete_cap(senders[0].tcb), "Delete");
    must(delete_cap(senders[2].tcb), "Delete");
}

/* --- the caller's own things -------------------------------------------------------------------
 */

static void revoke_own(void *argument)
{
    (void)argument;
    steps++;
    seL4_CNode_Revoke(MY_CNODE, MY_UNTYPED, SPACE_BITS);
    steps++;
    seL4_Send(MY_ENDPOINT, seL4_MessageInfo_new(EVENT_DONE, 0, 0, 0));
}

/* The memory of its own CSpace: the call itself loses the capability it was made with. */
static void revoke_own_cspace(void)
{
    victim_create(revoke_own, NULL);
    victim_move_out();
    must(seL4_CNode_Move(space, MY_UNTYPED, SPACE_BITS, ROOT, untyped, DEPTH), "Move");
    thread_resume(&victim);
    say_victim(NULL);
    say_cap(space);
    must(delete_cap(victim.tcb), "Delete");
}

static void delete_own(void *argument)
{
    steps++;
    seL4_CNode_Delete(MY_CNODE, (seL4_Word)argument, SPACE_BITS);
    steps++;
    seL4_Send(MY_ENDPOINT, seL4_MessageInfo_new(EVENT_DONE, 0, 0, 0));
}

static void delete_own_cnode_cap(void)
{
    victim_create(delete_own, (void *)(seL4_Word)MY_CNODE);
    victim_move_out();
    thread_resume(&victim);
    say_victim(NULL);
    must(seL4_TCB_Suspend(victim.tcb), "Suspend");
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    must(delete_cap(victim.tcb), "Delete");
}

/* The last capability to a thread lies in its CSpace, the last to the CSpace in the thread. */
static void delete_itself_and_all(void)
{
    victim_create(delete_own, (void *)(seL4_Word)MY_TCB);
    victim_move_out();
    thread_resume(&victim);
    must(delete_cap(victim.tcb), "Delete");
    must(seL4_CNode_Delete(space, MY_CNODE, SPACE_BITS), "Delete");
    must(seL4_CNode_Move(space, MY_CNODE, SPACE_BITS, ROOT, space, DEPTH), "Move");
    say_victim(NULL);
    say_reusable(seL4_CapTableObject, 7);
}

/* --- things that hold themselves ----------------------------------------------------------------
 */

static void delete_ring(void)
{
    const unsigned count = 3;
    const seL4_CPtr slots = slot_new();

    for (unsigned i = 1; i < count; i++)
        slot_new();
    untyped = object_new(seL4_UntypedObject, 12);
    must(seL4_Untyped_Retype(untyped, seL4_CapTableObject, SPACE_BITS, ROOT, 0, 0, slots, count),
         "Retype");
    for (seL4_Word i = 0; i < count; i++) {
        const seL4_CPtr next = slots + (i + 1) % count;

        must(seL4_CNode_Copy(slots + i, 1, SPACE_BITS, ROOT, next, DEPTH, seL4_AllRights), "Copy");
    }
    for (unsigned i = 0; i < count; i++) {
        say_error(delete_cap(slots + i));
        say_cap(slots + i);
    }
    say_reusable(seL4_CapTableObject, 7);
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    say_reusable(seL4_CapTableObject, 7);
}

static void delete_chain(void)
{
    const unsigned count = 8;
    seL4_CPtr nodes[8];

    for (unsigned i = 0; i < count; i++)
        nodes[i] = object_new(seL4_CapTableObject, SPACE_BITS);
    for (unsigned i = count - 1; i > 0; i--)
        must(seL4_CNode_Move(nodes[i - 1], 15, SPACE_BITS, ROOT, nodes[i], DEPTH), "Move");
    say_error(delete_cap(nodes[0]));
    say_cap(nodes[0]);
}

#ifndef CONFIG_IRQ_PIC /* the time of operations is another there: schedule.c */
/* --- deletions under way ------------------------------------------------------------------------
 */

#define LARGE_BITS 19
#define TAG_ZOMBIE 18
#define SHORTLY    500 /* us: less than it takes to delete a CNode of so many slots */

static void delete_slot(void *argument)
{
    seL4_CNode_Delete(ROOT, (seL4_CPtr)argument, DEPTH);
}

/* A worker deletes a CNode of many slots; a timer wakes the root task meanwhile. */
static void half_delete(seL4_CPtr large)
{
    static seL4_CPtr memory;
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    struct pit pit;

    if (memory == seL4_CapNull)
        memory = object_new(seL4_UntypedObject, LARGE_BITS + SLOT_BITS);
    untyped = memory;
    pit_create(&pit, ntfn);
    do {
        must(seL4_TCB_Suspend(worker_thread(0)->tcb), "Suspend");
        must(delete_cap(large), "Delete");
        must(seL4_Untyped_Retype(untyped, seL4_CapTableObject, LARGE_BITS, ROOT, 0, 0, large, 1),
             "Retype");
        worker_start(0, delete_slot, (void *)large);
        pit_start(&pit, SHORTLY);
        seL4_Wait(ntfn, NULL);
        must(seL4_IRQHandler_Ack(pit.irq), "Ack");
    } while (seL4_DebugCapIdentify(large) != TAG_ZOMBIE);
    must(delete_cap(pit.irq), "Delete");
    must(delete_cap(pit.ports), "Delete");
}

static void zombie(void)
{
    const seL4_CPtr large = slot_new(), moved = slot_new();

    half_delete(large);
    say_error(invoke(large, Label_CNode_Delete, NONE, WORDS(1, 8)));
    say_error(seL4_CNode_Copy(large, 1, LARGE_BITS, ROOT, ROOT, DEPTH, seL4_AllRights));
    say_error(copy_cap(moved, large, seL4_AllRights));
    say_error(copy_cap(large, worker_endpoint(0), seL4_AllRights));
    say_error(seL4_CNode_Move(ROOT, moved, DEPTH, ROOT, large, DEPTH));
    say_cap(large);
    say_cap(moved);
    say_error(delete_cap(moved));
    say_error(delete_cap(large));
    say_cap(large);
    event_poll(&event);
    say_event(&event, NULL);
}

static void say_half_deleted(seL4_Error (*method)(seL4_CPtr slot))
{
    const seL4_CPtr large = slot_new();

    half_delete(large);
    say_error(method(large));
    say_cap(large);
    event_poll(&event);
    say_event(&event, NULL);
    say_reusable(seL4_CapTableObject, LARGE_BITS);
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
}

static void delete_zombie(void)
{
    say_half_deleted(delete_cap);
}

static seL4_Error revoke_memory(seL4_CPtr slot)
{
    (void)slot;
    return seL4_CNode_Revoke(ROOT, untyped, DEPTH);
}

static void revoke_zombie(void)
{
    say_half_deleted(revoke_memory);
}

/* Its CSpace is being deleted when it is to get another one. */
static seL4_Error configure_over(seL4_CPtr slot)
{
    const seL4_CPtr tcb = worker_thread(1)->tcb;

    return seL4_TCB_SetSpace(tcb, 0, slot, 0, seL4_CapInitThreadVSpace, 0);
}

static void configure_zombie(void)
{
    say_half_deleted(configure_over);
}

#endif

static const struct check checks[] = {
    {"DEL0001", "Revoke of a waiting thread's CSpace", revoke_cspace},
    {"DEL0002", "Delete of a waiting thread's IPC buffer", delete_buffer},
    {"DEL0003", "Revoke of a process's VSpace", revoke_vspace},
    {"DEL0004", "Delete of the second of three senders in a queue", delete_queued},
    {"DEL0005", "a thread revokes the memory of its CSpace", revoke_own_cspace},
    {"DEL0006", "a thread deletes a capability to its CSpace in its CSpace", delete_own_cnode_cap},
    {"DEL0007", "a thread whose CSpace holds the last capabilities to both", delete_itself_and_all},
    {"DEL0008", "three CNodes that hold each other in a ring", delete_ring},
    {"DEL0009", "a chain of eight CNodes, each in the last slot of the one before", delete_chain},
#ifndef CONFIG_IRQ_PIC
    {"DEL0010", "a CNode while it is deleted: invoked, copied, overwritten, moved", zombie},
    {"DEL0011", "a CNode while it is deleted: deleted by another thread", delete_zombie},
    {"DEL0012", "a CNode while it is deleted: its memory revoked by another thread", revoke_zombie},
    {"DEL0013", "a CNode while it is deleted: as CSpace", configure_zombie},
#endif
};

const struct check_table deletion_checks = CHECK_TABLE_OFTEN(checks);
