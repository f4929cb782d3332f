/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the kernel starts the root task: rdi holds the address of BootInfo and everything else is
 * zero, the stack pointer too. So the first thing is a stack of our own.
 */
    .section .text.start, "ax", @progbits
    .global _start
    .type _start, @function
_start:
    lea boot_stack_end(%rip), %rsp
    xor %ebp, %ebp
    call guest_start
    ud2
    .size _start, . - _start

    .section .bss.boot_stack, "aw", @nobits
    .balign 16
    .space 16384
boot_stack_end:

    .section .note.GNU-stack, "", @progbits
