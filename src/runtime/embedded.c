/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime image as bytes: the one file of this layer that is no part of it. */
#include <runtime/image.h>

__asm__(".pushsection .rodata.runtime_image, \"a\"\n"
        ".balign 64\n"
        ".globl runtime_image\n"
        "runtime_image:\n"
        "    .incbin \"" RUNTIME_IMAGE_FILE "\"\n"
        ".globl runtime_image_end\n"
        "runtime_image_end:\n"
        ".popsection\n");
