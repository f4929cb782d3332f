/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/waiting.h>

#include <inttypes.h>
#include <object/irq.h>

bool waiting_for_vector(struct kernel *k, unsigned vector)
{
    if (k->irqs[vector].kind == IRQ_FREE || k->irqs[vector].masked)
        return false;
    union cap cap = irq_slot(k, vector)->cap;
    if (cap_type(cap) != CAP_NOTIFICATION)
        return false;
    const struct notification *n = notification_at(k, cap.notification.object);
    const struct tcb *bound = tcb_at(k, n->bound_tcb);
    return n->state == NOTIFICATION_WAITING || (bound && bound->state == THREAD_BLOCKED_ON_RECEIVE);
}

/* The vector whose interrupt signals the notification, or -1. */
static int vector_of_notification(struct kernel *k, paddr_t notification)
{
    for (unsigned vector = 0; vector <= MAX_USER_VECTOR; vector++) {
        union cap cap = irq_slot(k, vector)->cap;
        if (cap_type(cap) == CAP_NOTIFICATION && cap.notification.object == notification)
            return (int)vector;
    }
    return -1;
}

static void report_notification(struct kernel *k, paddr_t notification, FILE *stream)
{
    fprintf(stream, "notification 0x%" PRIx64, notification);
    int vector = vector_of_notification(k, notification);
    if (vector >= 0)
        fprintf(stream, " (interrupt vector %d%s)", vector,
                k->irqs[vector].masked ? ", not acknowledged" : "");
}

/* The thread that holds the reply capability for `caller`, or NULL: it was saved or lost. */
static const struct tcb *thread_that_owes_reply(struct kernel *k, const struct tcb *caller)
{
    for (const struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        union cap cap = tcb->slots[TCB_SLOT_CALLER].cap;
        if (cap_type(cap) == CAP_REPLY && cap.reply.tcb == kernel_paddr(k, caller))
            return tcb;
    }
    return NULL;
}

static void report_reply(struct kernel *k, const struct tcb *tcb, FILE *stream)
{
    const struct tcb *server = thread_that_owes_reply(k, tcb);
    fprintf(stream, "waits for a reply%s", tcb->fault.type != FAULT_NONE ? " to its fault" : "");
    if (server)
        fprintf(stream, " from %s", server->name);
    else
        fputs(" that no thread holds ready", stream);
}

static void report_state(struct kernel *k, const struct tcb *tcb, FILE *stream)
{
    switch (tcb->state) {
    case THREAD_BLOCKED_ON_RECEIVE:
        fprintf(stream, "waits to receive on endpoint 0x%" PRIx64, tcb->blocked_on);
        if (tcb->bound_notification) {
            fputs(" or bound ", stream);
            report_notification(k, tcb->bound_notification, stream);
        }
        break;
    case THREAD_BLOCKED_ON_SEND:
        fprintf(stream, "waits to send %s to endpoint 0x%" PRIx64 ", badge %" PRIu64,
                tcb->fault.type != FAULT_NONE ? "its fault" : "a message", tcb->blocked_on,
                tcb->sender_badge);
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        fputs("waits for ", stream);
        report_notification(k, tcb->blocked_on, stream);
        break;
    case THREAD_BLOCKED_ON_REPLY:
        report_reply(k, tcb, stream);
        break;
    case THREAD_RUNNING:
    case THREAD_RESTART:
        fprintf(stream, "runs or is ready, priority %u", tcb->priority);
        break;
    case THREAD_INACTIVE:
        fputs("is stopped (inactive)", stream);
        break;
    }
}

void waiting_report(struct kernel *k, FILE *stream)
{
    for (const struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        fprintf(stream, "  %s ", tcb->name[0] ? tcb->name : "(unnamed thread)");
        report_state(k, tcb, stream);
        fprintf(stream, " (IP 0x%" PRIx64 ")\n", tcb->context.reg[UREG_RIP]);
    }
}
