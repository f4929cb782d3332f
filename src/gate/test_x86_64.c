/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest's traps look like: each way in which Linux's view differs from seL4's. */
#include <string.h>
#include <test.h>

#include <abi/object.h>
#include <gate/testkit_rig.h>
#include <host/host.h>

/* --- system calls -------------------------------------------------------------------------- */

PIECE(syscall_then_int3, "syscall; int3");

TEST(syscall_keeps_every_register)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &syscall_then_int3);
    word_t before[USER_REGISTER_COUNT];
    for (unsigned i = UREG_RAX; i <= UREG_R15; i++)
        guest.reg[i] = UINT64_C(0x1111111111111111) * (i % 15 + 1);
    guest.reg[UREG_RSP] = 0x123456789abc;
    memcpy(before, guest.reg, sizeof(before));
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RCX], RIG_CODE + 2); /* the instruction's doing */
    CHECK_EQ(guest.reg[UREG_R11], 0x202);
    before[UREG_RCX] = guest.reg[UREG_RCX];
    before[UREG_R11] = guest.reg[UREG_R11];
    CHECK_MEM(guest.reg, before, sizeof(before));
    rig_close(&guest);
}

/* Linux takes -512..-516 for restart codes, 335 and 336 escape a filter by number. */
TEST(syscall_number_is_arbitrary)
{
    struct rig guest;
    unsigned wrong = 0;

    if (!rig_open(&guest))
        return;
    for (long rax = -600; rax <= 600; rax++) {
        rig_load(&guest, &syscall_then_int3);
        guest.reg[UREG_RAX] = (word_t)rax;
        wrong += rig_run(&guest) != TRAP_SYSCALL || guest.reg[UREG_RIP] != RIG_CODE ||
                 guest.reg[UREG_RAX] != (word_t)rax;
        guest.reg[UREG_RIP] += 2;
        wrong += rig_run(&guest) != TRAP_EXCEPTION || guest.trap.vector != 3 ||
                 guest.reg[UREG_RIP] != RIG_CODE + 3 || guest.reg[UREG_RAX] != (word_t)rax;
    }
    CHECK_EQ(wrong, 0);
    rig_load(&guest, &syscall_then_int3);
    guest.reg[UREG_RAX] = 0x8000000000000000 | 59;
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RAX], 0x8000000000000000 | 59);
    rig_close(&guest);
}

PIECE(loop_forever, "1: jmp 1b");

static struct gate *interrupted_gate;

static void interrupt_gate(int number)
{
    (void)number;
    monitor_gate_ops.interrupt(interrupted_gate);
}

TEST(interrupt_leaves_restart_codes_alone)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    interrupted_gate = guest.gate;
    for (long rax = -520; rax <= -508; rax++) {
        rig_load(&guest, &loop_forever);
        guest.reg[UREG_RAX] = (word_t)rax;
        interrupt_gate(0);
        CHECK_EQ(rig_run(&guest), TRAP_INTERRUPTED);
        CHECK_EQ(guest.reg[UREG_RAX], rax);
        CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE);
    }
    rig_close(&guest);
}

TEST(any_stack_pointer_will_do)
{
    static const word_t stacks[] = {
        0, 1, 7, RIG_NONE, 0x7fffffffffff, 0x800000000000, 0xdead000000000000, UINT64_MAX};
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        rig_load(&guest, &syscall_then_int3);
        guest.reg[UREG_RSP] = stacks[i];
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_RSP], stacks[i]);
        guest.reg[UREG_RIP] += 2;
        CHECK_EQ(rig_run(&guest), TRAP_EXCEPTION);
        CHECK_EQ(guest.reg[UREG_RSP], stacks[i]);
    }
    rig_close(&guest);
}

/* --- software interrupts ------------------------------------------------------------------- */

TEST(int_n_is_a_protection_fault_or_a_call)
{
    struct rig guest;
    uint8_t bytes[2] = {0xcd, 0};
    const struct rig_code code = {bytes, bytes + 2};

    if (!rig_open(&guest))
        return;
    for (unsigned n = 0; n < 256; n++) {
        if (n == 3)
            continue;
        bytes[1] = (uint8_t)n;
        enum trap_kind kind = rig_execute(&guest, &code);
        CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE);
        if (n >= 158) {
            CHECK_EQ(kind, TRAP_INT);
            CHECK_EQ(guest.trap.vector, n);
            continue;
        }
        CHECK_EQ(kind, TRAP_EXCEPTION);
        CHECK_EQ(guest.trap.vector, 13);
        CHECK_EQ(guest.trap.error_code, n * 8 + 2);
    }
    rig_close(&guest);
}

PIECE(int_80, "movq $0x11223344, %rax; int $0x80; int3");

TEST(int_80_is_no_syscall)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    CHECK_EQ(rig_execute(&guest, &int_80), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 13);
    CHECK_EQ(guest.trap.error_code, 0x402);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 7);
    CHECK_EQ(guest.reg[UREG_RAX], 0x11223344);
    rig_close(&guest);
}

PIECE(int3_short, "int3");
PIECE(int3_long, ".byte 0xcd, 3");

TEST(int3_is_vector_3_behind_it)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    CHECK_EQ(rig_execute(&guest, &int3_short), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 3);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 1);
    CHECK_EQ(rig_execute(&guest, &int3_long), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 3);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 2);
    rig_close(&guest);
}

/* --- exceptions ---------------------------------------------------------------------------- */

PIECE(divide_by_zero, "xorl %ecx, %ecx; movl $1, %eax; 1: divl %ecx");
PIECE(undefined, "ud2");
PIECE(halt, "hlt");
PIECE(port_in, "inb %dx, %al");
PIECE(port_out, "outl %eax, %dx");
PIECE(read_msr, "rdmsr");
PIECE(write_cr3, "movq %rax, %cr3");
PIECE(system_enter, "sysenter");
PIECE(non_canonical, "movq $1, %rax; shlq $63, %rax; 1: movq (%rax), %rax");
PIECE(non_canonical_stack, "movq $1, %rsp; shlq $63, %rsp; pushq %rax");
PIECE(x87_error, "pushq $0x037b; fldcw (%rsp); fld1; fldz; fdivrp; fwait");
PIECE(simd_error, "pushq $0x1d80; ldmxcsr (%rsp); xorps %xmm0, %xmm0; pcmpeqd %xmm1, %xmm1;"
                  "pslld $25, %xmm1; psrld $2, %xmm1; divss %xmm0, %xmm1");
PIECE(trap_flag, "pushfq; orl $0x100, (%rsp); popfq; nop; nop");
PIECE(icebp, ".byte 0xf1");
PIECE(jump_to_32_bit, "movl $0x23, 4(%rsp); movl $0x400100, (%rsp); ljmpl *(%rsp)");

static const struct {
    const char *name;
    const struct rig_code *code;
    unsigned vector;
    word_t error_code;
    unsigned offset; /* of rip */
} exceptions[] = {
    {"divide by zero", &divide_by_zero, 0, 0, 7},
    {"ud2", &undefined, 6, 0, 0},
    {"hlt", &halt, 13, 0, 0},
    {"in", &port_in, 13, 0, 0},
    {"out", &port_out, 13, 0, 0},
    {"rdmsr", &read_msr, 13, 0, 0},
    {"mov cr3", &write_cr3, 13, 0, 0},
    {"sysenter", &system_enter, 13, 0, 0},
    {"non-canonical address", &non_canonical, 13, 0, 11},
    {"non-canonical stack", &non_canonical_stack, 12, 0, 11},
    {"x87", &x87_error, 16, 0, 14},
    {"SIMD", &simd_error, 19, 0, 26},
    {"trap flag", &trap_flag, 1, 0, 10},
};

TEST(exceptions_have_the_processors_vectors)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        rig_load(&guest, exceptions[i].code);
        guest.reg[UREG_RSP] = RIG_DATA + PAGE_BYTES;
        bool holds = CHECK_EQ(rig_run(&guest), TRAP_EXCEPTION);
        holds &= CHECK_EQ(guest.trap.vector, exceptions[i].vector);
        holds &= CHECK_EQ(guest.trap.error_code, exceptions[i].error_code);
        holds &= CHECK_EQ(guest.reg[UREG_RIP] - RIG_CODE, exceptions[i].offset);
        if (!holds)
            CHECK_STR(exceptions[i].name, "see above");
    }
    rig_close(&guest);
}

PIECE(ask_processor, "cpuid; syscall");

TEST(cpuid_is_trapped_where_the_processor_can)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    if (host_arch_prctl(0x1012 /* ARCH_SET_CPUID */, 1)) {
        CHECK_EQ(rig_execute(&guest, &ask_processor), TRAP_SYSCALL);
        test_skip("this processor cannot trap cpuid");
    } else {
        CHECK_EQ(rig_execute(&guest, &ask_processor), TRAP_CPUID);
        CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE);
    }
    rig_close(&guest);
}

/* Hypervisors differ in where they leave rip. */
TEST(icebp_is_a_debug_exception)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    CHECK_EQ(rig_execute(&guest, &icebp), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 1);
    rig_close(&guest);
}

/* Linux has a 32-bit code segment, seL4 has none. cs is put right for the next run. */
TEST(another_code_segment_is_a_protection_fault)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &jump_to_32_bit);
    guest.reg[UREG_RSP] = RIG_DATA;
    CHECK_EQ(rig_run(&guest), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 13);
    CHECK_EQ(rig_execute(&guest, &syscall_then_int3), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE);
    rig_close(&guest);
}

PIECE(set_flags, "pushfq; orl $0xcd5, (%rsp); popfq; syscall");

TEST(flags_are_the_guests)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &set_flags);
    guest.reg[UREG_RSP] = RIG_DATA + 64;
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RFLAGS], 0xed7);
    rig_load(&guest, &undefined);
    guest.reg[UREG_RFLAGS] = 0xa47;
    CHECK_EQ(rig_run(&guest), TRAP_EXCEPTION);
    CHECK_EQ(guest.reg[UREG_RFLAGS], 0xa47); /* without RF, which the fault sets */
    rig_close(&guest);
}

PIECE(misaligned, "pushfq; orl $0x40000, (%rsp); popfq; movl 1(%rdi), %eax; incl 3(%rdi);"
                  "pushfq; popq %rbx; movl 1(%rsi), %ecx; syscall");
PIECE(misaligned_stack, "pushq $0x40202; popfq; popfq; pushfq; popq %rbx; syscall");

/* On seL4 the alignment flag is a flag like any other. */
TEST(unaligned_accesses_are_none_of_the_alignment_flags_business)
{
    static const word_t popped = 0x203;
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &misaligned);
    *(uint64_t *)rig_memory(&guest, RIG_DATA_PADDR) = 0x0706050403020100;
    guest.reg[UREG_RDI] = RIG_DATA;
    guest.reg[UREG_RSI] = RIG_NONE;
    guest.reg[UREG_RSP] = RIG_DATA + PAGE_BYTES;
    CHECK_EQ(rig_run(&guest), TRAP_PAGE_FAULT);
    CHECK_EQ(guest.trap.address, RIG_NONE + 1);
    CHECK_EQ(guest.reg[UREG_RAX], 0x04030201);
    CHECK_EQ(guest.reg[UREG_RBX] & 0x40000, 0x40000);
    CHECK_EQ(guest.reg[UREG_RFLAGS] & 0x40000, 0x40000);
    CHECK_EQ(*(uint64_t *)rig_memory(&guest, RIG_DATA_PADDR), 0x0706050404020100);

    /* a misaligned popf that takes the flag away */
    rig_load(&guest, &misaligned_stack);
    guest.reg[UREG_RSP] = RIG_DATA + 65;
    memcpy((char *)rig_memory(&guest, RIG_DATA_PADDR) + 65, &popped, sizeof(popped));
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RBX], 0x203);
    CHECK_EQ(guest.reg[UREG_RFLAGS], 0x203);
    rig_close(&guest);
}

PIECE(read_flags, "pushfq; popq %rax; syscall");

/* ptrace would leave ID as it is. */
TEST(system_flags_are_what_the_registers_say)
{
    static const word_t values[] = {0x202, 0x244202, 0x202, 0x200202, 0x4202, 0x40202};
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        rig_load(&guest, &read_flags);
        guest.reg[UREG_RSP] = RIG_DATA + 64;
        guest.reg[UREG_RFLAGS] = values[i];
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_RAX], values[i]);
        CHECK_EQ(guest.reg[UREG_RFLAGS], values[i]);
    }
    rig_close(&guest);
}

/* --- page faults --------------------------------------------------------------------------- */

PIECE(load, "movq (%rdi), %rax");
PIECE(store, "movb %al, (%rdi)");
PIECE(modify, "addl $1, (%rdi)");
PIECE(compare, "cmpl $1, (%rdi)");
PIECE(exchange, "lock cmpxchgl %ecx, (%rdi)");
PIECE(push_memory, "pushq (%rdi)");
PIECE(copy, "rep movsb");
PIECE(fill, "rep stosq");
PIECE(vector_store, "movups %xmm0, (%rdi)");
PIECE(jump, "jmpq *%rdi");
PIECE(call, "callq *%rdi");
PIECE(bit_set_far, "btsq %rcx, (%rsi)");

static const struct {
    const struct rig_code *code;
    word_t rdi, rsi, rsp, rcx;
    vaddr_t address;
    bool write, fetch;
} accesses[] = {
    {&load, RIG_NONE, 0, 0, 0, RIG_NONE, false, false},
    {&load, RIG_NONE - 3, 0, 0, 0, RIG_NONE - 3, false, false},
    {&load, RIG_DATA + 4 * PAGE_BYTES - 3, 0, 0, 0, RIG_DATA + 4 * PAGE_BYTES, false, false},
    {&load, 0, 0, 0, 0, 0, false, false},
    {&load, UINT64_C(0xffffffff80000000), 0, 0, 0, UINT64_C(0xffffffff80000000), false, false},
    {&store, RIG_NONE + 5, 0, 0, 0, RIG_NONE + 5, true, false},
    {&store, RIG_CODE, 0, 0, 0, RIG_CODE, true, false},
    {&modify, RIG_CODE + 8, 0, 0, 0, RIG_CODE + 8, true, false},
    {&compare, RIG_NONE, 0, 0, 0, RIG_NONE, false, false},
    {&exchange, RIG_CODE + 64, 0, 0, 0, RIG_CODE + 64, true, false},
    {&push_memory, RIG_NONE, 0, RIG_DATA + 8, 0, RIG_NONE, false, false},
    {&push_memory, RIG_DATA, 0, RIG_NONE + 8, 0, RIG_NONE, true, false},
    {&copy, RIG_NONE, RIG_DATA, 0, 9, RIG_NONE, true, false},
    {&copy, RIG_DATA, RIG_NONE, 0, 9, RIG_NONE, false, false},
    {&fill, RIG_NONE, 0, 0, 2, RIG_NONE, true, false},
    {&vector_store, RIG_NONE, 0, 0, 0, RIG_NONE, true, false},
    {&bit_set_far, 0, RIG_DATA, 0, 8 * 0x100000, RIG_DATA + 0x100000, true, false},
    {&jump, RIG_NONE + 12, 0, 0, 0, RIG_NONE + 12, false, true},
    {&jump, 0, 0, 0, 0, 0, false, true},
    {&call, RIG_NONE, 0, RIG_DATA + 16, 0, RIG_NONE, false, true},
    {&call, RIG_DATA, 0, RIG_NONE + 16, 0, RIG_NONE + 8, true, false},
};

TEST(page_faults_tell_address_and_access)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        rig_load(&guest, accesses[i].code);
        guest.reg[UREG_RDI] = accesses[i].rdi;
        guest.reg[UREG_RSI] = accesses[i].rsi;
        guest.reg[UREG_RSP] = accesses[i].rsp;
        guest.reg[UREG_RCX] = accesses[i].rcx;
        bool holds = CHECK_EQ(rig_run(&guest), TRAP_PAGE_FAULT);
        holds &= CHECK_EQ(guest.trap.address, accesses[i].address);
        monitor_gate_ops.classify_fault(guest.carrier, guest.reg, &guest.trap);
        holds &= CHECK_EQ(guest.trap.write, accesses[i].write);
        holds &= CHECK_EQ(guest.trap.fetch, accesses[i].fetch);
        holds &= CHECK_EQ(guest.reg[UREG_RIP], accesses[i].fetch ? accesses[i].address : RIG_CODE);
        if (!holds)
            CHECK_EQ(i, UINT64_MAX);
    }
    rig_close(&guest);
}

/* The instruction begins in the last mapped page and ends in the next one. */
TEST(instruction_across_pages_is_a_fetch_of_the_second)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &load);
    uint8_t *code = rig_memory(&guest, RIG_CODE_PADDR + PAGE_BYTES - 2);
    code[0] = 0x48; /* movabs $imm64, %rax */
    code[1] = 0xb8;
    guest.reg[UREG_RIP] = RIG_CODE + PAGE_BYTES - 2;
    CHECK_EQ(rig_run(&guest), TRAP_PAGE_FAULT);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + PAGE_BYTES - 2);
    CHECK_EQ(guest.trap.address, RIG_CODE + PAGE_BYTES);
    monitor_gate_ops.classify_fault(guest.carrier, guest.reg, &guest.trap);
    CHECK(guest.trap.fetch);
    CHECK(!guest.trap.write);

    /* a data access to the same address by an instruction that is all there */
    code = rig_memory(&guest, RIG_CODE_PADDR + PAGE_BYTES - 2);
    code[0] = 0x88; /* mov %al, (%rdi) */
    code[1] = 0x07;
    guest.reg[UREG_RDI] = RIG_CODE + PAGE_BYTES;
    CHECK_EQ(rig_run(&guest), TRAP_PAGE_FAULT);
    monitor_gate_ops.classify_fault(guest.carrier, guest.reg, &guest.trap);
    CHECK(!guest.trap.fetch);
    CHECK(guest.trap.write);
    rig_close(&guest);
}

/* Linux's own page at the top of the address space answers with Linux's time. */
TEST(vsyscall_page_is_not_there)
{
    static const vaddr_t targets[] = {0xffffffffff600000, 0xffffffffff600400, 0xffffffffff600800,
                                      0xffffffffff600123};
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        for (unsigned stack = 0; stack < 2; stack++) {
            rig_load(&guest, stack ? &call : &jump);
            guest.reg[UREG_RDI] = targets[i];
            guest.reg[UREG_RSI] = 0x51;
            guest.reg[UREG_RSP] = stack ? RIG_DATA + 32 : 0;
            CHECK_EQ(rig_run(&guest), TRAP_PAGE_FAULT);
            CHECK_EQ(guest.trap.address, targets[i]);
            CHECK_EQ(guest.reg[UREG_RIP], targets[i]);
            CHECK_EQ(guest.reg[UREG_RSP], stack ? RIG_DATA + 24 : 0);
            CHECK_EQ(guest.reg[UREG_RSI], 0x51);
            monitor_gate_ops.classify_fault(guest.carrier, guest.reg, &guest.trap);
            CHECK(guest.trap.fetch);
        }
    }
    rig_close(&guest);
}

/* Beyond the end of guest memory: what Linux says when it finds no page for a hole. */
TEST(memory_that_the_host_cannot_provide_is_its_failure)
{
    struct rig guest;
    struct trap trap = {.kind = TRAP_GONE};

    if (!rig_open(&guest))
        return;
    CHECK_EQ(monitor_gate_ops.map(guest.vspace, RIG_NONE, PAGE_BYTES, RIG_MEMORY_BYTES, true), 0);
    rig_load(&guest, &store);
    guest.reg[UREG_RDI] = RIG_NONE;
    CHECK_EQ(monitor_gate_ops.run(guest.carrier, guest.reg, &trap), -12);
    CHECK_EQ(trap.kind, TRAP_GONE);
    rig_close(&guest);
}

/* --- segment bases and vector state -------------------------------------------------------- */

PIECE(write_bases, "wrfsbase %rdi; wrgsbase %rsi; syscall; rdfsbase %rax; rdgsbase %rbx;"
                   "syscall");
PIECE(read_bases, "rdfsbase %rax; rdgsbase %rbx; syscall");
PIECE(load_fs, "movq %fs:16, %rax; syscall");

TEST(segment_bases_belong_to_the_guest)
{
    static const word_t bases[] = {
        0, RIG_DATA, 0x7fffffffefff, 0x7ffffffff000, 0xffff800000000000, UINT64_MAX};
    struct rig guest;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < 36; i++) {
        word_t fs = bases[i % 6], gs = bases[i / 6];
        rig_load(&guest, &write_bases);
        guest.reg[UREG_RDI] = fs;
        guest.reg[UREG_RSI] = gs;
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_FS_BASE], fs);
        CHECK_EQ(guest.reg[UREG_GS_BASE], gs);
        guest.reg[UREG_RIP] += 2;
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_RAX], fs);
        CHECK_EQ(guest.reg[UREG_RBX], gs);
        /* set from outside */
        rig_load(&guest, &read_bases);
        guest.reg[UREG_FS_BASE] = gs;
        guest.reg[UREG_GS_BASE] = fs;
        CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_RAX], gs);
        CHECK_EQ(guest.reg[UREG_RBX], fs);
    }
    /* no address at all */
    rig_load(&guest, &read_bases);
    guest.reg[UREG_FS_BASE] = UINT64_C(1) << 63;
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RAX], 0);
    rig_load(&guest, &load_fs);
    guest.reg[UREG_FS_BASE] = RIG_DATA;
    *(word_t *)rig_memory(&guest, RIG_DATA_PADDR + 16) = 4711;
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RAX], 4711);
    rig_close(&guest);
}

PIECE(save_vectors, "fnstcw (%rdi); stmxcsr 4(%rdi); movups %xmm7, 16(%rdi); syscall");
PIECE(change_vectors, "pushq $0x0f7f; fldcw (%rsp); pushq $0x7f80; ldmxcsr (%rsp);"
                      "movq %rsi, %xmm7; movddup %xmm7, %xmm7; syscall");

struct saved_vectors {
    uint16_t fcw, padding;
    uint32_t mxcsr;
    uint64_t unused;
    uint64_t xmm7[2];
};

static void check_vectors(struct rig *guest, struct gate_carrier *carrier, uint16_t fcw,
                          uint32_t mxcsr, uint64_t xmm7)
{
    struct gate_carrier *own = guest->carrier;
    const struct saved_vectors *saved = rig_memory(guest, RIG_DATA_PADDR);

    guest->carrier = carrier;
    rig_load(guest, &save_vectors);
    guest->reg[UREG_RDI] = RIG_DATA;
    CHECK_EQ(rig_run(guest), TRAP_SYSCALL);
    CHECK_EQ(saved->fcw, fcw);
    CHECK_EQ(saved->mxcsr, mxcsr);
    CHECK_EQ(saved->xmm7[0], xmm7);
    CHECK_EQ(saved->xmm7[1], xmm7);
    guest->carrier = own;
}

TEST(vector_state_is_kept_per_carrier_and_can_move)
{
    struct rig guest;
    struct gate_vspace *vspace = NULL;
    struct gate_carrier *second = NULL, *third = NULL;

    if (!rig_open(&guest))
        return;
    check_vectors(&guest, guest.carrier, 0x37f, 0x1f80, 0);
    rig_load(&guest, &change_vectors);
    guest.reg[UREG_RSP] = RIG_DATA + 128;
    guest.reg[UREG_RSI] = 0x123456789;
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    check_vectors(&guest, guest.carrier, 0xf7f, 0x7f80, 0x123456789);

    CHECK_EQ(monitor_gate_ops.carrier_create(guest.vspace, "second", &second), 0);
    check_vectors(&guest, second, 0x37f, 0x1f80, 0);
    CHECK_EQ(monitor_gate_ops.vspace_create(guest.gate, &vspace), 0);
    CHECK_EQ(monitor_gate_ops.carrier_create(vspace, "third", &third), 0);
    CHECK_EQ(monitor_gate_ops.map(vspace, RIG_CODE, PAGE_BYTES, RIG_CODE_PADDR, false), 0);
    CHECK_EQ(monitor_gate_ops.map(vspace, RIG_DATA, PAGE_BYTES, RIG_DATA_PADDR, true), 0);
    check_vectors(&guest, third, 0x37f, 0x1f80, 0);
    CHECK_EQ(monitor_gate_ops.carrier_copy_vector_state(guest.carrier, third), 0);
    check_vectors(&guest, third, 0xf7f, 0x7f80, 0x123456789);
    check_vectors(&guest, second, 0x37f, 0x1f80, 0);
    check_vectors(&guest, guest.carrier, 0xf7f, 0x7f80, 0x123456789);
    rig_close(&guest);
}

/* --- a thread without FPU ------------------------------------------------------------------ */

static enum trap_kind run_without_fpu(struct rig *guest)
{
    guest->trap = (struct trap){.kind = TRAP_GONE};
    CHECK_EQ(monitor_gate_ops.run_without_fpu(guest->carrier, guest->reg, &guest->trap), 0);
    return guest->trap.kind;
}

PIECE(count_then_fld, "movl $100, %ecx; 1: addq %rcx, %rax; decl %ecx; jnz 1b; fld1; syscall");
PIECE(count_then_vector, "nop; paddd %xmm1, %xmm0; syscall");
PIECE(no_fpu_at_all, "incq %rax; syscall");

TEST(fpu_instructions_do_not_execute_without_fpu)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    rig_load(&guest, &count_then_fld);
    CHECK_EQ(run_without_fpu(&guest), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 7);
    CHECK_EQ(guest.reg[UREG_RAX], 5050);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 12);
    CHECK_EQ(guest.reg[UREG_RFLAGS] & 0x100, 0); /* no trap flag of ours */
    CHECK_EQ(rig_run(&guest), TRAP_SYSCALL);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 14);
    rig_load(&guest, &count_then_vector);
    CHECK_EQ(run_without_fpu(&guest), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 7);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 1);
    rig_close(&guest);
}

TEST(other_traps_are_the_same_without_fpu)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    interrupted_gate = guest.gate;
    for (long rax = -516; rax <= -511; rax++) {
        rig_load(&guest, &no_fpu_at_all);
        guest.reg[UREG_RAX] = (word_t)rax;
        CHECK_EQ(run_without_fpu(&guest), TRAP_SYSCALL);
        CHECK_EQ(guest.reg[UREG_RAX], rax + 1);
        CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 3);
        CHECK_EQ(guest.reg[UREG_R11], 0x202 | (guest.reg[UREG_RFLAGS] & 0xd5));
    }
    rig_load(&guest, &load);
    guest.reg[UREG_RDI] = RIG_NONE;
    CHECK_EQ(run_without_fpu(&guest), TRAP_PAGE_FAULT);
    CHECK_EQ(guest.trap.address, RIG_NONE);
    rig_load(&guest, &jump);
    guest.reg[UREG_RDI] = RIG_NONE;
    CHECK_EQ(run_without_fpu(&guest), TRAP_PAGE_FAULT);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_NONE);
    rig_load(&guest, &trap_flag);
    guest.reg[UREG_RSP] = RIG_DATA + 64;
    interrupt_gate(0);
    CHECK_EQ(run_without_fpu(&guest), TRAP_INTERRUPTED);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE);
    rig_load(&guest, &int3_short);
    CHECK_EQ(run_without_fpu(&guest), TRAP_EXCEPTION);
    CHECK_EQ(guest.trap.vector, 3);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE + 1);
    rig_close(&guest);
}
