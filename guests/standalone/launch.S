/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entry of a program that Linux may start, too. seL4 starts a root task with no stack, Linux
 * every program with one: then the emulator is to run it.
 */
    .section .text.start, "ax", @progbits
    .global launch
    .type launch, @function
launch:
    test %rsp, %rsp
    jz _start
    mov %rsp, %rdi
    xor %ebp, %ebp
    and $-16, %rsp
    call launch_on_linux
    ud2
    .size launch, . - launch

    .section .note.GNU-stack, "", @progbits
