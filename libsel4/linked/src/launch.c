/* SPDX-License-Identifier: BSD-2-Clause */
/* What a linked program was built for: compiled with it. */
const char *const sel4emu_path = SEL4EMU_PATH;
const char *const sel4emu_settings[] = {SEL4EMU_SETTINGS(const char *) 0};

/* `sel4emu` knows by it that the program is no image (src/loader/image.c). */
__asm__(".pushsection .note.sel4emu, \"a\", @note\n"
        "    .balign 4\n"
        "    .long 8, 0, 1\n" /* bytes of the name, of what follows it, type */
        "    .asciz \"sel4emu\"\n"
        ".popsection\n");
