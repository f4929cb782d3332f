/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a real machine boots in place of a kernel (Multiboot, 32-bit code): it says on the serial line
 * that the emulator was meant, and stops.
 */

#define MULTIBOOT_MAGIC 0x1badb002
#define COM1            0x3f8
#define LINE_STATUS     5 /* register; bit 5: it takes another character */

    .code32
    .section .text
    .balign 4
    .long MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC

    .global _start
_start:
    movl $text, %esi
next:
    movw $COM1 + LINE_STATUS, %dx
wait:
    inb %dx, %al
    testb $0x20, %al
    jz wait
    lodsb
    testb %al, %al
    jz stop
    movw $COM1, %dx
    outb %al, %dx
    jmp next
stop:
    cli
    hlt
    jmp stop

text:
    .asciz "This is no kernel: the image was built for sel4emu. sel4emu run IMAGE\r\n"

    .section .note.GNU-stack, "", @progbits
