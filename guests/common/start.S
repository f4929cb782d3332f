/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the kernel starts the root task: rdi holds the address of BootInfo and everything else is
 * zero, the stack pointer too. So the first thing is a stack of our own.
 */
    .section .text.start, "ax", @progbits
    .global _start
    .type _start, @function
_start:
    /* for whoever wants to know: the bits that are set in any register but rdi */
    or %rbx, %rax
    or %rcx, %rax
    or %rdx, %rax
    or %rsi, %rax
    or %rbp, %rax
    or %rsp, %rax
    or %r8, %rax
    or %r9, %rax
    or %r10, %rax
    or %r11, %rax
    or %r12, %rax
    or %r13, %rax
    or %r14, %rax
    or %r15, %rax
    mov %rax, boot_registers(%rip)
    lea boot_stack_end(%rip), %rsp
    xor %ebp, %ebp
    call guest_start
    ud2
    .size _start, . - _start

    .section .bss.boot_stack, "aw", @nobits
    .balign 16
    .space 16384
boot_stack_end:

    .bss
    .balign 8
    .global boot_registers
boot_registers:
    .space 8

    .section .note.GNU-stack, "", @progbits
