/* SPDX-License-Identifier: BSD-2-Clause */
/* What a linked program was built for: compiled with it. */
const char *const sel4emu_path = SEL4EMU_PATH;
const char *const sel4emu_settings[] = {SEL4EMU_SETTINGS(const char *) 0};
