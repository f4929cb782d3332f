/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/linux.h>

__asm__(".pushsection .text.linux, \"ax\"\n"
        ".globl linux_exit_group\n"
        ".hidden linux_exit_group\n"
        ".type linux_exit_group, @function\n"
        "linux_exit_group:\n"
        "    mov $231, %eax\n"
        "    syscall\n"
        "    ud2\n"
        ".size linux_exit_group, . - linux_exit_group\n"
        ".popsection\n");
