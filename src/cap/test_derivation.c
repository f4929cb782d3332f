/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree as a list: where new capabilities go, who is whose child. */
#include <test.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <model/testkit_thread.h>

/* The capabilities that follow `first` in the tree are in these slots, in this order. */
static void check_order(const struct guest *g, cptr_t first, unsigned count, const cptr_t *expected)
{
    struct slot *slot = guest_slot(g, first);
    for (unsigned i = 0; i < count; i++) {
        struct slot *next = slot_at(g->k, slot->next);
        CHECK(next == guest_slot(g, expected[i]));
        if (!next)
            return;
        CHECK(slot_at(g->k, next->prev) == slot);
        slot = next;
    }
}

#define CHECK_ORDER(g, first, ...)                                                                 \
    check_order(g, first, ARRAY_LENGTH(((cptr_t[]){__VA_ARGS__})), (cptr_t[]){__VA_ARGS__})

static bool is_parent(const struct guest *g, cptr_t a, cptr_t b)
{
    return slot_is_parent_of(g->k, guest_slot(g, a), guest_slot(g, b));
}

static void revoke(const struct guest *g, cptr_t cptr)
{
    while (!slot_revoke(g->k, 0, guest_slot(g, cptr)))
        continue;
}

static bool is_empty(const struct guest *g, cptr_t cptr)
{
    return slot_is_empty(guest_slot(g, cptr));
}

TEST(a_copy_goes_directly_behind_its_source)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t first = guest_copy(&g, ep), second = guest_copy(&g, ep), third = guest_copy(&g, first);
    CHECK_ORDER(&g, ep, second, first, third);
    CHECK(is_parent(&g, ep, first) && is_parent(&g, ep, second) && is_parent(&g, ep, third));
    CHECK(!is_parent(&g, first, third));
    guest_end(&g);
}

TEST(retyped_objects_follow_their_untyped_last_first)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    cptr_t dest = g.next_slot;
    CHECK_ANSWER(guest_invoke(&g, (struct guest_call){.cap = untyped,
                                                      .method = INV_UNTYPED_RETYPE,
                                                      WORDS(2, 0, 0, 0, dest, 3),
                                                      EXTRA(INITIAL_CAP_CNODE)}),
                 answer_ok());
    CHECK_ORDER(&g, untyped, dest + 2, dest + 1, dest);
    CHECK(is_parent(&g, untyped, dest) && is_parent(&g, untyped, dest + 2));
    guest_end(&g);
}

TEST(moving_keeps_the_place_in_the_tree)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t old = guest_mint(&g, ep, RIGHTS_ALL, 5), child = guest_copy(&g, old);
    cptr_t place = g.next_slot++;
    slot_move(g.k, guest_cap(&g, old), guest_slot(&g, old), guest_slot(&g, place));
    CHECK_ORDER(&g, ep, place, child);
    CHECK(is_empty(&g, old));
    CHECK_EQ(guest_slot(&g, old)->prev, 0);
    CHECK(is_parent(&g, place, child));
    CHECK(guest_slot(&g, place)->first_badged);
    guest_end(&g);
}

/* Swaps two slots of a row of four endpoints' copies and checks the row. */
static void check_swap(unsigned a, unsigned b)
{
    struct guest g = guest_boot_default();
    cptr_t row[4];
    row[0] = guest_make(&g, OBJECT_ENDPOINT, 0);
    for (unsigned i = 3; i > 0; i--)
        row[i] = guest_copy(&g, row[0]);
    paddr_t before = guest_slot(&g, row[0])->prev;
    slot_swap(g.k, guest_cap(&g, row[a]), guest_slot(&g, row[a]), guest_cap(&g, row[b]),
              guest_slot(&g, row[b]));
    cptr_t kept = row[a];
    row[a] = row[b];
    row[b] = kept;
    CHECK_ORDER(&g, row[0], row[1], row[2], row[3]);
    CHECK_EQ(guest_slot(&g, row[0])->prev, before);
    CHECK(guest_slot(&g, row[0])->revocable && !guest_slot(&g, row[3])->revocable);
    guest_end(&g);
}

TEST(swapping_exchanges_places_neighbours_or_not)
{
    for (unsigned a = 0; a < 4; a++) {
        for (unsigned b = 0; b < 4; b++) {
            if (a != b)
                check_swap(a, b);
        }
    }
}

TEST(a_badge_makes_a_parent_of_copies_with_the_same_badge)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t seven = guest_mint(&g, ep, RIGHTS_ALL, 7);
    cptr_t copy = guest_copy(&g, seven);
    cptr_t eight = guest_mint(&g, ep, RIGHTS_ALL, 8);
    CHECK_ORDER(&g, ep, eight, seven, copy);
    CHECK(is_parent(&g, ep, seven) && is_parent(&g, ep, eight) && is_parent(&g, ep, copy));
    CHECK(is_parent(&g, seven, copy));
    CHECK(!is_parent(&g, eight, seven) && !is_parent(&g, eight, copy));
    revoke(&g, seven);
    CHECK(is_empty(&g, copy) && !is_empty(&g, seven) && !is_empty(&g, eight));
    revoke(&g, ep);
    CHECK(is_empty(&g, seven) && is_empty(&g, eight) && !is_empty(&g, ep));
    guest_end(&g);
}

TEST(badges_of_notifications_make_parents_too)
{
    struct guest g = guest_boot_default();
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t seven = guest_mint(&g, signal, RIGHTS_ALL, 7), copy = guest_copy(&g, seven);
    cptr_t eight = guest_mint(&g, signal, RIGHTS_ALL, 8);
    CHECK_ORDER(&g, signal, eight, seven, copy);
    revoke(&g, eight);
    CHECK(!is_empty(&g, seven) && !is_empty(&g, copy));
    revoke(&g, seven);
    CHECK(is_empty(&g, copy));
    guest_end(&g);
}

TEST(two_mints_with_one_badge_stay_apart)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t older = guest_mint(&g, ep, RIGHTS_ALL, 7), copy = guest_copy(&g, older);
    cptr_t newer = guest_mint(&g, ep, RIGHTS_ALL, 7);
    CHECK_ORDER(&g, ep, newer, older, copy);
    revoke(&g, newer);
    CHECK(!is_empty(&g, older) && !is_empty(&g, copy));
    guest_end(&g);
}

/* The mark of the boundary outlives the capability that bore it. */
TEST(copies_left_behind_stay_apart_from_a_newer_mint)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t older = guest_mint(&g, ep, RIGHTS_ALL, 7), copy = guest_copy(&g, older);
    cptr_t newer = guest_mint(&g, ep, RIGHTS_ALL, 7), own = guest_copy(&g, newer);
    guest_delete(&g, older);
    CHECK_ORDER(&g, ep, newer, own, copy);
    CHECK(guest_slot(&g, copy)->first_badged);
    revoke(&g, newer);
    CHECK(is_empty(&g, own) && !is_empty(&g, copy));
    guest_end(&g);
}

TEST(revoking_a_plain_copy_does_nothing)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t copy = guest_copy(&g, ep), next = guest_copy(&g, copy);
    revoke(&g, copy);
    CHECK(!is_empty(&g, next) && !is_empty(&g, ep) && !is_empty(&g, copy));
    guest_end(&g);
}

TEST(the_last_capability_to_an_object_is_final)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), other = guest_make(&g, OBJECT_ENDPOINT, 0);
    CHECK(slot_is_final(g.k, guest_slot(&g, ep)));
    cptr_t copy = guest_mint(&g, ep, RIGHT_READ, 9);
    CHECK(!slot_is_final(g.k, guest_slot(&g, ep)));
    CHECK(!slot_is_final(g.k, guest_slot(&g, copy)));
    CHECK(slot_is_final(g.k, guest_slot(&g, other)));
    guest_delete(&g, ep);
    CHECK(slot_is_final(g.k, guest_slot(&g, copy)));
    guest_end(&g);
}

TEST(only_the_final_capability_of_an_object_with_slots_is_long_to_delete)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 2), tcb = guest_make(&g, OBJECT_TCB, 0);
    CHECK(slot_is_long_running_delete(g.k, guest_slot(&g, cnode)));
    CHECK(slot_is_long_running_delete(g.k, guest_slot(&g, tcb)));
    CHECK(!slot_is_long_running_delete(g.k, guest_slot(&g, guest_make(&g, OBJECT_ENDPOINT, 0))));
    guest_copy(&g, cnode);
    CHECK(!slot_is_long_running_delete(g.k, guest_slot(&g, cnode)));
    guest_end(&g);
}

TEST(a_copied_untyped_leaves_its_source_full)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12), copy = guest_copy(&g, untyped);
    CHECK_EQ(guest_cap(&g, untyped).untyped.free_index, 4096);
    CHECK_EQ(guest_cap(&g, copy).untyped.free_index, 0);
    CHECK(is_parent(&g, untyped, copy));
    CHECK(guest_slot(&g, copy)->revocable);
    CHECK_EQ(guest_copy(&g, untyped), 0); /* RevokeFirst */
    guest_end(&g);
}

TEST(an_untyped_is_the_parent_of_all_in_its_range_and_of_nothing_else)
{
    struct guest g = guest_boot_default();
    union cap untyped = guest_cap(&g, guest_make(&g, OBJECT_UNTYPED, 16));
    union cap inner = untyped;
    inner.untyped.size_bits = 4;
    inner.untyped.base = untyped.untyped.base + 65520;
    CHECK(cap_same_region(untyped, inner));
    CHECK(cap_same_region(untyped, untyped));
    CHECK(!cap_same_region(inner, untyped));
    CHECK(!cap_same_object(untyped, untyped));
    inner.untyped.base = untyped.untyped.base + 65536;
    CHECK(!cap_same_region(untyped, inner));
    CHECK(!cap_same_region(untyped, cap_null()));
    CHECK(!cap_same_region(untyped, guest_cap(&g, INITIAL_CAP_IRQ_CONTROL)));
    guest_end(&g);
}

TEST(badges_are_set_once)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    union cap badged = cap_update_data(guest_cap(&g, ep), 7, false);
    CHECK_EQ(badged.endpoint.badge, 7);
    CHECK(cap_is_null(cap_update_data(badged, 0, false)));
    CHECK(cap_is_null(cap_update_data(guest_cap(&g, ep), 7, true)));
    union cap signal = guest_cap(&g, guest_make(&g, OBJECT_NOTIFICATION, 0));
    CHECK_EQ(cap_update_data(signal, UINT64_MAX, false).notification.badge, UINT64_MAX);
    CHECK(cap_is_null(cap_update_data(signal, 1, true)));
    guest_end(&g);
}

TEST(rights_are_only_taken_away)
{
    struct guest g = guest_boot_default();
    union cap ep = guest_cap(&g, guest_make(&g, OBJECT_ENDPOINT, 0));
    ep = cap_mask_rights(ep, RIGHT_READ | RIGHT_WRITE);
    CHECK_EQ(ep.endpoint.rights, RIGHT_READ | RIGHT_WRITE);
    CHECK_EQ(cap_mask_rights(ep, RIGHTS_ALL).endpoint.rights, RIGHT_READ | RIGHT_WRITE);
    CHECK_EQ(cap_mask_rights(ep, 0).endpoint.rights, 0);
    union cap cnode = guest_cap(&g, INITIAL_CAP_CNODE), masked = cap_mask_rights(cnode, 0);
    CHECK_MEM(&masked, &cnode, sizeof(cnode));
    guest_end(&g);
}
