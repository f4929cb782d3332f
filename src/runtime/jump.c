/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/jump.h>

#include <base/bits.h>
#include <base/memory.h>
#include <runtime/bases.h>
#include <runtime/frame.h>
#include <runtime/process.h>
#include <runtime/turn.h>

/* Places that the assembler needs: of what it has from offsetof(). */
#define RUNNING         "runtime_start + 0x5e00000" /* struct runtime_process: running */
#define NEXT            "runtime_start + 0x5e00008" /* next */
#define ATTENTION       "runtime_start + 0x1a00044" /* struct runtime_control */
#define STACK_FROM_PAGE "-0x1f000"                  /* top of the gate stack */

_Static_assert(REGION_PROCESS - REGION_IMAGE == 0x5e00000 &&
                   offsetof(struct runtime_process, running) == 0 &&
                   offsetof(struct runtime_process, next) == 8 &&
                   REGION_SHARED - REGION_IMAGE + offsetof(struct runtime_shared, control) +
                           offsetof(struct runtime_control, attention) ==
                       0x1a00044,
               "the words by the names above");
_Static_assert(CARRIER_PAGE - CARRIER_GATE_STACK - CARRIER_GATE_STACK_BYTES == 0x1f000 &&
                   offsetof(struct carrier_page, reg) == 0 && USER_REGISTER_COUNT == 20,
               "the gate stack ends that far below the page, where the registers are first");
_Static_assert(UREG_RIP == 0 && UREG_RSP == 1 && UREG_RFLAGS == 2 && UREG_RAX == 3 &&
                   UREG_RBX == 4 && UREG_RCX == 5 && UREG_RDX == 6 && UREG_RSI == 7 &&
                   UREG_RDI == 8 && UREG_RBP == 9 && UREG_R8 == 10 && UREG_R15 == 17 &&
                   UREG_FS_BASE == 18 && UREG_GS_BASE == 19,
               "their order");

extern const char bases_jump_out[] __attribute__((visibility("hidden")));
extern const char bases_jump_out_end[] __attribute__((visibility("hidden")));

/*
 * All but rip, rcx, r11 and the flags go to the page, which is in r11 then; the stack is the
 * gate's. What unwinds finds them there.
 */
#define TAKE_REGISTERS                                                                             \
    "    mov " RUNNING "(%rip), %r11\n"                                                            \
    "    mov %rax, 24(%r11)\n"                                                                     \
    "    mov %rbx, 32(%r11)\n"                                                                     \
    "    mov %rdx, 48(%r11)\n"                                                                     \
    "    mov %rsi, 56(%r11)\n"                                                                     \
    "    mov %rdi, 64(%r11)\n"                                                                     \
    "    mov %rbp, 72(%r11)\n"                                                                     \
    "    mov %r8, 80(%r11)\n"                                                                      \
    "    mov %r9, 88(%r11)\n"                                                                      \
    "    mov %r10, 96(%r11)\n"                                                                     \
    "    mov %r12, 112(%r11)\n"                                                                    \
    "    mov %r13, 120(%r11)\n"                                                                    \
    "    mov %r14, 128(%r11)\n"                                                                    \
    "    mov %r15, 136(%r11)\n"                                                                    \
    "    mov %rsp, 8(%r11)\n"                                                                      \
    "    lea " STACK_FROM_PAGE "(%r11), %rsp\n"
#define TAKEN_REGISTERS                                                                            \
    "    .cfi_offset rip, 0x1f000 + 0\n"                                                           \
    "    .cfi_offset rsp, 0x1f000 + 8\n"                                                           \
    "    .cfi_offset rax, 0x1f000 + 24\n"                                                          \
    "    .cfi_offset rbx, 0x1f000 + 32\n"                                                          \
    "    .cfi_offset rdx, 0x1f000 + 48\n"                                                          \
    "    .cfi_offset rsi, 0x1f000 + 56\n"                                                          \
    "    .cfi_offset rdi, 0x1f000 + 64\n"                                                          \
    "    .cfi_offset rbp, 0x1f000 + 72\n"                                                          \
    "    .cfi_offset r8, 0x1f000 + 80\n"                                                           \
    "    .cfi_offset r9, 0x1f000 + 88\n"                                                           \
    "    .cfi_offset r10, 0x1f000 + 96\n"                                                          \
    "    .cfi_offset r12, 0x1f000 + 112\n"                                                         \
    "    .cfi_offset r13, 0x1f000 + 120\n"                                                         \
    "    .cfi_offset r14, 0x1f000 + 128\n"                                                         \
    "    .cfi_offset r15, 0x1f000 + 136\n"

/*
 * Of the flags the direction and, if it is set, the alignment check are cleared, as for a signal
 * (gate.c); the trap flag is a debugger's: the guest's own has stopped it at the stub. What
 * unwinds from here finds the guest's registers in the page. On the way out 0x78 + 8 overflows.
 */
__asm__(".pushsection .text.bases, \"ax\"\n"
        ".globl bases_jump_in, bases_jump_in_end, bases_jump_out, bases_jump_out_end\n"
        ".hidden bases_jump_in, bases_jump_in_end, bases_jump_out, bases_jump_out_end\n"
        ".globl bases_word_trap, bases_word_in, bases_word_in_end\n"
        ".hidden bases_word_trap, bases_word_in, bases_word_in_end\n"
        ".type bases_word_trap, @function\n"
        "bases_word_trap:\n"
        "    .cfi_startproc simple\n"
        "    .cfi_signal_frame\n"
        "    .cfi_def_cfa rsp, 0\n"
        "    .cfi_register rip, r14\n"
        "    ud2\n"
        ".type bases_word_in, @function\n"
        "bases_word_in:\n"
        "    .cfi_undefined rip\n" TAKE_REGISTERS "bases_word_in_end:\n" TAKEN_REGISTERS
        "    lea -2(%r14), %rcx\n"
        "    mov %rcx, (%r11)\n" JUMP_TAKE_FLAGS "1:  mov $-1, %ecx\n" /* TURN_LINKED_CALL */
        "    jmp 3f\n"
        "    .cfi_endproc\n"
        ".size bases_word_trap, . - bases_word_trap\n"
        ".size bases_word_in, . - bases_word_in\n"
        ".type bases_jump_in, @function\n"
        "bases_jump_in:\n"
        "    .cfi_startproc simple\n"
        "    .cfi_signal_frame\n"
        "    .cfi_def_cfa rsp, 0\n"
        "    .cfi_undefined rip\n" TAKE_REGISTERS
        "bases_jump_in_end:\n" TAKEN_REGISTERS JUMP_TAKE_FLAGS "1:\n"
        "3:  mov %r11, %rdi\n"
        "    mov %ecx, %esi\n"
        "    call jump_taken\n"
        "bases_jump_out:\n"
        "    cmpl $0, " ATTENTION "(%rip)\n"
        "    mov " RUNNING "(%rip), %r11\n"
        "    lea " STACK_FROM_PAGE "(%r11), %rsp\n"
        "    jne 2f\n"
        "    mov 16(%r11), %rcx\n"
        "    mov %ch, %al\n"
        "    and $8, %al\n"
        "    add $0x78, %al\n"
        "    mov %cl, %ah\n"
        "    sahf\n"
        "    mov 24(%r11), %rax\n"
        "    mov 32(%r11), %rbx\n"
        "    mov 40(%r11), %rcx\n"
        "    mov 48(%r11), %rdx\n"
        "    mov 56(%r11), %rsi\n"
        "    mov 64(%r11), %rdi\n"
        "    mov 72(%r11), %rbp\n"
        "    mov 80(%r11), %r8\n"
        "    mov 88(%r11), %r9\n"
        "    mov 96(%r11), %r10\n"
        "    mov 112(%r11), %r12\n"
        "    mov 120(%r11), %r13\n"
        "    mov 128(%r11), %r14\n"
        "    mov 136(%r11), %r15\n"
        "    mov 8(%r11), %rsp\n"
        "    mov 104(%r11), %r11\n"
        "    jmp *" NEXT "(%rip)\n"
        "bases_jump_out_end:\n"
        "2:  mov %r11, %rdi\n"
        "    call jump_attend\n"
        "    jmp bases_jump_out\n"
        "    .cfi_endproc\n"
        ".size bases_jump_in, . - bases_jump_in\n"
        ".popsection\n");

/*
 * Flags that are not set by hand: the way out loads no flags at once, for a debugger that steps
 * over that leaves its trap flag behind when it lets go.
 */
#define RFLAGS_BY_FRAME  (RFLAGS_TRAP | RFLAGS_RESUME | RFLAGS_ALIGNMENT | RFLAGS_DIRECTION)
#define RFLAGS_OF_THREAD (RFLAGS_NESTED | RFLAGS_ID)

bool jump_can_write(const word_t reg[USER_REGISTER_COUNT])
{
    return !(reg[UREG_RFLAGS] & RFLAGS_BY_FRAME) &&
           !((reg[UREG_RFLAGS] ^ bases_read_flags()) & RFLAGS_OF_THREAD);
}

void jump_write(struct carrier_page *page, const word_t reg[USER_REGISTER_COUNT])
{
    if (page->reg != reg)
        mem_copy(page->reg, reg, sizeof(page->reg));
    runtime_process()->next = reg[UREG_RIP];
    page->is_converted = !jump_can_write(reg);
    if (!page->is_converted)
        bases_set(reg);
}

bool jump_take_back(word_t reg[USER_REGISTER_COUNT])
{
    if (!jump_is_beginning_by_word(reg[UREG_RIP]))
        return false;
    reg[UREG_RIP] = reg[UREG_R14] - PATCH_CALL_BYTES;
    return true;
}

word_t jump_after_kick(word_t rip)
{
    return rip - (word_t)bases_jump_out < (word_t)(bases_jump_out_end - bases_jump_out)
               ? (word_t)bases_jump_out
               : rip;
}

/* To the signal's frame that the rest of the way needs (gate.c), if it does. */
static void leave(struct carrier_page *page)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    page->is_inside = false;
    if (page->is_converted)
        __asm__ volatile("ud2");
}

void jump_taken(struct carrier_page *page, uint32_t index)
{
    page->is_inside = true;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    page->is_converted = false;
    if (!turn_try_call(page, index)) {
        page->frame = NULL;
        bases_get(page->reg);
        turn_call(page, index);
    }
    leave(page);
}

/* On the way out: there is something to look at first. */
static __attribute__((used)) void jump_attend(struct carrier_page *page) __asm__("jump_attend");

static void jump_attend(struct carrier_page *page)
{
    page->is_inside = true;
    page->reg[UREG_RIP] = runtime_process()->next;
    turn_attend(page);
    leave(page);
}
