/* SPDX-License-Identifier: BSD-2-Clause */
/* Who would wake up; and what a guest may have written in place of references. */
#include <stdlib.h>
#include <test.h>

#include <machine/waiting.h>
#include <object/irq.h>

#define MEMORY       UINT64_C(0x10000)
#define SLOTS        UINT64_C(0x2000)
#define NOTIFICATION UINT64_C(0x4000)
#define THREAD       UINT64_C(0x5000)
#define VECTOR       7

/* A kernel with RAM in [SLOTS, MEMORY), and a notification for the vector. */
static struct kernel *kernel_make(void)
{
    struct kernel *k = calloc(1, sizeof(*k));
    char *memory = aligned_alloc(PAGE_BYTES, MEMORY);
    if (!CHECK(k && memory))
        exit(1);
    for (unsigned i = 0; i < MEMORY; i++)
        memory[i] = 0;
    k->memory_offset = memory - (char *)k;
    k->memory[0] = (struct memory_region){SLOTS, MEMORY};
    k->memory_count = 1;
    k->irq_slots = SLOTS;
    k->irqs[VECTOR].kind = IRQ_IOAPIC;
    irq_slot(k, VECTOR)->cap =
        (union cap){.notification = {.type_ = CAP_NOTIFICATION, .object = NOTIFICATION}};
    return k;
}

static void kernel_free(struct kernel *k)
{
    free(kernel_memory(k, 0));
    free(k);
}

TEST(a_thread_waits_by_itself_or_through_its_bound_notification)
{
    struct kernel *k = kernel_make();
    struct notification *n = notification_at(k, NOTIFICATION);
    CHECK(!waiting_for_vector(k, VECTOR));
    n->state = NOTIFICATION_WAITING;
    CHECK(waiting_for_vector(k, VECTOR));
    k->irqs[VECTOR].masked = true;
    CHECK(!waiting_for_vector(k, VECTOR));
    k->irqs[VECTOR].masked = false;
    n->state = NOTIFICATION_IDLE;
    n->bound_tcb = THREAD;
    CHECK(!waiting_for_vector(k, VECTOR));
    tcb_at(k, THREAD)->state = THREAD_BLOCKED_ON_RECEIVE;
    CHECK(waiting_for_vector(k, VECTOR));
    kernel_free(k);
}

TEST(references_to_where_there_is_no_memory_are_not_followed)
{
    static const paddr_t nowhere[] = {SLOTS - 8, MEMORY, MEMORY - 8, UINT64_C(1) << 46, 8};
    struct kernel *k = kernel_make();
    struct notification *n = notification_at(k, NOTIFICATION);
    for (unsigned i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        n->bound_tcb = nowhere[i];
        CHECK(!waiting_for_vector(k, VECTOR));
        irq_slot(k, VECTOR)->cap.notification.object = nowhere[i];
        CHECK(!waiting_for_vector(k, VECTOR));
        irq_slot(k, VECTOR)->cap.notification.object = NOTIFICATION;
    }
    kernel_free(k);
}
