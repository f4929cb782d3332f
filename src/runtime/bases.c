/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/bases.h>

#define FUNCTION(name, code)                                                                       \
    __asm__(".pushsection .text.bases, \"ax\"\n"                                                   \
            ".globl " #name "\n"                                                                   \
            ".hidden " #name "\n"                                                                  \
            ".type " #name ", @function\n" #name ":\n" code "    ret\n"                            \
            ".size " #name ", . - " #name "\n"                                                     \
            ".popsection\n")

FUNCTION(bases_read_fs, "    rdfsbase %rax\n");
FUNCTION(bases_read_gs, "    rdgsbase %rax\n");
FUNCTION(bases_write_fs, "    wrfsbase %rdi\n");
FUNCTION(bases_write_gs, "    wrgsbase %rdi\n");
FUNCTION(bases_read_flags, "    pushfq\n    pop %rax\n");
FUNCTION(bases_write_flags, "    push %rdi\n    popfq\n");
