/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints of carriers: when they trap, and what a run reports. */
#include <string.h>
#include <test.h>

#include <gate/testkit_rig.h>

PIECE(nops, "nop; nop; nop; nop; syscall");
PIECE(touch, "movl (%rdi), %eax; movl %eax, (%rdi); nop; syscall");
PIECE(bytes, "movb %al, 3(%rdi); movb %al, 4(%rdi); movb %al, 8(%rdi); syscall");
PIECE(fpu, "nop; fld1; syscall");
PIECE(flags, "pushfq; popq %rax; orq $0x100, %rax; pushq %rax; popfq; nop; nop; pushfq; popq %rbx;"
             "andq $~0x100, %rbx; pushq %rbx; popfq; pushfq; popq %rcx; syscall");

static const struct breakpoint none[HARDWARE_BREAKPOINTS];

static struct breakpoint on_code(vaddr_t address)
{
    return (struct breakpoint){
        .address = address, .type = BREAKPOINT_INSTRUCTION, .is_enabled = true};
}

static struct breakpoint on_data(vaddr_t address, uint8_t size, enum breakpoint_access access)
{
    return (struct breakpoint){.address = address,
                               .type = BREAKPOINT_DATA,
                               .size = size,
                               .access = (uint8_t)access,
                               .is_enabled = true};
}

static void set(struct rig *guest, const struct breakpoint *list)
{
    CHECK_EQ(monitor_gate_ops.carrier_set_breakpoints(guest->carrier, list), 0);
}

/* Only breakpoint n. */
static void set_one(struct rig *guest, unsigned n, struct breakpoint breakpoint)
{
    struct breakpoint list[HARDWARE_BREAKPOINTS] = {{0}};
    list[n] = breakpoint;
    set(guest, list);
}

static enum trap_kind run_without_fpu(struct rig *guest)
{
    guest->trap = (struct trap){.kind = TRAP_GONE};
    CHECK_EQ(monitor_gate_ops.run_without_fpu(guest->carrier, guest->reg, &guest->trap), 0);
    return guest->trap.kind;
}

static void check_debug(const struct rig *guest, vaddr_t rip, unsigned breakpoints, bool stepped)
{
    CHECK_EQ(guest->trap.kind, TRAP_EXCEPTION);
    CHECK_EQ(guest->trap.vector, EXCEPTION_DEBUG);
    CHECK_EQ(guest->reg[UREG_RIP] - RIG_CODE, rip);
    CHECK_EQ(guest->trap.debug.breakpoints, breakpoints);
    CHECK_EQ(guest->trap.debug.stepped, stepped);
}

TEST(an_instruction_breakpoint_traps_before_it)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned n = 0; n < HARDWARE_BREAKPOINTS; n++) {
        set_one(&guest, n, on_code(RIG_CODE + n));
        rig_execute(&guest, &nops);
        check_debug(&guest, n, 1U << n, false);
        CHECK_EQ(guest.reg[UREG_RFLAGS] & RFLAGS_RESUME, 0);
        rig_run(&guest);
        check_debug(&guest, n, 1U << n, false); /* it is still there */
        guest.reg[UREG_RFLAGS] |= RFLAGS_RESUME;
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    }
    set(&guest, none);
    CHECK_EQ(rig_execute(&guest, &nops), TRAP_SYSCALL);
    rig_close(&guest);
}

TEST(a_data_breakpoint_traps_after_the_access)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (enum breakpoint_access access = BREAK_ON_READ; access <= BREAK_ON_READ_WRITE; access++) {
        set_one(&guest, 2, on_data(RIG_DATA, 4, access));
        rig_load(&guest, &touch);
        guest.reg[UREG_RDI] = RIG_DATA;
        rig_run(&guest);
        if (access != BREAK_ON_WRITE) { /* reads alone it cannot do */
            check_debug(&guest, 2, 1 << 2, false);
            rig_run(&guest);
        }
        check_debug(&guest, 4, 1 << 2, false);
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    }
    rig_close(&guest);
}

TEST(a_data_breakpoint_has_a_size)
{
    static const struct {
        uint8_t size;
        unsigned first, second; /* rip at the traps, 0: none */
    } sizes[] = {{1, 6, 0}, {2, 6, 0}, {4, 6, 0}, {8, 6, 0}};
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        set_one(&guest, 0, on_data(RIG_DATA + 16 - sizes[i].size, sizes[i].size, BREAK_ON_WRITE));
        rig_load(&guest, &bytes);
        guest.reg[UREG_RDI] = RIG_DATA + 16 - 3 - 1 - sizes[i].size; /* one byte before it */
        rig_run(&guest);
        check_debug(&guest, sizes[i].first, 1, false);
        if (sizes[i].size > 4) {
            rig_run(&guest);
            check_debug(&guest, 9, 1, false);
        }
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    }
    rig_close(&guest);
}

TEST(all_of_an_access_are_reported)
{
    struct rig guest;
    const struct breakpoint list[HARDWARE_BREAKPOINTS] = {
        on_data(RIG_DATA, 1, BREAK_ON_WRITE), on_data(RIG_DATA + 2, 2, BREAK_ON_READ_WRITE),
        on_code(RIG_CODE + 2), on_data(RIG_DATA + 4, 4, BREAK_ON_READ_WRITE)};

    if (!rig_open(&guest))
        return;
    set(&guest, list);
    rig_load(&guest, &touch);
    guest.reg[UREG_RDI] = RIG_DATA;
    rig_run(&guest);
    check_debug(&guest, 2, 1 << 1, false);
    rig_run(&guest);
    check_debug(&guest, 2, 1 << 2, false);
    guest.reg[UREG_RFLAGS] |= RFLAGS_RESUME | RFLAGS_TRAP;
    rig_run(&guest);
    check_debug(&guest, 4, 1 << 1 | 1 << 0, true);
    rig_close(&guest);
}

/* The kernel's end of user addresses is above Linux's. */
TEST(what_linux_cannot_map_is_no_breakpoint)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    set_one(&guest, 0, on_code(UINT64_C(0x7ffffffffffe)));
    CHECK_EQ(rig_execute(&guest, &nops), TRAP_SYSCALL);
    set_one(&guest, 0, on_data(UINT64_C(0x7fffffffeff8), 8, BREAK_ON_WRITE));
    CHECK_EQ(rig_execute(&guest, &nops), TRAP_SYSCALL);
    rig_close(&guest);
}

TEST(steps_end_behind_each_instruction_but_a_call)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &nops);
    guest.reg[UREG_RFLAGS] |= RFLAGS_TRAP;
    for (unsigned i = 1; i <= 4; i++) {
        rig_run(&guest);
        check_debug(&guest, i, 0, true);
        CHECK(guest.reg[UREG_RFLAGS] & RFLAGS_TRAP);
    }
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK(guest.reg[UREG_R11] & RFLAGS_TRAP);
    rig_close(&guest);
}

TEST(breakpoints_are_those_of_one_carrier)
{
    struct rig guest;
    struct gate_carrier *other = NULL;
    word_t reg[USER_REGISTER_COUNT];
    struct trap trap;

    if (!rig_open(&guest))
        return;
    set_one(&guest, 0, on_code(RIG_CODE + 1));
    CHECK_EQ(monitor_gate_ops.carrier_create(guest.vspace, "other", &other), 0);
    rig_load(&guest, &nops);
    memcpy(reg, guest.reg, sizeof(reg));
    CHECK_EQ(monitor_gate_ops.run(other, reg, &trap), 0);
    CHECK_EQ(trap.kind, TRAP_SYSCALL);
    rig_run(&guest);
    check_debug(&guest, 1, 1, false);
    rig_close(&guest);
}

/* The gate's own code in the process runs past them, and they are there again afterwards. */
TEST(the_gates_own_page_can_have_breakpoints)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    const vaddr_t page = monitor_gate_ops.page(guest.vspace);
    const struct breakpoint list[HARDWARE_BREAKPOINTS] = {
        on_code(page), on_code(page + INJECTION_WRFSBASE),
        on_data(page + INJECTION_DATA, 1, BREAK_ON_READ), on_code(RIG_CODE)};
    set(&guest, list);
    CHECK_EQ(monitor_gate_ops.carrier_rename(guest.carrier, "renamed"), 0);
    rig_load(&guest, &nops);
    guest.reg[UREG_FS_BASE] = UINT64_C(0xffff800000001000);
    rig_run(&guest);
    check_debug(&guest, 0, 1 << 3, false);
    CHECK_EQ(guest.reg[UREG_FS_BASE], UINT64_C(0xffff800000001000));
    rig_close(&guest);
}

/* --- a thread without FPU ------------------------------------------------------------------ */

TEST(without_fpu_breakpoints_are_the_same)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    set_one(&guest, 1, on_code(RIG_CODE + 2));
    rig_load(&guest, &nops);
    run_without_fpu(&guest);
    check_debug(&guest, 2, 1 << 1, false);
    set_one(&guest, 1, on_data(RIG_DATA, 2, BREAK_ON_WRITE));
    rig_load(&guest, &touch);
    guest.reg[UREG_RDI] = RIG_DATA;
    run_without_fpu(&guest);
    check_debug(&guest, 4, 1 << 1, false);
    CHECK_EQ(guest.reg[UREG_RFLAGS] & RFLAGS_TRAP, 0);
    CHECK_EQ(run_without_fpu(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_R11] & RFLAGS_TRAP, 0);
    rig_close(&guest);
}

TEST(a_breakpoint_comes_before_the_fpu_exception)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    set_one(&guest, 3, on_code(RIG_CODE + 1));
    rig_load(&guest, &fpu);
    run_without_fpu(&guest);
    check_debug(&guest, 1, 1 << 3, false);
    guest.reg[UREG_RFLAGS] |= RFLAGS_RESUME;
    CHECK_EQ(run_without_fpu(&guest), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 7);
    CHECK(guest.reg[UREG_RFLAGS] & RFLAGS_RESUME);
    rig_close(&guest);
}

TEST(without_fpu_the_trap_flag_is_the_guests_alone)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &flags);
    guest.reg[UREG_RSP] = RIG_DATA + 64;
    run_without_fpu(&guest);
    CHECK_EQ(guest.reg[UREG_RAX] & RFLAGS_TRAP, RFLAGS_TRAP); /* the piece has set it there */
    check_debug(&guest, 11, 0, true);                         /* the nop behind popfq */
    for (unsigned i = 0; i < 6; i++)
        run_without_fpu(&guest);
    check_debug(&guest, 23, 0, true); /* the popfq that clears it */
    CHECK_EQ(guest.reg[UREG_RFLAGS] & RFLAGS_TRAP, 0);
    CHECK_EQ(run_without_fpu(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RCX] & RFLAGS_TRAP, 0); /* not in what pushfq stores, either */
    rig_close(&guest);
}
