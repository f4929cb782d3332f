/* SPDX-License-Identifier: BSD-2-Clause */
/* Resolving capability pointers: guards, depths, and each way to fail. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <model/testkit_guest.h>

/* A CNode capability with a guard, to the CNode at `cptr`. */
static union cap with_guard(const struct guest *g, cptr_t cptr, unsigned size, word_t guard)
{
    return cap_update_data(guest_cap(g, cptr), guard << 6 | size, false);
}

static struct slot *slot_of(const struct guest *g, cptr_t cnode, unsigned index)
{
    struct slot *slots = slot_at(g->k, guest_cap(g, cnode).cnode.object);
    return &slots[index];
}

static void check_failure(struct resolution found, struct lookup_failure expected)
{
    CHECK(!found.slot);
    CHECK_EQ(found.failure.type, expected.type);
    CHECK_EQ(found.failure.bits_left, expected.bits_left);
    CHECK_EQ(found.failure.bits_found, expected.bits_found);
    CHECK_EQ(found.failure.guard_found, expected.guard_found);
}

static void check_found(struct resolution found, const struct slot *slot, unsigned bits_left)
{
    CHECK(found.slot == slot);
    CHECK_EQ(found.bits_left, bits_left);
}

TEST(the_initial_cspace_resolves_all_64_bits)
{
    struct guest g = guest_boot_default();
    struct tcb *root = guest_root(&g);
    check_found(lookup_slot(g.k, root, INITIAL_CAP_VSPACE), guest_slot(&g, INITIAL_CAP_VSPACE), 0);
    check_found(lookup_slot(g.k, root, 4095), guest_slot(&g, 4095), 0);
    check_failure(lookup_slot(g.k, root, 4096), lookup_guard_mismatch(64, 0, 52));
    check_failure(lookup_slot(g.k, root, UINT64_MAX), lookup_guard_mismatch(64, 0, 52));
    guest_end(&g);
}

TEST(a_root_that_is_no_cnode_fails)
{
    struct guest g = guest_boot_default();
    check_failure(lookup_resolve(g.k, cap_null(), 0, 64), lookup_invalid_root());
    check_failure(lookup_resolve(g.k, guest_cap(&g, INITIAL_CAP_TCB), 0, 64),
                  lookup_invalid_root());
    guest_end(&g);
}

TEST(guards_are_compared_from_the_top_of_what_is_left)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 4);
    union cap root = with_guard(&g, cnode, 8, 0xa5);
    struct slot *slot = slot_of(&g, cnode, 6);
    check_found(lookup_resolve(g.k, root, 0xa56, 12), slot, 0);
    check_found(lookup_resolve(g.k, root, UINT64_C(0xfff0000000000a56), 12), slot, 0);
    check_failure(lookup_resolve(g.k, root, 0xb56, 12), lookup_guard_mismatch(12, 0xa5, 8));
    check_failure(lookup_resolve(g.k, root, 0x1a56, 13), lookup_guard_mismatch(13, 0xa5, 8));
    check_failure(lookup_resolve(g.k, root, 0x25, 7), lookup_guard_mismatch(7, 0xa5, 8));
    check_failure(lookup_resolve(g.k, root, 0xa5, 8), lookup_depth_mismatch(8, 12));
    check_failure(lookup_resolve(g.k, root, 0xa56 >> 1, 11), lookup_depth_mismatch(11, 12));
    guest_end(&g);
}

TEST(a_guard_may_take_all_but_the_radix)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 1);
    union cap root = with_guard(&g, cnode, 63, UINT64_MAX);
    cptr_t guard = mask(58) << 1; /* user level can name 58 bits of it */
    check_found(lookup_resolve(g.k, root, guard | 1, 64), slot_of(&g, cnode, 1), 0);
    check_failure(lookup_resolve(g.k, root, UINT64_MAX, 64),
                  lookup_guard_mismatch(64, mask(58), 63));
    CHECK(cap_is_null(with_guard(&g, guest_make(&g, OBJECT_CNODE, 2), 63, 0)));
    guest_end(&g);
}

TEST(bits_left_over_at_a_slot_without_cnode_are_reported)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 4);
    union cap root = guest_cap(&g, cnode);
    struct slot *slot = slot_of(&g, cnode, 3);
    check_found(lookup_resolve(g.k, root, 0x30, 8), slot, 4);
    slot_insert(g.k, guest_cap(&g, INITIAL_CAP_TCB), guest_slot(&g, INITIAL_CAP_TCB), slot);
    check_found(lookup_resolve(g.k, root, 0x30, 8), slot, 4);
    guest_end(&g);
}

TEST(nested_cnodes_are_walked_down)
{
    struct guest g = guest_boot_default();
    cptr_t outer = guest_make(&g, OBJECT_CNODE, 4), inner = guest_make(&g, OBJECT_CNODE, 8);
    slot_insert(g.k, with_guard(&g, inner, 4, 7), guest_slot(&g, inner), slot_of(&g, outer, 2));
    union cap root = guest_cap(&g, outer);
    check_found(lookup_resolve(g.k, root, 0x2, 4), slot_of(&g, outer, 2), 0);
    check_found(lookup_resolve(g.k, root, 0x27ab, 16), slot_of(&g, inner, 0xab), 0);
    check_failure(lookup_resolve(g.k, root, 0x26ab, 16), lookup_guard_mismatch(12, 7, 4));
    check_failure(lookup_resolve(g.k, root, 0x27a, 12), lookup_depth_mismatch(8, 12));
    check_failure(lookup_resolve(g.k, root, 0x3, 2), lookup_depth_mismatch(2, 4));
    guest_end(&g);
}

TEST(operands_of_cnode_methods_use_all_their_bits)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 4);
    union cap root = guest_cap(&g, cnode), tcb = guest_cap(&g, INITIAL_CAP_TCB);
    struct slot *slot = NULL;
    CHECK_ANSWER(lookup_operand_slot(g.k, true, tcb, 0, 0, &slot),
                 answer_failed_lookup(true, lookup_invalid_root()));
    CHECK_ANSWER(lookup_operand_slot(g.k, true, root, 0, 0, &slot), answer_range_error(1, 64));
    CHECK_ANSWER(lookup_operand_slot(g.k, true, root, 0, 65, &slot), answer_range_error(1, 64));
    CHECK_ANSWER(lookup_operand_slot(g.k, true, root, 0, UINT64_C(1) << 32 | 4, &slot),
                 answer_range_error(1, 64));
    CHECK_ANSWER(lookup_operand_slot(g.k, false, root, 5, 3, &slot),
                 answer_failed_lookup(false, lookup_depth_mismatch(3, 4)));
    CHECK_ANSWER(lookup_operand_slot(g.k, true, root, 0x50, 8, &slot),
                 answer_failed_lookup(true, lookup_depth_mismatch(4, 0)));
    CHECK(!slot);
    CHECK_ANSWER(lookup_operand_slot(g.k, true, root, 5, 4, &slot), answer_ok());
    CHECK(slot == slot_of(&g, cnode, 5));
    cptr_t pair = guest_make(&g, OBJECT_CNODE, 1);
    CHECK_ANSWER(lookup_operand_slot(g.k, true, guest_cap(&g, pair), 1, 1, &slot), answer_ok());
    CHECK(slot == slot_of(&g, pair, 1));
    guest_end(&g);
}

TEST(an_occupied_slot_is_not_empty)
{
    struct guest g = guest_boot_default();
    union cap root = guest_cap(&g, INITIAL_CAP_CNODE);
    struct slot *slot = NULL;
    CHECK_ANSWER(lookup_empty_slot(g.k, root, INITIAL_CAP_TCB, 64, &slot), answer_delete_first());
    CHECK(!slot);
    CHECK_ANSWER(lookup_empty_slot(g.k, root, g.next_slot, 64, &slot), answer_ok());
    CHECK(slot == guest_slot(&g, g.next_slot));
    guest_end(&g);
}
