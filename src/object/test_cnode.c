/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of CNodes: what they check, in which order, and what they leave where. */
#include <test.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <model/testkit_thread.h>

#define ROOT INITIAL_CAP_CNODE

static struct guest_call transfer(enum invocation method, cptr_t dest, cptr_t source)
{
    return (struct guest_call){
        .cap = ROOT, .method = method, WORDS(dest, 64, source, 64, RIGHTS_ALL, 0), EXTRA(ROOT)};
}

static struct guest_call on_slot(enum invocation method, cptr_t cptr)
{
    return (struct guest_call){.cap = ROOT, .method = method, WORDS(cptr, 64)};
}

static struct answer with_word(struct guest *g, struct guest_call call, unsigned word, word_t value)
{
    call.words[word] = value;
    return guest_invoke(g, call);
}

static struct answer with_length(struct guest *g, struct guest_call call, unsigned length)
{
    call.length = length;
    return guest_invoke(g, call);
}

static struct answer missing(bool was_source, unsigned depth)
{
    return answer_failed_lookup(was_source, lookup_missing_capability(depth));
}

TEST(a_label_of_another_object_is_illegal_before_all_else)
{
    struct guest g = guest_boot_default();
    CHECK_ANSWER(guest_invoke(&g, (struct guest_call){.cap = ROOT, .method = INV_TCB_RESUME}),
                 answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, (struct guest_call){.cap = ROOT, .method = INV_INVALID}),
                 answer_illegal_operation());
    guest_end(&g);
}

TEST(every_method_looks_its_first_slot_up)
{
    struct guest g = guest_boot_default();
    for (enum invocation method = INV_CNODE_REVOKE; method <= INV_CNODE_SAVE_CALLER; method++) {
        struct guest_call call = on_slot(method, UINT64_C(1) << 40);
        CHECK_ANSWER(with_length(&g, call, 1), answer_truncated_message());
        CHECK_ANSWER(with_word(&g, call, 1, 0), answer_range_error(1, 64));
        CHECK_ANSWER(guest_invoke(&g, call),
                     answer_failed_lookup(false, lookup_guard_mismatch(64, 0, 52)));
    }
    guest_end(&g);
}

TEST(transfer_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    const struct {
        enum invocation method;
        unsigned min_length;
    } methods[] = {
        {INV_CNODE_COPY, 5}, {INV_CNODE_MINT, 6}, {INV_CNODE_MOVE, 4}, {INV_CNODE_MUTATE, 5}};
    for (unsigned i = 0; i < ARRAY_LENGTH(methods); i++) {
        struct guest_call call = transfer(methods[i].method, INITIAL_CAP_TCB, 1 << 20);
        CHECK_ANSWER(with_length(&g, call, 3), answer_truncated_message());
        call.caps = 0;
        CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
        call.caps = 1;
        CHECK_ANSWER(guest_invoke(&g, call), answer_delete_first());
        call.words[0] = g.next_slot;
        CHECK_ANSWER(guest_invoke(&g, call),
                     answer_failed_lookup(true, lookup_guard_mismatch(64, 0, 52)));
        CHECK_ANSWER(with_word(&g, call, 3, 65), answer_range_error(1, 64));
        call.extra[0] = INITIAL_CAP_TCB;
        CHECK_ANSWER(guest_invoke(&g, call), answer_failed_lookup(true, lookup_invalid_root()));
        call.extra[0] = ROOT;
        call.words[2] = 4000;
        CHECK_ANSWER(with_length(&g, call, 4), missing(true, 64));
        call.words[2] = INITIAL_CAP_CNODE;
        CHECK_ANSWER(with_length(&g, call, methods[i].min_length - 1), answer_truncated_message());
    }
    guest_end(&g);
}

TEST(copy_and_mint_derive)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12), dest = g.next_slot + 1;
    guest_invoke(&g, (struct guest_call){.cap = untyped,
                                         .method = INV_UNTYPED_RETYPE,
                                         WORDS(2, 0, 0, 0, g.next_slot++, 1),
                                         EXTRA(ROOT)});
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_COPY, dest, untyped)), answer_revoke_first());
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_MINT, dest, untyped)), answer_revoke_first());
    const cptr_t not_copied[] = {INITIAL_CAP_IRQ_CONTROL, INITIAL_CAP_IO_PORT_CONTROL};
    for (unsigned i = 0; i < ARRAY_LENGTH(not_copied); i++)
        CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_COPY, dest, not_copied[i])),
                     answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_MOVE, dest, INITIAL_CAP_IRQ_CONTROL)),
                 answer_ok());
    guest_end(&g);
}

TEST(copy_masks_rights_and_mint_adds_a_badge)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), dest = g.next_slot;
    CHECK_ANSWER(with_word(&g, transfer(INV_CNODE_COPY, dest, ep), 4, RIGHT_READ), answer_ok());
    CHECK_EQ(guest_cap(&g, dest).endpoint.rights, RIGHT_READ);
    struct guest_call mint = transfer(INV_CNODE_MINT, dest + 1, ep);
    CHECK_ANSWER(with_word(&g, mint, 5, UINT64_MAX), answer_ok());
    CHECK_EQ(guest_cap(&g, dest + 1).endpoint.badge, UINT64_MAX);
    mint = transfer(INV_CNODE_MINT, dest + 2, dest + 1);
    CHECK_ANSWER(guest_invoke(&g, mint), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_COPY, dest + 2, dest + 1)), answer_ok());
    guest_end(&g);
}

/* The bits of the endpoint's rights are where a frame has that it may be written. */
TEST(only_frames_without_reading_are_reported_as_write_only)
{
    struct guest g = guest_boot_default();
    cptr_t frame = guest_make(&g, OBJECT_4K_PAGE, 0), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t alike = guest_mint(&g, ep, RIGHT_WRITE | RIGHT_GRANT_REPLY, 0);
    CHECK_EQ(guest_cap(&g, alike).frame.rights, VM_READ_WRITE);
    uint64_t count = g.k->user_error.count;
    CHECK(guest_mint(&g, alike, RIGHT_WRITE, 0));
    CHECK(guest_mint(&g, frame, 0, 0));
    CHECK(guest_mint(&g, frame, RIGHT_READ | RIGHT_WRITE, 0));
    CHECK_EQ(g.k->user_error.count, count);
    CHECK(guest_mint(&g, frame, RIGHT_WRITE, 0));
    CHECK_EQ(g.k->user_error.count, count + 1);
    guest_end(&g);
}

TEST(mint_and_mutate_set_guards)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 4), dest = g.next_slot;
    struct guest_call mint = transfer(INV_CNODE_MINT, dest, cnode);
    CHECK_ANSWER(with_word(&g, mint, 5, 61), answer_illegal_operation());
    CHECK_ANSWER(with_word(&g, mint, 5, 0xff << 6 | 4), answer_ok());
    CHECK_EQ(guest_cap(&g, dest).cnode.guard_size, 4);
    CHECK_EQ(guest_cap(&g, dest).cnode.guard, 0xf);
    struct guest_call mutate = transfer(INV_CNODE_MUTATE, dest + 1, dest);
    CHECK_ANSWER(with_word(&g, mutate, 4, 60), answer_ok());
    CHECK_EQ(guest_cap(&g, dest + 1).cnode.guard_size, 60);
    CHECK_EQ(guest_cap(&g, dest + 1).cnode.guard, 0);
    CHECK(cap_is_null(guest_cap(&g, dest)));
    guest_end(&g);
}

TEST(mutate_leaves_badged_types_alone)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), dest = g.next_slot;
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_MUTATE, dest, ep)),
                 answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_MOVE, dest, ep)), answer_ok());
    CHECK_EQ(guest_cap(&g, dest).type, CAP_ENDPOINT);
    CHECK(cap_is_null(guest_cap(&g, ep)));
    guest_end(&g);
}

/* --- Rotate -------------------------------------------------------------------------------- */

static struct guest_call rotate(cptr_t dest, cptr_t pivot, cptr_t source)
{
    return (struct guest_call){.cap = ROOT,
                               .method = INV_CNODE_ROTATE,
                               WORDS(dest, 64, 0, pivot, 64, 0, source, 64),
                               EXTRA(ROOT, ROOT)};
}

TEST(rotate_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    cptr_t full = guest_make(&g, OBJECT_CNODE, 4), other = guest_make(&g, OBJECT_CNODE, 4);
    cptr_t third = guest_make(&g, OBJECT_CNODE, 4), empty = g.next_slot, far = 1 << 20;
    CHECK_ANSWER(with_length(&g, rotate(empty, full, other), 7), answer_truncated_message());
    struct guest_call call = rotate(empty, full, other);
    call.caps = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(guest_invoke(&g, rotate(empty, far, far)),
                 answer_failed_lookup(true, lookup_guard_mismatch(64, 0, 52)));
    CHECK_ANSWER(with_word(&g, rotate(empty, far, full), 4, 0), answer_range_error(1, 64));
    CHECK_ANSWER(guest_invoke(&g, rotate(full, other, other)), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, rotate(full, full, other)), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, rotate(third, full, other)), answer_delete_first());
    CHECK_ANSWER(guest_invoke(&g, rotate(third, full, empty)), answer_delete_first());
    CHECK_ANSWER(guest_invoke(&g, rotate(empty, empty + 1, empty + 2)), missing(true, 64));
    CHECK_ANSWER(guest_invoke(&g, rotate(empty, empty + 1, full)), missing(false, 64));
    CHECK_ANSWER(with_word(&g, rotate(empty, full, other), 5, 61), answer_illegal_operation());
    CHECK_ANSWER(with_word(&g, rotate(empty, full, other), 2, 61), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, rotate(empty, full, guest_make(&g, OBJECT_ENDPOINT, 0))),
                 answer_illegal_operation());
    guest_end(&g);
}

TEST(rotate_moves_source_to_pivot_and_pivot_to_destination)
{
    struct guest g = guest_boot_default();
    cptr_t source = guest_make(&g, OBJECT_CNODE, 4), pivot = guest_make(&g, OBJECT_CNODE, 5);
    cptr_t dest = g.next_slot;
    struct guest_call call = rotate(dest, pivot, source);
    call.words[2] = 7;
    call.words[5] = 9;
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    CHECK(cap_is_null(guest_cap(&g, source)));
    CHECK_EQ(guest_cap(&g, pivot).cnode.radix, 4);
    CHECK_EQ(guest_cap(&g, pivot).cnode.guard_size, 9);
    CHECK_EQ(guest_cap(&g, dest).cnode.radix, 5);
    CHECK_EQ(guest_cap(&g, dest).cnode.guard_size, 7);
    guest_end(&g);
}

TEST(rotate_back_to_the_source_is_a_swap)
{
    struct guest g = guest_boot_default();
    cptr_t source = guest_make(&g, OBJECT_CNODE, 4), pivot = guest_make(&g, OBJECT_CNODE, 5);
    struct guest_call call = rotate(source, pivot, source);
    call.words[2] = 7;
    call.words[5] = 9;
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    CHECK_EQ(guest_cap(&g, source).cnode.radix, 5);
    CHECK_EQ(guest_cap(&g, source).cnode.guard_size, 7);
    CHECK_EQ(guest_cap(&g, pivot).cnode.radix, 4);
    CHECK_EQ(guest_cap(&g, pivot).cnode.guard_size, 9);
    guest_end(&g);
}

/* --- methods on one slot ------------------------------------------------------------------- */

TEST(delete_and_revoke_take_empty_slots)
{
    struct guest g = guest_boot_default();
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_DELETE, g.next_slot)), answer_ok());
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_REVOKE, g.next_slot)), answer_ok());
    guest_end(&g);
}

TEST(cancel_badged_sends_needs_an_endpoint_with_all_rights)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t less = guest_mint(&g, ep, RIGHTS_ALL & ~RIGHT_GRANT_REPLY, 7);
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_CANCEL_BADGED_SENDS, ep)), answer_ok());
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_CANCEL_BADGED_SENDS, less)),
                 answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_CANCEL_BADGED_SENDS, g.next_slot)),
                 answer_illegal_operation());
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_CANCEL_BADGED_SENDS, signal)),
                 answer_illegal_operation());
    guest_end(&g);
}

TEST(save_caller_moves_the_reply_capability)
{
    struct guest g = guest_boot_default();
    struct guest_thread client = guest_thread(&g, 255), root = guest_root_thread(&g);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), place = g.next_slot;
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_SAVE_CALLER, ep)), answer_delete_first());
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_SAVE_CALLER, place)), answer_ok());
    CHECK(cap_is_null(guest_cap(&g, place)));

    guest_run(&g, client);
    guest_call_ipc(&g, ep, 0, 0);
    CHECK(guest_is_current(&g, root));
    guest_recv(&g, ep);
    CHECK_ANSWER(guest_invoke(&g, on_slot(INV_CNODE_SAVE_CALLER, place)), answer_ok());
    CHECK_EQ(guest_cap(&g, place).type, CAP_REPLY);
    CHECK(slot_is_empty(&root.tcb->slots[TCB_SLOT_CALLER]));
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_COPY, place + 1, place)),
                 answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_MOVE, place + 1, place)), answer_ok());
    guest_send(&g, place + 1, 3, 1);
    CHECK_EQ(client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(client).label, 3);
    CHECK(cap_is_null(guest_cap(&g, place + 1)));
    guest_end(&g);
}

/* --- what has no methods ------------------------------------------------------------------- */

TEST(null_zombie_and_master_reply_capabilities_cannot_be_invoked)
{
    struct guest g = guest_boot_default();
    struct slot *slot = guest_slot(&g, g.next_slot);
    CHECK_ANSWER(guest_invoke(&g, (struct guest_call){.cap = g.next_slot}),
                 answer_invalid_capability(0));
    slot->cap = guest_root(&g)->slots[TCB_SLOT_REPLY].cap;
    CHECK_EQ(slot->cap.type, CAP_REPLY);
    CHECK_ANSWER(guest_invoke(&g, (struct guest_call){.cap = g.next_slot}),
                 answer_invalid_capability(0));
    slot->cap = (union cap){.zombie = {.slots_left = 1}};
    slot->cap.type = CAP_ZOMBIE;
    CHECK_ANSWER(guest_invoke(&g, (struct guest_call){.cap = g.next_slot}),
                 answer_invalid_capability(0));
    CHECK_ANSWER(guest_invoke(&g, transfer(INV_CNODE_COPY, g.next_slot + 1, g.next_slot)),
                 answer_illegal_operation());
    guest_end(&g);
}
