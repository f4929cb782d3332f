/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory accesses, each with a name: the pager recognises the address that a fault reports.
 *   touch_read(address) -> the word there;  touch_write(address, word);  touch_call(address)
 */
    .text
    .global touch_read, touch_read_at
    .type touch_read, @function
touch_read:
touch_read_at:
    mov (%rdi), %rax
    ret
    .size touch_read, . - touch_read

    .global touch_write, touch_write_at
    .type touch_write, @function
touch_write:
touch_write_at:
    mov %rsi, (%rdi)
    ret
    .size touch_write, . - touch_write

    .global touch_call
    .type touch_call, @function
touch_call:
    jmp *%rdi
    .size touch_call, . - touch_call

    /* What the pager puts into a page of code: returns 42. */
    .global sample_code, sample_code_end
sample_code:
    mov $42, %eax
    ret
sample_code_end:

    .section .note.GNU-stack, "", @progbits
