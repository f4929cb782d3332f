/* SPDX-License-Identifier: BSD-2-Clause */
/* See traps.h. */

    .macro trap name:req, code:vararg
    .global \name, \name\()_at
    .type \name, @function
\name:
\name\()_at:
    \code
    ret
    .size \name, . - \name
    .endm

    .text
    trap trap_ud2, ud2
    trap trap_int3, int3
    trap trap_int_0, int $0
    trap trap_int_32, int $32
    trap trap_int_80, int $0x80
    trap trap_int_9d, int $0x9d
    trap trap_in, in $0x40, %al
    trap trap_out, out %al, $0x80
    trap trap_hlt, hlt
    trap trap_cli, cli
    trap trap_rdmsr, rdmsr
    trap trap_read, mov (%rdi), %rax
    trap trap_write, mov %rdi, (%rdi)
    trap trap_jump, jmp *%rdi

    /* eax is a part of the number that the kernel makes of these */
    .macro trap_int name:req, vector:req
    .global \name, \name\()_at
    .type \name, @function
\name:
    mov $0x87654321, %eax
\name\()_at:
    int $\vector
    ret
    .size \name, . - \name
    .endm

    trap_int trap_int_9e, 0x9e
    trap_int trap_int_fe, 0xfe

    .global trap_divide, trap_divide_at
    .type trap_divide, @function
trap_divide:
    xor %ecx, %ecx
    xor %edx, %edx
    mov $1, %eax
trap_divide_at:
    div %ecx
    ret
    .size trap_divide, . - trap_divide

    .global trap_syscall, trap_syscall_at
    .type trap_syscall, @function
trap_syscall:
    push %rbx
    mov %rdi, %rdx
    mov $0xca9, %edi
    mov $0x1f0, %esi
    mov %rsp, %rbx
trap_syscall_at:
    syscall
    mov %rbx, %rsp
    pop %rbx
    ret
    .size trap_syscall, . - trap_syscall

    .global trap_single_step, trap_single_step_at
    .type trap_single_step, @function
trap_single_step:
    pushfq
    orq $0x100, (%rsp)
    popfq
trap_single_step_at:
    nop
    pushfq
    andq $~0x100, (%rsp)
    popfq
    ret
    .size trap_single_step, . - trap_single_step

    .global registers_syscall, registers_syscall_next
    .type registers_syscall, @function
registers_syscall:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp(%rip)
    mov registers_in+0(%rip), %rax
    mov registers_in+8(%rip), %rbx
    mov registers_in+16(%rip), %rcx
    mov registers_in+24(%rip), %rdx
    mov registers_in+32(%rip), %rsi
    mov registers_in+40(%rip), %rdi
    mov registers_in+48(%rip), %rbp
    mov registers_in+56(%rip), %r8
    mov registers_in+64(%rip), %r9
    mov registers_in+72(%rip), %r10
    mov registers_in+80(%rip), %r11
    mov registers_in+88(%rip), %r12
    mov registers_in+96(%rip), %r13
    mov registers_in+104(%rip), %r14
    mov registers_in+112(%rip), %r15
    stc
    syscall
registers_syscall_next:
    mov %rsp, registers_out+120(%rip)
    mov saved_rsp(%rip), %rsp
    mov %rax, registers_out+0(%rip)
    pushfq
    pop %rax
    mov %rax, registers_out+128(%rip)
    mov %rbx, registers_out+8(%rip)
    mov %rcx, registers_out+16(%rip)
    mov %rdx, registers_out+24(%rip)
    mov %rsi, registers_out+32(%rip)
    mov %rdi, registers_out+40(%rip)
    mov %rbp, registers_out+48(%rip)
    mov %r8, registers_out+56(%rip)
    mov %r9, registers_out+64(%rip)
    mov %r10, registers_out+72(%rip)
    mov %r11, registers_out+80(%rip)
    mov %r12, registers_out+88(%rip)
    mov %r13, registers_out+96(%rip)
    mov %r14, registers_out+104(%rip)
    mov %r15, registers_out+112(%rip)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .size registers_syscall, . - registers_syscall

    .global trap_spin
    .type trap_spin, @function
trap_spin:
    mov %rdi, %rax
1:  incq (%rdx)
    cmpq $0, (%rsi)
    je 1b
    ret
    .size trap_spin, . - trap_spin

    .global trap_yield_rax
    .type trap_yield_rax, @function
trap_yield_rax:
    push %rbx
    mov %rdi, %rax
    mov %rsi, %rdx
    mov %rsp, %rbx
    syscall
    mov %rbx, %rsp
    pop %rbx
    ret
    .size trap_yield_rax, . - trap_yield_rax

    .bss
    .balign 8
    .global registers_in, registers_out
registers_in:
    .space 136
registers_out:
    .space 136
saved_rsp:
    .space 8

    .section .note.GNU-stack, "", @progbits
