/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking stock: slots and where they are, objects and what they lie in, CSpaces, reach. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <inspect/space.h>
#include <inspect/testkit_views.h>
#include <string.h>

static struct inspection *look(struct guest *g)
{
    struct inspection *inspection = NULL;
    const char *problem = NULL;
    CHECK_EQ(inspection_open(g->k, NULL, &inspection, &problem), 0);
    CHECK_STR(problem, NULL);
    return inspection;
}

static const struct found_slot *slot_of(const struct inspection *inspection,
                                        const struct slot *slot)
{
    uint32_t index = index_map_find(&inspection->slot_at, kernel_paddr(inspection->k, slot));
    return index == INDEX_NONE ? NULL : &inspection->slots.items[index];
}

static const struct found_object *object_of(const struct inspection *inspection, union cap cap)
{
    uint32_t index = inspection_find_object(inspection, cap);
    return index == INDEX_NONE ? NULL : &inspection->objects.items[index];
}

TEST(every_slot_is_found_once_and_where_it_is)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    struct inspection *inspection = look(&g);
    const struct found_slot *found = slot_of(inspection, guest_slot(&g, ep));
    CHECK_EQ(found->place, PLACE_CNODE);
    CHECK_EQ(found->container, guest_cap(&g, INITIAL_CAP_CNODE).cnode.object);
    CHECK_EQ(found->index, ep);
    CHECK(found->is_reached);
    found = slot_of(inspection, &guest_root(&g)->slots[TCB_SLOT_VTABLE]);
    CHECK_EQ(found->place, PLACE_TCB);
    CHECK_EQ(found->index, TCB_SLOT_VTABLE);
    CHECK_EQ(inspection->slots.count, 4096 + TCB_SLOT_COUNT + NUM_IRQ_VECTORS);
    inspection_close(inspection);
    guest_end(&g);
}

TEST(objects_know_their_untyped_and_how_many_capabilities_there_are)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 14), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    guest_copy(&g, ep);
    struct inspection *inspection = look(&g);
    const struct found_object *object = object_of(inspection, guest_cap(&g, ep));
    CHECK_EQ(object->caps, 2);
    CHECK_EQ(object->size_bits, 4);
    const struct found_object *parent = &inspection->objects.items[object->parent];
    CHECK_EQ(cap_type(parent->cap), CAP_UNTYPED);
    CHECK(object->base - parent->base < bit(parent->size_bits));
    object = object_of(inspection, guest_cap(&g, untyped));
    CHECK_EQ(&inspection->objects.items[object->parent], parent);
    inspection_close(inspection);
    guest_end(&g);
}

TEST(what_lies_in_an_untyped_in_an_untyped_belongs_to_the_inner_one)
{
    struct guest g = guest_boot_default();
    cptr_t inner = guest_make(&g, OBJECT_UNTYPED, 14), ep = g.next_slot++;
    guest_invoke(&g, (struct guest_call){
                         .cap = inner,
                         .method = INV_UNTYPED_RETYPE,
                         WORDS(abi_object_type(&g.k->config, OBJECT_ENDPOINT), 0, 0, 0, ep, 1),
                         EXTRA(INITIAL_CAP_CNODE)});
    struct inspection *inspection = look(&g);
    const struct found_object *object = object_of(inspection, guest_cap(&g, ep));
    CHECK_EQ(&inspection->objects.items[object->parent],
             object_of(inspection, guest_cap(&g, inner)));
    inspection_close(inspection);
    guest_end(&g);
}

/* A CNode in the thread's CSpace, 4 slots behind a guard of 2 bits, in a CSpace of 64 bits. */
TEST(a_cspace_of_two_levels_gives_its_addresses)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = named_thread(&g, "t");
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), lower = guest_make(&g, OBJECT_CNODE, 2);
    give(&g, t, 3, ep, RIGHTS_ALL);
    give(&g, t, 5, lower, 0);
    union cap *root = &t.tcb->slots[TCB_SLOT_CTABLE].cap;
    root->cnode.guard_size = 56;
    struct slot *slots = slot_at(g.k, root->cnode.object);
    slots[5].cap.cnode.guard_size = 2;
    slots[5].cap.cnode.guard = 2;
    slot_insert(g.k, guest_cap(&g, ep), guest_slot(&g, ep),
                slot_at(g.k, guest_cap(&g, lower).cnode.object) + 1);

    struct inspection *inspection = look(&g);
    uint32_t thread = inspection_find_thread(inspection, kernel_paddr(g.k, t.tcb));
    const struct cspace *cspace =
        &inspection->cspaces.items[inspection->threads.items[thread].cspace];
    CHECK_EQ(cspace->count, 3);
    CHECK_EQ(cspace->items[0].cptr, 3);
    CHECK_EQ(cspace->items[0].depth, 60);
    CHECK_EQ(cspace->items[1].cptr, 5);
    CHECK_EQ(cspace->items[2].cptr, 0x59); /* 0101 10 01 */
    CHECK_EQ(cspace->items[2].depth, 64);
    inspection_close(inspection);
    guest_end(&g);
}

TEST(what_only_a_cnode_out_of_reach_holds_is_not_reached)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 2), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    paddr_t slots = guest_cap(&g, cnode).cnode.object;
    union cap cnode_cap = guest_cap(&g, cnode), ep_cap = guest_cap(&g, ep);
    slot_move(g.k, ep_cap, guest_slot(&g, ep), slot_at(g.k, slots) + 1);
    struct inspection *inspection = look(&g);
    CHECK(object_of(inspection, ep_cap)->is_reached);
    inspection_close(inspection);

    /* the CNode now holds the only capability to itself */
    slot_move(g.k, cnode_cap, guest_slot(&g, cnode), slot_at(g.k, slots) + 2);
    inspection = look(&g);
    CHECK(object_of(inspection, ep_cap) != NULL);
    CHECK(!object_of(inspection, ep_cap)->is_reached);
    CHECK(!object_of(inspection, cnode_cap)->is_used);
    CHECK(object_of(inspection, guest_cap(&g, INITIAL_CAP_CNODE))->is_reached);
    inspection_close(inspection);
    guest_end(&g);
}

TEST(pages_are_found_in_order_and_where_they_are)
{
    struct guest g = guest_boot_default();
    struct inspection *inspection = look(&g);
    paddr_t root = inspection->vspaces.items[0].root;
    struct mapped_page page;
    CHECK(space_next_page(inspection->k, root, 0, &page));
    CHECK_EQ(page.start, GUEST_IMAGE_START);
    CHECK_EQ(page.size_bits, PAGE_BITS);
    CHECK_EQ(page.rights, VM_READ_WRITE);
    CHECK(space_maps(inspection->k, root, GUEST_IMAGE_START + 5, page.paddr + 5));
    CHECK(!space_maps(inspection->k, root, GUEST_IMAGE_START + 5, page.paddr));
    unsigned count = 0;
    for (vaddr_t at = 0; space_next_page(inspection->k, root, at, &page); count++)
        at = page.start + PAGE_BYTES;
    CHECK(count >= GUEST_IMAGE_PAGES);
    CHECK(!space_next_page(inspection->k, root, page.start + PAGE_BYTES, &page));
    inspection_close(inspection);
    guest_end(&g);
}

TEST(memory_is_read_where_it_is_mapped)
{
    struct guest g = guest_boot_default();
    struct inspection *inspection = look(&g);
    paddr_t root = inspection->vspaces.items[0].root;
    struct mapped_page page;
    CHECK(space_next_page(g.k, root, GUEST_IMAGE_START, &page));
    memcpy((char *)kernel_memory(g.k, page.paddr) + PAGE_BYTES - 4, "text", 4);
    char text[5] = "";
    CHECK(space_read(g.k, root, GUEST_IMAGE_START + PAGE_BYTES - 4, text, 4));
    CHECK_STR(text, "text");
    CHECK(!space_read(g.k, root, GUEST_IMAGE_START + PAGE_BYTES - 3, text, 4));
    CHECK(!space_read(g.k, root, GUEST_IMAGE_START - 4, text, 4));
    CHECK(!space_read(g.k, root, UINT64_MAX - 4, text, 4));
    inspection_close(inspection);
    guest_end(&g);
}
