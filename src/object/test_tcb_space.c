/* SPDX-License-Identifier: BSD-2-Clause */
/* Configure, SetSpace and SetIPCBuffer: what they check, in which order, and what they install. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <model/testkit_thread.h>

#define ADDRESS 0x500000

struct fixture {
    struct guest g;
    cptr_t tcb, ep, frame;
    struct tcb *thread;
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    f.tcb = guest_make(&f.g, OBJECT_TCB, 0);
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.frame = guest_make(&f.g, OBJECT_4K_PAGE, 0);
    f.thread = tcb_at(f.g.k, guest_cap(&f.g, f.tcb).tcb.object);
    return f;
}

static struct guest_call configure(const struct fixture *f)
{
    return (struct guest_call){.cap = f->tcb,
                               .method = INV_TCB_CONFIGURE,
                               WORDS(77, 0, 0, ADDRESS),
                               EXTRA(INITIAL_CAP_CNODE, INITIAL_CAP_VSPACE, f->frame)};
}

static struct answer with_word(struct fixture *f, struct guest_call call, unsigned word,
                               word_t value)
{
    call.words[word] = value;
    return guest_invoke(&f->g, call);
}

static struct answer with_extra(struct fixture *f, struct guest_call call, unsigned i, cptr_t cptr)
{
    call.extra[i] = cptr;
    return guest_invoke(&f->g, call);
}

static struct answer with_counts(struct fixture *f, struct guest_call call, unsigned length,
                                 unsigned caps)
{
    call.length = length;
    call.caps = caps;
    return guest_invoke(&f->g, call);
}

TEST(configure_checks_the_buffer_then_the_cspace_then_the_vspace)
{
    struct fixture f = setup();
    struct guest_call call = configure(&f);
    CHECK_ANSWER(with_counts(&f, call, 3, 3), answer_truncated_message());
    CHECK_ANSWER(with_counts(&f, call, 4, 2), answer_truncated_message());
    call.extra[0] = call.extra[1] = f.ep;
    CHECK_ANSWER(with_extra(&f, call, 2, f.ep), answer_illegal_operation());
    CHECK_ANSWER(with_word(&f, call, 3, ADDRESS + 512), answer_alignment_error());
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_illegal_operation());
    call.extra[0] = INITIAL_CAP_CNODE;
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_illegal_operation());
    call.extra[1] = INITIAL_CAP_VSPACE;
    CHECK_ANSWER(with_word(&f, call, 1, 63), answer_illegal_operation());
    CHECK_EQ(f.thread->fault_handler, 0);
    CHECK(slot_is_empty(&f.thread->slots[TCB_SLOT_CTABLE]));
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_ok());
    guest_end(&f.g);
}

TEST(a_buffer_is_derived_then_its_type_then_device_then_alignment_is_looked_at)
{
    struct fixture f = setup();
    cptr_t untyped = guest_make(&f.g, OBJECT_UNTYPED, 12);
    guest_invoke(&f.g, (struct guest_call){.cap = untyped,
                                           .method = INV_UNTYPED_RETYPE,
                                           WORDS(2, 0, 0, 0, f.g.next_slot++, 1),
                                           EXTRA(INITIAL_CAP_CNODE)});
    CHECK_ANSWER(with_extra(&f, configure(&f), 2, untyped), answer_revoke_first());
    guest_slot(&f.g, f.frame)->cap.frame.is_device = 1;
    struct guest_call call = configure(&f);
    call.words[3] = ADDRESS + 512;
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_illegal_operation());
    /* an endpoint whose bits are those of a device frame */
    guest_slot(&f.g, f.ep)->cap.word[0] |= guest_cap(&f.g, f.frame).word[0] & ~UINT64_C(31);
    CHECK_STR(with_extra(&f, call, 2, f.ep).reason.why, "IPC Buffer is an invalid cap.");
    guest_end(&f.g);
}

TEST(configure_installs_copies)
{
    struct fixture f = setup();
    CHECK_ANSWER(guest_invoke(&f.g, configure(&f)), answer_ok());
    CHECK_EQ(f.thread->fault_handler, 77);
    CHECK_EQ(f.thread->ipc_buffer, ADDRESS);
    CHECK_EQ(f.thread->slots[TCB_SLOT_CTABLE].cap.type, CAP_CNODE);
    CHECK_EQ(f.thread->slots[TCB_SLOT_CTABLE].cap.cnode.guard_size, 52);
    CHECK_EQ(f.thread->slots[TCB_SLOT_VTABLE].cap.type, CAP_PML4);
    CHECK_EQ(f.thread->slots[TCB_SLOT_BUFFER].cap.type, CAP_FRAME);
    CHECK(!slot_is_final(f.g.k, guest_slot(&f.g, f.frame)));
    CHECK(ipc_buffer(f.g.k, f.thread, true) ==
          kernel_memory(f.g.k, frame_cap_paddr(guest_cap(&f.g, f.frame))));
    guest_delete(&f.g, f.frame);
    CHECK(ipc_buffer(f.g.k, f.thread, true));
    guest_end(&f.g);
}

TEST(configure_with_a_guard)
{
    struct fixture f = setup();
    CHECK_ANSWER(with_word(&f, configure(&f), 1, 5 << 6 | 4), answer_ok());
    CHECK_EQ(f.thread->slots[TCB_SLOT_CTABLE].cap.cnode.guard_size, 4);
    CHECK_EQ(f.thread->slots[TCB_SLOT_CTABLE].cap.cnode.guard, 5);
    guest_end(&f.g);
}

TEST(without_an_address_the_buffer_goes)
{
    struct fixture f = setup();
    guest_invoke(&f.g, configure(&f));
    struct guest_call call = configure(&f);
    call.extra[2] = f.g.next_slot; /* not looked at */
    CHECK_ANSWER(with_word(&f, call, 3, 0), answer_ok());
    CHECK(slot_is_empty(&f.thread->slots[TCB_SLOT_BUFFER]));
    CHECK_EQ(f.thread->ipc_buffer, 0);
    CHECK(!ipc_buffer(f.g.k, f.thread, false));
    guest_end(&f.g);
}

TEST(the_last_capability_to_a_cspace_is_not_replaced)
{
    struct fixture f = setup();
    cptr_t cnode = guest_make(&f.g, OBJECT_CNODE, 2);
    CHECK_ANSWER(with_extra(&f, configure(&f), 0, cnode), answer_ok());
    CHECK_ANSWER(guest_invoke(&f.g, configure(&f)), answer_ok());
    CHECK_ANSWER(with_extra(&f, configure(&f), 0, cnode), answer_ok());
    guest_delete(&f.g, cnode);
    CHECK_ANSWER(guest_invoke(&f.g, configure(&f)), answer_illegal_operation());
    guest_end(&f.g);
}

TEST(device_frames_and_vspaces_without_asid_are_refused)
{
    struct fixture f = setup();
    cptr_t device = f.g.first_untyped, frame = f.g.next_slot++;
    CHECK_ANSWER(guest_invoke(&f.g, (struct guest_call){.cap = device,
                                                        .method = INV_UNTYPED_RETYPE,
                                                        WORDS(8, 0, 0, 0, frame, 1),
                                                        EXTRA(INITIAL_CAP_CNODE)}),
                 answer_ok());
    CHECK_ANSWER(with_extra(&f, configure(&f), 2, frame), answer_illegal_operation());
    cptr_t pml4 = guest_make(&f.g, OBJECT_PML4, 0);
    CHECK_ANSWER(with_extra(&f, configure(&f), 1, pml4), answer_illegal_operation());
    guest_end(&f.g);
}

TEST(set_space_errors_in_their_order)
{
    struct fixture f = setup();
    struct guest_call call = {
        .cap = f.tcb, .method = INV_TCB_SET_SPACE, WORDS(88, 0, 0), EXTRA(f.ep, f.ep)};
    CHECK_ANSWER(with_counts(&f, call, 2, 2), answer_truncated_message());
    CHECK_ANSWER(with_counts(&f, call, 3, 1), answer_truncated_message());
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_illegal_operation());
    call.extra[0] = INITIAL_CAP_CNODE;
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_illegal_operation());
    call.extra[1] = INITIAL_CAP_VSPACE;
    CHECK_ANSWER(with_word(&f, call, 1, 0xfff), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_ok());
    CHECK_EQ(f.thread->fault_handler, 88);
    CHECK(slot_is_empty(&f.thread->slots[TCB_SLOT_BUFFER]));
    guest_end(&f.g);
}

TEST(set_ipc_buffer_errors_in_their_order)
{
    struct fixture f = setup();
    struct guest_call call = {
        .cap = f.tcb, .method = INV_TCB_SET_IPC_BUFFER, WORDS(ADDRESS + 8), EXTRA(f.ep)};
    CHECK_ANSWER(with_counts(&f, call, 0, 1), answer_truncated_message());
    CHECK_ANSWER(with_counts(&f, call, 1, 0), answer_truncated_message());
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_illegal_operation());
    call.extra[0] = f.frame;
    CHECK_ANSWER(guest_invoke(&f.g, call), answer_alignment_error());
    CHECK_ANSWER(with_word(&f, call, 0, ADDRESS + 0xc00), answer_ok());
    CHECK(ipc_buffer(f.g.k, f.thread, true) ==
          kernel_memory(f.g.k, frame_cap_paddr(guest_cap(&f.g, f.frame)) + 0xc00));
    CHECK_ANSWER(with_word(&f, call, 0, 0), answer_ok());
    CHECK(!ipc_buffer(f.g.k, f.thread, true));
    guest_end(&f.g);
}

TEST(a_read_only_buffer_sends_but_does_not_receive)
{
    struct fixture f = setup();
    cptr_t read_only = guest_mint(&f.g, f.frame, 2, 0);
    CHECK_ANSWER(with_extra(&f, configure(&f), 2, read_only), answer_ok());
    CHECK(ipc_buffer(f.g.k, f.thread, false));
    CHECK(!ipc_buffer(f.g.k, f.thread, true));
    guest_end(&f.g);
}

/* The old CSpace goes away with what the call itself was made with. */
TEST(a_thread_that_replaces_its_only_cspace_is_refused)
{
    struct fixture f = setup();
    struct guest_thread root = guest_root_thread(&f.g);
    guest_delete(&f.g, INITIAL_CAP_CNODE); /* the TCB's own copy is the last now */
    CHECK_ANSWER(guest_invoke(&f.g, (struct guest_call){.cap = INITIAL_CAP_TCB,
                                                        .method = INV_TCB_SET_SPACE,
                                                        WORDS(0, 0, 0),
                                                        EXTRA(f.ep, INITIAL_CAP_VSPACE)}),
                 answer_illegal_operation());
    CHECK_EQ(root.tcb->slots[TCB_SLOT_CTABLE].cap.type, CAP_CNODE);
    guest_end(&f.g);
}

/* The initial thread is ready and has a higher priority: the next decision is for it. */
TEST(a_buffer_of_ones_own_makes_the_kernel_choose_anew)
{
    for (unsigned own = 0; own < 2; own++) {
        struct guest g = guest_boot_default();
        struct guest_thread t = guest_thread(&g, 5), other = guest_thread(&g, 5);
        cptr_t frame = guest_make(&g, OBJECT_4K_PAGE, 0);
        guest_run(&g, t);
        guest_call_method(&g, (struct guest_call){.cap = own ? t.cptr : other.cptr,
                                                  .method = INV_TCB_SET_IPC_BUFFER,
                                                  WORDS(ADDRESS),
                                                  EXTRA(frame)});
        CHECK(guest_is_current(&g, own ? guest_root_thread(&g) : t));
        guest_end(&g);
    }
}
