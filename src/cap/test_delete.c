/* SPDX-License-Identifier: BSD-2-Clause */
/* Deleting objects with slots, at once and in as many pieces as there can be. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <model/testkit_thread.h>

static struct slot *slot_of(const struct guest *g, union cap cnode, unsigned index)
{
    struct slot *slots = slot_at(g->k, cnode.cnode.object);
    return &slots[index];
}

static bool is_empty(const struct guest *g, cptr_t cptr)
{
    return slot_is_empty(guest_slot(g, cptr));
}

/* Moves the capability out of the initial CNode into a slot of another one. */
static void put(const struct guest *g, union cap cnode, unsigned index, cptr_t cptr)
{
    slot_move(g->k, guest_cap(g, cptr), guest_slot(g, cptr), slot_of(g, cnode, index));
}

static unsigned delete_in_steps(const struct guest *g, struct slot *slot)
{
    unsigned steps = 1;
    for (; !slot_delete(g->k, 0, slot) && steps < 10000; steps++)
        continue;
    return steps;
}

static unsigned revoke_in_steps(const struct guest *g, struct slot *slot)
{
    unsigned steps = 1;
    for (; !slot_revoke(g->k, 0, slot) && steps < 10000; steps++)
        continue;
    return steps;
}

static struct guest boot_with_work_units(unsigned units)
{
    struct kernel_config config = kernel_config_default();
    config.max_num_work_units_per_preemption = units;
    return guest_boot(config, GUEST_MEMORY_END);
}

/* The number of work units between preemption points: as seldom as never, as often as can be. */
static const unsigned work_units[] = {1000000, 100, 7, 3, 2, 1};

TEST(an_empty_slot_is_deleted_at_once)
{
    struct guest g = boot_with_work_units(1);
    CHECK(slot_delete(g.k, 0, guest_slot(&g, g.next_slot)));
    CHECK(slot_revoke(g.k, 0, guest_slot(&g, g.next_slot)));
    guest_end(&g);
}

TEST(a_copy_of_a_cnode_leaves_its_contents)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 2), copy = guest_copy(&g, cnode);
    union cap cap = guest_cap(&g, cnode);
    put(&g, cap, 1, guest_make(&g, OBJECT_ENDPOINT, 0));
    guest_delete(&g, cnode);
    CHECK(!slot_is_empty(slot_of(&g, cap, 1)));
    guest_delete(&g, copy);
    CHECK(slot_is_empty(slot_of(&g, cap, 1)));
    guest_end(&g);
}

TEST(work_is_counted_up_to_the_preemption_point)
{
    struct guest g = boot_with_work_units(3);
    CHECK(!preemption_point(g.k, 0));
    CHECK(!preemption_point(g.k, 0));
    CHECK(preemption_point(g.k, 0));
    CHECK(!preemption_point(g.k, 0));
    guest_end(&g);
}

TEST(a_cnode_shrinks_as_a_zombie)
{
    struct guest g = boot_with_work_units(1);
    cptr_t cnode = guest_make_used_cnode(&g, 3);
    for (unsigned left = 7; left > 0; left--) {
        CHECK(!slot_delete(g.k, 0, guest_slot(&g, cnode)));
        CHECK_EQ(guest_cap(&g, cnode).type, CAP_ZOMBIE);
        CHECK_EQ(guest_cap(&g, cnode).zombie.slots_left, left);
    }
    CHECK(!slot_delete(g.k, 0, guest_slot(&g, cnode)));
    CHECK(slot_delete(g.k, 0, guest_slot(&g, cnode)));
    CHECK(is_empty(&g, cnode));
    guest_end(&g);
}

TEST(a_page_of_a_cnode_that_never_held_a_capability_takes_one_step)
{
    enum { RADIX = 10, ON_A_PAGE = PAGE_BYTES / sizeof(struct slot), USED = 3 * ON_A_PAGE + 5 };
    struct guest g = boot_with_work_units(1);
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, RADIX + SLOT_BITS);
    cptr_t cnode = g.next_slot++, endpoint = guest_make(&g, OBJECT_ENDPOINT, 0);
    for (unsigned round = 0; round < 2; round++) { /* the second in memory that was used before */
        guest_invoke(&g, (struct guest_call){.cap = untyped,
                                             .method = INV_UNTYPED_RETYPE,
                                             WORDS(4, RADIX, 0, 0, cnode, 1),
                                             EXTRA(INITIAL_CAP_CNODE)});
        union cap cap = guest_cap(&g, cnode);
        struct slot *used = slot_of(&g, cap, USED);
        slot_insert(g.k, guest_cap(&g, endpoint), guest_slot(&g, endpoint), used);
        slot_of(&g, cap, 0)->cap.type = CAP_TYPE_COUNT; /* whoever looks at it stumbles */
        for (unsigned page = 7; page > 3; page--) {
            CHECK(!slot_delete(g.k, 0, guest_slot(&g, cnode)));
            CHECK_EQ(guest_cap(&g, cnode).zombie.slots_left, page * ON_A_PAGE);
        }
        CHECK_EQ(delete_in_steps(&g, guest_slot(&g, cnode)), ON_A_PAGE + 3 + 1);
        CHECK(slot_is_empty(used));
        CHECK(is_empty(&g, cnode));
    }
    guest_end(&g);
}

TEST(empty_slots_that_are_not_looked_at_are_work_as_well)
{
    struct guest g = boot_with_work_units(100);
    cptr_t pages = guest_make(&g, OBJECT_CNODE, 10), part = guest_make(&g, OBJECT_CNODE, 5);
    CHECK_EQ(delete_in_steps(&g, guest_slot(&g, part)), 1);
    CHECK_EQ(g.k->cores[0].preemption_work, 32);
    CHECK_EQ(delete_in_steps(&g, guest_slot(&g, pages)), 1 + 8);
    guest_end(&g);
}

/* CNodes within each other and a thread in the innermost; all are last capabilities. */
struct nest {
    cptr_t untyped, outer;
    union cap cnode[6];
    struct tcb *thread;
};

#define NEST_RADIX(i) (1 + (i) % 3)

static struct nest make_nest(struct guest *g)
{
    struct nest n = {.untyped = guest_make(g, OBJECT_UNTYPED, 20), .outer = g->next_slot};
    for (unsigned i = 0; i < ARRAY_LENGTH(n.cnode); i++) {
        cptr_t next = g->next_slot++;
        guest_invoke(g, (struct guest_call){.cap = n.untyped,
                                            .method = INV_UNTYPED_RETYPE,
                                            WORDS(4, NEST_RADIX(i), 0, 0, next, 1),
                                            EXTRA(INITIAL_CAP_CNODE)});
        n.cnode[i] = guest_cap(g, next);
        if (i > 0)
            put(g, n.cnode[i - 1], i % 2, next);
    }
    cptr_t tcb = guest_make(g, OBJECT_TCB, 0);
    n.thread = tcb_at(g->k, guest_cap(g, tcb).tcb.object);
    put(g, n.cnode[5], 0, tcb);
    return n;
}

/* The capabilities that are still in the nest. */
static unsigned list_nest(const struct guest *g, const struct nest *n, union cap ret_caps[64])
{
    unsigned count = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(n->cnode); i++) {
        for (unsigned j = 0; j < bit(NEST_RADIX(i)); j++)
            ret_caps[count++] = slot_of(g, n->cnode[i], j)->cap;
    }
    return count;
}

TEST(deletion_in_pieces_ends_as_deletion_at_once)
{
    union cap at_once[64], in_pieces[64];
    for (unsigned i = 0; i < ARRAY_LENGTH(work_units); i++) {
        struct guest g = boot_with_work_units(work_units[i]);
        struct nest n = make_nest(&g);
        delete_in_steps(&g, guest_slot(&g, n.outer));
        CHECK(is_empty(&g, n.outer));
        unsigned count = list_nest(&g, &n, i == 0 ? at_once : in_pieces);
        if (i > 0)
            CHECK_MEM(in_pieces, at_once, count * sizeof(union cap));
        guest_end(&g);
    }
}

/* Inner objects may stay behind, each as a zombie in its own first slot: the untyped finds them. */
TEST(nested_objects_go_when_their_untyped_is_revoked)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(work_units); i++) {
        struct guest g = boot_with_work_units(work_units[i]);
        struct nest n = make_nest(&g);
        delete_in_steps(&g, guest_slot(&g, n.outer));
        revoke_in_steps(&g, guest_slot(&g, n.untyped));
        CHECK(!slot_has_children(g.k, guest_slot(&g, n.untyped)));
        CHECK_EQ(n.thread->serial, 0);
        union cap caps[64];
        unsigned count = list_nest(&g, &n, caps);
        for (unsigned j = 0; j < count; j++)
            CHECK(cap_is_null(caps[j]));
        guest_end(&g);
    }
}

/* Two CNodes, each of which holds the last capability to the other, in these slots. */
static void check_cycle(unsigned units, unsigned in_a, unsigned in_b, bool with_self)
{
    struct guest g = boot_with_work_units(units);
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    cptr_t a = g.next_slot, b = a + 1;
    guest_invoke(&g, (struct guest_call){.cap = untyped,
                                         .method = INV_UNTYPED_RETYPE,
                                         WORDS(4, 2, 0, 0, a, 2),
                                         EXTRA(INITIAL_CAP_CNODE)});
    g.next_slot += 2;
    union cap cap_a = guest_cap(&g, a), cap_b = guest_cap(&g, b);
    if (with_self) {
        put(&g, cap_a, (in_a + 1) % 4, guest_copy(&g, a));
        put(&g, cap_b, (in_b + 1) % 4, guest_copy(&g, b));
    }
    put(&g, cap_a, in_a, b);
    put(&g, cap_b, in_b, a);
    revoke_in_steps(&g, guest_slot(&g, untyped));
    CHECK(!slot_has_children(g.k, guest_slot(&g, untyped)));
    for (unsigned i = 0; i < 4; i++) {
        CHECK(slot_is_empty(slot_of(&g, cap_a, i)));
        CHECK(slot_is_empty(slot_of(&g, cap_b, i)));
    }
    guest_end(&g);
}

TEST(cnodes_that_hold_each_other_can_be_revoked)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(work_units); i++) {
        for (unsigned j = 0; j < 16; j++) {
            check_cycle(work_units[i], j / 4, j % 4, false);
            check_cycle(work_units[i], j / 4, j % 4, true);
        }
    }
}

TEST(a_cnode_that_holds_its_own_last_capability_can_be_revoked)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(work_units); i++) {
        for (unsigned place = 0; place < 4; place++) {
            struct guest g = boot_with_work_units(work_units[i]);
            cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12), cnode = g.next_slot++;
            guest_invoke(&g, (struct guest_call){.cap = untyped,
                                                 .method = INV_UNTYPED_RETYPE,
                                                 WORDS(4, 2, 0, 0, cnode, 1),
                                                 EXTRA(INITIAL_CAP_CNODE)});
            union cap cap = guest_cap(&g, cnode);
            put(&g, cap, place, cnode);
            revoke_in_steps(&g, guest_slot(&g, untyped));
            CHECK(!slot_has_children(g.k, guest_slot(&g, untyped)));
            CHECK(slot_is_empty(slot_of(&g, cap, place)));
            guest_end(&g);
        }
    }
}

/* The thread's CSpace holds the last capability to the thread, in `place`. */
static void check_thread_in_own_cspace(unsigned units, unsigned place)
{
    struct guest g = boot_with_work_units(units);
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 13), tcb = g.next_slot, cnode = tcb + 1;
    guest_invoke(&g, (struct guest_call){.cap = untyped,
                                         .method = INV_UNTYPED_RETYPE,
                                         WORDS(1, 0, 0, 0, tcb, 1),
                                         EXTRA(INITIAL_CAP_CNODE)});
    guest_invoke(&g, (struct guest_call){.cap = untyped,
                                         .method = INV_UNTYPED_RETYPE,
                                         WORDS(4, 2, 0, 0, cnode, 1),
                                         EXTRA(INITIAL_CAP_CNODE)});
    g.next_slot += 2;
    cptr_t frame = guest_make(&g, OBJECT_4K_PAGE, 0);
    union cap cap = guest_cap(&g, cnode);
    struct tcb *thread = tcb_at(g.k, guest_cap(&g, tcb).tcb.object);
    CHECK_ANSWER(guest_invoke(&g,
                              (struct guest_call){
                                  .cap = tcb,
                                  .method = INV_TCB_CONFIGURE,
                                  WORDS(0, 0, 0, 0x500000),
                                  EXTRA(cnode, INITIAL_CAP_VSPACE, frame),
                              }),
                 answer_ok());
    put(&g, cap, place, tcb);
    guest_delete(&g, cnode);
    CHECK(!slot_is_empty(slot_of(&g, cap, place)));
    revoke_in_steps(&g, guest_slot(&g, untyped));
    CHECK(!slot_has_children(g.k, guest_slot(&g, untyped)));
    CHECK_EQ(thread->serial, 0);
    for (unsigned j = 0; j < TCB_SLOT_COUNT; j++)
        CHECK(slot_is_empty(&thread->slots[j]));
    CHECK(slot_is_final(g.k, guest_slot(&g, frame)));
    guest_end(&g);
}

TEST(a_thread_inside_its_own_cspace_can_be_revoked)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(work_units); i++) {
        for (unsigned place = 0; place < 4; place++)
            check_thread_in_own_cspace(work_units[i], place);
    }
}

/* Each step leaves a tree that can be walked both ways. */
static void check_links(const struct guest *g, struct slot *from)
{
    for (struct slot *slot = from; slot; slot = slot_at(g->k, slot->next)) {
        const struct slot *next = slot_at(g->k, slot->next);
        if (next)
            CHECK(slot_at(g->k, next->prev) == slot);
    }
}

TEST(every_step_of_a_revoke_leaves_a_whole_tree)
{
    struct guest g = boot_with_work_units(1);
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 14), dest = g.next_slot;
    guest_invoke(&g, (struct guest_call){.cap = untyped,
                                         .method = INV_UNTYPED_RETYPE,
                                         WORDS(4, 3, 0, 0, dest, 5),
                                         EXTRA(INITIAL_CAP_CNODE)});
    union cap cap = guest_cap(&g, dest);
    for (unsigned i = 1; i < 5; i++)
        put(&g, cap, i + 2, dest + i);
    unsigned steps = 0;
    while (!slot_revoke(g.k, 0, guest_slot(&g, untyped)) && steps++ < 1000)
        check_links(&g, guest_slot(&g, untyped));
    CHECK(steps > 30 && steps < 1000);
    CHECK_EQ(guest_slot(&g, untyped)->next == 0 || !slot_has_children(g.k, guest_slot(&g, untyped)),
             true);
    guest_end(&g);
}

TEST(a_thread_that_ends_leaves_every_queue)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 10);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    const struct endpoint *e = endpoint_at(g.k, guest_cap(&g, ep).endpoint.object);
    guest_run(&g, t);
    guest_recv(&g, ep);
    CHECK_EQ(e->state, ENDPOINT_RECEIVING);
    uint64_t deaths = g.k->deaths;
    guest_delete(&g, t.cptr);
    CHECK_EQ(e->state, ENDPOINT_IDLE);
    CHECK_EQ(e->head, 0);
    CHECK_EQ(g.k->deaths, deaths + 1);
    CHECK_EQ(g.k->all_tcbs, g.root);
    guest_end(&g);
}
