/* SPDX-License-Identifier: BSD-2-Clause */
/* SetBreakpoint, GetBreakpoint, UnsetBreakpoint, ConfigureSingleStepping. */
#include <test.h>

#include <abi/bootinfo.h>
#include <model/testkit_thread.h>

static struct guest boot(void)
{
    struct kernel_config config = kernel_config_default();
    config.hardware_debug_api = true;
    return guest_boot(config, GUEST_MEMORY_END);
}

struct request {
    word_t number, address, type, size, access;
};

static struct answer set(struct guest *g, cptr_t tcb, struct request r)
{
    return guest_invoke(g,
                        (struct guest_call){.cap = tcb,
                                            .method = INV_TCB_SET_BREAKPOINT,
                                            WORDS(r.number, r.address, r.type, r.size, r.access)});
}

static struct answer with_number(struct guest *g, cptr_t tcb, enum invocation method, word_t number)
{
    return guest_invoke(g, (struct guest_call){.cap = tcb, .method = method, WORDS(number)});
}

/* What GetBreakpoint answers to the initial thread. */
static struct request get(struct guest *g, cptr_t tcb, word_t number, word_t *ret_enabled)
{
    struct guest_thread root = guest_root_thread(g);
    guest_call_method(
        g, (struct guest_call){.cap = tcb, .method = INV_TCB_GET_BREAKPOINT, WORDS(number)});
    CHECK_EQ(thread_info(root).label, 0);
    CHECK_EQ(thread_info(root).length, 5);
    *ret_enabled = thread_word(root, 4);
    return (struct request){number, thread_word(root, 0), thread_word(root, 1),
                            thread_word(root, 2), thread_word(root, 3)};
}

static void check_get(struct guest *g, cptr_t tcb, struct request expected, word_t is_enabled)
{
    word_t enabled;
    struct request found = get(g, tcb, expected.number, &enabled);
    CHECK_EQ(found.address, expected.address);
    CHECK_EQ(found.type, expected.type);
    CHECK_EQ(found.size, expected.size);
    CHECK_EQ(found.access, expected.access);
    CHECK_EQ(enabled, is_enabled);
}

TEST(set_errors_in_their_order)
{
    static const word_t top = UINT64_C(0x7fffffffffff);
    struct guest g = boot();
    const struct {
        struct request request;
        struct answer answer;
    } tries[] = {
        {{4, UINT64_MAX, 2, 3, 3}, answer_invalid_argument(1)},
        {{4, top, 2, 3, 3}, answer_invalid_argument(1)},
        {{4, top - 1, 2, 3, 3}, answer_invalid_argument(2)},
        {{4, top - 1, UINT64_MAX, 3, 3}, answer_invalid_argument(2)},
        {{4, top - 1, BREAKPOINT_INSTRUCTION, 3, 3}, answer_invalid_argument(3)},
        {{4, top - 1, BREAKPOINT_INSTRUCTION, 0, 3}, answer_invalid_argument(4)},
        {{4, top - 1, BREAKPOINT_INSTRUCTION, 0, BREAK_ON_WRITE}, answer_invalid_argument(4)},
        {{4, top - 1, BREAKPOINT_INSTRUCTION, 0, 0}, answer_range_error(0, 3)},
        {{4, top - 1, BREAKPOINT_DATA, 0, 3}, answer_invalid_argument(3)},
        {{4, top - 1, BREAKPOINT_DATA, 3, 3}, answer_invalid_argument(3)},
        {{4, top - 1, BREAKPOINT_DATA, 3, BREAK_ON_READ}, answer_invalid_argument(3)},
        {{4, top - 1, BREAKPOINT_DATA, UINT64_MAX, BREAK_ON_READ}, answer_invalid_argument(3)},
        {{4, top - 1, BREAKPOINT_DATA, 8, BREAK_ON_READ}, answer_alignment_error()},
        {{4, top - 7, BREAKPOINT_DATA, 8, BREAK_ON_READ}, answer_range_error(0, 3)},
        {{3, top - 7, BREAKPOINT_DATA, 8, BREAK_ON_READ}, answer_invalid_argument(3)},
        {{3, top - 7, BREAKPOINT_DATA, 4, BREAK_ON_READ}, answer_ok()},
    };
    for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
        CHECK_ANSWER(set(&g, INITIAL_CAP_TCB, tries[i].request), tries[i].answer);
    guest_end(&g);
}

TEST(sizes_and_alignments)
{
    struct guest g = boot();
    for (word_t size = 1; size < 20; size++) {
        for (word_t address = 0x1000; address < 0x1008; address++) {
            struct answer expected = answer_ok();
            if (size != 1 && size != 2 && size != 4 && size != 8)
                expected = answer_invalid_argument(3);
            else if (address % size)
                expected = answer_alignment_error();
            else if (size == 8)
                expected = answer_invalid_argument(3);
            struct request request = {0, address, BREAKPOINT_DATA, size, BREAK_ON_WRITE};
            CHECK_ANSWER(set(&g, INITIAL_CAP_TCB, request), expected);
        }
    }
    guest_end(&g);
}

TEST(the_number_has_16_bits)
{
    struct guest g = boot();
    cptr_t t = guest_thread(&g, 5).cptr;
    for (word_t number = 0; number < 0x30000; number += 0xffff) {
        struct answer expected = (number & 0xffff) < 4 ? answer_ok() : answer_range_error(0, 3);
        CHECK_ANSWER(set(&g, t, (struct request){number, 0x1000, 1, 0, 0}), expected);
        CHECK_ANSWER(with_number(&g, t, INV_TCB_UNSET_BREAKPOINT, number), expected);
        CHECK_EQ(with_number(&g, t, INV_TCB_GET_BREAKPOINT, number).label, expected.label);
    }
    CHECK_ANSWER(with_number(&g, t, INV_TCB_GET_BREAKPOINT, 4), answer_range_error(0, 3));
    CHECK_ANSWER(with_number(&g, t, INV_TCB_UNSET_BREAKPOINT, 4), answer_range_error(0, 3));
    guest_end(&g);
}

TEST(get_says_what_was_set)
{
    struct guest g = boot();
    cptr_t t = guest_thread(&g, 5).cptr;
    for (word_t number = 0; number < HARDWARE_BREAKPOINTS; number++) {
        struct request empty = {number, 0, BREAKPOINT_INSTRUCTION, 0, BREAK_ON_READ};
        struct request data = {number, 0x2004, BREAKPOINT_DATA, 4, BREAK_ON_WRITE};
        struct request code = {number, 0x2001, BREAKPOINT_INSTRUCTION, 0, BREAK_ON_READ};
        struct request read = {number, 0x2002, BREAKPOINT_DATA, 2, BREAK_ON_READ};
        check_get(&g, t, empty, false);
        CHECK_ANSWER(set(&g, t, data), answer_ok());
        check_get(&g, t, data, true);
        CHECK_ANSWER(set(&g, t, code), answer_ok());
        check_get(&g, t, code, true);
        CHECK_ANSWER(set(&g, t, read), answer_ok());
        read.access = BREAK_ON_READ_WRITE; /* what the processor can do */
        check_get(&g, t, read, true);
        CHECK_ANSWER(with_number(&g, t, INV_TCB_UNSET_BREAKPOINT, number), answer_ok());
        check_get(&g, t, empty, false);
    }
    guest_end(&g);
}

TEST(get_writes_a_read_only_buffer_and_needs_none)
{
    struct guest g = boot();
    struct guest_thread root = guest_root_thread(&g);
    CHECK_ANSWER(set(&g, INITIAL_CAP_TCB, (struct request){1, 0x1000, 1, 0, 0}), answer_ok());
    root.tcb->slots[TCB_SLOT_BUFFER].cap.frame.rights = VM_READ_ONLY;
    check_get(&g, INITIAL_CAP_TCB, (struct request){1, 0x1000, 1, 0, 0}, true);
    root.tcb->slots[TCB_SLOT_BUFFER].cap = cap_null();
    guest_call_method(&g, (struct guest_call){
                              .cap = INITIAL_CAP_TCB, .method = INV_TCB_GET_BREAKPOINT, WORDS(1)});
    CHECK_EQ(thread_info(root).length, 5);
    CHECK_EQ(thread_word(root, 0), 0x1000);
    guest_end(&g);
}

/* The answer is for a Call. */
TEST(get_by_send_writes_nothing)
{
    struct guest g = boot();
    struct guest_thread t = guest_thread(&g, 5), root = guest_root_thread(&g);
    guest_syscall(&g, (struct guest_syscall){
                          .syscall = SYSCALL_SEND,
                          .cap = t.cptr,
                          .label = abi_invocation_label(&g.k->config, INV_TCB_GET_BREAKPOINT),
                          WORDS(0, 1, 2, 3, 4)});
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(thread_word(root, i), i);
    guest_end(&g);
}

TEST(stepping_takes_no_breakpoint)
{
    struct guest g = boot();
    struct guest_thread t = guest_thread(&g, 5), root = guest_root_thread(&g);
    for (word_t count = 3; count-- > 0;) {
        guest_call_method(&g, (struct guest_call){.cap = t.cptr,
                                                  .method = INV_TCB_CONFIGURE_SINGLE_STEPPING,
                                                  WORDS(0xffff, count)});
        CHECK_EQ(thread_info(root).label, 0);
        CHECK_EQ(thread_info(root).length, 1);
        CHECK_EQ(thread_word(root, 0), 0);
        CHECK_EQ(t.tcb->debug.is_stepping, count != 0);
        CHECK_EQ(t.tcb->debug.steps_left, count);
    }
    guest_end(&g);
}

/* SetBreakpoint reads its last argument from a buffer that is not there: the real kernel dies. */
TEST(set_without_a_buffer_stops_the_machine)
{
    struct guest g = boot();
    guest_root(&g)->slots[TCB_SLOT_BUFFER].cap = cap_null();
    CHECK_EQ(guest_call_method(&g, (struct guest_call){.cap = INITIAL_CAP_TCB,
                                                       .method = INV_TCB_SET_BREAKPOINT,
                                                       WORDS(0, 0x1000, 1, 0)})
                 .kind,
             OUTCOME_HALT);
    CHECK_STR(guest_console(&g),
              "seL4 failed assertion 'ipc_buffer != NULL' in function getSyscallArg\nhalting...\n"
              "Kernel entry via Syscall, number: 1, Call\nCap type: 12, Invocation tag: 15");
    guest_end(&g);
}

TEST(without_the_api_there_are_no_such_methods)
{
    struct guest g = guest_boot_default();
    CHECK_EQ(abi_invocation_label(&g.k->config, INV_TCB_SET_BREAKPOINT), 0);
    guest_end(&g);
}
