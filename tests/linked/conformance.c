/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks of guests/conformance in a linked program. Of an image there is only what they refer
 * to: those of what the kernel loads are not made (linked.py).
 */
#include <sel4/sel4.h>

void guest_main(void);

extern const seL4_Word boot_registers;
extern const char __image_start[], __image_end[];

const seL4_Word boot_registers;
const char __image_start[1], __image_end[1];

int main(void)
{
    guest_main();
    return 0;
}
