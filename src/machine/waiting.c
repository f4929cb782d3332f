/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/waiting.h>

#include <object/irq.h>

/* Whether such an object can lie there: a guest that runs in place may have written the reference.
 */
static bool is_in_ram(const struct kernel *k, paddr_t paddr, size_t size)
{
    return kernel_is_backed(k, paddr) && kernel_is_backed(k, paddr + size - 1);
}

static bool waits_for(struct kernel *k, const struct notification *n)
{
    paddr_t bound = n->bound_tcb;
    if (n->state == NOTIFICATION_WAITING)
        return true;
    return bound && is_in_ram(k, bound, sizeof(struct tcb)) &&
           tcb_at(k, bound)->state == THREAD_BLOCKED_ON_RECEIVE;
}

bool waiting_for_vector(struct kernel *k, unsigned vector)
{
    if (k->irqs[vector].kind == IRQ_FREE || k->irqs[vector].masked)
        return false;
    union cap cap = irq_slot(k, vector)->cap;
    paddr_t notification = cap.notification.object;
    return cap_type(cap) == CAP_NOTIFICATION &&
           is_in_ram(k, notification, sizeof(struct notification)) &&
           waits_for(k, notification_at(k, notification));
}
