/* SPDX-License-Identifier: BSD-2-Clause */
#include "edu.h"

#include "pci.h"

#define WINDOW UINT64_C(0x30000000)

#define SOURCE      0x80
#define DESTINATION 0x88
#define COUNT       0x90
#define COMMAND     0x98
#define BUFFER      0x40000

#define COMMAND_START     0x1
#define COMMAND_TO_MEMORY 0x2
#define COMMAND_INTERRUPT 0x4

void edu_open(uint64_t bar)
{
    vspace_map(&root_vspace, device_frame(bar), WINDOW, seL4_ReadWrite);
}

uint32_t edu_read(enum edu_register reg)
{
    return *(volatile uint32_t *)(WINDOW + reg);
}

void edu_write(enum edu_register reg, uint32_t value)
{
    *(volatile uint32_t *)(WINDOW + reg) = value;
}

static volatile uint64_t *wide(unsigned reg)
{
    return (volatile uint64_t *)(WINDOW + reg);
}

void edu_start(enum edu_direction direction, uint64_t address, unsigned count, int interrupts)
{
    uint64_t command = COMMAND_START | (interrupts ? COMMAND_INTERRUPT : 0);

    *wide(SOURCE) = direction == EDU_TO_MEMORY ? BUFFER : address;
    *wide(DESTINATION) = direction == EDU_TO_MEMORY ? address : BUFFER;
    *wide(COUNT) = count;
    *wide(COMMAND) = direction == EDU_TO_MEMORY ? command | COMMAND_TO_MEMORY : command;
}

int edu_is_busy(void)
{
    return (*wide(COMMAND) & COMMAND_START) != 0;
}

void edu_transfer(enum edu_direction direction, uint64_t address, unsigned count)
{
    edu_start(direction, address, count, 0);
    while (edu_is_busy())
        seL4_Yield();
}
