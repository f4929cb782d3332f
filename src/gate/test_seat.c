/* SPDX-License-Identifier: BSD-2-Clause */
/* The seat's loop, and what follows a thread from process to process. */
#include <signal.h>
#include <string.h>
#include <test.h>

#include <gate/testkit_world.h>
#include <host/cpu.h>

/* --- running ------------------------------------------------------------------------------- */

PIECE(print_and_halt, PRINT('o') PRINT('k') PRINT(10) HALT);

TEST(thread_runs_prints_and_halts)
{
    struct world world;

    if (!world_open(&world))
        return;
    CHECK_EQ(world_run(&world, &print_and_halt, 0, 0), SEAT_END_HALTED);
    CHECK(!strncmp(world.text, "ok\n", 3));
    CHECK_EQ(world.entered, 4);
    CHECK(world.left >= world.entered);
    CHECK_EQ(world.maps, 1); /* the image in one go */
    CHECK_EQ(world.unmaps, 0);
    world_close(&world);
}

PIECE(ask_processor, "movl $1, %eax; xorl %ecx, %ecx; cpuid; shrl $27, %ecx; andl $1, %ecx;"
                     "leal '0'(%rcx), %edi;" PUT_CHAR HALT);

/* A processor that can trap the instruction, but does it by hand: at its place stands another. */
static int run_until_ud2(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                         struct trap *ret_trap)
{
    int error = monitor_gate_ops.run(carrier, reg, ret_trap);
    if (!error && ret_trap->kind == TRAP_EXCEPTION && ret_trap->vector == 6)
        ret_trap->kind = TRAP_CPUID;
    return error;
}

/* `ud2` instead of the first `cpuid` of the first page. */
static void mark_cpuid(struct world *world)
{
    uint8_t *code = memmem(world_image_page(world, 0), PAGE_BYTES, "\x0f\xa2", 2);
    if (CHECK(code != NULL))
        memcpy(code, "\x0f\x0b", 2);
}

TEST(trapped_cpuid_shows_what_the_kernel_turns_on)
{
    uint32_t processor[HOST_CPUID_REGISTERS];
    host_cpuid(1, 0, processor);
    const char has_xsave = processor[HOST_ECX] >> 27 & 1 ? '1' : '0';

    for (unsigned features = 0; features <= 3; features += 3) {
        struct world world;

        if (!world_open(&world))
            return;
        world.k->config.xsave_features = features;
        world_ops.run = run_until_ud2;
        world_load(&world, &ask_processor, 0, 0);
        mark_cpuid(&world);
        seat_run(world.seat, &world.result);
        CHECK_EQ(world.result.end, SEAT_END_HALTED);
        CHECK_EQ(world.text[0], features ? has_xsave : '0');
        world_close(&world);
    }
}

/* The trap flag is on from the next instruction on. r15: a stack. */
PIECE(step_over_cpuid, "movq %r15, %rsp; pushfq; orl $0x100, (%rsp); popfq; cpuid;" HALT);

TEST(a_step_ends_behind_a_trapped_cpuid)
{
    enum { HALT_BYTES = 5 };
    struct world world;

    if (!world_open(&world))
        return;
    world_ops.run = run_until_ud2;
    world_load(&world, &step_over_cpuid, 0, PAGE(2));
    mark_cpuid(&world);
    struct tcb *tcb = world_thread(&world);
    seat_run(world.seat, &world.result);
    CHECK_EQ(world.result.end, SEAT_END_IDLE);
    CHECK(strstr(world.text, "user exception 0x1") != NULL);
    CHECK_EQ(tcb->context.reg[UREG_RIP],
             PAGE(0) + (size_t)(step_over_cpuid.end - step_over_cpuid.start) - HALT_BYTES);
    world_close(&world);
}

PIECE(forever, "1: jmp 1b");

TEST(client_can_stop_a_busy_guest)
{
    struct world world;

    if (!world_open(&world))
        return;
    world.stop_at = world_now(&world) + 20000000;
    CHECK_EQ(world_run(&world, &forever, 0, 0), SEAT_END_STOPPED);
    CHECK_EQ(world.armed, 1); /* a thread that is alone needs no tick, its first page no entry */
    world_close(&world);
}

PIECE(undefined, "ud2");

TEST(fault_that_nobody_handles_leaves_an_idle_machine)
{
    struct world world;

    if (!world_open(&world))
        return;
    CHECK_EQ(world_run(&world, &undefined, 0, 0), SEAT_END_IDLE);
    CHECK_EQ(world.waits, 1);
    CHECK(strstr(world.text, "0x400000") != NULL);
    world_close(&world);
}

static void stop_after_some(struct world *world)
{
    if (world->waits > 3)
        world->stop_at = 1;
}

TEST(idle_machine_waits_as_often_as_it_is_woken)
{
    struct world world;

    if (!world_open(&world))
        return;
    world.on_wait = stop_after_some;
    CHECK_EQ(world_run(&world, &undefined, 0, 0), SEAT_END_STOPPED);
    CHECK_EQ(world.waits, 4);
    world_close(&world);
}

static void world_kill_on_leave(void *context, struct kernel *k, struct outcome outcome)
{
    struct world *world = context;

    (void)k;
    (void)outcome;
    if (++world->left == 3)
        kill(world->gate->vspaces->edit.pid, SIGKILL);
}

TEST(process_killed_from_outside_ends_the_guest)
{
    struct world world;

    if (!world_open(&world))
        return;
    world.seat->client.trace_leave = world_kill_on_leave;
    CHECK_EQ(world_run(&world, &print_and_halt, 0, 0), SEAT_END_HOST_FAILED);
    CHECK(strstr(world.result.what, "killed from outside") != NULL);
    world_close(&world);
}

TEST(thread_without_a_vspace_faults_where_it_stands)
{
    struct world world;

    if (!world_open(&world))
        return;
    world_load(&world, &print_and_halt, 0, 0);
    world_thread(&world)->slots[TCB_SLOT_VTABLE].cap = cap_null();
    seat_run(world.seat, &world.result);
    CHECK_EQ(world.result.end, SEAT_END_IDLE);
    world_check_vm_fault(&world, GUEST_IMAGE_START, 4);
    CHECK_EQ(world.maps, 0);
    world_close(&world);
}

/* --- vector state --------------------------------------------------------------------------- */

/* The thread's VSpace loses its ASID and gets another: to the seat it is a new one. */
static void world_change_vspace_on_enter(void *context, struct kernel *k, struct tcb *tcb,
                                         const struct trap *trap)
{
    struct world *world = context;
    struct vspace *vspace = vspace_at(k, kernel_tcb_vspace(k, tcb));

    (void)trap;
    if (++world->entered == 1) {
        vspace->serial = k->next_serial++;
        k->deaths++;
    }
}

PIECE(keep_vectors,
      "movq $0x41, %rax; movq %rax, %xmm3;" PRINT('o') "movq %xmm3, %rdi;" PUT_CHAR HALT);

TEST(vector_state_follows_its_thread_to_another_vspace)
{
    struct world world;

    if (!world_open(&world))
        return;
    world.seat->client.trace_enter = world_change_vspace_on_enter;
    CHECK_EQ(world_run(&world, &keep_vectors, 0, 0), SEAT_END_HALTED);
    CHECK(!strncmp(world.text, "oA", 2));
    CHECK(world.gate->vspaces && !world.gate->vspaces->next); /* the first process has ended */
    CHECK_EQ(world.maps, 2);
    world_close(&world);
}
