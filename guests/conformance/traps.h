/* SPDX-License-Identifier: BSD-2-Clause */
/* traps.S: one faulting instruction each, and system calls with all registers under control. */
#ifndef CONFORMANCE_TRAPS_H
#define CONFORMANCE_TRAPS_H

#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each is a function of one argument; its faulting instruction is at <name>_at. */
#define TRAP(name)                                                                                 \
    void name(void *argument);                                                                     \
    extern const char name##_at[]

TRAP(trap_ud2);
TRAP(trap_divide);
TRAP(trap_int3);
TRAP(trap_int_0);
TRAP(trap_int_32);
TRAP(trap_int_80);
TRAP(trap_int_9d);
TRAP(trap_int_9e);
TRAP(trap_int_fe);
TRAP(trap_in);
TRAP(trap_out);
TRAP(trap_hlt);
TRAP(trap_cli);
TRAP(trap_rdmsr);
TRAP(trap_read);        /* the word at the argument */
TRAP(trap_write);       /* there, too */
TRAP(trap_jump);        /* to the argument */
TRAP(trap_syscall);     /* with the argument as number */
TRAP(trap_single_step); /* the trap flag set: the instruction after */

/* All registers a system call may see, in the order of names in registers.c. */
struct trap_registers {
    seL4_Word rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rsp, rflags;
};
extern struct trap_registers registers_in, registers_out;

/* Loads registers_in (rsp and rflags aside), makes the call, stores registers_out. */
void registers_syscall(void);
extern const char registers_syscall_next[];

/* Spins with rax as given until *stop; returns rax, and counts the turns in *turns. */
seL4_Word trap_spin(seL4_Word rax, volatile seL4_Word *stop, volatile seL4_Word *turns);

/* What rax is after a Yield that was entered with it. */
seL4_Word trap_yield_rax(seL4_Word rax, seL4_Word number);

#endif
