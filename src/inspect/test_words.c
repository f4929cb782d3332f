/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/message.h>
#include <inspect/testkit_views.h>
#include <inspect/words.h>

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

TEST(a_name_is_cut_to_the_room_there_is)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = named_thread(&g, "a rather long name");
    char label[8];
    words_thread(t.tcb, label, sizeof(label));
    CHECK_STR(label, "a rathe");
    guest_end(&g);
}
