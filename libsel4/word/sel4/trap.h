/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How libsel4 enters the kernel in a static program that is linked with it, and brings no libc of
 * Linux's: no instruction traps. At a fixed place of the address space is the address of the gate;
 * registers are those of the trapping form, and r14 has where it goes on, for it is kept when the
 * kernel makes the call again, which needs no stack either: the kernel gives none back. The
 * jump has two bytes, as `syscall` has, so that is where the call is made. sel4emu alone, and in
 * place, has something at that place (docs/linked.md): elsewhere the first call faults there, and
 * it is by the instruction that reads it that sel4emu knows such a program.
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

#define SEL4EMU_JUMP                                                                               \
    "movabs 0x7fffc0000000, %%rax\n\t"                                                             \
    "mov %%rsp, %%rbx\n\t"                                                                         \
    "lea 1f(%%rip), %%r14\n\t"                                                                     \
    "jmp *%%rax\n"                                                                                 \
    "1:\tmov %%rbx, %%rsp"

LIBSEL4_WITHIN void seL4_trap(seL4_Word number, struct seL4_Trap *trap)
{
    register seL4_Word mr0 __asm__("r10") = trap->mr[0];
    register seL4_Word mr1 __asm__("r8") = trap->mr[1];
    register seL4_Word mr2 __asm__("r9") = trap->mr[2];
    register seL4_Word mr3 __asm__("r15") = trap->mr[3];

    __asm__ volatile(SEL4EMU_JUMP
                     : "+D"(trap->cap), "+S"(trap->info), "+r"(mr0), "+r"(mr1), "+r"(mr2), "+r"(mr3)
                     : "d"(number)
                     : "rax", "rbx", "rcx", "r11", "r14", "memory");
    trap->mr[0] = mr0;
    trap->mr[1] = mr1;
    trap->mr[2] = mr2;
    trap->mr[3] = mr3;
}

/* A call of MCS kernels that names up to three capabilities. */
LIBSEL4_WITHIN void seL4_trap_caps(seL4_Word number, struct seL4_Trap *trap, seL4_CPtr second,
                                   seL4_CPtr third)
{
    register seL4_Word mr0 __asm__("r10") = trap->mr[0];
    register seL4_Word mr1 __asm__("r8") = trap->mr[1];
    register seL4_Word mr2 __asm__("r9") = trap->mr[2];
    register seL4_Word mr3 __asm__("r15") = trap->mr[3];
    register seL4_Word cap2 __asm__("r12") = second;
    register seL4_Word cap3 __asm__("r13") = third;

    __asm__ volatile(SEL4EMU_JUMP
                     : "+D"(trap->cap), "+S"(trap->info), "+r"(mr0), "+r"(mr1), "+r"(mr2), "+r"(mr3)
                     : "d"(number), "r"(cap2), "r"(cap3)
                     : "rax", "rbx", "rcx", "r11", "r14", "memory");
    trap->mr[0] = mr0;
    trap->mr[1] = mr1;
    trap->mr[2] = mr2;
    trap->mr[3] = mr3;
}

#endif
