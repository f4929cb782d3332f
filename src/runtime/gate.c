/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/gate.h>

#include <abi/debug.h>
#include <abi/object.h>
#include <base/assert.h>
#include <base/bits.h>
#include <kernel/kernel_api.h>
#include <runtime/bases.h>
#include <runtime/carrier.h>
#include <runtime/image.h>
#include <runtime/jump.h>
#include <runtime/linked_process.h>
#include <runtime/linux.h>
#include <runtime/process.h>
#include <runtime/request.h>
#include <runtime/turn.h>

/* Of 64-bit user code: in another segment runs what seL4 refuses. */
#define CODE_SEGMENT 0x33

#define VSYSCALL_PAGE UINT64_C(0xffffffffff600000)

enum {
    VECTOR_OVERFLOW = 4,
    VECTOR_INVALID_OPCODE = 6,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_COMPATIBILITY_CALL = 0x80,
    VECTOR_FIRST_CALL = 158, /* int n from here on is a system call of another kind */
};

/* siginfo_t's code */
enum {
    CODE_SENT = 0, /* and below: by somebody, not by the processor */
    CODE_SIGTRAP_BREAKPOINT = 1,
    CODE_SIGTRAP_TRACE = 2,
    CODE_SIGTRAP_PERF = 6, /* an event that the machine has opened: a breakpoint */
    CODE_SIGSYS_DISPATCH = 2,
};

#define ARCHITECTURE_I386 UINT32_C(0x40000003)

enum { INSTRUCTION_CALL_BYTES = 2 };

/* --- what a signal says -------------------------------------------------------------------- */

static struct trap exception(unsigned vector, word_t error_code)
{
    return (struct trap){.kind = TRAP_EXCEPTION, .vector = vector, .error_code = error_code};
}

static struct trap page_fault(vaddr_t address)
{
    return (struct trap){.kind = TRAP_PAGE_FAULT, .address = address};
}

static struct trap software_interrupt(unsigned vector)
{
    if (vector < VECTOR_FIRST_CALL)
        return exception(VECTOR_PROTECTION, vector * 8 + 2);
    return (struct trap){.kind = TRAP_INT, .vector = vector};
}

/* Whether the guest has that byte there, by the page walk: its own address may be in no process. */
static bool code_at(paddr_t root, vaddr_t address, uint8_t byte)
{
    struct kernel *k = runtime_kernel();
    struct translation t = {.present = false};

    if (address < USER_TOP)
        t = kernel_translate(k, root, address);
    return t.present && kernel_is_backed(k, t.paddr) &&
           *(const uint8_t *)kernel_memory(k, t.paddr) == byte;
}

/*
 * The trap of a `syscall` instruction. Linux takes some values of rax for its own restart codes:
 * rip is at the instruction again then, or rax is -EINTR.
 */
static struct trap decode_call(const struct signal_info *info, word_t reg[USER_REGISTER_COUNT])
{
    enum { EINTR = 4 };

    reg[UREG_RIP] = info->call.behind - INSTRUCTION_CALL_BYTES;
    if (reg[UREG_RAX] == (word_t)-EINTR)
        reg[UREG_RAX] = (word_t)(int64_t)info->call.number;
    /* r11 has the flags: with the trap flag of a debugger that has stepped to here */
    if (!(reg[UREG_RFLAGS] & RFLAGS_TRAP))
        reg[UREG_R11] &= ~RFLAGS_TRAP;
    if (info->call.architecture == ARCHITECTURE_I386)
        return software_interrupt(VECTOR_COMPATIBILITY_CALL);
    return (struct trap){.kind = TRAP_SYSCALL};
}

/*
 * A call into the vsyscall page, stopped by the filter. Linux has done the return already, and has
 * put the call's number into rax: what was there is lost.
 */
static struct trap decode_filtered(const struct signal_info *info, word_t reg[USER_REGISTER_COUNT])
{
    if (info->call.behind - VSYSCALL_PAGE < PAGE_BYTES) {
        reg[UREG_RIP] = info->call.behind;
        reg[UREG_RSP] -= sizeof(word_t);
    }
    return page_fault(reg[UREG_RIP]);
}

/* `int 4` Linux lets through as an overflow trap. */
static struct trap decode_protection(const struct frame *frame, word_t reg[USER_REGISTER_COUNT])
{
    enum { OF_INTERRUPT_TABLE = 2 };
    word_t code = frame->reg[FRAME_ERROR_CODE];

    if (frame->reg[FRAME_VECTOR] == VECTOR_OVERFLOW) {
        reg[UREG_RIP] -= INSTRUCTION_CALL_BYTES;
        return software_interrupt(VECTOR_OVERFLOW);
    }
    if (code & OF_INTERRUPT_TABLE)
        return software_interrupt((unsigned)(code >> 3));
    return exception(VECTOR_PROTECTION, code);
}

/* Some virtual machines trap at `int1`, not behind it: seL4 would never get past it. */
static struct trap decode_debug(const struct signal_info *info, paddr_t root,
                                word_t reg[USER_REGISTER_COUNT])
{
    enum { INT1 = 0xf1 };
    struct trap trap = exception(EXCEPTION_DEBUG, 0);

    if (info->code == CODE_SIGTRAP_BREAKPOINT && code_at(root, reg[UREG_RIP], INT1) &&
        !code_at(root, reg[UREG_RIP] - 1, INT1))
        reg[UREG_RIP]++;
    trap.debug.stepped = info->code == CODE_SIGTRAP_TRACE;
    return trap;
}

/* `sysenter` faults otherwise on a processor that seL4 has set up for `syscall`. */
static struct trap decode_invalid(paddr_t root, const word_t reg[USER_REGISTER_COUNT])
{
    bool is_sysenter = code_at(root, reg[UREG_RIP], 0x0f) && code_at(root, reg[UREG_RIP] + 1, 0x34);

    return exception(is_sysenter ? VECTOR_PROTECTION : VECTOR_INVALID_OPCODE, 0);
}

static struct trap decode_memory(const struct signal_info *info, const struct frame *frame)
{
    if (info->signal == LINUX_SIGBUS) /* a hole of the memfd that the host has no memory for */
        request_fail(RUNTIME_CALL_mmap, -LINUX_ENOMEM);
    struct trap trap = page_fault(frame->reg[FRAME_CR2]);

    trap.write = frame->reg[FRAME_ERROR_CODE] & 2;
    trap.fetch = frame->reg[FRAME_ERROR_CODE] & 16;
    return trap;
}

/*
 * Valgrind's frames have no segments. Where it finds nothing that it can execute, vector and error
 * code are 0, too.
 */
static struct trap decode_made_up(const struct signal_info *info, const struct frame *frame,
                                  paddr_t root, const word_t reg[USER_REGISTER_COUNT])
{
    unsigned vector = (unsigned)frame->reg[FRAME_VECTOR];

    if (info->signal == LINUX_SIGILL)
        return decode_invalid(root, reg);
    if (vector == VECTOR_PAGE_FAULT)
        return decode_memory(info, frame);
    if (vector == 0 && info->signal == LINUX_SIGSEGV) {
        struct trap trap = page_fault(reg[UREG_RIP]);
        trap.fetch = true;
        return trap;
    }
    return exception(vector, frame->reg[FRAME_ERROR_CODE]);
}

static struct trap decode_exception(const struct signal_info *info, const struct frame *frame,
                                    paddr_t root, word_t reg[USER_REGISTER_COUNT])
{
    unsigned vector = (unsigned)frame->reg[FRAME_VECTOR];

    /* A signal that Linux makes up: vector, error code and address are those of the last one. */
    if (reg[UREG_RIP] - VSYSCALL_PAGE < PAGE_BYTES)
        return page_fault(reg[UREG_RIP]);
    switch (vector) {
    case EXCEPTION_DEBUG:
        return decode_debug(info, root, reg);
    case VECTOR_INVALID_OPCODE:
        return decode_invalid(root, reg);
    case VECTOR_OVERFLOW:
    case VECTOR_PROTECTION:
        return decode_protection(frame, reg);
    case VECTOR_PAGE_FAULT:
        return decode_memory(info, frame);
    default:
        return exception(vector, frame->reg[FRAME_ERROR_CODE]);
    }
}

void gate_decode(const struct signal_info *info, const struct frame *frame, paddr_t root,
                 word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap)
{
    if (info->signal == LINUX_SIGURG || info->code <= CODE_SENT)
        *ret_trap = (struct trap){.kind = TRAP_INTERRUPTED};
    else if (info->signal == LINUX_SIGILL && jump_is_beginning_by_word(frame->reg[FRAME_RIP]))
        *ret_trap = (struct trap){.kind = TRAP_SYSCALL};
    else if (info->signal == LINUX_SIGSYS && info->code == CODE_SIGSYS_DISPATCH)
        *ret_trap = decode_call(info, reg);
    else if (info->signal == LINUX_SIGSYS)
        *ret_trap = decode_filtered(info, reg);
    else if (info->signal == LINUX_SIGTRAP && info->code == CODE_SIGTRAP_PERF)
        *ret_trap = exception(EXCEPTION_DEBUG, 0);
    else if ((frame->reg[FRAME_SEGMENTS] & mask(16)) == 0)
        *ret_trap = decode_made_up(info, frame, root, reg);
    else if ((frame->reg[FRAME_SEGMENTS] & mask(16)) != CODE_SEGMENT)
        *ret_trap = exception(VECTOR_PROTECTION, 0);
    else
        *ret_trap = decode_exception(info, frame, root, reg);
}

/* --- the way out --------------------------------------------------------------------------- */

/* What becomes of a signal: bases_enter knows these numbers. */
enum way_out {
    WAY_BACK,      /* to what was interrupted: not guest code */
    WAY_BY_FRAME,  /* rt_sigreturn, if nothing is to be looked at first */
    WAY_BY_A_JUMP, /* as of a call */
};

/*
 * Linux leaves the guest's alignment-check flag on: until it is cleared only aligned accesses are
 * made. The direction flag is clear already. Without need no flags are loaded: what a debugger
 * steps with, its trap flag, would be in them, and would stay when it lets go.
 *
 * From bases_return on, nothing but memory is read, until Linux has taken the frame: so a kick has
 * that begin anew (after_kick()).
 */
#define RFLAGS_PLACE 176
#define RUNNING      "runtime_start + 0x5e00000" /* struct runtime_process: running (jump.c) */
#define ATTENTION    "runtime_start + 0x1a00044" /* struct runtime_control (jump.c) */
#define FRAME        "200"                       /* struct carrier_page: frame */

_Static_assert(offsetof(struct frame, reg) + FRAME_RFLAGS * sizeof(uint64_t) == RFLAGS_PLACE &&
                   offsetof(struct carrier_page, frame) == 200,
               "where bases_enter finds the guest's flags, and the frame");

__asm__(".pushsection .text.bases, \"ax\"\n"
        ".type bases_enter, @function\n"
        ".type bases_return, @function\n"
        "bases_enter:\n"
        "    .cfi_startproc\n"
        "    testl $0x40000, 176(%rdx)\n"
        "    jz 1f\n"
        "    pushfq\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    andq $~0x40100, (%rsp)\n"
        "    popfq\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "1:  sub $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call gate_handle\n"
        "2:  add $8, %rsp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    cmp $1, %eax\n"
        "    ja bases_jump_out\n"
        "    je bases_return\n"
        "    ret\n"
        "bases_return:\n"
        "    mov " RUNNING "(%rip), %rdi\n"
        "    mov " FRAME "(%rdi), %rsp\n"
        "    lea -8(%rsp), %rsp\n"
        "    cmpl $0, " ATTENTION "(%rip)\n"
        "    jne 3f\n"
        "    ret\n"
        "bases_return_end:\n"
        "3:  sub $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    call gate_attend\n"
        "    jmp 2b\n"
        "    .cfi_endproc\n"
        ".size bases_enter, . - bases_enter\n"
        ".size bases_return, . - bases_return\n"
        ".popsection\n");

extern const char bases_enter[] __attribute__((visibility("hidden")));
extern const char bases_return[] __attribute__((visibility("hidden")));
extern const char bases_return_end[] __attribute__((visibility("hidden")));

/*
 * While there are no patches, debuggers and the post mortem expect to find signals' frames; and
 * what watches a linked program's signals, its rt_sigreturn.
 */
static bool may_jump(void)
{
    return runtime_shared()->control.stubs && !process_is_linked();
}

void gate_write(struct carrier_page *page, const word_t reg[USER_REGISTER_COUNT])
{
    page->is_left = page->frame && may_jump() && jump_can_write(reg);
    if (page->frame && !page->is_left)
        frame_write(page->frame, reg);
    else
        jump_write(page, reg);
}

static enum way_out leave(struct carrier_page *page)
{
    bool is_left = page->is_left;

    if (is_left) {
        frame_leave(page->frame);
        page->frame = NULL;
    }
    page->is_left = false;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    page->is_inside = false;
    return is_left ? WAY_BY_A_JUMP : WAY_BY_FRAME;
}

/* Where the runtime, which the kick has interrupted there, goes on. */
static word_t after_kick(const struct carrier_page *page, const struct frame *frame)
{
    word_t rip = frame->reg[FRAME_RIP];
    bool is_checking = rip - (word_t)bases_return < (word_t)(bases_return_end - bases_return);
    bool is_returning = rip - (word_t)linux_rt_sigreturn_call <
                            (word_t)(linux_rt_sigreturn_end - linux_rt_sigreturn_call) &&
                        frame->reg[FRAME_RSP] == (word_t)page->frame;

    return !page->is_inside && (is_checking || is_returning) ? (word_t)bases_return
                                                             : jump_after_kick(rip);
}

/* --- the handler --------------------------------------------------------------------------- */

/* Aligned to 16 again: Linux has pushed a return address. */
static __attribute__((used)) enum way_out gate_handle(int signal, const struct signal_info *info,
                                                      struct frame *frame) __asm__("gate_handle");
static __attribute__((used)) enum way_out
gate_attend(struct carrier_page *page) __asm__("gate_attend");

static enum way_out handle_guest(struct carrier_page *page, const struct signal_info *info,
                                 struct frame *frame)
{
    page->is_inside = true;
    page->frame = frame;
    if (page->is_converted) {
        page->is_converted = false;
        frame_write(frame, page->reg);
    } else if (page->has_begun) {
        turn_trap(page, info);
    } else {
        page->has_begun = true;
        turn_begin(page);
    }
    return leave(page);
}

static enum way_out gate_handle(int signal, const struct signal_info *info, struct frame *frame)
{
    struct carrier_page *page = carrier_page_here();
    bool is_runtime = frame->reg[FRAME_RIP] - (vaddr_t)runtime_start < runtime_code_bytes();

    if (!carrier_is_here() && process_is_linked()) {
        linked_take_stray(signal);
        return WAY_BACK;
    }
    if (!carrier_is_here())
        UNREACHABLE("a signal to the edit thread");
    bool begins_here = process_is_linked() && !page->has_begun; /* by a signal to itself */
    if (begins_here && !linked_may_begin(page)) {
        linked_take_stray(signal);
        return WAY_BACK;
    }
    if (signal == LINUX_SIGURG && linked_is_in_host(frame->reg[FRAME_RIP]) && !is_runtime)
        return WAY_BACK; /* it is sent again */
    if (signal == LINUX_SIGURG && is_runtime && !begins_here &&
        !jump_is_beginning(frame->reg[FRAME_RIP]) &&
        !jump_is_beginning_by_word(frame->reg[FRAME_RIP])) {
        frame->reg[FRAME_RIP] = after_kick(page, frame);
        return WAY_BACK;
    }
    if (page->is_inside)
        UNREACHABLE("a trap inside of the runtime");
    return handle_guest(page, info, frame);
}

/* Before the return: there is something to look at first, as if the kick came behind it. */
static enum way_out gate_attend(struct carrier_page *page)
{
    page->is_inside = true;
    turn_trap(page, &(const struct signal_info){.signal = LINUX_SIGURG});
    return leave(page);
}

static const int signals[] = {LINUX_SIGILL,  LINUX_SIGTRAP, LINUX_SIGBUS, LINUX_SIGFPE,
                              LINUX_SIGSEGV, LINUX_SIGURG,  LINUX_SIGSYS};

/* None is blocked, for nothing would unblock it: a kick may come anywhere (after_kick()). */
void gate_action(struct linux_sigaction *ret_action)
{
    *ret_action = (struct linux_sigaction){
        .handler = bases_enter,
        .flags = LINUX_SA_SIGINFO | LINUX_SA_ONSTACK | LINUX_SA_NODEFER | LINUX_SA_RESTORER,
        .restorer = linux_rt_sigreturn_call,
    };
}

long gate_install(void)
{
    static const uint64_t none;
    struct linux_sigaction action;
    long error = 0;

    gate_action(&action);
    for (unsigned i = 0; i < ARRAY_LENGTH(signals) && !error; i++)
        error = linux_rt_sigaction(signals[i], &action, NULL, LINUX_SIGSET_BYTES);
    if (!error)
        error = linux_rt_sigprocmask(LINUX_SIG_SETMASK, &none, NULL, LINUX_SIGSET_BYTES);
    return error;
}
