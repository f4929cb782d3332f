/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory and registers as a debugger reads and writes them. */
#include <errno.h>
#include <string.h>
#include <test.h>

#include <gate/testkit_debugger.h>

/* --- memory -------------------------------------------------------------------------------- */

PIECE(wait, "1: jmp 1b");

TEST(memory_is_read_and_written_across_pages)
{
    struct debugged d;
    char text[16] = {0};

    if (!debugged_open(&d, &wait))
        return;
    struct seat *seat = d.world.seat;
    world_map(&d.world, PAGE(70), 0x100000, READ_WRITE);
    world_map(&d.world, PAGE(71), 0x300000, READ_ONLY); /* a debugger may write */
    CHECK_EQ(seat_debug_write_memory(seat, d.root, PAGE(71) - 3, "abcdef", 6), 6);
    CHECK_MEM((char *)world_memory(&d.world, 0x101000) - 3, "abc", 3);
    CHECK_MEM(world_memory(&d.world, 0x300000), "def", 3);
    CHECK_EQ(seat_debug_read_memory(seat, d.root, PAGE(71) - 2, text, 4), 4);
    CHECK_STR(text, "bcde");
    debugged_close(&d);
}

TEST(memory_ends_where_nothing_is_mapped)
{
    struct debugged d;
    char text[16];

    if (!debugged_open(&d, &wait))
        return;
    struct seat *seat = d.world.seat;
    world_map(&d.world, PAGE(70), 0x100000, READ_WRITE);
    CHECK_EQ(seat_debug_read_memory(seat, d.root, PAGE(71) - 5, text, sizeof(text)), 5);
    CHECK_EQ(seat_debug_write_memory(seat, d.root, PAGE(71) - 5, text, sizeof(text)), 5);
    CHECK_EQ(seat_debug_read_memory(seat, d.root, PAGE(71), text, 1), 0);
    CHECK_EQ(seat_debug_read_memory(seat, d.root, USER_TOP, text, 1), 0);
    CHECK_EQ(seat_debug_read_memory(seat, d.root, UINT64_MAX, text, 2), 0);
    CHECK_EQ(seat_debug_write_memory(seat, d.root, USER_TOP - 1, text, 2), 0);
    debugged_close(&d);
}

TEST(devices_are_left_alone)
{
    struct debugged d;
    char text[16];

    if (!debugged_open(&d, &wait))
        return;
    struct seat *seat = d.world.seat;
    world_map(&d.world, PAGE(70), DEVICE, READ_WRITE);
    world_map(&d.world, PAGE(71), NOTHING, READ_WRITE);
    CHECK_EQ(seat_debug_read_memory(seat, d.root, PAGE(70), text, 1), 0);
    CHECK_EQ(seat_debug_write_memory(seat, d.root, PAGE(70), text, 1), 0);
    CHECK_EQ(seat_debug_read_memory(seat, d.root, PAGE(71), text, 1), 0);
    CHECK_EQ(d.world.reads + d.world.writes, 0);
    debugged_close(&d);
}

/* --- registers ----------------------------------------------------------------------------- */

static struct tcb *trapped_thread(struct debugged *d, bool by_syscall)
{
    struct tcb *tcb = debugged_initial(d);
    word_t reg[USER_REGISTER_COUNT];
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        reg[i] = 0x10000 + 0x100 * i;
    reg[UREG_RFLAGS] = 0x202;
    kernel_save_registers(tcb, reg, by_syscall);
    return tcb;
}

TEST(a_thread_in_a_call_shows_its_stack)
{
    struct debugged d;
    word_t reg[USER_REGISTER_COUNT], own[USER_REGISTER_COUNT];

    if (!debugged_open(&d, &wait))
        return;
    struct tcb *tcb = trapped_thread(&d, true);
    tcb->state = THREAD_BLOCKED_ON_RECEIVE;
    seat_debug_read_registers(tcb, reg);
    CHECK_EQ(reg[UREG_RSP], 0x10000 + 0x100 * UREG_RSP);
    CHECK_EQ(reg[UREG_RIP], 0x10002 + 0x100 * UREG_RIP); /* behind the instruction */
    seat_debug_write_registers(tcb, reg);
    kernel_load_registers(tcb, own);
    CHECK_EQ(own[UREG_RSP], 0); /* the guest has it as seL4 gives it back */
    CHECK(tcb->context.by_sysret);

    /* stopped behind the call, before the guest has put it back */
    kernel_save_registers(tcb, own, false);
    tcb->state = THREAD_RUNNING;
    CHECK_EQ(debugged_register(tcb, UREG_RSP), 0x10000 + 0x100 * UREG_RSP);
    own[UREG_RIP] += 3;
    kernel_save_registers(tcb, own, false);
    CHECK_EQ(debugged_register(tcb, UREG_RSP), 0);
    debugged_close(&d);
}

TEST(a_thread_that_makes_its_call_again_stands_at_it)
{
    struct debugged d;

    if (!debugged_open(&d, &wait))
        return;
    struct tcb *tcb = trapped_thread(&d, true);
    const vaddr_t rip = 0x10000 + 0x100 * UREG_RIP;
    CHECK_EQ(debugged_register(tcb, UREG_RIP), rip + 2);
    tcb->state = THREAD_RESTART;
    CHECK_EQ(debugged_register(tcb, UREG_RIP), rip);
    tcb->state = THREAD_INACTIVE;
    CHECK_EQ(debugged_register(tcb, UREG_RIP), rip);
    tcb->state = THREAD_BLOCKED_ON_REPLY;
    CHECK_EQ(debugged_register(tcb, UREG_RIP), rip + 2);
    tcb->fault.type = FAULT_CAP;
    CHECK_EQ(debugged_register(tcb, UREG_RIP), rip);
    debugged_close(&d);
}

TEST(registers_that_are_written_are_what_the_thread_has)
{
    struct debugged d;
    word_t reg[USER_REGISTER_COUNT], own[USER_REGISTER_COUNT];

    if (!debugged_open(&d, &wait))
        return;
    struct tcb *tcb = trapped_thread(&d, true);
    seat_debug_read_registers(tcb, reg);
    reg[UREG_RBX] = 0x1234;
    reg[UREG_RFLAGS] = UINT64_MAX;
    reg[UREG_FS_BASE] = UINT64_C(1) << 60; /* no address */
    seat_debug_write_registers(tcb, reg);
    kernel_load_registers(tcb, own);
    CHECK_EQ(own[UREG_RBX], 0x1234);
    CHECK_EQ(own[UREG_RFLAGS], 0x240ed7);
    CHECK_EQ(own[UREG_FS_BASE], 0);
    CHECK_EQ(own[UREG_RIP], reg[UREG_RIP]);
    CHECK_EQ(own[UREG_RSP], 0);                              /* was not written */
    CHECK_EQ(tcb->context.reg[UREG_RIP], reg[UREG_RIP] - 2); /* a restart is still one */

    reg[UREG_RSP] = 0x5000;
    reg[UREG_RIP] = 0x6000;
    seat_debug_write_registers(tcb, reg);
    kernel_load_registers(tcb, own);
    CHECK_EQ(own[UREG_RSP], 0x5000);
    CHECK_EQ(own[UREG_RIP], 0x6000);
    CHECK_EQ(tcb->context.reg[UREG_RIP], 0x6000);
    debugged_close(&d);
}

/* --- vector state -------------------------------------------------------------------------- */

enum { XMM = 160, YMM_HIGH = 576, AREA = 832 };

static bool has_avx(void)
{
    return __builtin_cpu_supports("avx");
}

PLACE(vector_1);
PLACE(vector_2);
PIECE(use_vectors, "movl $0x41, %eax; movq %rax, %xmm3;" MARK(
                       vector_1) "nop; movq %xmm3, %rdi;" PUT_CHAR MARK(vector_2) HALT);

static void look_at_vectors(struct debugged *d, const struct stopped_thread *stopped)
{
    uint8_t area[AREA];
    size_t size = 0;
    word_t value = 0;

    CHECK_EQ(seat_debug_read_vector_state(d->world.seat, stopped->tcb, area, AREA, &size), 0);
    CHECK(size >= (has_avx() ? AREA : YMM_HIGH) && size <= AREA);
    memcpy(&value, area + XMM + 3 * 16, sizeof(value));
    CHECK_EQ(value, 0x41);
    area[XMM + 3 * 16] = 'B';
    area[YMM_HIGH + 5 * 16] = 0x99;
    CHECK_EQ(seat_debug_write_vector_state(d->world.seat, stopped->tcb, area, size), 0);
    memset(area, 0, sizeof(area));
    CHECK_EQ(seat_debug_read_vector_state(d->world.seat, stopped->tcb, area, AREA, &size), 0);
    CHECK_EQ(area[XMM + 3 * 16], 'B');
    CHECK_EQ(area[YMM_HIGH + 5 * 16], has_avx() ? 0x99 : 0);
    pull_here(d, vector_1, SEAT_BREAK_SOFTWARE);
}

static void plant_at_vector_1(struct debugged *d, struct tcb *tcb)
{
    uint8_t area[AREA];
    size_t size;

    (void)tcb;
    plant_here(d, vector_1, SEAT_BREAK_SOFTWARE);
    CHECK_EQ(seat_debug_read_vector_state(d->world.seat, d->other, area, 32, &size), 0);
    CHECK_EQ(size, 32);
    CHECK_EQ(area[0], 0x7f); /* the control words of a processor that was just reset */
    CHECK_EQ(area[1], 0x03);
}

TEST(vector_state_is_read_and_written)
{
    struct debugged d;

    if (!debugged_open(&d, &use_vectors))
        return;
    d.on_start = plant_at_vector_1;
    d.on_stop = look_at_vectors;
    d.other = debugged_thread(&d, 5, debugged_vspace(&d), GUEST_IMAGE_START); /* never runs */
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 1);
    CHECK(!strncmp(d.world.text, "B", 1));
    debugged_close(&d);
}

TEST(a_thread_without_a_vspace_has_no_vector_state)
{
    struct debugged d;
    uint8_t area[AREA];
    size_t size;

    if (!debugged_open(&d, &wait))
        return;
    debugged_initial(&d)->slots[TCB_SLOT_VTABLE].cap = cap_null();
    CHECK_EQ(seat_debug_read_vector_state(d.world.seat, debugged_initial(&d), area, AREA, &size),
             -ESRCH);
    CHECK_EQ(seat_debug_write_vector_state(d.world.seat, debugged_initial(&d), area, AREA), -ESRCH);
    debugged_close(&d);
}
