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
    else if (info->signal == LINUX_SIGSYS && info->code == CODE_SIGSYS_DISPATCH)
        *ret_trap = decode_call(info, reg);
    else if (info->signal == LINUX_SIGSYS)
        *ret_trap = decode_filtered(info, reg);
    else if (info->signal == LINUX_SIGTRAP && info->code == CODE_SIGTRAP_PERF)
        *ret_trap = exception(EXCEPTION_DEBUG, 0);
    else if ((frame->reg[FRAME_SEGMENTS] & mask(16)) != CODE_SEGMENT)
        *ret_trap = exception(VECTOR_PROTECTION, 0);
    else
        *ret_trap = decode_exception(info, frame, root, reg);
}

/* --- the handler --------------------------------------------------------------------------- */

/*
 * Linux leaves the guest's alignment-check flag on: until it is cleared only aligned accesses are
 * made. The direction flag is clear already. Without need no flags are loaded: what a debugger
 * steps with, its trap flag, would be in them, and would stay when it lets go.
 */
#define RFLAGS_PLACE 176

_Static_assert(offsetof(struct frame, reg) + FRAME_RFLAGS * sizeof(uint64_t) == RFLAGS_PLACE,
               "where bases_enter finds the guest's flags");

__asm__(".pushsection .text.bases, \"ax\"\n"
        ".type bases_enter, @function\n"
        "bases_enter:\n"
        "    testl $0x40000, 176(%rdx)\n"
        "    jz gate_handle\n"
        "    pushfq\n"
        "    andq $~0x40100, (%rsp)\n"
        "    popfq\n"
        "    jmp gate_handle\n"
        ".size bases_enter, . - bases_enter\n"
        ".popsection\n");

extern const char bases_enter[] __attribute__((visibility("hidden")));

/* Aligned to 16 again: Linux has pushed a return address. */
static __attribute__((used)) void gate_handle(int signal, const struct signal_info *info,
                                              struct frame *frame) __asm__("gate_handle");

static void gate_handle(int signal, const struct signal_info *info, struct frame *frame)
{
    struct carrier_page *page = carrier_page_here();
    bool is_runtime = frame->reg[FRAME_RIP] - (vaddr_t)runtime_start < runtime_code_bytes();

    if (!carrier_is_here() && process_is_linked()) {
        linked_take_stray(signal);
        return;
    }
    if (!carrier_is_here())
        UNREACHABLE("a signal to the edit thread");
    if (signal == LINUX_SIGURG && linked_is_in_host(frame->reg[FRAME_RIP]) && !is_runtime)
        return; /* it is sent again */
    if (signal == LINUX_SIGURG && is_runtime && !jump_is_beginning(frame->reg[FRAME_RIP])) {
        frame->reg[FRAME_RIP] = jump_after_kick(frame->reg[FRAME_RIP]);
        return;
    }
    if (page->is_inside)
        UNREACHABLE("a trap inside of the runtime");
    if (page->is_converted) {
        page->is_converted = false;
        frame_write(frame, page->reg);
        return;
    }
    page->is_inside = true;
    page->frame = frame;
    if (page->has_begun) {
        turn_trap(page, info);
    } else {
        page->has_begun = true;
        frame->mask = 0;
        turn_begin(page);
    }
    page->is_inside = false;
}

static const int signals[] = {LINUX_SIGILL,  LINUX_SIGTRAP, LINUX_SIGBUS, LINUX_SIGFPE,
                              LINUX_SIGSEGV, LINUX_SIGURG,  LINUX_SIGSYS};

/* The kick is blocked in all of them: one that comes then is taken on the way back to the guest. */
void gate_action(struct linux_sigaction *ret_action)
{
    *ret_action = (struct linux_sigaction){
        .handler = bases_enter,
        .flags = LINUX_SA_SIGINFO | LINUX_SA_ONSTACK | LINUX_SA_NODEFER | LINUX_SA_RESTORER,
        .restorer = linux_rt_sigreturn_call,
        .mask = bit(LINUX_SIGURG - 1),
    };
}

long gate_install(void)
{
    struct linux_sigaction action;
    long error = 0;

    gate_action(&action);
    for (unsigned i = 0; i < ARRAY_LENGTH(signals) && !error; i++)
        error = linux_rt_sigaction(signals[i], &action, NULL, LINUX_SIGSET_BYTES);
    if (!error)
        error = linux_rt_sigprocmask(LINUX_SIG_SETMASK, &action.mask, NULL, LINUX_SIGSET_BYTES);
    return error;
}
