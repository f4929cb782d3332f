/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/linux.h>

/* C's arguments are Linux's, but for the fourth. */
#define CALL(name, number)                                                                         \
    __asm__(".pushsection .text.linux, \"ax\"\n"                                                   \
            ".globl linux_" #name "\n"                                                             \
            ".hidden linux_" #name "\n"                                                            \
            ".type linux_" #name ", @function\n"                                                   \
            "linux_" #name ":\n"                                                                   \
            "    mov %rcx, %r10\n"                                                                 \
            "    mov $" #number ", %eax\n"                                                         \
            "    syscall\n"                                                                        \
            "    ret\n"                                                                            \
            ".size linux_" #name ", . - linux_" #name "\n"                                         \
            ".popsection\n")

CALL(mmap, 9);
CALL(munmap, 11);
CALL(futex_wait, 202);
CALL(futex_wake, 202);
CALL(close_range, 436);
CALL(exit_group, 231);
