/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracees of x86_64: registers, vector state, and what Linux's stops mean to a guest. A tracer sees
 * signals where seL4 sees exceptions, and the two do not match one to one; the tables below say
 * what is what, and where the instruction has to be looked at.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <abi/object.h>
#include <base/bits.h>
#include <gate/decode.h>
#include <gate/tracee.h>
#include <host/host.h>
#include <seat/tsc.h>

#define USER_CODE_SEGMENT 0x33
#define USER_DATA_SEGMENT 0x2b
#define RFLAGS_INITIAL    0x202

#define VSYSCALL_PAGE UINT64_C(0xffffffffff600000)

/* XSAVE area: FCW and MXCSR of the legacy region, XSTATE_BV of the header. */
#define XSAVE_FCW      0
#define XSAVE_MXCSR    24
#define XSAVE_FEATURES 512
#define FCW_INITIAL    0x37f
#define MXCSR_INITIAL  0x1f80
#define FEATURE_X87    1
#define FEATURE_SSE    2
#define FEATURE_AVX    4
#define XSAVE_ENABLED  464 /* ptrace: those that the system has */
#define XSAVE_AVX      576

enum exception_vector {
    VECTOR_DIVIDE = 0,
    VECTOR_OVERFLOW = 4,
    VECTOR_INVALID_OPCODE = 6,
    VECTOR_STACK = 12,
    VECTOR_PROTECTION = 13,
    VECTOR_X87 = 16,
    VECTOR_ALIGNMENT = 17,
    VECTOR_SIMD = 19,
    VECTOR_FIRST_CALL = 158, /* `int n` from here on is a system call to seL4 */
};

/* --- registers ----------------------------------------------------------------------------- */

/* Where ptrace has the registers, in seL4's order; the bases are written apart from the rest. */
#define PLACE(field) offsetof(struct user_regs_struct, field)
static const uint8_t place_of_register[USER_REGISTER_COUNT] = {
    [UREG_RIP] = PLACE(rip),         [UREG_RSP] = PLACE(rsp),         [UREG_RFLAGS] = PLACE(eflags),
    [UREG_RAX] = PLACE(rax),         [UREG_RBX] = PLACE(rbx),         [UREG_RCX] = PLACE(rcx),
    [UREG_RDX] = PLACE(rdx),         [UREG_RSI] = PLACE(rsi),         [UREG_RDI] = PLACE(rdi),
    [UREG_RBP] = PLACE(rbp),         [UREG_R8] = PLACE(r8),           [UREG_R9] = PLACE(r9),
    [UREG_R10] = PLACE(r10),         [UREG_R11] = PLACE(r11),         [UREG_R12] = PLACE(r12),
    [UREG_R13] = PLACE(r13),         [UREG_R14] = PLACE(r14),         [UREG_R15] = PLACE(r15),
    [UREG_FS_BASE] = PLACE(fs_base), [UREG_GS_BASE] = PLACE(gs_base),
};

static word_t user_base(word_t base)
{
    return base < USER_TOP ? base : 0;
}

/*
 * In another code segment (Linux has one for 32-bit code) a thread's register set is that of a
 * 32-bit process. Reads it by the call that goes by the tracer's width, and puts the thread back
 * into 64-bit mode, so nobody else need care; *ret_regs still names the segment.
 */
static int get_regs_of_other_segment(struct tracee *tracee, struct user_regs_struct *ret_regs)
{
    struct user_regs_struct regs;
    int error = (int)host_ptrace(PTRACE_GETREGS, tracee->tid, NULL, &regs);

    if (error)
        return error;
    *ret_regs = regs;
    regs.orig_rax = UINT64_MAX;
    regs.cs = USER_CODE_SEGMENT;
    regs.ss = USER_DATA_SEGMENT;
    regs.fs_base = tracee->fs_base = user_base(regs.fs_base);
    regs.gs_base = tracee->gs_base = user_base(regs.gs_base);
    return (int)host_ptrace(PTRACE_SETREGS, tracee->tid, NULL, &regs);
}

static int get_regs(struct tracee *tracee, struct user_regs_struct *ret_regs)
{
    struct iovec iov = {.iov_base = ret_regs, .iov_len = sizeof(*ret_regs)};
    int error = (int)host_ptrace(PTRACE_GETREGSET, tracee->tid, (void *)NT_PRSTATUS, &iov);

    if (error)
        return error;
    if (iov.iov_len != sizeof(*ret_regs))
        return get_regs_of_other_segment(tracee, ret_regs);
    tracee->fs_base = ret_regs->fs_base;
    tracee->gs_base = ret_regs->gs_base;
    tracee->has_id_flag = (ret_regs->eflags & RFLAGS_ID) != 0;
    return 0;
}

/* Writes the first `size` bytes. orig_rax = -1 says that no system call is to be restarted. */
static int set_regs(struct tracee *tracee, struct user_regs_struct *regs, size_t size)
{
    struct iovec iov = {.iov_base = regs, .iov_len = size};

    regs->orig_rax = UINT64_MAX;
    regs->cs = USER_CODE_SEGMENT;
    regs->ss = USER_DATA_SEGMENT;
    return (int)host_ptrace(PTRACE_SETREGSET, tracee->tid, (void *)NT_PRSTATUS, &iov);
}

static void regs_to_guest(const struct user_regs_struct *regs, word_t ret_reg[USER_REGISTER_COUNT])
{
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        memcpy(&ret_reg[i], (const char *)regs + place_of_register[i], sizeof(word_t));
    /* Set by every fault; who wants the instruction to pass its breakpoint says so. */
    ret_reg[UREG_RFLAGS] &= ~RFLAGS_RESUME;
}

int tracee_read_registers(struct tracee *tracee, word_t ret_reg[USER_REGISTER_COUNT])
{
    struct user_regs_struct regs;
    int error = get_regs(tracee, &regs);

    if (!error)
        regs_to_guest(&regs, ret_reg);
    return error;
}

/*
 * Linux refuses bases in the kernel's half, which seL4 threads may have: those are set by the
 * instruction. One that is no address at all becomes 0.
 */
static int write_base(struct tracee *tracee, vaddr_t page, enum injection_offset code, word_t base)
{
    static const word_t none[6];
    long result;

    if (base < USER_TOP)
        return 0;
    result = tracee_run_code(tracee, page, code, (long)base, none, NULL);
    return result == -ESRCH ? -ESRCH : 0;
}

static int write_bases(struct tracee *tracee, vaddr_t page, const word_t reg[USER_REGISTER_COUNT],
                       struct user_regs_struct *regs)
{
    regs->fs_base = user_base(reg[UREG_FS_BASE]);
    regs->gs_base = user_base(reg[UREG_GS_BASE]);
    int error = set_regs(tracee, regs, PLACE(ds));
    if (!error)
        error = write_base(tracee, page, INJECTION_WRFSBASE, reg[UREG_FS_BASE]);
    if (!error)
        error = write_base(tracee, page, INJECTION_WRGSBASE, reg[UREG_GS_BASE]);
    tracee->fs_base = reg[UREG_FS_BASE];
    tracee->gs_base = reg[UREG_GS_BASE];
    return error;
}

/* Linux lets a thread change this flag itself, but not its tracer. */
static int write_id_flag(struct tracee *tracee, vaddr_t page, word_t rflags)
{
    word_t flags = RFLAGS_INITIAL | (rflags & RFLAGS_ID);
    int error = injection_page_show(tracee->injection);

    if (error)
        return error;
    memcpy(tracee->injection->data + INJECTION_DATA, &flags, sizeof(flags));
    long result = tracee_run_code(tracee, page, INJECTION_POPF, 0,
                                  (const word_t[6]){page + INJECTION_DATA}, NULL);
    injection_page_fill(tracee->injection->data);
    if (result >= 0)
        tracee->has_id_flag = (rflags & RFLAGS_ID) != 0;
    return result < 0 ? (int)result : 0;
}

int tracee_write_registers(struct tracee *tracee, vaddr_t page,
                           const word_t reg[USER_REGISTER_COUNT])
{
    struct user_regs_struct regs;

    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        memcpy((char *)&regs + place_of_register[i], &reg[i], sizeof(word_t));
    if (reg[UREG_FS_BASE] != tracee->fs_base || reg[UREG_GS_BASE] != tracee->gs_base) {
        int error = write_bases(tracee, page, reg, &regs);
        if (error)
            return error;
    }
    if (tracee->has_id_flag != ((reg[UREG_RFLAGS] & RFLAGS_ID) != 0)) {
        int error = write_id_flag(tracee, page, reg[UREG_RFLAGS]);
        if (error)
            return error;
    }
    return set_regs(tracee, &regs, PLACE(fs_base));
}

/* --- injected code ------------------------------------------------------------------------- */

int tracee_begin_code(struct tracee *tracee, vaddr_t code, long rax, const word_t argument[6])
{
    struct user_regs_struct regs = {
        .rip = code,
        .rax = (word_t)rax,
        .rdi = argument[0],
        .rsi = argument[1],
        .rdx = argument[2],
        .r10 = argument[3],
        .r8 = argument[4],
        .r9 = argument[5],
        .eflags = RFLAGS_INITIAL,
    };
    return set_regs(tracee, &regs, PLACE(fs_base));
}

int tracee_end_code(struct tracee *tracee, vaddr_t page, long *ret_rax)
{
    struct user_regs_struct regs;
    int error = get_regs(tracee, &regs);

    if (error)
        return error;
    if (regs.rip - page >= PAGE_BYTES)
        return 0;
    *ret_rax = (long)regs.rax;
    return 1;
}

/* --- vector state -------------------------------------------------------------------------- */

static int get_vector_state(struct tracee *tracee, struct iovec *iov)
{
    return (int)host_ptrace(PTRACE_GETREGSET, tracee->tid, (void *)NT_X86_XSTATE, iov);
}

static int set_vector_state(struct tracee *tracee, struct iovec *iov)
{
    return (int)host_ptrace(PTRACE_SETREGSET, tracee->tid, (void *)NT_X86_XSTATE, iov);
}

int tracee_clear_vector_state(struct tracee *tracee, void *buffer)
{
    struct iovec iov = {.iov_base = buffer, .iov_len = VECTOR_STATE_MAX};
    static const uint16_t fcw = FCW_INITIAL;
    static const uint32_t mxcsr = MXCSR_INITIAL;
    static const uint64_t features = FEATURE_X87 | FEATURE_SSE; /* the others: as at reset */
    int error = get_vector_state(tracee, &iov);

    if (error)
        return error;
    memset(buffer, 0, iov.iov_len);
    memcpy((char *)buffer + XSAVE_FCW, &fcw, sizeof(fcw));
    memcpy((char *)buffer + XSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
    memcpy((char *)buffer + XSAVE_FEATURES, &features, sizeof(features));
    return set_vector_state(tracee, &iov);
}

int tracee_copy_vector_state(struct tracee *from, struct tracee *to, void *buffer)
{
    struct iovec iov = {.iov_base = buffer, .iov_len = VECTOR_STATE_MAX};
    int error = get_vector_state(from, &iov);

    return error ? error : set_vector_state(to, &iov);
}

int tracee_read_vector_state(struct tracee *tracee, void *buffer, size_t *ret_size)
{
    struct iovec iov = {.iov_base = buffer, .iov_len = VECTOR_STATE_MAX};
    int error = get_vector_state(tracee, &iov);

    if (!error)
        *ret_size = iov.iov_len;
    return error;
}

/* What is written counts as in use: otherwise Linux takes it as it is after a reset. */
int tracee_write_vector_state(struct tracee *tracee, const void *xsave, size_t size, void *buffer)
{
    struct iovec iov = {.iov_base = buffer, .iov_len = VECTOR_STATE_MAX};
    uint64_t enabled, used, written = FEATURE_X87 | FEATURE_SSE;
    int error = get_vector_state(tracee, &iov);

    if (error)
        return error;
    memcpy(&enabled, (char *)buffer + XSAVE_ENABLED, sizeof(enabled));
    memcpy(&used, (char *)buffer + XSAVE_FEATURES, sizeof(used));
    memcpy(buffer, xsave, (size_t)min_u64(size, XSAVE_ENABLED));
    if (size > XSAVE_AVX && iov.iov_len > XSAVE_AVX) {
        written |= FEATURE_AVX;
        memcpy((char *)buffer + XSAVE_AVX, (const char *)xsave + XSAVE_AVX,
               (size_t)min_u64(size, iov.iov_len) - XSAVE_AVX);
    }
    used |= written & enabled;
    memcpy((char *)buffer + XSAVE_FEATURES, &used, sizeof(used));
    return set_vector_state(tracee, &iov);
}

/* --- code ---------------------------------------------------------------------------------- */

/* Word by word: slower, but a host that lets us trace lets us do this. */
static unsigned peek_code(const struct tracee *tracee, vaddr_t address,
                          uint8_t ret_code[INSTRUCTION_MAX])
{
    word_t word;
    unsigned length = 0;

    while (length < INSTRUCTION_MAX) {
        vaddr_t at = address + length;
        if (host_ptrace(PTRACE_PEEKDATA, tracee->tid, (void *)align_down(at, 3), &word) < 0)
            break;
        for (unsigned i = at % sizeof(word); i < sizeof(word) && length < INSTRUCTION_MAX; i++)
            ret_code[length++] = (uint8_t)(word >> (8 * i));
    }
    return length;
}

/* Linux copies whole ranges or none: one range for each page. */
unsigned tracee_read_code(const struct tracee *tracee, vaddr_t address,
                          uint8_t ret_code[INSTRUCTION_MAX])
{
    size_t first = (size_t)min_u64(PAGE_BYTES - (address & mask(PAGE_BITS)), INSTRUCTION_MAX);
    const struct iovec local = {.iov_base = ret_code, .iov_len = INSTRUCTION_MAX};
    const struct iovec remote[2] = {
        {.iov_base = (void *)address, .iov_len = first},
        {.iov_base = (void *)(address + first), .iov_len = INSTRUCTION_MAX - first},
    };
    long count = host_process_vm_readv(tracee->tid, &local, 1, remote, 2, 0);

    if (count < 0 && count != -EFAULT)
        return peek_code(tracee, address, ret_code);
    return count < 0 ? 0 : (unsigned)count;
}

/* Whether the two bytes before `address` are `first`, `second`. */
static bool follows(const struct tracee *tracee, vaddr_t address, uint8_t first, uint8_t second)
{
    uint8_t code[INSTRUCTION_MAX];

    return tracee_read_code(tracee, address - 2, code) >= 2 && code[0] == first &&
           code[1] == second;
}

int tracee_hide_trap_flag(struct tracee *tracee, vaddr_t rsp)
{
    const vaddr_t byte = rsp + 1; /* which the flag is bit 0 of */
    const vaddr_t place = align_down(byte, 3);
    word_t word;
    int error = (int)host_ptrace(PTRACE_PEEKDATA, tracee->tid, (void *)place, &word);

    if (error)
        return error;
    word &= ~bit((unsigned)(byte - place) * 8);
    return (int)host_ptrace(PTRACE_POKEDATA, tracee->tid, (void *)place, (void *)word);
}

/* --- what a stop means --------------------------------------------------------------------- */

static int exception(struct trap *ret_trap, unsigned vector, word_t error_code)
{
    *ret_trap = (struct trap){.kind = TRAP_EXCEPTION, .vector = vector, .error_code = error_code};
    return 1;
}

static int page_fault(struct trap *ret_trap, vaddr_t address)
{
    *ret_trap = (struct trap){.kind = TRAP_PAGE_FAULT, .address = address};
    return 1;
}

/* The error code of a descriptor of the interrupt table that user level may not use. */
static word_t interrupt_error_code(unsigned vector)
{
    return vector * 8 + 2;
}

static int software_interrupt(struct trap *ret_trap, unsigned vector)
{
    if (vector < VECTOR_FIRST_CALL)
        return exception(ret_trap, VECTOR_PROTECTION, interrupt_error_code(vector));
    *ret_trap = (struct trap){.kind = TRAP_INT, .vector = vector};
    return 1;
}

/*
 * `syscall` has left its return address in rcx. Whatever has not is `int 0x80`, which seL4 refuses
 * (of its rax Linux keeps only the low half). In both cases Linux has moved rax to orig_rax.
 */
static int decode_syscall(struct tracee *tracee, struct user_regs_struct *regs,
                          struct trap *ret_trap)
{
    bool is_int = regs->rcx != regs->rip && follows(tracee, regs->rip, 0xcd, 0x80);

    regs->rax = regs->orig_rax;
    regs->rip -= 2;
    if (is_int)
        return software_interrupt(ret_trap, 0x80);
    regs->r11 = regs->eflags; /* without the trap flag, if ptrace has set that */
    *ret_trap = (struct trap){.kind = TRAP_SYSCALL};
    return 1;
}

/*
 * A general protection fault, or an exception of which Linux says no more than that: `int n`, and
 * `int 4`, which Linux lets through as an overflow trap; `cpuid` and `rdtsc`, if they are trapped.
 */
static int decode_protection(struct tracee *tracee, struct user_regs_struct *regs,
                             struct trap *ret_trap)
{
    uint8_t code[INSTRUCTION_MAX];
    unsigned vector;

    if (regs->rip - VSYSCALL_PAGE < PAGE_BYTES)
        return page_fault(ret_trap, regs->rip);
    unsigned length = tracee_read_code(tracee, regs->rip, code);
    if (decode_is_software_interrupt(code, length, &vector))
        return software_interrupt(ret_trap, vector);
    if (follows(tracee, regs->rip, 0xcd, VECTOR_OVERFLOW)) {
        regs->rip -= 2;
        return software_interrupt(ret_trap, VECTOR_OVERFLOW);
    }
    if (decode_is_cpuid(code, length)) {
        *ret_trap = (struct trap){.kind = TRAP_CPUID};
        return 1;
    }
    length = seat_tsc_decode(code, length);
    if (length) {
        *ret_trap = (struct trap){.kind = TRAP_TSC, .vector = length};
        return 1;
    }
    return exception(ret_trap, VECTOR_PROTECTION, 0);
}

static int decode_segv(struct tracee *tracee, struct user_regs_struct *regs, const siginfo_t *info,
                       struct trap *ret_trap)
{
    switch (info->si_code) {
    case SI_KERNEL:
        return decode_protection(tracee, regs, ret_trap);
    case SEGV_PKUERR: /* wrpkru: an instruction that no seL4 guest has */
        return exception(ret_trap, VECTOR_INVALID_OPCODE, 0);
    default:
        return page_fault(ret_trap, (vaddr_t)info->si_addr);
    }
}

static int decode_bus(struct tracee *tracee, struct user_regs_struct *regs, const siginfo_t *info,
                      struct trap *ret_trap)
{
    (void)tracee;
    (void)regs;
    switch (info->si_code) {
    case BUS_ADRALN:
        return exception(ret_trap, VECTOR_ALIGNMENT, 0);
    case BUS_ADRERR: /* a hole of the memfd that the host has no memory for */
        return -ENOMEM;
    case BUS_MCEERR_AR:
    case BUS_MCEERR_AO:
        return -EIO;
    default:
        return exception(ret_trap, VECTOR_STACK, 0);
    }
}

static int decode_fpe(struct tracee *tracee, struct user_regs_struct *regs, const siginfo_t *info,
                      struct trap *ret_trap)
{
    uint8_t code[INSTRUCTION_MAX];

    if (info->si_code == FPE_INTDIV)
        return exception(ret_trap, VECTOR_DIVIDE, 0);
    unsigned length = tracee_read_code(tracee, regs->rip, code);
    return exception(ret_trap, decode_is_x87(code, length) ? VECTOR_X87 : VECTOR_SIMD, 0);
}

/* `sysenter` faults otherwise on a processor that seL4 has set up for `syscall`. */
static int decode_ill(struct tracee *tracee, struct user_regs_struct *regs, const siginfo_t *info,
                      struct trap *ret_trap)
{
    uint8_t code[INSTRUCTION_MAX];
    unsigned length = tracee_read_code(tracee, regs->rip, code);

    (void)info;
    return exception(
        ret_trap, decode_is_sysenter(code, length) ? VECTOR_PROTECTION : VECTOR_INVALID_OPCODE, 0);
}

/* A breakpoint and the end of a step may come together: Linux then speaks of the step only. */
static int read_hits(const struct tracee *tracee, const siginfo_t *info, uint8_t *ret_breakpoints)
{
    bool may_be = info->si_code == TRAP_HWBKPT || info->si_code == TRAP_TRACE;

    *ret_breakpoints = 0;
    return tracee->debug_control && may_be ? tracee_read_hits(tracee, ret_breakpoints) : 0;
}

/* Some virtual machines trap at `int1`, not behind it: seL4 would never get past it. */
static void pass_int1(const struct tracee *tracee, struct user_regs_struct *regs)
{
    enum { INT1 = 0xf1 };
    uint8_t code[INSTRUCTION_MAX];

    if (tracee_read_code(tracee, regs->rip - 1, code) >= 2 && code[0] != INT1 && code[1] == INT1)
        regs->rip++;
}

static int decode_trap(struct tracee *tracee, struct user_regs_struct *regs, const siginfo_t *info,
                       struct trap *ret_trap)
{
    uint8_t hits;
    int error = read_hits(tracee, info, &hits);

    if (error)
        return error;
    if (info->si_code == TRAP_BRKPT)
        pass_int1(tracee, regs);
    exception(ret_trap, info->si_code == SI_KERNEL ? EXCEPTION_BREAKPOINT : EXCEPTION_DEBUG, 0);
    ret_trap->debug =
        (struct debug_event){.breakpoints = hits, .stepped = info->si_code == TRAP_TRACE};
    return 1;
}

/*
 * A call into the vsyscall page, stopped by the filter. Linux has done the return already, and has
 * put the call's number into rax: what was there is lost.
 */
static int decode_sys(struct tracee *tracee, struct user_regs_struct *regs, const siginfo_t *info,
                      struct trap *ret_trap)
{
    (void)tracee;
    regs->rip = (vaddr_t)info->si_call_addr;
    regs->rsp -= sizeof(word_t);
    return page_fault(ret_trap, regs->rip);
}

static const struct {
    int signal;
    int (*decode)(struct tracee *tracee, struct user_regs_struct *regs, const siginfo_t *info,
                  struct trap *ret_trap);
} signal_decoders[] = {
    {SIGSEGV, decode_segv}, {SIGBUS, decode_bus},   {SIGFPE, decode_fpe},
    {SIGILL, decode_ill},   {SIGTRAP, decode_trap}, {SIGSYS, decode_sys},
};

/* Signals that the processor raised have positive codes; others come from outside. */
static int decode_signal(struct tracee *tracee, vaddr_t page, int signal,
                         struct user_regs_struct *regs, struct trap *ret_trap)
{
    siginfo_t info;
    int error = (int)host_ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info);

    if (error || info.si_code <= 0)
        return error;
    if (signal == SIGBUS && (vaddr_t)info.si_addr - page < PAGE_BYTES) /* it is hidden */
        return page_fault(ret_trap, (vaddr_t)info.si_addr);
    for (unsigned i = 0; i < ARRAY_LENGTH(signal_decoders); i++)
        if (signal_decoders[i].signal == signal)
            return signal_decoders[i].decode(tracee, regs, &info, ret_trap);
    return 0;
}

/*
 * `page` is not the guest's: running there is a fault, whatever it did. A guest in another code
 * segment has jumped to Linux's 32-bit one, or used `sysenter`, which seL4 both refuses.
 */
int tracee_decode_stop(struct tracee *tracee, vaddr_t page, const struct stop *stop,
                       word_t ret_reg[USER_REGISTER_COUNT], struct trap *ret_trap)
{
    struct user_regs_struct regs;
    int result = get_regs(tracee, &regs);

    if (result)
        return result;
    if (regs.cs != USER_CODE_SEGMENT)
        result = exception(ret_trap, VECTOR_PROTECTION, 0);
    else if (stop->kind == STOP_SYSCALL)
        result = decode_syscall(tracee, &regs, ret_trap);
    else
        result = decode_signal(tracee, page, stop->signal, &regs, ret_trap);
    if (result <= 0)
        return result;
    if (regs.rip - page < PAGE_BYTES)
        result = page_fault(ret_trap, regs.rip);
    regs_to_guest(&regs, ret_reg);
    return result;
}
