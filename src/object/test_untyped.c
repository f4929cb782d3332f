/* SPDX-License-Identifier: BSD-2-Clause */
/* Retype: what it checks and in which order, where objects come to lie, when memory is cleared. */
#include <test.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <model/testkit_thread.h>

enum { TYPE_UNTYPED, TYPE_TCB, TYPE_ENDPOINT, TYPE_NOTIFICATION, TYPE_CAP_TABLE, TYPE_4K = 8 };

static struct guest_call retype_call(const struct guest *g, cptr_t untyped, word_t type,
                                     word_t size_bits, word_t count)
{
    return (struct guest_call){
        .cap = untyped,
        .method = INV_UNTYPED_RETYPE,
        WORDS(type, size_bits, 0, 0, g->next_slot, count),
        EXTRA(INITIAL_CAP_CNODE),
    };
}

static struct answer retype(struct guest *g, cptr_t untyped, word_t type, word_t size_bits,
                            word_t count)
{
    struct answer answer = guest_invoke(g, retype_call(g, untyped, type, size_bits, count));
    if (!answer_is_error(answer))
        g->next_slot += count;
    return answer;
}

static struct answer with_word(struct guest *g, struct guest_call call, unsigned word, word_t value)
{
    call.words[word] = value;
    return guest_invoke(g, call);
}

static paddr_t base_of(const struct guest *g, cptr_t cptr)
{
    paddr_t base = 0;
    unsigned bits;
    union cap cap = guest_cap(g, cptr);
    cap_object_type(cap)->extent(cap, &base, &bits);
    return base;
}

TEST(retype_is_the_only_method)
{
    struct guest g = guest_boot_default();
    struct guest_call call = retype_call(&g, g.first_untyped, TYPE_UNTYPED, 4, 1);
    call.method = INV_CNODE_DELETE;
    CHECK_ANSWER(guest_invoke(&g, call), answer_illegal_operation());
    guest_end(&g);
}

TEST(retype_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    struct guest_call call = retype_call(&g, untyped, 99, 64, 0);
    call.length = 5;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 6;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.caps = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_invalid_argument(0));
    CHECK_ANSWER(with_word(&g, call, 0, UINT64_MAX), answer_invalid_argument(0));
    call.words[0] = TYPE_ENDPOINT;
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(0, 47));
    CHECK_ANSWER(with_word(&g, call, 1, UINT64_MAX), answer_range_error(0, 47));
    call.words[0] = TYPE_CAP_TABLE;
    CHECK_ANSWER(with_word(&g, call, 1, 43), answer_range_error(0, 47));
    CHECK_ANSWER(with_word(&g, call, 1, 0), answer_invalid_argument(1));
    call.words[0] = TYPE_UNTYPED;
    CHECK_ANSWER(with_word(&g, call, 1, 48), answer_range_error(0, 47));
    CHECK_ANSWER(with_word(&g, call, 1, 47), answer_range_error(1, 256)); /* of the count: 0 */
    CHECK_ANSWER(with_word(&g, call, 1, 3), answer_invalid_argument(1));
    call.words[1] = 12;
    call.words[3] = 65;
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(1, 64));
    call.words[3] = 0;
    CHECK_ANSWER(with_word(&g, call, 4, 4096), answer_range_error(0, 4095));
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(1, 256));
    CHECK_ANSWER(with_word(&g, call, 5, 257), answer_range_error(1, 256));
    call.words[4] = 4090;
    CHECK_ANSWER(with_word(&g, call, 5, 257), answer_range_error(1, 256));
    call.words[5] = 7;
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(1, 6));
    call.words[4] = untyped - 1;
    call.words[5] = 2;
    CHECK_ANSWER(guest_invoke(&g, call), answer_delete_first());
    call.words[4] = g.next_slot;
    CHECK_ANSWER(guest_invoke(&g, call), answer_not_enough_memory(4096));
    call.words[5] = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    guest_end(&g);
}

TEST(the_destination_is_a_cnode_or_found_from_one)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12), cnode = guest_make(&g, OBJECT_CNODE, 2);
    struct guest_call call = retype_call(&g, untyped, TYPE_ENDPOINT, 0, 1);
    call.words[2] = INITIAL_CAP_TCB;
    call.words[3] = 64;
    call.words[4] = 3;
    CHECK_ANSWER(guest_invoke(&g, call),
                 answer_failed_lookup(false, lookup_missing_capability(64)));
    CHECK_ANSWER(with_word(&g, call, 3, 12),
                 answer_failed_lookup(false, lookup_guard_mismatch(12, 0, 52)));
    call.words[2] = cnode;
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    struct slot *slots = slot_at(g.k, guest_cap(&g, cnode).cnode.object);
    CHECK_EQ(slots[3].cap.type, CAP_ENDPOINT);
    call.extra[0] = INITIAL_CAP_TCB;
    CHECK_ANSWER(guest_invoke(&g, call), answer_failed_lookup(false, lookup_invalid_root()));
    call.words[3] = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_failed_lookup(false, lookup_missing_capability(0)));
    guest_end(&g);
}

TEST(objects_follow_the_watermark_each_aligned_to_its_size)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 14), first = g.next_slot;
    paddr_t base = guest_cap(&g, untyped).untyped.base;
    CHECK_ANSWER(retype(&g, untyped, TYPE_ENDPOINT, 0, 3), answer_ok());
    CHECK_EQ(guest_cap(&g, untyped).untyped.free_index, 48);
    CHECK_ANSWER(retype(&g, untyped, TYPE_NOTIFICATION, 0, 1), answer_ok());
    CHECK_ANSWER(retype(&g, untyped, TYPE_TCB, 0, 2), answer_ok());
    CHECK_ANSWER(retype(&g, untyped, TYPE_CAP_TABLE, 1, 1), answer_ok());
    const paddr_t offsets[] = {0, 16, 32, 64, 2048, 4096, 6144};
    for (unsigned i = 0; i < ARRAY_LENGTH(offsets); i++)
        CHECK_EQ(base_of(&g, first + i), base + offsets[i]);
    CHECK_EQ(guest_cap(&g, untyped).untyped.free_index, 6144 + 64);
    CHECK_ANSWER(retype(&g, untyped, TYPE_4K, 0, 3), answer_not_enough_memory(16384 - 6208));
    CHECK_ANSWER(retype(&g, untyped, TYPE_4K, 0, 2), answer_ok());
    CHECK_EQ(guest_cap(&g, untyped).untyped.free_index, 16384);
    CHECK_ANSWER(retype(&g, untyped, TYPE_ENDPOINT, 0, 1), answer_not_enough_memory(0));
    guest_end(&g);
}

TEST(an_untyped_without_children_starts_anew_with_cleared_memory)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 14), frame = g.next_slot;
    retype(&g, untyped, TYPE_4K, 0, 2);
    char *memory = kernel_memory(g.k, guest_cap(&g, untyped).untyped.base);
    memset(memory, 0xff, 8192);
    guest_delete(&g, frame);
    CHECK_ANSWER(retype(&g, untyped, TYPE_ENDPOINT, 0, 1), answer_ok());
    CHECK_EQ(base_of(&g, frame + 2), base_of(&g, frame + 1) + 4096);
    CHECK_EQ((unsigned char)memory[0], 0xff);
    guest_delete(&g, frame + 1);
    guest_delete(&g, frame + 2);
    cptr_t again = g.next_slot;
    CHECK_ANSWER(retype(&g, untyped, TYPE_ENDPOINT, 0, 1), answer_ok());
    CHECK_EQ(base_of(&g, again), guest_cap(&g, untyped).untyped.base);
    for (unsigned i = 0; i < 8192; i++) {
        if (!CHECK_EQ(memory[i], 0))
            break;
    }
    guest_end(&g);
}

TEST(a_large_range_is_cleared_by_the_seat_before_the_call_goes_on)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 20), first = g.next_slot;
    retype(&g, untyped, TYPE_4K, 0, 200);
    for (cptr_t cptr = first; cptr < g.next_slot; cptr++)
        guest_delete(&g, cptr);
    struct guest_syscall call = {.syscall = SYSCALL_CALL,
                                 .cap = untyped,
                                 .label = 1,
                                 WORDS(TYPE_4K, 0, 0, 0, first, 2),
                                 EXTRA(INITIAL_CAP_CNODE)};
    struct outcome outcome = guest_syscall_once(&g, call);
    CHECK_EQ(outcome.kind, OUTCOME_CLEAR);
    CHECK_EQ(g.k->cores[0].clear.base, guest_cap(&g, untyped).untyped.base);
    CHECK_EQ(g.k->cores[0].clear.end, g.k->cores[0].clear.base + 200 * 4096);
    CHECK(cap_is_null(guest_cap(&g, first)));
    outcome = kernel_continue(g.k, 0, 0);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK_EQ(thread_info(guest_root_thread(&g)).label, 0);
    CHECK_EQ(guest_cap(&g, first + 1).type, CAP_FRAME);
    CHECK_EQ(guest_cap(&g, untyped).untyped.free_index, 8192);
    guest_end(&g);
}

/* --- device memory ------------------------------------------------------------------------- */

static cptr_t find_untyped(const struct guest *g, paddr_t base)
{
    cptr_t cptr = g->first_untyped;
    while (guest_cap(g, cptr).type == CAP_UNTYPED && guest_cap(g, cptr).untyped.base != base)
        cptr++;
    return cptr;
}

TEST(device_memory_holds_frames_and_untypeds_only)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = find_untyped(&g, 0xfed00000);
    CHECK_ANSWER(retype(&g, untyped, TYPE_ENDPOINT, 0, 1), answer_invalid_argument(1));
    CHECK_ANSWER(retype(&g, untyped, TYPE_TCB, 0, 1 << 8), answer_invalid_argument(1));
    CHECK_ANSWER(retype(&g, untyped, TYPE_UNTYPED, 21, 1), answer_not_enough_memory(1 << 20));
    CHECK_ANSWER(retype(&g, untyped, TYPE_CAP_TABLE, 20, 1), answer_not_enough_memory(1 << 20));
    cptr_t frame = g.next_slot;
    CHECK_ANSWER(retype(&g, untyped, TYPE_4K, 0, 1), answer_ok());
    CHECK(guest_cap(&g, frame).frame.is_device);
    CHECK_EQ(base_of(&g, frame), 0xfed00000);
    CHECK_ANSWER(retype(&g, untyped, TYPE_UNTYPED, 12, 1), answer_ok());
    CHECK(guest_cap(&g, frame + 1).untyped.is_device);
    CHECK_EQ(base_of(&g, frame + 1), 0xfed01000);
    guest_end(&g);
}

TEST(device_memory_holds_frames_of_every_size)
{
    static const unsigned bits[] = {12, 21, 30};
    static const enum object_kind kinds[] = {OBJECT_4K_PAGE, OBJECT_LARGE_PAGE, OBJECT_HUGE_PAGE};
    struct guest g = guest_boot_default();
    cptr_t untyped = g.first_untyped;
    while (!guest_cap(&g, untyped).untyped.is_device ||
           guest_cap(&g, untyped).untyped.size_bits < 34)
        untyped++;
    for (unsigned i = 0; i < ARRAY_LENGTH(bits); i++) {
        cptr_t frame = g.next_slot;
        word_t type = abi_object_type(&g.k->config, kinds[i]);
        CHECK_ANSWER(retype(&g, untyped, type, 0, 1), answer_ok());
        CHECK_EQ(frame_cap_bits(guest_cap(&g, frame)), bits[i]);
    }
    guest_end(&g);
}

TEST(device_memory_is_used_anew_without_clearing)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = find_untyped(&g, 0xfed00000), first = g.next_slot;
    CHECK_ANSWER(retype(&g, untyped, TYPE_4K, 0, 256), answer_ok());
    for (cptr_t cptr = first; cptr < g.next_slot; cptr++)
        guest_delete(&g, cptr);
    CHECK_ANSWER(retype(&g, untyped, TYPE_4K, 0, 1), answer_ok());
    CHECK_EQ(base_of(&g, first + 256), 0xfed00000);
    guest_end(&g);
}

/* Untypeds above 512 GiB are larger than their physical address is aligned. */
TEST(alignment_counts_from_the_start_of_the_untyped)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = find_untyped(&g, UINT64_C(0x8000000000)), first = g.next_slot;
    CHECK_EQ(guest_cap(&g, untyped).untyped.size_bits, 46);
    CHECK_ANSWER(retype(&g, untyped, TYPE_UNTYPED, 45, 2), answer_ok());
    CHECK_EQ(base_of(&g, first), UINT64_C(0x8000000000));
    CHECK_EQ(base_of(&g, first + 1), UINT64_C(0x8000000000) + bit(45));
    CHECK_EQ(guest_cap(&g, untyped).untyped.free_index, bit(46));
    guest_end(&g);
}

/* --- what the objects are ------------------------------------------------------------------ */

TEST(a_new_thread_is_inactive_and_named_after_its_creator)
{
    struct guest g = guest_boot_default();
    cptr_t cptr = guest_make(&g, OBJECT_TCB, 0);
    const struct tcb *tcb = tcb_at(g.k, guest_cap(&g, cptr).tcb.object);
    CHECK_EQ(tcb->state, THREAD_INACTIVE);
    CHECK_EQ(tcb->priority, 0);
    CHECK_EQ(tcb->max_controlled_priority, 0);
    CHECK_EQ(tcb->context.reg[UREG_RFLAGS], 0x202);
    CHECK_EQ(tcb->time_slice, g.k->config.time_slice);
    CHECK_STR(tcb->name, "child of: 'rootserver'");
    CHECK_EQ(kernel_paddr(g.k, tcb), g.k->all_tcbs);
    CHECK(tcb->serial != guest_root(&g)->serial);
    guest_end(&g);
}

TEST(new_capabilities_have_all_rights)
{
    struct guest g = guest_boot_default();
    CHECK_EQ(guest_cap(&g, guest_make(&g, OBJECT_ENDPOINT, 0)).endpoint.rights, RIGHTS_ALL);
    union cap cnode = guest_cap(&g, guest_make(&g, OBJECT_CNODE, 5));
    CHECK_EQ(cnode.cnode.radix, 5);
    CHECK_EQ(cnode.cnode.guard_size, 0);
    CHECK_EQ(guest_cap(&g, guest_make(&g, OBJECT_4K_PAGE, 0)).frame.rights, VM_READ_WRITE);
    CHECK_EQ(guest_cap(&g, guest_make(&g, OBJECT_UNTYPED, 4)).untyped.size_bits, 4);
    guest_end(&g);
}
