/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a domain begins, with its stack and its number in place. */
    .section .text.start, "ax", @progbits
    .global _start
    .type _start, @function
_start:
    xor %ebp, %ebp
    call domain_main
    ud2
    .size _start, . - _start

    .text
    .global domain_use_fpu
    .type domain_use_fpu, @function
domain_use_fpu:
    pxor %xmm0, %xmm0
    ret
    .size domain_use_fpu, . - domain_use_fpu

    .section .note.GNU-stack, "", @progbits
