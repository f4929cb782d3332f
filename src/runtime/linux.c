/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/linux.h>

/* C's arguments are Linux's, but for the fourth. runtime_calls[] gets where the instruction ends.
 */
#define RUNTIME_CALL(name, number)                                                                 \
    __asm__(".pushsection .text.linux, \"ax\"\n"                                                   \
            ".globl linux_" #name "\n"                                                             \
            ".hidden linux_" #name "\n"                                                            \
            ".type linux_" #name ", @function\n"                                                   \
            "linux_" #name ":\n"                                                                   \
            "    mov %rcx, %r10\n"                                                                 \
            ".globl linux_" #name "_call\n"                                                        \
            ".hidden linux_" #name "_call\n"                                                       \
            ".type linux_" #name "_call, @function\n"                                              \
            "linux_" #name "_call:\n"                                                              \
            "    mov $" #number ", %rax\n"                                                         \
            "    syscall\n"                                                                        \
            ".globl linux_" #name "_end\n"                                                         \
            ".hidden linux_" #name "_end\n"                                                        \
            "linux_" #name "_end:\n"                                                               \
            "    ret\n"                                                                            \
            ".size linux_" #name "_call, . - linux_" #name "_call\n"                               \
            ".size linux_" #name ", . - linux_" #name "\n"                                         \
            ".popsection\n"                                                                        \
            ".pushsection .data.rel.ro.calls, \"aw\"\n"                                            \
            "    .quad linux_" #name "_end\n"                                                      \
            ".popsection\n");
#include <runtime/calls.def>
#undef RUNTIME_CALL
