/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How libsel4 enters the kernel, and the only file that knows: a program of another kind than a
 * real seL4 one has its own file of this name, with the same struct and the same two functions.
 *
 * Here it is the processor's instruction. Number in rdx, capability in rdi, message
 * info in rsi, the first four message registers in r10, r8, r9, r15; MCS kernels take two more
 * capabilities in r12 and r13. rcx and r11 are lost to the instruction, and the kernel may return
 * with any rsp: rbx carries the stack pointer across.
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

LIBSEL4_WITHIN void seL4_trap(seL4_Word number, struct seL4_Trap *trap)
{
    register seL4_Word mr0 __asm__("r10") = trap->mr[0];
    register seL4_Word mr1 __asm__("r8") = trap->mr[1];
    register seL4_Word mr2 __asm__("r9") = trap->mr[2];
    register seL4_Word mr3 __asm__("r15") = trap->mr[3];

    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "syscall\n\t"
                     "mov %%rbx, %%rsp"
                     : "+D"(trap->cap), "+S"(trap->info), "+r"(mr0), "+r"(mr1), "+r"(mr2), "+r"(mr3)
                     : "d"(number)
                     : "rbx", "rcx", "r11", "memory");
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

    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "syscall\n\t"
                     "mov %%rbx, %%rsp"
                     : "+D"(trap->cap), "+S"(trap->info), "+r"(mr0), "+r"(mr1), "+r"(mr2), "+r"(mr3)
                     : "d"(number), "r"(cap2), "r"(cap3)
                     : "rbx", "rcx", "r11", "memory");
    trap->mr[0] = mr0;
    trap->mr[1] = mr1;
    trap->mr[2] = mr2;
    trap->mr[3] = mr3;
}

#endif
