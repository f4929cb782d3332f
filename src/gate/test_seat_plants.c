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
    } else if (stopped->stop.kind == SEAT_STOP_STEPPED) {
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

/* --- whose memory it is -------------------------------------------------------------------- */

static void remap_code(struct debugged *d, const struct stopped_thread *stopped)
{
    const paddr_t copy = 0x200000;
    if (stopped->stop.kind == SEAT_STOP_STEPPED && d->stop_count == 2) {
        memcpy(world_memory(&d->world, copy), code_at(d, twice.start), PAGE_BYTES);
        world_map(&d->world, PAGE(0), copy, READ_WRITE);
    }
    step_over_put(d, stopped);
}

TEST(a_breakpoint_stays_where_its_page_is_mapped_anew)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    d.on_start = plant_twice;
    d.on_stop = remap_code;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 4);
    CHECK(!strncmp(d.world.text, "21", 2));
    debugged_close(&d);
}

/* Code that is not there yet: the thread faults, somebody maps it. */
static void plant_ahead(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    CHECK_EQ(seat_debug_plant(d->world.seat, d->root, PAGE(70), SEAT_BREAK_SOFTWARE, 1), 0);
}

static void map_code_once(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind == SEAT_STOP_FAULT) {
        memcpy(world_memory(&d->world, 0x200000), "\x90\x0f\x0b", 3);
        world_map(&d->world, PAGE(70), 0x200000, READ_WRITE);
        stopped->tcb->state = THREAD_RESTART;
        seat_debug_hold(d->world.seat, stopped->tcb, true);
        seat_debug_hold(d->world.seat, stopped->tcb, false);
    } else {
        CHECK_EQ(stopped->rip, PAGE(70));
        d->world.stop_at = 1;
    }
}

PIECE(jump_away, "jmp *%r14");

TEST(a_breakpoint_waits_for_its_page)
{
    struct debugged d;

    if (!debugged_open(&d, &jump_away))
        return;
    world_load(&d.world, &jump_away, PAGE(70), 0);
    d.on_start = plant_ahead;
    d.on_stop = map_code_once;
    CHECK_EQ(debugged_run(&d), SEAT_END_STOPPED);
    CHECK_EQ(d.stop_count, 2);
    CHECK_EQ(d.stops[1].stop.kind, SEAT_STOP_BREAKPOINT);
    debugged_close(&d);
}

TEST(a_breakpoint_is_planted_where_linux_has_no_area_left_at_first)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    d.world.map_error = -ENOMEM; /* the first map is made again, after everything was unmapped */
    check_twice(&d);
    debugged_close(&d);
}

/* Two VSpaces with the same frame, each with its thread at the same code. */
static bool open_shared(struct debugged *d, struct tcb **ret_thread)
{
    if (!debugged_open(d, &twice))
        return false;
    cptr_t vspace = debugged_vspace(d);
    *ret_thread = debugged_thread(d, 200, vspace, GUEST_IMAGE_START);
    d->other = *ret_thread;
    return true;
}

TEST(a_breakpoint_in_a_frame_that_is_shared_hits_in_one_vspace_only)
{
    struct debugged d;
    struct tcb *other;

    if (!open_shared(&d, &other))
        return;
    d.on_start = plant_twice;
    d.on_stop = step_over_put;
    /* the initial thread goes on to a fault and leaves the core to the other */
    CHECK_EQ(seat_debug_write_memory(d.world.seat, d.root, at(&d, twice.end) - 2, "\x0f\x0b", 2),
             2);
    CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
    CHECK_EQ(d.starts, 2);
    unsigned hits = 0;
    for (unsigned i = 0; i < d.stop_count; i++) {
        bool is_fault = d.stops[i].stop.kind == SEAT_STOP_FAULT;
        CHECK(is_fault || d.stops[i].tcb == debugged_initial(&d));
        hits += d.stops[i].stop.kind == SEAT_STOP_BREAKPOINT;
    }
    CHECK_EQ(hits, 2);
    CHECK_EQ(d.stop_count, 6);
    CHECK(!strncmp(d.world.text, "21", 2));
    debugged_close(&d);
}

/* A thread that has hit moves to a VSpace without breakpoints, and on. */
static void move_to_other_vspace(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind == SEAT_STOP_BREAKPOINT)
        stopped->tcb->slots[TCB_SLOT_VTABLE].cap = guest_cap(&d->guest, d->state);
}

TEST(a_thread_leaves_its_breakpoints_with_its_vspace)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    d.state = (unsigned)debugged_vspace(&d);
    d.on_start = plant_twice;
    d.on_stop = move_to_other_vspace;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 1);
    CHECK_EQ(d.starts, 2);
    CHECK(!strncmp(d.world.text, "21", 2));
    debugged_close(&d);
}

/* --- other breakpoints at the same place --------------------------------------------------- */

PLACE(own_int3);
PIECE(use_int3, "nop;" MARK(own_int3) "int3;" HALT);

static void plant_at_own(struct debugged *d, struct tcb *tcb)
{
    (void)tcb;
    plant_here(d, own_int3, SEAT_BREAK_SOFTWARE);
}

static void pull_at_own(struct debugged *d, const struct stopped_thread *stopped)
{
    (void)stopped;
    pull_here(d, own_int3, SEAT_BREAK_SOFTWARE);
}

TEST(an_int3_of_the_guests_own_is_the_guests)
{
    struct debugged d;

    for (unsigned is_planted = 0; is_planted < 2; is_planted++) {
        if (!debugged_open(&d, &use_int3))
            return;
        d.on_start = is_planted ? plant_at_own : NULL;
        d.on_stop = pull_at_own;
        CHECK_EQ(debugged_run(&d), SEAT_END_IDLE);
        CHECK_EQ(d.stop_count, 1 + is_planted);
        const struct stopped_thread *last = &d.stops[is_planted];
        CHECK_EQ(last->stop.kind, SEAT_STOP_FAULT);
        CHECK_EQ(last->stop.fault.type, FAULT_USER_EXCEPTION);
        CHECK_EQ(last->stop.fault.user_exception.vector, EXCEPTION_BREAKPOINT);
        if (is_planted) {
            CHECK_EQ(d.stops[0].stop.kind, SEAT_STOP_BREAKPOINT);
            CHECK_EQ(d.stops[0].rip, at(&d, own_int3));
        }
        debugged_close(&d);
    }
}

/* One thread is stepped, the other of the same VSpace runs into the breakpoint. */
PLACE(stepped_1);
PLACE(stepped_2);
PIECE(two_threads, MARK(stepped_1) "movq %r14, %rdx; syscall;" MARK(stepped_2) PRINT('s') HALT
      "other_thread: nop; nop;" MARK(other_break) "ud2");
PLACE(other_thread);
PLACE(other_break);

static void start_both(struct debugged *d, struct tcb *tcb)
{
    plant_here(d, other_break, SEAT_BREAK_SOFTWARE);
    seat_debug_step(d->world.seat, tcb, true);
}

static void go_on_until_syscall(struct debugged *d, const struct stopped_thread *stopped)
{
    if (stopped->stop.kind == SEAT_STOP_BREAKPOINT)
        seat_debug_hold(d->world.seat, stopped->tcb, true);
    else if (stopped->rip != at(d, stepped_2))
        seat_debug_step(d->world.seat, stopped->tcb, true);
}

TEST(a_breakpoint_hits_while_another_thread_is_stepped)
{
    struct debugged d;

    if (!debugged_open(&d, &two_threads))
        return;
    const struct kernel_config *config = &d.world.k->config;
    world_load(&d.world, &two_threads, (word_t)abi_syscall_number(config, SYSCALL_YIELD), 0);
    d.other = debugged_thread(&d, 255, INITIAL_CAP_VSPACE, at(&d, other_thread));
    d.on_start = start_both;
    d.on_stop = go_on_until_syscall;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 3);
    CHECK_EQ(d.stops[1].stop.kind, SEAT_STOP_BREAKPOINT);
    CHECK(d.stops[1].tcb == d.other);
    CHECK_EQ(d.stops[2].stop.kind, SEAT_STOP_STEPPED);
    CHECK(d.stops[2].tcb == debugged_initial(&d));
    CHECK_EQ(d.stops[2].rip, at(&d, stepped_2));
    debugged_close(&d);
}

/* --- the host ------------------------------------------------------------------------------ */

static int refuse_poke(struct gate_vspace *vspace, vaddr_t vaddr, uint8_t byte)
{
    (void)vspace;
    (void)vaddr;
    (void)byte;
    return -EIO;
}

TEST(a_host_that_plants_no_breakpoint_ends_the_guest)
{
    struct debugged d;

    if (!debugged_open(&d, &twice))
        return;
    world_ops.poke = refuse_poke;
    d.on_start = plant_twice;
    CHECK_EQ(debugged_run(&d), SEAT_END_HOST_FAILED);
    CHECK_EQ(d.world.result.error, -EIO);
    CHECK_EQ(d.stop_count, 0);
    CHECK_EQ(d.world.length, 0);
    debugged_close(&d);
}

static unsigned pages_opened;

static int refuse_first_page(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size,
                             paddr_t paddr, bool writable)
{
    if (writable && size == PAGE_BYTES && pages_opened++ == 0)
        return -ENOMEM;
    return monitor_gate_ops.map(vspace, vaddr, size, paddr, writable);
}

TEST(a_page_of_breakpoints_is_opened_where_linux_has_no_area_left_at_first)
{
    struct debugged d;

    if (!debugged_open(&d, &write_itself))
        return;
    pages_opened = 0;
    world_ops.map = refuse_first_page;
    d.on_start = plant_write_here;
    d.on_stop = pull_write_here;
    CHECK_EQ(debugged_run(&d), SEAT_END_HALTED);
    CHECK_EQ(d.stop_count, 1);
    CHECK(!strncmp(d.world.text, "by", 2));
    CHECK(pages_opened > 1);
    debugged_close(&d);
}

static int refuse_one_page(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size, paddr_t paddr,
                           bool writable)
{
    return writable && size == PAGE_BYTES
               ? -ENOMEM
               : monitor_gate_ops.map(vspace, vaddr, size, paddr, writable);
}

TEST(a_page_of_breakpoints_that_cannot_be_opened_ends_the_guest)
{
    struct debugged d;

    if (!debugged_open(&d, &write_itself))
        return;
    world_ops.map = refuse_one_page;
    d.on_start = plant_write_here;
    CHECK_EQ(debugged_run(&d), SEAT_END_HOST_FAILED);
    CHECK_EQ(d.world.result.error, -ENOMEM);
    debugged_close(&d);
}
