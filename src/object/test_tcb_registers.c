/* SPDX-License-Identifier: BSD-2-Clause */
/* ReadRegisters, WriteRegisters, CopyRegisters, SetTLSBase. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <ipc/ipc.h>
#include <model/context.h>
#include <model/testkit_thread.h>

static struct guest_call read_registers(cptr_t tcb, word_t flags, word_t count)
{
    return (struct guest_call){.cap = tcb, .method = INV_TCB_READ_REGISTERS, WORDS(flags, count)};
}

/* Register i gets the value 0x1000 + i; rflags and rip sane ones. */
static struct guest_call write_registers(cptr_t tcb, word_t flags, unsigned count)
{
    struct guest_call call = {.cap = tcb,
                              .method = INV_TCB_WRITE_REGISTERS,
                              .length = 2 + count,
                              .words = {flags, count}};
    for (unsigned i = 0; i < count; i++)
        call.words[2 + i] = 0x1000 + i;
    return call;
}

TEST(read_registers_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    struct guest_call call = read_registers(INITIAL_CAP_TCB, 0, 0);
    call.length = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 2;
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(1, 20));
    CHECK_ANSWER(guest_invoke(&g, read_registers(INITIAL_CAP_TCB, 0, 21)),
                 answer_range_error(1, 20));
    CHECK_ANSWER(guest_invoke(&g, read_registers(INITIAL_CAP_TCB, 0, 1)),
                 answer_illegal_operation());
    guest_end(&g);
}

TEST(read_registers_gives_them_in_the_order_of_the_user_context)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5), root = guest_root_thread(&g);
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        t.tcb->context.reg[i] = 0x2000 + i;
    guest_call_method(&g, read_registers(t.cptr, 0, 20));
    CHECK_EQ(thread_info(root).label, 0);
    CHECK_EQ(thread_info(root).length, 20);
    CHECK_EQ(thread_badge(root), 0);
    for (unsigned i = 0; i < 20; i++)
        CHECK_EQ(thread_word(root, i), 0x2000 + i);
    guest_call_method(&g, read_registers(t.cptr, 0, 2));
    CHECK_EQ(thread_info(root).length, 2);
    guest_end(&g);
}

TEST(without_a_buffer_four_registers_can_be_read)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5), root = guest_root_thread(&g);
    guest_delete(&g, INITIAL_CAP_IPC_BUFFER);
    guest_root(&g)->slots[TCB_SLOT_BUFFER].cap = cap_null();
    guest_call_method(&g, read_registers(t.cptr, 0, 20));
    CHECK_EQ(thread_info(root).label, 0);
    CHECK_EQ(thread_info(root).length, 4);
    guest_end(&g);
}

TEST(read_registers_may_suspend_the_thread)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    guest_resume(&g, t);
    t.tcb->context.next_ip = 0x7000;
    guest_call_method(&g, read_registers(t.cptr, 0, 1));
    CHECK_EQ(t.tcb->state, THREAD_RUNNING);
    guest_call_method(&g, read_registers(t.cptr, 1, 1));
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(thread_word(guest_root_thread(&g), 0), 0x7000);
    guest_end(&g);
}

/* The answer is for a Call; a Send just suspends. */
TEST(read_registers_by_send_writes_nothing)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5), root = guest_root_thread(&g);
    guest_syscall(&g, (struct guest_syscall){
                          .syscall = SYSCALL_SEND, .cap = t.cptr, .label = 2, WORDS(1, 20)});
    CHECK_EQ(thread_badge(root), t.cptr);
    CHECK_EQ(thread_word(root, 1), 20);
    guest_end(&g);
}

TEST(write_registers_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    struct guest_call call = write_registers(INITIAL_CAP_TCB, 0, 5);
    call.length = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 6;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 7;
    CHECK_ANSWER(guest_invoke(&g, call), answer_illegal_operation());
    call.words[1] = UINT64_MAX;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    guest_end(&g);
}

TEST(write_registers_sets_and_sanitises)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    t.tcb->context.by_sysret = true;
    struct guest_call call = write_registers(t.cptr, 0, 20);
    call.words[2 + UREG_RFLAGS] = UINT64_MAX;
    call.words[2 + UREG_FS_BASE] = UINT64_C(0x900000000000);
    call.words[2 + UREG_GS_BASE] = UINT64_MAX;
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(t.tcb->context.reg[UREG_RIP], 0x1000);
    CHECK_EQ(t.tcb->context.next_ip, 0x1000);
    CHECK_EQ(t.tcb->context.reg[UREG_RFLAGS], 0xed7);
    CHECK_EQ(t.tcb->context.reg[UREG_R15], 0x1000 + UREG_R15);
    CHECK_EQ(t.tcb->context.reg[UREG_FS_BASE], 0);
    CHECK_EQ(t.tcb->context.reg[UREG_GS_BASE], UINT64_MAX);
    CHECK(!t.tcb->context.by_sysret);
    call.words[2] = UINT64_C(0x900000000000);
    call.words[1] = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    CHECK_EQ(t.tcb->context.reg[UREG_RIP], 0);
    CHECK_EQ(t.tcb->context.reg[UREG_RSP], 0x1000 + UREG_RSP);
    guest_end(&g);
}

TEST(writing_more_registers_than_there_are_is_no_error)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    CHECK_ANSWER(guest_invoke(&g, write_registers(t.cptr, 0, 22)), answer_ok());
    CHECK_EQ(t.tcb->context.reg[UREG_GS_BASE], 0x1000 + UREG_GS_BASE);
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    guest_end(&g);
}

TEST(write_registers_may_resume_the_thread)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 255);
    guest_call_method(&g, write_registers(t.cptr, 1, 1));
    CHECK_EQ(t.tcb->state, THREAD_RESTART);
    guest_yield(&g);
    CHECK(guest_is_current(&g, t));
    CHECK_EQ(t.tcb->context.next_ip, 0x1000);
    guest_end(&g);
}

TEST(ones_own_registers_are_refused_before_the_thread_is_suspended)
{
    struct guest g = guest_boot_default();
    CHECK_ANSWER(guest_invoke(&g, read_registers(INITIAL_CAP_TCB, 1, 1)),
                 answer_illegal_operation());
    CHECK_EQ(guest_root(&g)->state, THREAD_RUNNING);
    guest_end(&g);
}

TEST(read_registers_by_send_suspends_the_thread_all_the_same)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    guest_resume(&g, t);
    guest_syscall(&g, (struct guest_syscall){
                          .syscall = SYSCALL_SEND,
                          .cap = t.cptr,
                          .label = abi_invocation_label(&g.k->config, INV_TCB_READ_REGISTERS),
                          WORDS(1, 1)});
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    guest_end(&g);
}

/* --- CopyRegisters ------------------------------------------------------------------------- */

static struct guest_call copy_registers(cptr_t dest, cptr_t source, word_t flags)
{
    return (struct guest_call){
        .cap = dest, .method = INV_TCB_COPY_REGISTERS, WORDS(flags), EXTRA(source)};
}

TEST(copy_registers_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    struct guest_call call = copy_registers(t.cptr, INITIAL_CAP_CNODE, 0);
    call.length = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 1;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.caps = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_invalid_capability(1));
    guest_end(&g);
}

TEST(copy_registers_copies_what_its_flags_say)
{
    struct guest g = guest_boot_default();
    struct guest_thread from = guest_thread(&g, 5), to = guest_thread(&g, 5);
    guest_resume(&g, from);
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        from.tcb->context.reg[i] = 0x3000 + i;
    guest_invoke(&g, copy_registers(to.cptr, from.cptr, 0));
    CHECK_EQ(to.tcb->context.reg[UREG_RIP], 0);
    guest_invoke(&g, copy_registers(to.cptr, from.cptr, 1 << 2));
    CHECK_EQ(to.tcb->context.reg[UREG_R15], 0x3000 + UREG_R15);
    CHECK_EQ(to.tcb->context.reg[UREG_RFLAGS], 0x3000 + UREG_RFLAGS);
    CHECK_EQ(to.tcb->context.next_ip, 0x3000);
    CHECK_EQ(to.tcb->context.reg[UREG_FS_BASE], 0);
    guest_invoke(&g, copy_registers(to.cptr, from.cptr, 1 << 3));
    CHECK_EQ(to.tcb->context.reg[UREG_GS_BASE], 0x3000 + UREG_GS_BASE);
    CHECK_EQ(from.tcb->state, THREAD_RUNNING);
    guest_invoke(&g, copy_registers(to.cptr, from.cptr, 1 << 1 | 1 << 0));
    CHECK_EQ(from.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(to.tcb->state, THREAD_RESTART);
    guest_end(&g);
}

/* The current thread still leaves by the way it came in. */
TEST(copying_to_oneself_returns_as_a_system_call_does)
{
    struct guest g = guest_boot_default();
    struct guest_thread from = guest_thread(&g, 5);
    struct tcb *root = guest_root(&g);
    from.tcb->context.reg[UREG_RIP] = 0x3000;
    from.tcb->context.reg[UREG_RSP] = 0x4000;
    guest_call_method(&g, copy_registers(INITIAL_CAP_TCB, from.cptr, 1 << 2));
    CHECK_EQ(root->context.next_ip, 0x3000);
    CHECK(root->context.by_sysret);
    word_t reg[USER_REGISTER_COUNT];
    kernel_load_registers(root, reg);
    CHECK_EQ(reg[UREG_RIP], 0x3000);
    CHECK_EQ(reg[UREG_RCX], 0x3000);
    CHECK_EQ(reg[UREG_RSP], 0);
    guest_end(&g);
}

TEST(copying_leaves_the_target_stopped_unless_asked)
{
    struct guest g = guest_boot_default();
    struct guest_thread from = guest_thread(&g, 5), to = guest_thread(&g, 5);
    guest_invoke(&g, copy_registers(to.cptr, from.cptr, 1 << 2 | 1 << 3));
    CHECK_EQ(to.tcb->state, THREAD_INACTIVE);
    guest_end(&g);
}

TEST(set_tls_base_takes_any_address)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    struct guest_call call = {
        .cap = t.cptr, .method = INV_TCB_SET_TLS_BASE, WORDS(UINT64_C(0x900000000000))};
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    CHECK_EQ(t.tcb->context.reg[UREG_FS_BASE], UINT64_C(0x900000000000));
    call.length = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    guest_end(&g);
}

/* The initial thread is ready and has a higher priority: the next decision is for it. */
TEST(a_tls_base_of_ones_own_makes_the_kernel_choose_anew)
{
    for (unsigned own = 0; own < 2; own++) {
        struct guest g = guest_boot_default();
        struct guest_thread t = guest_thread(&g, 5), other = guest_thread(&g, 5);
        guest_run(&g, t);
        guest_call_method(&g, (struct guest_call){.cap = own ? t.cptr : other.cptr,
                                                  .method = INV_TCB_SET_TLS_BASE,
                                                  WORDS(0x1000)});
        CHECK(guest_is_current(&g, own ? guest_root_thread(&g) : t));
        guest_end(&g);
    }
}
