/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/waiting.h>

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
