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

LIBSEL4_WITHIN void seL4_trap(seL4_Word number, struct seL4_Trap *trap)
{
    SEL4EMU_BEFORE();
    register seL4_Word mr0 __asm__("r10") = trap->mr[0];
    register seL4_Word mr1 __asm__("r8") = trap->mr[1];
    register seL4_Word mr2 __asm__("r9") = trap->mr[2];
    register seL4_Word mr3 __asm__("r15") = trap->mr[3];

    __asm__ volatile(SEL4EMU_CALL
                     : "+D"(trap->cap), "+S"(trap->info), "+r"(mr0), "+r"(mr1), "+r"(mr2), "+r"(mr3)
                     : "d"(number), "a"(sel4emu_gate)
                     : "rbx", "rcx", "r11", "memory");
    trap->mr[0] = mr0;
    trap->mr[1] = mr1;
    trap->mr[2] = mr2;
    trap->mr[3] = mr3;
    SEL4EMU_AFTER();
}

/* A call of MCS kernels that names up to three capabilities. */
LIBSEL4_WITHIN void seL4_trap_caps(seL4_Word number, struct seL4_Trap *trap, seL4_CPtr second,
                                   seL4_CPtr third)
{
    SEL4EMU_BEFORE();
    register seL4_Word mr0 __asm__("r10") = trap->mr[0];
    register seL4_Word mr1 __asm__("r8") = trap->mr[1];
    register seL4_Word mr2 __asm__("r9") = trap->mr[2];
    register seL4_Word mr3 __asm__("r15") = trap->mr[3];
    register seL4_Word cap2 __asm__("r12") = second;
    register seL4_Word cap3 __asm__("r13") = third;

    __asm__ volatile(SEL4EMU_CALL
                     : "+D"(trap->cap), "+S"(trap->info), "+r"(mr0), "+r"(mr1), "+r"(mr2), "+r"(mr3)
                     : "d"(number), "r"(cap2), "r"(cap3), "a"(sel4emu_gate)
                     : "rbx", "rcx", "r11", "memory");
    trap->mr[0] = mr0;
    trap->mr[1] = mr1;
    trap->mr[2] = mr2;
    trap->mr[3] = mr3;
    SEL4EMU_AFTER();
}

#endif
