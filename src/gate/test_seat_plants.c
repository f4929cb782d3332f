/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints: where they hit, and that nobody else sees them. */
#include <errno.h>
#include <string.h>
#include <test.h>

#include <abi/bootinfo.h>
#include <gate/testkit_debugger.h>

static uint8_t *code_at(struct debugged *d, const uint8_t *mark)
{
    return kernel_memory(d->world.k, kernel_translate(d->world.k, d->root, at(d, mark)).paddr);
}

/* --- software breakpoints ------------------------------------------------------------------ */

PLACE(twice_loop);
PLACE(twice_put);
PIECE(twice, "movl $2, %ebx;" MARK(twice_loop) "leal '0'(%rbx), %edi; movq %r12, %rdx;" MARK(
                 twice_put) "syscall; decl %ebx; jnz twice_loop;" HALT);

static void plant_twice(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    plant_here(d, twice_put, SEAT_BREAK_SOFTWARE);
}

/* As gdb does: without the breakpoint over its instruction, then it is planted again. */
static void step_over_put(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind == SEAT_STOP_BREAKPOINT) {
        CHECK_EQ(stopped->rip, at(d, twice_put));
        CHECK_EQ(stopped->stop.address, stopped->rip);
        CHECK_EQ(stopped->stop.breakpoint, SEAT_BREAK_SOFTWARE);
        pull_here(d, twice_put, SEAT_BREAK_SOFTWARE);
        seat_debug_step(d->world.seat, stopped->tcb, true);
    } else {
        CHECK_EQ(stopped->stop.kind, SEAT_STOP_STEPPED);
        CHECK_EQ(stopped->rip, at(d, twice_put) + 2);
        plant_here(d, twice_put, SEAT_BREAK_SOFTWARE);
    }
}

static void check_twice(struct debugged *d)
{
    d->on_start = plant_twice;
    d->on_stop = step_over_put;
    CHECK_EQ(debugged_run(d), SEAT_END_HALTED);
    CHECK_EQ(d->stop_count, 4);
    CHECK(!strncmp(d->world.text, "21", 2));
}

TEST(a_breakpoint_in_a_loop_hits_each_time)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    check_twice(&d);
    CHECK_MEM(code_at(&d, twice.start), twice.start, (size_t)(twice.end - twice.start));
    debugged_close(&d);
}

TEST(a_breakpoint_hits_in_a_page_that_is_read_only)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    world_map(&d.world, PAGE(0), kernel_translate(d.world.k, d.root, PAGE(0)).paddr, READ_ONLY);
    check_twice(&d);
    debugged_close(&d);
}

TEST(a_breakpoint_hits_in_a_thread_without_fpu)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    debugged_initial(&d)->flags |= TCB_FLAG_FPU_DISABLED;
    check_twice(&d);
    debugged_close(&d);
}

static void hit_once_more(struct debugged *d, const struct stopped_thread *stopped)
{
    (void)stopped;
    if (d->stop_count == 3)
        pull_here(d, twice_put, SEAT_BREAK_SOFTWARE);
}

TEST(a_breakpoint_that_stays_keeps_its_thread)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    d.on_start = plant_twice;
    d.on_stop = hit_once_more;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 3);
    CHECK(!strncmp(d.world.text, "21", 2));
    debugged_close(&d);
}

/* --- whoever writes ------------------------------------------------------------------------ */

/* The guest writes beside its breakpoint, by one and by many accesses, and to it. */
PLACE(write_here);
PLACE(write_data);
PIECE(
    write_itself,
    "movb $'a', write_data(%rip); incb write_data(%rip);"
    "leaq write_data+8(%rip), %rdi; movl $24, %ecx; movb $'z', %al; rep stosb;"
    "movb write_data(%rip), %dil;" PUT_CHAR "movb $'y', write_here+2(%rip);" MARK(
        write_here) "movb $'x', %dil; movq %r12, %rdx; syscall;" HALT MARK(write_data) ".skip 40");

static void plant_write_here(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    plant_here(d, write_here, SEAT_BREAK_SOFTWARE);
}

static void pull_write_here(struct debugged *d, const struct stopped_thread *stopped)
{
    CHECK_EQ(stopped->stop.kind, SEAT_STOP_BREAKPOINT);
    pull_here(d, write_here, SEAT_BREAK_SOFTWARE);
}

TEST(what_the_guest_writes_beside_a_breakpoint_is_its_own)
{
    struct debugged d;

    if (!debugged_open(&d, &write_itself))
        return;
    d.on_start = plant_write_here;
    d.on_stop = pull_write_here;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 1);
    CHECK(!strncmp(d.world.text, "by", 2)); /* the operand behind the breakpoint is written, too */
    const uint8_t *data = code_at(&d, write_data);
    CHECK_MEM(data, "b", 2);
    CHECK_MEM(data + 8, "zzzzzzzzzzzzzzzzzzzzzzzz", 25);
    debugged_close(&d);
}

/* Two pages with breakpoints, and an access that goes across. */
PIECE(write_across, "movq %r14, 4092(%r15);" HALT);

static void plant_both(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    struct seat *seat = d->world.seat;
    CHECK_EQ(seat_debug_plant(seat, d->root, PAGE(70) + 8, SEAT_BREAK_SOFTWARE, 1), 0);
    CHECK_EQ(seat_debug_plant(seat, d->root, PAGE(71) + 8, SEAT_BREAK_SOFTWARE, 1), 0);
}

TEST(a_write_goes_across_two_pages_of_breakpoints)
{
    struct debugged d;
    const word_t value = UINT64_C(0x1122334455667788);

    if (!debugged_open(&d, &write_across))
        return;
    world_load(&d.world, &write_across, value, PAGE(70));
    world_map(&d.world, PAGE(70), 0x100000, READ_WRITE);
    world_map(&d.world, PAGE(71), 0x101000, READ_WRITE);
    d.on_start = plant_both;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_MEM((char *)world_memory(&d.world, 0x101000) - 4, &value, sizeof(value));
    debugged_close(&d);
}

TEST(a_write_to_a_page_of_breakpoints_that_the_guest_may_not_write_is_its_fault)
{
    struct debugged d;

    if (!debugged_open(&d, &write_across))
        return;
    world_load(&d.world, &write_across, 0, PAGE(70) - 4000);
    world_map(&d.world, PAGE(70), 0x100000, READ_ONLY);
    world_map(&d.world, PAGE(71), 0x101000, READ_ONLY);
    d.on_start = plant_both;
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
    world_check_vm_fault(&d.world, PAGE(70) + 92, 7);
    debugged_close(&d);
}

/* Not the guest: the debugger itself, as the kernel or another VSpace would. The breakpoint stays.
 */
static void change_code(struct debugged *d, const struct stopped_thread *stopped)
{
    word_t reg[USER_REGISTER_COUNT];
    if (stopped->stop.kind != SEAT_STOP_BREAKPOINT)
        return;
    CHECK_EQ(seat_debug_write_memory(d->world.seat, d->root, at(d, write_here) + 3, "\x0f\x0b", 2),
             2); /* an undefined instruction */
    seat_debug_read_registers(stopped->tcb, reg);
    reg[UREG_RIP] += 3;
    seat_debug_write_registers(stopped->tcb, reg);
}

TEST(what_others_write_beside_a_breakpoint_is_seen)
{
    struct debugged d;

    if (!debugged_open(&d, &write_itself))
        return;
    d.on_start = plant_write_here;
    d.on_stop = change_code;
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
    CHECK_EQ(d.stop_count, 2);
    CHECK_EQ(d.stops[1].stop.kind, SEAT_STOP_FAULT);
    CHECK_EQ(d.stops[1].rip, at(&d, write_here) + 3);
    debugged_close(&d);
}
