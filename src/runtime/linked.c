/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/linked.h>

#include <base/bits.h>
#include <base/memory.h>
#include <kernel/kernel_api.h>
#include <runtime/edit.h>
#include <runtime/gate.h>
#include <runtime/jump.h>
#include <runtime/linked_process.h>
#include <runtime/memory.h>
#include <runtime/process.h>
#include <runtime/turn.h>

/* Places that the assembler needs (jump.c has the same). */
#define RUNNING         "runtime_start + 0x5e00000" /* struct runtime_process: running */
#define STACK_FROM_PAGE "-0x1f000"                  /* top of the gate stack */
#define HOST_STACK      "160"                       /* struct carrier_page: host_stack */
#define IPC_BUFFER_WORD "168"                       /* ipc_buffer_word */

_Static_assert(REGION_PROCESS - REGION_IMAGE == 0x5e00000 &&
                   offsetof(struct runtime_process, running) == 0 &&
                   CARRIER_PAGE - CARRIER_GATE_STACK - CARRIER_GATE_STACK_BYTES == 0x1f000 &&
                   offsetof(struct carrier_page, host_stack) == 160 &&
                   offsetof(struct carrier_page, ipc_buffer_word) == 168 &&
                   TURN_LINKED_CALL == UINT32_MAX,
               "the words by the names above");

/*
 * carry() keeps what C wants kept on the thread's own stack, and goes on to the TCB's first run by
 * a signal to itself: valgrind has no `ud2`, and debuggers let this one pass. leave() returns from
 * it, from wherever the carrier waits. Memcheck takes a register that comes back from a signal's
 * frame for as meaningful as it was before, so each is given a value.
 *
 * The gate is called by `call *%rax`, two bytes as `syscall` has: so the instruction is two bytes
 * before where it returns to, and the TCB's stack pointer is that of before. As of a processor,
 * rcx and r11 are lost. Alignment check and direction as in jump.c.
 */
__asm__(".pushsection .text.bases, \"ax\"\n"
        ".type bases_linked_carry, @function\n"
        "bases_linked_carry:\n"
        "    push %rbx\n"
        "    push %rbp\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov %rsi, " IPC_BUFFER_WORD "(%rdi)\n"
        "    mov %rsp, " HOST_STACK "(%rdi)\n"
        "    lea " STACK_FROM_PAGE "(%rdi), %rsp\n"
        "    .irp reg, rax, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15\n"
        "    xor %\\reg, %\\reg\n"
        "    .endr\n"
        "    call linked_begin\n"
        ".size bases_linked_carry, . - bases_linked_carry\n"
        ".type bases_linked_leave, @function\n"
        "bases_linked_leave:\n"
        "    mov " HOST_STACK "(%rdi), %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbp\n"
        "    pop %rbx\n"
        "    ret\n"
        ".size bases_linked_leave, . - bases_linked_leave\n"
        ".type bases_linked_in, @function\n"
        "bases_linked_in:\n"
        "    .cfi_startproc simple\n"
        "    .cfi_signal_frame\n"
        "    .cfi_def_cfa rsp, 0\n"
        "    .cfi_undefined rip\n"
        "    mov " RUNNING "(%rip), %r11\n"
        "    mov %rax, 24(%r11)\n"
        "    mov %rbx, 32(%r11)\n"
        "    mov %rdx, 48(%r11)\n"
        "    mov %rsi, 56(%r11)\n"
        "    mov %rdi, 64(%r11)\n"
        "    mov %rbp, 72(%r11)\n"
        "    mov %r8, 80(%r11)\n"
        "    mov %r9, 88(%r11)\n"
        "    mov %r10, 96(%r11)\n"
        "    mov %r12, 112(%r11)\n"
        "    mov %r13, 120(%r11)\n"
        "    mov %r14, 128(%r11)\n"
        "    mov %r15, 136(%r11)\n"
        "    mov (%rsp), %rcx\n"
        "    sub $2, %rcx\n"
        "    mov %rcx, (%r11)\n"
        "    lea 8(%rsp), %rcx\n"
        "    mov %rcx, 8(%r11)\n"
        "    lea " STACK_FROM_PAGE "(%r11), %rsp\n"
        "    .cfi_offset rip, 0x1f000 + 0\n"
        "    .cfi_offset rsp, 0x1f000 + 8\n"
        "    .cfi_offset rbx, 0x1f000 + 32\n"
        "    .cfi_offset rbp, 0x1f000 + 72\n"
        "    .cfi_offset r12, 0x1f000 + 112\n"
        "    .cfi_offset r13, 0x1f000 + 120\n"
        "    .cfi_offset r14, 0x1f000 + 128\n"
        "    .cfi_offset r15, 0x1f000 + 136\n" JUMP_TAKE_FLAGS "1:  mov %r11, %rdi\n"
        "    mov $-1, %esi\n" /* TURN_LINKED_CALL */
        "    call jump_taken\n"
        "    jmp bases_jump_out\n"
        "    .cfi_endproc\n"
        ".size bases_linked_in, . - bases_linked_in\n"
        ".popsection\n");

void bases_linked_carry(struct carrier_page *page, void *ipc_buffer)
    __attribute__((visibility("hidden")));
_Noreturn void bases_linked_leave(const struct carrier_page *page)
    __attribute__((visibility("hidden")));
void bases_linked_in(void) __attribute__((visibility("hidden")));

/* --- a carrier ----------------------------------------------------------------------------- */

/* On the carrier's gate stack, which is empty again when the signal has come. */
static _Noreturn __attribute__((used)) void linked_begin(void) __asm__("linked_begin");

static _Noreturn void linked_begin(void)
{
    for (;;)
        linux_tgkill(linux_getpid(), linux_gettid(), LINUX_SIGURG);
}

bool linked_may_begin(const struct carrier_page *page)
{
    return page->host_stack != NULL;
}

_Noreturn void linked_leave(const struct carrier_page *page)
{
    bases_linked_leave(page);
}

static uint32_t slot_of(const struct carrier_page *page)
{
    uint64_t offset = (uint64_t)((const char *)page - (const char *)runtime_at(REGION_CARRIERS));
    return (uint32_t)(offset >> CARRIER_SLOT_BITS);
}

static void left(struct carrier_page *page)
{
    __atomic_store_n(&runtime_process()->slot_thread[slot_of(page)], 0, __ATOMIC_RELEASE);
}

static vaddr_t signal_stack(const struct carrier_page *page, uint64_t *ret_bytes)
{
    *ret_bytes = CARRIER_SIGNAL_STACK_BYTES;
    return (vaddr_t)page - CARRIER_PAGE + CARRIER_SIGNAL_STACK;
}

void linked_tell_buffer(struct carrier_page *page, const struct tcb *tcb)
{
    if (page->ipc_buffer_word && page->ipc_buffer != tcb->ipc_buffer) {
        page->ipc_buffer = tcb->ipc_buffer;
        *page->ipc_buffer_word = tcb->ipc_buffer;
    }
}

void linked_mend_stack(const struct tcb *tcb, word_t reg[USER_REGISTER_COUNT])
{
    if (process_is_linked() && tcb->context.by_sysret)
        reg[UREG_RSP] = tcb->context.last_syscall.rsp;
}

/* --- signals ------------------------------------------------------------------------------- */

static const int signals[] = {LINUX_SIGILL, LINUX_SIGTRAP, LINUX_SIGBUS,
                              LINUX_SIGFPE, LINUX_SIGSEGV, LINUX_SIGURG};

_Static_assert(ARRAY_LENGTH(signals) == LINKED_SIGNALS, "as the process has room for");

static int64_t install(const struct linked_program *program)
{
    struct linked_process *linked = &runtime_process()->linked;
    struct linux_sigaction action;
    long error = 0;

    linked->program = *program;
    gate_action(&action);
    action.flags |= LINUX_SA_RESTART; /* a kick is nothing that a call of Linux's should see */
    for (unsigned i = 0; i < ARRAY_LENGTH(signals) && !error; i++)
        error = linux_rt_sigaction(signals[i], &action, &linked->old_actions[i], sizeof(uint64_t));
    return error;
}

/* What the processor raises again when the handler returns comes to whom it would without us. */
static void hand_back(int signal)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(signals); i++) {
        if (signals[i] == signal)
            linux_rt_sigaction(signal, &runtime_process()->linked.old_actions[i], NULL,
                               sizeof(uint64_t));
    }
}

void linked_take_stray(int signal)
{
    if (signal != LINUX_SIGURG)
        hand_back(signal);
}

static bool has_frame(vaddr_t page)
{
    return mapped_has(&runtime_process()->mapped, page);
}

bool linked_is_in_host(vaddr_t rip)
{
    const struct linked_program *program = &runtime_process()->linked.program;

    return process_is_linked() && !(rip >= program->text && rip < program->text_end) &&
           !has_frame(align_down(rip, PAGE_BITS));
}

bool linked_ends(const struct tcb *tcb, const struct signal_info *info, const struct trap *trap,
                 const word_t reg[USER_REGISTER_COUNT])
{
    bool is_fault = trap->kind == TRAP_PAGE_FAULT || trap->kind == TRAP_EXCEPTION;

    if (!process_is_linked() || !is_fault || kernel_has_fault_handler(runtime_kernel(), tcb))
        return false;
    const struct linked_crash crash = {.thread = tcb->name,
                                       .instruction = reg[UREG_RIP],
                                       .is_page_fault = trap->kind == TRAP_PAGE_FAULT,
                                       .is_write = trap->write,
                                       .is_fetch = trap->fetch,
                                       .address = trap->address,
                                       .vector = trap->vector};
    runtime_process()->linked.program.tell_crash(&crash);
    hand_back(info->signal);
    return true;
}

/* --- what the program calls ---------------------------------------------------------------- */

static void serve(uint32_t vspace)
{
    edit_serve(vspace);
}

__attribute__((used, visibility("hidden"))) const struct linked_calls linked_calls = {
    .install = install,
    .serve = serve,
    .carry = bases_linked_carry,
    .left = left,
    .has_frame = has_frame,
    .signal_stack = signal_stack,
    .gate = bases_linked_in,
};
