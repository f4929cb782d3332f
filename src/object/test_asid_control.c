/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <object/testkit_paging.h>

TEST(asid_control_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    cptr_t page = guest_make(&g, OBJECT_UNTYPED, 12), larger = guest_make(&g, OBJECT_UNTYPED, 13);
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 2);
    cptr_t free = g.next_slot;
    struct guest_call call = {.cap = INITIAL_CAP_ASID_CONTROL,
                              .method = INV_X86_ASID_CONTROL_MAKE_POOL,
                              WORDS(free),
                              EXTRA(page, INITIAL_CAP_CNODE)};
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 2;
    call.caps = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(make_pool(&g, larger, free), answer_invalid_capability(1));
    CHECK_ANSWER(make_pool(&g, INITIAL_CAP_TCB, free), answer_invalid_capability(1));
    /* a CNode whose bits are those of a page of untyped memory */
    guest_slot(&g, cnode)->cap.cnode.guard_size = 2 * 12;
    CHECK_EQ(guest_cap(&g, cnode).untyped.size_bits, 12);
    CHECK_ANSWER(make_pool(&g, cnode, free), answer_invalid_capability(1));
    guest_slot(&g, cnode)->cap.cnode.guard_size = 0;
    guest_slot(&g, page)->cap.untyped.is_device = 1;
    CHECK_ANSWER(make_pool(&g, page, free), answer_invalid_capability(1));
    guest_slot(&g, page)->cap.untyped.is_device = 0;
    CHECK_ANSWER(make_pool(&g, page, page), answer_delete_first());
    call.words[1] = 65;
    call.caps = 2;
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(1, 64));
    CHECK_ANSWER(make_pool(&g, page, free), answer_ok());
    CHECK_EQ(guest_cap(&g, free).asid_pool.asid_base, 512);
    CHECK_EQ(g.k->asid_pools[1], guest_cap(&g, page).untyped.base);
    CHECK_ANSWER(make_pool(&g, page, free + 1), answer_revoke_first());
    guest_slot(&g, page)->cap.untyped.size_bits = 13; /* larger, and with children */
    CHECK_ANSWER(make_pool(&g, page, free + 1), answer_invalid_capability(1));
    guest_slot(&g, page)->cap.untyped.size_bits = 12;
    call.method = INV_X86_ASID_POOL_ASSIGN;
    CHECK_ANSWER(guest_invoke(&g, call), answer_illegal_operation());
    guest_end(&g);
}

TEST(asid_control_makes_seven_pools)
{
    struct guest g = guest_boot_default();
    for (unsigned i = 1; i < NUM_ASID_POOLS; i++) {
        cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
        CHECK_ANSWER(make_pool(&g, untyped, g.next_slot++), answer_ok());
    }
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    CHECK_ANSWER(make_pool(&g, INITIAL_CAP_TCB, untyped), answer_delete_first());
    guest_end(&g);
}
