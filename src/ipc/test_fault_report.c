/* SPDX-License-Identifier: BSD-2-Clause */
/* What is printed of a fault that nobody takes, as captured from the real kernel. */
#include <test.h>

#include <string.h>

#include <base/text.h>
#include <ipc/ipc.h>
#include <mem/vspace.h>
#include <model/console.h>
#include <model/testkit_thread.h>

struct fixture {
    struct guest g;
    struct guest_thread faulter;
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    f.faulter = guest_thread(&f.g, 255);
    guest_run(&f.g, f.faulter);
    f.faulter.tcb->context.reg[UREG_RIP] = 0x6000;
    guest_console(&f.g);
    return f;
}

/* fault: its line; what: the number in the first line; end: what follows "With stack:". */
static void check_unhandled(struct fixture *f, const char *what, const char *fault, const char *end)
{
    char expected[512];
    text_format(expected, sizeof(expected),
                "Caught cap fault in send phase at address %s\nwhile trying to handle:\n%s\n"
                "in thread 0x%lx \"child of: 'rootserver'\" at address 0x6000\nWith stack:\n%s\n",
                what, fault, console_tcb_address(f->g.k, f->faulter.tcb), end);
    CHECK_EQ(f->faulter.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(f->g.k->unhandled_faults, 1);
    CHECK_STR(guest_console(&f->g), expected);
}

TEST(a_fault_without_a_handler_is_printed)
{
    struct fixture f = setup();
    f.faulter.tcb->fault_handler = 0;
    f.faulter.tcb->context.reg[UREG_RSP] = 0x6001;
    kernel_vm_fault(f.g.k, 0, 0xdead000, 4, 0);
    check_unhandled(&f, "0", "vm fault on data at address 0xdead000 with status 0x4",
                    "RSP not aligned");
    guest_end(&f.g);
}

static void raise_kind(struct kernel *k, struct tcb *tcb, unsigned kind)
{
    const struct fault faults[] = {
        {.type = FAULT_CAP, .cap = {.cptr = 0, .in_receive_phase = true}},
        {.type = FAULT_CAP, .cap = {.cptr = 0x123}},
        {.type = FAULT_USER_EXCEPTION, .user_exception = {.vector = 0xd, .error_code = 0x802}},
        {.type = FAULT_USER_EXCEPTION, .user_exception = {.vector = 0}},
        {.type = FAULT_UNKNOWN_SYSCALL, .unknown_syscall = {.number = (word_t)-17}},
        {.type = FAULT_UNKNOWN_SYSCALL, .unknown_syscall = {.number = 0}},
        {.type = FAULT_VM, .vm = {.address = 0, .fsr = 6}},
        {.type = FAULT_DEBUG_EXCEPTION, .debug = {.reason = 3}},
    };
    fault_raise(k, 0, tcb, faults[kind]);
}

TEST(each_kind_of_fault_has_its_line)
{
    static const char *const lines[] = {
        "cap fault in receive phase at address 0",
        "cap fault in send phase at address 0x123",
        "user exception 0xd code 0x802",
        "user exception 0 code 0",
        "unknown syscall 0xffffffffffffffef",
        "unknown syscall 0",
        "vm fault on data at address 0 with status 0x6",
        "unknown fault",
    };
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct fixture f = setup();
        f.faulter.tcb->fault_handler = 0x123;
        f.faulter.tcb->slots[TCB_SLOT_VTABLE].cap = cap_null();
        raise_kind(f.g.k, f.faulter.tcb, i);
        check_unhandled(&f, "0x123", lines[i], "Invalid vspace");
        guest_end(&f.g);
    }
}

/* The end of the line belongs to what only debug kernels print. */
TEST(a_kernel_that_prints_without_debugging_names_no_thread)
{
    struct kernel_config config = kernel_config_default();
    config.debug_build = false;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    guest_root(&g)->slots[TCB_SLOT_VTABLE].cap = cap_null();
    guest_root(&g)->context.reg[UREG_RIP] = 0x6000;
    kernel_user_exception(g.k, 0, 6, 0, 0);
    CHECK_STR(guest_console(&g), "Caught cap fault in send phase at address 0\n"
                                 "while trying to handle:\n"
                                 "user exception 0x6 code 0at address 0x6000\n"
                                 "With stack:\nInvalid vspace\n");
    guest_end(&g);
}

#define STACK (GUEST_IMAGE_START + GUEST_IMAGE_PAGES * PAGE_BYTES - 16)

/* A word of the image's last page, at STACK + 8. */
static uint64_t *stack_word(const struct fixture *f)
{
    return kernel_memory(f->g.k, f->g.boot.image.paddr + GUEST_IMAGE_PAGES * PAGE_BYTES - 8);
}

static union cap *vspace(const struct fixture *f)
{
    return &f->faulter.tcb->slots[TCB_SLOT_VTABLE].cap;
}

/* The page table's entry for STACK. */
static uint64_t *stack_entry(const struct fixture *f)
{
    unsigned missing;
    return walk_entry(f->g.k, vspace(f)->pml4.object, STACK, LEVEL_PAGE_TABLE, &missing);
}

static void check_stack(struct fixture *f, vaddr_t rsp, const char *expected)
{
    f->faulter.tcb->fault_handler = 0;
    f->faulter.tcb->context.reg[UREG_RSP] = rsp;
    kernel_user_exception(f->g.k, 0, 6, 0, 0);
    const char *text = guest_console(&f->g);
    const char *stack = strstr(text, "With stack:\n");
    CHECK(stack != NULL);
    if (stack)
        CHECK_EQ(strncmp(stack + strlen("With stack:\n"), expected, strlen(expected)), 0);
    guest_end(&f->g);
}

TEST(the_stack_is_shown)
{
    struct fixture f = setup();
    *stack_word(&f) = 0xabc;
    check_stack(&f, STACK, "0x405ff0: 0x0\n0x405ff8: 0xabc\n");
}

/* It is the kernel that reads. */
TEST(a_stack_without_rights_is_shown)
{
    struct fixture f = setup();
    *stack_word(&f) = 0xabc;
    paddr_t page = f.g.boot.image.paddr + (GUEST_IMAGE_PAGES - 1) * PAGE_BYTES;
    *stack_entry(&f) = entry_make_page(page, FRAME_4K, VM_KERNEL_ONLY, 0);
    check_stack(&f, STACK, "0x405ff0: 0x0\n0x405ff8: 0xabc\n");
}

TEST(a_stack_that_is_no_memory_is_not_shown)
{
    struct fixture f = setup();
    *stack_entry(&f) = entry_make_page(0xfee00000, FRAME_4K, VM_READ_WRITE, 0);
    check_stack(&f, STACK, "0x405ff0: INVALID\n0x405ff8: INVALID\n");
    f = setup();
    *stack_entry(&f) = 0;
    check_stack(&f, STACK, "0x405ff0: INVALID\n0x405ff8: INVALID\n");
    f = setup();
    check_stack(&f, 0x7ffffffffff8, "0x7ffffffffff8: INVALID\n0x800000000000: INVALID\n");
}
