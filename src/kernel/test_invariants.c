/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker of invariants itself: it likes a whole kernel and notices what is broken. */
#include <test.h>

#include <stdio.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <kernel/testkit_invariants.h>
#include <mem/open_pages.h>
#include <mem/vspace.h>
#include <model/page_map.h>
#include <model/testkit_thread.h>

struct fixture {
    struct guest g;
    struct guest_thread ready, waiting;
    cptr_t ep;
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.ready = guest_thread(&f.g, 100);
    f.waiting = guest_thread(&f.g, 255);
    guest_resume(&f.g, f.ready);
    guest_run(&f.g, f.waiting);
    guest_recv(&f.g, f.ep);
    return f;
}

static const char *look(const struct fixture *f)
{
    paddr_t slots = guest_root(&f->g)->slots[TCB_SLOT_CTABLE].cap.cnode.object;
    const struct slot_array root = {slots, f->g.k->config.root_cnode_size_bits};
    return invariants_broken(f->g.k, &root, 1, true, NULL);
}

TEST(a_whole_kernel_has_no_problem)
{
    struct fixture f = setup();
    CHECK_STR(look(&f), NULL);
    guest_end(&f.g);
}

static void break_link(struct fixture *f)
{
    slot_at(f->g.k, guest_slot(&f->g, f->ep)->prev)->next = 0;
}

static void break_emptiness(struct fixture *f)
{
    guest_slot(&f->g, f->g.next_slot)->revocable = 1;
}

static void break_ready_map(struct fixture *f)
{
    f->g.k->cores[0].ready_map[0][3] = 1;
}

static void break_ready_queue(struct fixture *f)
{
    f->ready.tcb->state = THREAD_INACTIVE;
}

static void break_order(struct fixture *f)
{
    guest_root(&f->g)->priority = 7;
}

static void break_endpoint(struct fixture *f)
{
    endpoint_at(f->g.k, guest_cap(&f->g, f->ep).endpoint.object)->state = ENDPOINT_SENDING;
}

static void break_waiter(struct fixture *f)
{
    f->waiting.tcb->blocked_on += 16;
}

static void break_watermark(struct fixture *f)
{
    struct slot *slot = guest_slot(&f->g, f->ready.cptr);
    while (slot->cap.type != CAP_UNTYPED)
        slot = slot_at(f->g.k, slot->prev);
    slot->cap.untyped.free_index = 16;
}

static void break_overlap(struct fixture *f)
{
    guest_slot(&f->g, f->ep)->cap.endpoint.object = guest_cap(&f->g, f->ready.cptr).tcb.object + 16;
}

static void break_range(struct fixture *f)
{
    guest_slot(&f->g, f->ep)->cap.endpoint.object = GUEST_MEMORY_END;
}

static void break_page_table(struct fixture *f)
{
    unsigned missing;
    paddr_t vspace = guest_cap(&f->g, INITIAL_CAP_VSPACE).pml4.object;
    *walk_entry(f->g.k, vspace, GUEST_IMAGE_START, LEVEL_PAGE_TABLE, &missing) += PAGE_BYTES;
}

static void break_rights(struct fixture *f)
{
    guest_slot(&f->g, INITIAL_CAP_IPC_BUFFER)->cap.frame.rights = VM_READ_ONLY;
}

static void break_asid(struct fixture *f)
{
    uint64_t *pool = kernel_memory(f->g.k, f->g.k->asid_pools[0]);
    pool[9] = guest_cap(&f->g, INITIAL_CAP_VSPACE).pml4.object;
}

static void break_asid_pool(struct fixture *f)
{
    f->g.k->asid_pools[3] = f->g.k->asid_pools[0];
}

static void break_ports(struct fixture *f)
{
    f->g.k->io_ports_issued[3] = 8;
}

static void break_vector(struct fixture *f)
{
    f->g.k->irqs[7].kind = IRQ_MSI;
}

static void break_reach(struct fixture *f)
{
    guest_slot(&f->g, f->waiting.cptr)->cap.tcb.object = guest_cap(&f->g, f->ready.cptr).tcb.object;
}

static void break_hold(struct fixture *f)
{
    f->ready.tcb->is_held = true;
}

static void break_open_object(struct fixture *f)
{
    open_pages_add(f->g.k, guest_cap(&f->g, f->ready.cptr).tcb.object, 1);
}

static void break_open_vectors(struct fixture *f)
{
    open_pages_add(f->g.k, f->g.k->irq_slots, 1);
}

/* The last page of memory that the first untyped has not used. */
static void break_open_unused(struct fixture *f)
{
    union cap cap = guest_cap(&f->g, f->g.first_untyped);
    while (cap.untyped.is_device)
        cap = guest_cap(&f->g, ++f->g.first_untyped);
    open_pages_add(f->g.k, cap.untyped.base + bit(cap.untyped.size_bits) - 1, 1);
}

static void break_closed_frame(struct fixture *f)
{
    open_pages_remove(f->g.k, frame_cap_paddr(guest_cap(&f->g, INITIAL_CAP_IPC_BUFFER)), 1);
}

static void break_page_of_slots(struct fixture *f)
{
    paddr_t here = kernel_paddr(f->g.k, guest_slot(&f->g, INITIAL_CAP_TCB));
    page_map_set(f->g.k, PAGES_WITH_SLOTS, here, 1, false);
}

TEST(what_is_broken_is_noticed)
{
    static void (*const breaks[])(struct fixture *) = {
        break_link,         break_emptiness,   break_ready_map,    break_ready_queue,
        break_order,        break_endpoint,    break_waiter,       break_watermark,
        break_overlap,      break_range,       break_page_table,   break_rights,
        break_asid,         break_asid_pool,   break_ports,        break_vector,
        break_reach,        break_open_object, break_open_vectors, break_open_unused,
        break_closed_frame, break_hold,        break_page_of_slots};
    for (unsigned i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        struct fixture f = setup();
        breaks[i](&f);
        if (!CHECK(look(&f) != NULL))
            printf("break %u went unnoticed\n", i);
        guest_end(&f.g);
    }
}
