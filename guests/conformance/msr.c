/* SPDX-License-Identifier: BSD-2-Clause */
/* Model-specific registers, on kernels that let user level at them. */
#include "check.h"

#ifdef CONFIG_KERNEL_X86_DANGEROUS_MSR

static void read_constants(void)
{
    const seL4_Uint32 numbers[] = {0x1b, 0xfe, 0xc0000080, 0xc0000081, 0xc0000084};

    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++)
        say("0x%lx", seL4_X86DangerousRDMSR(numbers[i]));
}

static void write_and_read(void)
{
    const seL4_Uint32 numbers[] = {0x277, 0x1a0, 0x174, 0x175, 0xc0000102, 0xc1, 0x186, 0x12345678};

    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++) {
        const seL4_Uint64 before = seL4_X86DangerousRDMSR(numbers[i]);
        seL4_X86DangerousWRMSR(numbers[i], 0x0706050403020106);
        say("0x%lx 0x%lx", before, seL4_X86DangerousRDMSR(numbers[i]));
        seL4_X86DangerousWRMSR(numbers[i], before);
    }
}

static void read_registers(void)
{
    struct seL4_Trap trap = {0x10000001b, 99, {1, 2, 3, 4}};

    seL4_trap(seL4_SysX86DangerousRDMSR, &trap);
    say("0x%lx 0x%lx; 0x%lx %lu %lu %lu", trap.cap, trap.info, trap.mr[0], trap.mr[1], trap.mr[2],
        trap.mr[3]);
}

static void write_registers(void)
{
    struct seL4_Trap trap = {0xc0000102, 99, {1, 2, 3, 4}};

    seL4_trap(seL4_SysX86DangerousWRMSR, &trap);
    say("0x%lx %lu; %lu %lu %lu %lu", trap.cap, trap.info, trap.mr[0], trap.mr[1], trap.mr[2],
        trap.mr[3]);
}

static void bases(void)
{
    const seL4_Uint32 fs_base = 0xc0000100, gs_base = 0xc0000101;
    const seL4_Uint64 own = seL4_X86DangerousRDMSR(fs_base);
    seL4_Word found;

    say("0x%lx", seL4_X86DangerousRDMSR(gs_base));
    __asm__ volatile("mov %%fs:0, %0" : "=r"(found));
    say("%s", own == found ? "the thread's" : "another");
    seL4_X86DangerousWRMSR(gs_base, own);
    __asm__ volatile("mov %%gs:0, %0" : "=r"(found));
    say("%s", own == found ? "the thread's" : "another");
    seL4_X86DangerousWRMSR(gs_base, 0);
}

static const struct check checks[] = {
    {"MSR0001", "registers that the kernel has set up", read_constants},
    {"MSR0002", "registers before and after a write", write_and_read},
    {"MSR0003", "what RDMSR leaves in the caller's registers", read_registers},
    {"MSR0004", "what WRMSR leaves in the caller's registers", write_registers},
    {"MSR0005", "FS and GS base", bases},
};

const struct check_table msr_checks = CHECK_TABLE(checks);
#else
const struct check_table msr_checks = {.count = 0};
#endif
