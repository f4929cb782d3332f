/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/message.h>
#include <inspect/testkit_views.h>
#include <inspect/words.h>
#include <ipc/ipc.h>
#include <object/tcb.h>
#include <sched/release.h>
#include <sched/sched.h>

#define CHECK_WORDS(words, cap, expected)                                                          \
    do {                                                                                           \
        char text_[STATE_BYTES];                                                                   \
        words((cap), text_, sizeof(text_));                                                        \
        CHECK_STR(text_, (expected));                                                              \
    } while (0)

static const union cap endpoint = {
    .endpoint = {.type_ = CAP_ENDPOINT, .rights = RIGHT_WRITE | RIGHT_GRANT_REPLY, .object = 0x40}};
static const union cap frame = {.frame = {.type_ = CAP_FRAME,
                                          .size = FRAME_LARGE,
                                          .rights = VM_READ_ONLY,
                                          .map_type = FRAME_MAP_VSPACE,
                                          .asid = 3,
                                          .vpage = 0x400,
                                          .page = 0x200}};

TEST(capabilities_are_named_by_their_object_or_resource)
{
    const union cap port = {.io_port = {.type_ = CAP_IO_PORT, .first = 0x3f8, .last = 0x3ff}};
    const union cap irq = {.irq_handler = {.type_ = CAP_IRQ_HANDLER, .irq = 8}};
    const union cap control = {.word = {CAP_IRQ_CONTROL}};
    CHECK_WORDS(words_cap_object, endpoint, "endpoint 0x40");
    CHECK_WORDS(words_cap_object, frame, "page 0x200000");
    CHECK_WORDS(words_cap_object, port, "I/O port range 0x3f8 to 0x3ff");
    CHECK_WORDS(words_cap_object, irq, "IRQ handler 8");
    CHECK_WORDS(words_cap_object, control, "IRQ control");
}

TEST(rights_are_letters_where_there_are_any)
{
    CHECK_WORDS(words_cap_rights, endpoint, "-w-p");
    CHECK_WORDS(words_cap_rights, frame, "r-");
    CHECK_WORDS(words_cap_rights, cap_null(), "");
}

static const char *details(struct guest *g, union cap cap)
{
    static char text[STATE_BYTES];
    words_cap_details(g->k, cap, text, sizeof(text));
    return text;
}

TEST(details_tell_what_a_type_alone_has)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = named_thread(&g, "me");
    const union cap untyped = {
        .untyped = {.type_ = CAP_UNTYPED, .size_bits = 20, .free_index = 64}};
    const union cap master = {
        .reply = {.type_ = CAP_REPLY, .is_master = 1, .tcb = kernel_paddr(g.k, t.tcb)}};
    CHECK_STR(details(&g, untyped), "2^20 bytes, 64 used");
    CHECK_STR(details(&g, t.tcb->slots[TCB_SLOT_CTABLE].cap), "2^4 slots, guard 0x0 of 60 bits");
    CHECK_STR(details(&g, frame), "2M, mapped at 0x400000, ASID 3");
    CHECK_STR(details(&g, guest_cap(&g, t.cptr)), "me");
    CHECK_STR(details(&g, master), "master, to me");
    CHECK_STR(details(&g, endpoint), "");
    guest_end(&g);
}

TEST(mcs_details_tell_whose_time_and_whose_reply_it_is)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 10);
    tcb_set_name(t.tcb, "me");
    cptr_t sc = guest_make_sched_context(&g, 100, 1000);
    cptr_t slices = guest_make_sched_context(&g, 100, 100);
    CHECK_STR(details(&g, guest_cap(&g, guest_make(&g, OBJECT_SCHED_CONTEXT, 7))),
              "not configured");
    CHECK_STR(details(&g, guest_cap(&g, slices)), "round robin, 100 us");
    guest_bind(&g, t, sc);
    CHECK_STR(details(&g, guest_cap(&g, sc)), "100 us of 1000, sporadic, of me");
    CHECK_STR(details(&g, guest_cap(&g, g.reply)), "");
    guest_run(&g, t);
    guest_recv(&g, guest_make(&g, OBJECT_ENDPOINT, 0));
    CHECK_STR(details(&g, guest_cap(&g, g.reply)), "offered by me");
    guest_end(&g);
}

static const char *state(struct guest *g, struct guest_thread t)
{
    static char text[STATE_BYTES];
    words_state(g->k, t.tcb, text, sizeof(text));
    return text;
}

TEST(mcs_states_tell_who_has_no_time)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 10);
    guest_resume(&g, t);
    CHECK_STR(state(&g, t), "has no scheduling context to run with");
    guest_bind(&g, t, guest_make_sched_context(&g, 100, 1000));
    CHECK_STR(state(&g, t), "is ready");
    release_postpone(g.k, t.tcb);
    CHECK_STR(state(&g, t), "waits for its next refill");
    guest_end(&g);
}

TEST(an_mcs_caller_waits_for_who_runs_on_its_time)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread client = guest_thread(&g, 50), server = guest_thread(&g, 60);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    guest_run(&g, server);
    guest_recv(&g, ep);
    guest_run(&g, client);
    guest_call_ipc(&g, ep, 0, 0);
    CHECK(words_thread_that_replies(g.k, client.tcb) == NULL); /* it has time of its own */
    sched_context_unbind(g.k, 0, sched_context_at(g.k, server.tcb->sched_context));
    server.tcb->state = THREAD_RUNNING;
    ipc_receive(g.k, 0, server.tcb, guest_cap(&g, ep), true,
                guest_cap(&g, g.reply).reply_object.object);
    CHECK_EQ(client.tcb->state, THREAD_INACTIVE);
    guest_run(&g, client);
    guest_call_ipc(&g, ep, 0, 0);
    CHECK(words_thread_that_replies(g.k, client.tcb) == server.tcb);
    guest_end(&g);
}

TEST(a_name_is_cut_to_the_room_there_is)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = named_thread(&g, "a rather long name");
    char label[8];
    words_thread(t.tcb, label, sizeof(label));
    CHECK_STR(label, "a rathe");
    guest_end(&g);
}
