/* SPDX-License-Identifier: BSD-2-Clause */
/* libsel4-emu has made this process a root task; main() is called by libc. */
#include "thread.h"

/* libc, and what sanitizers make of it, wants more than a guest without. */
unsigned guest_stack_pages = 14;

extern seL4_BootInfo *sel4emu_boot_info; /* libsel4-emu's */

/* Behind libsel4-emu's own. */
__attribute__((constructor(102))) static void start(void)
{
    guest_prepare(sel4emu_boot_info);
}
