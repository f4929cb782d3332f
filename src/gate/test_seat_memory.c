/* SPDX-License-Identifier: BSD-2-Clause */
/* Lazy mappings, lost mappings, devices, and the gate's own page. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <test.h>

#include <gate/testkit_world.h>
#include <host/host.h>
#include <mem/vspace.h>

PIECE(print_and_halt, PRINT('o') HALT);

/* --- memory -------------------------------------------------------------------------------- */

PIECE(touch_pages, "movq $0x401000, %rdi; 1: movb $7, 5(%rdi); addq $0x1000, %rdi;"
                   "cmpq $0x406000, %rdi; jne 1b;" HALT);

TEST(neighbours_are_mapped_together)
{
    struct world world;

    if (!world_open(&world))
        return;
    CHECK_EQ(world_run(&world, &touch_pages, 0, 0), SEAT_END_HALTED);
    CHECK_EQ(world.maps, 1);
    CHECK(world.mapped_bytes >= GUEST_IMAGE_PAGES * PAGE_BYTES);
    CHECK_EQ(((char *)world_image_page(&world, 5))[5], 7);
    world_close(&world);
}

PIECE(load_and_halt, "movq (%r14), %rdi;" PUT_CHAR HALT);
PIECE(store_and_halt, "movq %r15, (%r14);" HALT);

/* What the walk does not allow is the guest's fault, with the error code of a processor. */
TEST(faults_carry_the_walks_error_code)
{
    static const struct {
        const struct piece *piece;
        uint64_t flags;
        word_t fsr;
    } cases[] = {
        {&load_and_halt, 0, 0x4},
        {&store_and_halt, 0, 0x6},
        {&store_and_halt, READ_ONLY, 0x7},
        {&load_and_halt, PTE_PRESENT | PTE_WRITE, 0x5},
        {&store_and_halt, PTE_PRESENT | PTE_WRITE, 0x7},
    };
    struct world world;

    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        if (!world_open(&world))
            return;
        world_map(&world, EXTRA_PAGE, 0x200000, cases[i].flags);
        CHECK_EQ(world_run(&world, cases[i].piece, EXTRA_PAGE + 8, 0), SEAT_END_IDLE);
        world_check_vm_fault(&world, EXTRA_PAGE + 8, cases[i].fsr);
        world_close(&world);
    }
}

PIECE(jump_away, "jmpq *%r14");

TEST(fetch_faults_are_at_their_target)
{
    static const vaddr_t targets[] = {0, EXTRA_PAGE, 0x10000000, 0xffffffffff600000};
    struct world world;

    for (unsigned i = 0; i < ARRAY_LENGTH(targets); i++) {
        if (!world_open(&world))
            return;
        CHECK_EQ(world_run(&world, &jump_away, targets[i], 0), SEAT_END_IDLE);
        world_check_vm_fault(&world, targets[i], 4);
        world_close(&world);
    }
}

/* r15 names a byte that says when to change the page tables: the trace hook does it. */
static void world_remap_on_enter(void *context, struct kernel *k, struct tcb *tcb,
                                 const struct trap *trap)
{
    struct world *world = context;

    (void)k;
    (void)tcb;
    if (trap->kind != TRAP_SYSCALL)
        return;
    paddr_t paddr = 0x200000 + (++world->entered % 2) * PAGE_BYTES;
    world_map(world, EXTRA_PAGE, paddr, world->entered < 6 ? READ_ONLY : 0);
}

PIECE(load_in_a_loop, "1: movq (%r14), %rdi;" PUT_CHAR "jmp 1b");

/*
 * A read-only page is lost and comes back, again and again, and is read by the same instruction:
 * each time it is mapped anew, and what is read is what is there now.
 */
TEST(lost_pages_are_mapped_anew)
{
    struct world world;

    if (!world_open(&world))
        return;
    *(char *)world_memory(&world, 0x200000) = 'a';
    *(char *)world_memory(&world, 0x201000) = 'b';
    world_map(&world, EXTRA_PAGE, 0x200000, READ_ONLY);
    world.seat->client.trace_enter = world_remap_on_enter;
    CHECK_EQ(world_run(&world, &load_in_a_loop, EXTRA_PAGE, 0), SEAT_END_IDLE);
    CHECK(!strncmp(world.text, "ababab", 6));
    CHECK_EQ(world.unmaps, 6);
    world_check_vm_fault(&world, EXTRA_PAGE, 4);
    world_close(&world);
}

#define CLEARED       UINT64_C(0x400000)
#define CLEARED_PAGES 64

/* Clears all but the first and last words, and counts the pages that the host has afterwards. */
static unsigned clear_and_count(struct world *world, unsigned touched)
{
    const uint64_t size = CLEARED_PAGES * PAGE_BYTES;
    word_t *memory = world_memory(world, CLEARED);
    word_t *last = memory + size / sizeof(word_t) - 1;
    uint8_t resident[CLEARED_PAGES];
    unsigned count = 0;

    for (unsigned i = 0; i < touched; i++)
        memset((char *)memory + i * PAGE_BYTES, 7, PAGE_BYTES);
    *memory = *last = 0x1234;
    world->k->cores[0].clear =
        (struct memory_region){.base = CLEARED + 8, .end = CLEARED + size - 8};
    seat_clear_memory(world->seat, 0);
    CHECK(!host_mincore(memory, size, resident));
    for (unsigned i = 0; i < CLEARED_PAGES; i++)
        count += resident[i] & 1;
    CHECK_EQ(*memory, 0x1234);
    CHECK_EQ(*last, 0x1234);
    for (word_t *p = memory + 1; p < last; p++)
        if (*p)
            CHECK_EQ(*p, 0);
    return count;
}

/* What is in use is cleared where it lies; little of much goes back to the host. */
TEST(clearing_keeps_the_pages_that_are_in_use)
{
    struct world world;

    if (!world_open(&world))
        return;
    CHECK_EQ(clear_and_count(&world, CLEARED_PAGES), CLEARED_PAGES);
    CHECK_EQ(host_madvise(world_memory(&world, CLEARED), CLEARED_PAGES * PAGE_BYTES, MADV_REMOVE),
             0);
    CHECK_EQ(clear_and_count(&world, CLEARED_PAGES / 4), 2); /* the first and the last */
    world_close(&world);
}

TEST(losses_of_untouched_pages_cost_nothing)
{
    struct world world;

    if (!world_open(&world))
        return;
    for (unsigned i = 0; i < 100; i++) {
        world_map(&world, EXTRA_PAGE + i * PAGE_BYTES, 0x200000, READ_ONLY);
        world_map(&world, EXTRA_PAGE + i * PAGE_BYTES, 0x200000, 0);
    }
    CHECK_EQ(world_run(&world, &print_and_halt, 0, 0), SEAT_END_HALTED);
    CHECK_EQ(world.unmaps, 0);
    world_close(&world);
}

PIECE(print_and_load, PRINT('o') "movq (%r14), %rdi;" PUT_CHAR HALT);

static void world_run_out_of_areas(void *context, struct kernel *k, struct outcome outcome)
{
    struct world *world = context;

    (void)k;
    (void)outcome;
    if (world->length == 1 && world->maps == 1)
        world->map_error = -ENOMEM;
}

/* Linux has no more areas: the seat begins anew with what is touched from then on. */
TEST(full_area_table_is_emptied)
{
    struct world world;

    if (!world_open(&world))
        return;
    *(char *)world_memory(&world, 0x200000) = 'x';
    world_map(&world, EXTRA_PAGE, 0x200000, READ_ONLY);
    world.seat->client.trace_leave = world_run_out_of_areas;
    CHECK_EQ(world_run(&world, &print_and_load, EXTRA_PAGE, 0), SEAT_END_HALTED);
    CHECK(!strncmp(world.text, "ox", 2));
    CHECK_EQ(world.unmaps, 1);
    CHECK_EQ(world.maps, 4); /* the code, in vain, the page, the code again */
    world_close(&world);
}

/* r14: where, r15: how many blocks of 2 MiB from there on. */
PIECE(touch_blocks, "movq %r14, %rdi; 1: movb $120, (%rdi); addq $0x200000, %rdi;"
                    "decq %r15; jnz 1b; movq (%r14), %rdi;" PUT_CHAR HALT);

/* The set of what Linux has mapped is full: the same. */
TEST(full_set_is_emptied)
{
    enum { SPARE = 16, TABLE = 0x1000000, BACKING = 0x1200000 };
    struct world world;
    unsigned missing;
    const vaddr_t vaddr = bit(HUGE_PAGE_BITS);

    if (!world_open(&world))
        return;
    uint64_t *directory = world_memory(&world, TABLE);
    for (unsigned i = 0; i < MAPPED_BLOCKS + SPARE; i++)
        directory[i] = entry_make_page(BACKING, FRAME_LARGE, VM_READ_WRITE, 0);
    *walk_entry(world.k, world.root, vaddr, LEVEL_PDPT, &missing) = entry_make_table(TABLE, 0);
    CHECK_EQ(world_run(&world, &touch_blocks, vaddr, MAPPED_BLOCKS + SPARE), SEAT_END_HALTED);
    CHECK(!strncmp(world.text, "x", 1));
    CHECK_EQ(world.unmaps, 1);
    /* each block, one of them in vain; the code twice; the first block again */
    CHECK_EQ(world.maps, MAPPED_BLOCKS + SPARE + 1 + 2 + 1);
    world_close(&world);
}

PIECE(add_and_copy, "addq $1, (%r14); movq %r14, %rsi; leaq 8(%r14), %rdi; movsq;"
                    "movq 8(%r14), %rdi;" PUT_CHAR HALT);
PIECE(load_vector, "movups (%r14), %xmm0;" HALT);

/* As pages below vm.mmap_min_addr: the neighbours are mapped, it is used all the same. */
TEST(refused_page_is_used_without_a_mapping)
{
    struct world world;

    if (!world_open(&world))
        return;
    world.refused = EXTRA_PAGE;
    *(char *)world_memory(&world, 0x200000) = 'x';
    world_map(&world, EXTRA_PAGE, 0x200000, READ_WRITE);
    world_map(&world, EXTRA_PAGE + PAGE_BYTES, 0x201000, READ_WRITE);
    CHECK_EQ(world_run(&world, &add_and_copy, EXTRA_PAGE, 0), SEAT_END_HALTED);
    CHECK(!strncmp(world.text, "y", 1));
    CHECK_EQ(((char *)world_memory(&world, 0x200000))[8], 'y');
    world_close(&world);
}

TEST(refused_page_has_its_rights)
{
    struct world world;

    if (!world_open(&world))
        return;
    world.refused = EXTRA_PAGE;
    world_map(&world, EXTRA_PAGE, 0x200000, READ_ONLY);
    CHECK_EQ(world_run(&world, &store_and_halt, EXTRA_PAGE, 0), SEAT_END_IDLE);
    world_check_vm_fault(&world, EXTRA_PAGE, 7);
    world_close(&world);
}

TEST(refused_page_ends_with_the_reason_where_it_must_be_mapped)
{
    static const struct piece *const pieces[] = {&load_vector, &jump_away};
    struct world world;

    for (unsigned i = 0; i < ARRAY_LENGTH(pieces); i++) {
        if (!world_open(&world))
            return;
        world.refused = EXTRA_PAGE;
        world_map(&world, EXTRA_PAGE, 0x200000, READ_WRITE);
        CHECK_EQ(world_run(&world, pieces[i], EXTRA_PAGE + 8, 0), SEAT_END_HOST_FAILED);
        CHECK_EQ(world.result.error, -EPERM);
        CHECK(strstr(world.result.what, "mmap_min_addr") != NULL);
        CHECK(strstr(world.result.what, "0x440000") != NULL);
        world_close(&world);
    }
}

/* --- devices ------------------------------------------------------------------------------- */

PIECE(use_device, "movl $0x11223344, 16(%r14); addl $1, 16(%r14); movq 16(%r14), %rdi; shrq $8, "
                  "%rdi; movzbl 19(%r14), %eax; addl %eax, %edi; movb $'A', %dil;" PUT_CHAR HALT);

TEST(device_memory_is_emulated)
{
    struct world world;

    if (!world_open(&world))
        return;
    world_map(&world, EXTRA_PAGE, DEVICE, READ_WRITE);
    CHECK_EQ(world_run(&world, &use_device, EXTRA_PAGE, 0), SEAT_END_HALTED);
    CHECK_EQ(world.device[2], 0x11223345);
    CHECK_EQ(world.reads, 3);
    CHECK_EQ(world.writes, 2);
    CHECK(!strncmp(world.text, "A", 1));
    world_close(&world);
}

PIECE(copy_to_device, "movq %r14, %rdi; movq %r15, %rsi; movl $20, %ecx; rep movsb;"
                      "movq %r14, %rsi; leaq 0x800(%r15), %rdi; movl $5, %ecx; rep movsl;" HALT);

/* One side of a string move is ordinary memory. */
TEST(strings_move_between_memory_and_device)
{
    struct world world;
    static const char text[20] = "nineteen characters";

    if (!world_open(&world))
        return;
    world_map(&world, EXTRA_PAGE, DEVICE, READ_WRITE);
    char *page = world_image_page(&world, 2);
    memcpy(page, text, sizeof(text));
    CHECK_EQ(world_run(&world, &copy_to_device, EXTRA_PAGE, PAGE(2)), SEAT_END_HALTED);
    CHECK_MEM(world.device, text, sizeof(text));
    CHECK_MEM(page + 0x800, text, sizeof(text));
    world_close(&world);
}

TEST(device_accesses_fault_where_they_must)
{
    struct world world;

    if (!world_open(&world))
        return;
    world_map(&world, EXTRA_PAGE, DEVICE, READ_ONLY);
    CHECK_EQ(world_run(&world, &store_and_halt, EXTRA_PAGE, 0), SEAT_END_IDLE);
    world_check_vm_fault(&world, EXTRA_PAGE, 7);
    CHECK_EQ(world.writes, 0);
    world_close(&world);

    /* the memory side of a string move */
    if (!world_open(&world))
        return;
    world_map(&world, EXTRA_PAGE, DEVICE, READ_WRITE);
    CHECK_EQ(world_run(&world, &copy_to_device, EXTRA_PAGE, EXTRA_PAGE + PAGE_BYTES),
             SEAT_END_IDLE);
    world_check_vm_fault(&world, EXTRA_PAGE + PAGE_BYTES, 4);
    CHECK_EQ(world.writes, 0);
    world_close(&world);
}

/*
 * A system call leaves rsp, rcx and r11 of the last trap in the TCB. The device access is none: for
 * the kernel's eyes they are still those that the thread began with.
 */
PIECE(use_device_and_halt, "movl $0x1111, %esp; movl $0x2222, %ecx; movl $0x3333, %r11d;"
                           "movl 16(%r14), %eax; movl %eax, 16(%r14);" HALT);

TEST(device_accesses_are_no_traps)
{
    struct world world;

    if (!world_open(&world))
        return;
    world_map(&world, EXTRA_PAGE, DEVICE, READ_WRITE);
    CHECK_EQ(world_run(&world, &use_device_and_halt, EXTRA_PAGE, 0), SEAT_END_HALTED);
    CHECK_EQ(world.reads + world.writes, 2);
    const word_t *reg = world_thread(&world)->context.reg;
    CHECK_EQ(reg[UREG_RSP], 0);
    CHECK_EQ(reg[UREG_RCX], 0);
    CHECK_EQ(reg[UREG_R11], 0);
    CHECK_EQ(world.entered, 1);
    world_close(&world);
}

/* The trap flag from the next instruction on; r15: a stack. */
#define STEP "movq %r15, %rsp; pushfq; orl $0x100, (%rsp); popfq;"
PIECE(step_over_device, STEP "addl $1, 16(%r14);" HALT);
PIECE(step_over_nop, STEP ".byte 0x41, 0x0f, 0x1f, 0x46, 0x10;" HALT); /* as long */

TEST(steps_end_behind_device_accesses)
{
    const struct piece *pieces[] = {&step_over_nop, &step_over_device};
    vaddr_t ends[ARRAY_LENGTH(pieces)];

    for (unsigned i = 0; i < ARRAY_LENGTH(pieces); i++) {
        struct world world;

        if (!world_open(&world))
            return;
        world_map(&world, EXTRA_PAGE, DEVICE, READ_WRITE);
        world_load(&world, pieces[i], EXTRA_PAGE, PAGE(2));
        struct tcb *tcb = world_thread(&world);
        seat_run(world.seat, &world.result);
        CHECK_EQ(world.result.end, SEAT_END_IDLE);
        CHECK(strstr(world.text, "user exception 0x1") != NULL);
        ends[i] = tcb->context.reg[UREG_RIP];
        CHECK_EQ(world.writes, i);
        world_close(&world);
    }
    CHECK_EQ(ends[1], ends[0]);
}

TEST(nothing_reads_as_ones)
{
    struct world world;

    if (!world_open(&world))
        return;
    world_map(&world, EXTRA_PAGE, NOTHING, READ_WRITE);
    CHECK_EQ(world_run(&world, &load_and_halt, EXTRA_PAGE, 0), SEAT_END_HALTED);
    CHECK_EQ((uint8_t)world.text[0], 0xff);
    CHECK_EQ(world.maps, 1);
    world_close(&world);
}

TEST(unknown_device_instruction_is_named)
{
    struct world world;

    if (!world_open(&world))
        return;
    world_map(&world, EXTRA_PAGE, DEVICE, READ_WRITE);
    CHECK_EQ(world_run(&world, &load_vector, EXTRA_PAGE, 0), SEAT_END_HOST_FAILED);
    CHECK_EQ(world.result.error, -ENOTSUP);
    CHECK(strstr(world.result.what, "0x400000") != NULL);
    world_close(&world);
}

/* --- the gate's page ----------------------------------------------------------------------- */

/* The guest world.maps something where the injection page lies, and reads it without a fault. */
TEST(injection_page_gives_way_to_the_guests_tables)
{
    struct world world;

    if (!world_open(&world))
        return;
    world_reopen_gate(&world, EXTRA_PAGE); /* in the image's table */
    *(char *)world_memory(&world, 0x200000) = 'y';
    world_map(&world, EXTRA_PAGE, 0x200000, READ_ONLY);
    CHECK_EQ(world_run(&world, &load_and_halt, EXTRA_PAGE, 0), SEAT_END_HALTED);
    CHECK(!strncmp(world.text, "y", 1));
    CHECK_EQ(world_ops.page(world.gate->vspaces), EXTRA_PAGE + PAGE_BYTES);
    world_close(&world);
}
