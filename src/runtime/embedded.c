/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime image and its symbols as bytes: the one file of this layer that is no part of it. */
#include <runtime/image.h>

#define EMBED(name, file)                                                                          \
    __asm__(".pushsection .rodata." #name ", \"a\"\n"                                              \
            ".balign 64\n"                                                                         \
            ".globl " #name "\n" #name ":\n"                                                       \
            "    .incbin \"" file "\"\n"                                                           \
            ".globl " #name "_end\n" #name "_end:\n"                                               \
            ".popsection\n")

EMBED(runtime_image, RUNTIME_IMAGE_FILE);
EMBED(runtime_symbols, RUNTIME_SYMBOLS_FILE);
