/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void live_write(void), live_invalid(void): with all registers as live_in says, one instruction
 * that traps; afterwards live_out has them all. Neither calls anything, and what lies below the
 * stack pointer is the thread's, too.
 */

#define RED_ZONE 32 /* bytes of it that are looked at */

.bss
.balign 64
.globl live_in, live_out
live_in:  .skip 1024
live_out: .skip 1024
own_stack: .skip 8

/* struct registers (traps.c) */
#define GENERAL 0
#define FLAGS   128
#define BELOW   136
#define LEGACY  192 /* FXSAVE's */

.text

.macro begin
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, own_stack(%rip)
    fxrstor64 live_in + LEGACY(%rip)
    .irp n, 0, 8, 16, 24
    mov live_in + BELOW + \n(%rip), %rax
    mov %rax, -RED_ZONE - 128 + \n(%rsp)
    .endr
    lea -128(%rsp), %rsp
    mov live_in + 8 * 0(%rip), %rax
    mov live_in + 8 * 1(%rip), %rbx
    mov live_in + 8 * 2(%rip), %rcx
    mov live_in + 8 * 3(%rip), %rdx
    mov live_in + 8 * 4(%rip), %rsi
    mov live_in + 8 * 5(%rip), %rdi
    mov live_in + 8 * 6(%rip), %rbp
    mov live_in + 8 * 8(%rip), %r8
    mov live_in + 8 * 9(%rip), %r9
    mov live_in + 8 * 10(%rip), %r10
    mov live_in + 8 * 11(%rip), %r11
    mov live_in + 8 * 12(%rip), %r12
    mov live_in + 8 * 13(%rip), %r13
    mov live_in + 8 * 14(%rip), %r14
    mov live_in + 8 * 15(%rip), %r15
    mov %rsp, live_in + 8 * 7(%rip)
    lea 128(%rsp), %rsp /* the flags are made where nothing is looked at */
    push live_in + FLAGS(%rip)
    popfq
    lea -128(%rsp), %rsp
.endm

.macro end
    mov %rsp, live_out + 8 * 7(%rip)
    lea 128(%rsp), %rsp
    pushfq
    pop live_out + FLAGS(%rip)
    mov %rax, live_out + 8 * 0(%rip)
    mov %rbx, live_out + 8 * 1(%rip)
    mov %rcx, live_out + 8 * 2(%rip)
    mov %rdx, live_out + 8 * 3(%rip)
    mov %rsi, live_out + 8 * 4(%rip)
    mov %rdi, live_out + 8 * 5(%rip)
    mov %rbp, live_out + 8 * 6(%rip)
    mov %r8, live_out + 8 * 8(%rip)
    mov %r9, live_out + 8 * 9(%rip)
    mov %r10, live_out + 8 * 10(%rip)
    mov %r11, live_out + 8 * 11(%rip)
    mov %r12, live_out + 8 * 12(%rip)
    mov %r13, live_out + 8 * 13(%rip)
    mov %r14, live_out + 8 * 14(%rip)
    mov %r15, live_out + 8 * 15(%rip)
    .irp n, 0, 8, 16, 24
    mov -RED_ZONE - 128 + \n(%rsp), %rax
    mov %rax, live_out + BELOW + \n(%rip)
    .endr
    fxsave64 live_out + LEGACY(%rip)
    cld
    fninit
    mov own_stack(%rip), %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
.endm

/* To where rbx says. */
.globl live_write
.type live_write, @function
live_write:
    begin
    mov %al, (%rbx)
    end
.size live_write, . - live_write

.globl live_invalid
.type live_invalid, @function
live_invalid:
    begin
    ud2
    end
.size live_invalid, . - live_invalid

/* Other vector state, whoever runs it. */
.globl live_disturb
.type live_disturb, @function
live_disturb:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    pcmpeqd %xmm\n, %xmm\n
    .endr
    ret
.size live_disturb, . - live_disturb

.section .note.GNU-stack, "", @progbits
