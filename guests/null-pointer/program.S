/* SPDX-License-Identifier: BSD-2-Clause */
/* The child's ELF file, as it is. */
    .section .rodata
    .global screen_program
    .balign 8
screen_program:
    .incbin SCREEN_PROGRAM

    .section .note.GNU-stack, "", @progbits
