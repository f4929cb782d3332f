/* SPDX-License-Identifier: BSD-2-Clause */
/* See debug_code.h. */

    .macro function name:req
    .global \name
    .type \name, @function
\name:
    .endm

    .macro place name:req
    .global \name
\name:
    .endm

    .text
    function debug_nops
    nop
    nop
    nop
    nop
    ret

    function debug_yield
    push %rbx
    mov %rsp, %rbx
    mov debug_yield_number(%rip), %rdx
    place debug_yield_call
    syscall
    mov %rbx, %rsp
    pop %rbx
    ret

    function debug_recv
    push %rbx
    mov %rsp, %rbx
    mov debug_recv_number(%rip), %rdx
    place debug_recv_call
    syscall
    mov %rbx, %rsp
    pop %rbx
    ret

    function debug_write_bytes
    xor %eax, %eax
    place debug_write_bytes_at
    .irp offset, 0, 1, 2, 3, 4, 5, 6, 7
    .byte 0x88, 0x47, \offset /* mov %al, offset(%rdi) */
    .endr
    ret

    function debug_trap_flag
    pushfq
    orq $0x100, (%rsp)
    popfq
    place debug_trap_flag_at
    nop
    pushfq
    andq $~0x100, (%rsp)
    popfq
    ret

    function debug_trap_flag_call
    push %rbx
    mov %rsp, %rbx
    mov debug_yield_number(%rip), %rdx
    pushfq
    orq $0x100, (%rsp)
    popfq
    place debug_trap_flag_call_at
    syscall
    mov %rbx, %rsp
    pushfq
    andq $~0x100, (%rsp)
    popfq
    pop %rbx
    ret

    function debug_sse
    nop
    pxor %xmm0, %xmm0
    nop
    ret

    .section .note.GNU-stack, "", @progbits
