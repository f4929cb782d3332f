/* SPDX-License-Identifier: BSD-2-Clause */
/* The ELF file of all domains, as it is. */
    .section .rodata
    .global domain_program
    .balign 8
domain_program:
    .incbin DOMAIN_PROGRAM

    .section .note.GNU-stack, "", @progbits
