/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/images.h>

#define EMBED(name, file)                                                                          \
    extern const uint8_t name[], name##_end[];                                                     \
    __asm__(".pushsection .rodata." #name ", \"a\"\n"                                              \
            ".balign 64\n"                                                                         \
            ".globl " #name "\n" #name ":\n"                                                       \
            "    .incbin \"" file "\"\n"                                                           \
            ".globl " #name "_end\n" #name "_end:\n"                                               \
            ".popsection\n")

EMBED(bench_plain_elf, BENCH_GUESTS "/bench");
EMBED(bench_plain_settings, BENCH_SETTINGS "/bench.conf");
EMBED(bench_mcs_elf, BENCH_GUESTS "/bench-mcs");
EMBED(bench_mcs_settings, BENCH_SETTINGS "/bench-mcs.conf");
EMBED(bench_plain_linked_elf, BENCH_GUESTS "/bench-linked");
EMBED(bench_mcs_linked_elf, BENCH_GUESTS "/bench-mcs-linked");

const struct bench_image bench_images[BENCH_KERNEL_COUNT] = {
    [BENCH_KERNEL_PLAIN] = {{bench_plain_elf, bench_plain_elf_end},
                            {bench_plain_settings, bench_plain_settings_end}},
    [BENCH_KERNEL_MCS] = {{bench_mcs_elf, bench_mcs_elf_end},
                          {bench_mcs_settings, bench_mcs_settings_end}},
    [BENCH_KERNEL_PLAIN_LINKED] = {{bench_plain_linked_elf, bench_plain_linked_elf_end},
                                   {bench_plain_settings, bench_plain_settings_end}},
    [BENCH_KERNEL_MCS_LINKED] = {{bench_mcs_linked_elf, bench_mcs_linked_elf_end},
                                 {bench_mcs_settings, bench_mcs_settings_end}},
};
