/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How libsel4 enters the kernel in a linked program: a call of the gate, which lies in the
 * program's own process (docs/libsel4.md). Registers are those of the trapping form, the call takes
 * the place of its instruction; so it has two bytes, and the kernel can make it again. What lies
 * below the stack pointer is the compiler's: the return address goes beyond.
 */
#ifndef SEL4_TRAP_H
#define SEL4_TRAP_H

#include <sel4/macros.h>
#include <sel4/simple_types.h>

struct seL4_Trap {
    seL4_Word cap;  /* in: capability; out: badge */
    seL4_Word info; /* message info, both ways */
    seL4_Word mr[4];
};

#ifdef __cplusplus
extern "C" {
#endif

/* Of a thread that is no TCB it ends the program. */
extern LIBSEL4_THREAD_LOCAL void (*sel4emu_gate)(void);

#if defined(__SANITIZE_THREAD__)
#define SEL4EMU_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SEL4EMU_TSAN
#endif
#endif

#ifdef SEL4EMU_TSAN
/*
 * ThreadSanitizer does not see the kernel. What was done before an entry has happened before
 * whatever is done after a later one: only the order that preemption makes is none.
 */
extern char sel4emu_order;
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define SEL4EMU_BEFORE() __tsan_release(&sel4emu_order)
#define SEL4EMU_AFTER()  __tsan_acquire(&sel4emu_order)
#else
#define SEL4EMU_BEFORE() ((void)0)
#define SEL4EMU_AFTER()  ((void)0)
#endif

#ifdef __cplusplus
}
#endif

#define SEL4EMU_CALL                                                                               \
    "mov %%rsp, %%rbx\n\t"                                                                         \
    "lea -128(%%rsp), %%rsp\n\t"                                                                   \
    "call *%%rax\n\t"                                                                              \
    "mov %%rbx, %%rsp"

/*
 * Sanitizers call functions where memory is accessed, and these change registers: between the first
 * and the last line of the second part nothing but locals is.
 */
#define SEL4EMU_TRAP(trap, number, ...)                                                            \
    seL4_Word in0 = (trap)->mr[0], in1 = (trap)->mr[1], in2 = (trap)->mr[2], in3 = (trap)->mr[3];  \
    seL4_Word cap = (trap)->cap, info = (trap)->info;                                              \
    void (*const gate)(void) = sel4emu_gate;                                                       \
    SEL4EMU_BEFORE();                                                                              \
    {                                                                                              \
        register seL4_Word mr0 __asm__("r10") = in0;                                               \
        register seL4_Word mr1 __asm__("r8") = in1;                                                \
        register seL4_Word mr2 __asm__("r9") = in2;                                                \
        register seL4_Word mr3 __asm__("r15") = in3;                                               \
        __asm__ volatile(SEL4EMU_CALL                                                              \
                         : "+D"(cap), "+S"(info), "+r"(mr0), "+r"(mr1), "+r"(mr2), "+r"(mr3)       \
                         : "d"(number), "a"(gate)__VA_ARGS__                                       \
                         : "rbx", "rcx", "r11", "memory");                                         \
        in0 = mr0;                                                                                 \
        in1 = mr1;                                                                                 \
        in2 = mr2;                                                                                 \
        in3 = mr3;                                                                                 \
    }                                                                                              \
    SEL4EMU_AFTER();                                                                               \
    (trap)->cap = cap;                                                                             \
    (trap)->info = info;                                                                           \
    (trap)->mr[0] = in0;                                                                           \
    (trap)->mr[1] = in1;                                                                           \
    (trap)->mr[2] = in2;                                                                           \
    (trap)->mr[3] = in3

LIBSEL4_WITHIN void seL4_trap(seL4_Word number, struct seL4_Trap *trap)
{
    SEL4EMU_TRAP(trap, number);
}

/* A call of MCS kernels that names up to three capabilities. */
LIBSEL4_WITHIN void seL4_trap_caps(seL4_Word number, struct seL4_Trap *trap, seL4_CPtr second,
                                   seL4_CPtr third)
{
    register seL4_Word cap2 __asm__("r12");
    register seL4_Word cap3 __asm__("r13");

    SEL4EMU_TRAP(trap, number, , "r"(cap2 = second), "r"(cap3 = third));
}

#endif
