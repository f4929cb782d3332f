/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * X86DangerousRDMSR and X86DangerousWRMSR. Registers with a meaning for a guest have it; some keep
 * what is written, and mean nothing. All others read as 0 and ignore writes, as QEMU's processor
 * has them (one of silicon would fault in the kernel, and end the system).
 */
#include <kernel/syscall.h>

#include <abi/message.h>
#include <base/bits.h>
#include <model/context.h>

enum msr_number {
    MSR_TSC = 0x10,
    MSR_APIC_BASE = 0x1b,
    MSR_MICROCODE = 0x8b,
    MSR_MTRR_CAPABILITIES = 0xfe,
    MSR_SYSENTER_CS = 0x174,
    MSR_SYSENTER_ESP = 0x175,
    MSR_SYSENTER_EIP = 0x176,
    MSR_PERFORMANCE_STATUS = 0x198,
    MSR_MISC_ENABLE = 0x1a0,
    MSR_PAT = 0x277,
    MSR_MTRR_DEFAULT_TYPE = 0x2ff,
    MSR_EFER = 0xc0000080,
    MSR_STAR = 0xc0000081,
    MSR_SYSCALL_MASK = 0xc0000084,
    MSR_FS_BASE = 0xc0000100,
    MSR_GS_BASE = 0xc0000101,
    MSR_KERNEL_GS_BASE = 0xc0000102,
    MSR_TSC_AUX = 0xc0000103,
};

/* Registers without an effect: the value that the real kernel or the firmware leaves there. */
static const struct {
    uint32_t number;
    uint64_t initial;
    uint64_t writable; /* bits */
} plain[] = {
    {MSR_APIC_BASE, 0xfee00900, 0},
    {MSR_MICROCODE, 0x100000000, 0},
    {MSR_MTRR_CAPABILITIES, 0x508, 0},
    {MSR_SYSENTER_CS, 0, UINT16_MAX},
    {MSR_SYSENTER_ESP, 0, UINT64_MAX},
    {MSR_SYSENTER_EIP, 0, UINT64_MAX},
    {MSR_PERFORMANCE_STATUS, 0x400000003e8, 0},
    {MSR_MISC_ENABLE, 1, UINT64_MAX},
    {MSR_PAT, 0x0007040100070406, UINT64_MAX},
    {MSR_MTRR_DEFAULT_TYPE, 0xc06, UINT64_MAX},
    {MSR_EFER, 0x501, 0},
    {MSR_STAR, 0x002b000800000000, 0},
    {MSR_SYSCALL_MASK, 0x300, 0},
    {MSR_KERNEL_GS_BASE, 0, UINT64_MAX},
    {MSR_TSC_AUX, 0, UINT64_MAX},
};

_Static_assert(ARRAY_LENGTH(plain) == MSR_PLAIN_COUNT, "struct kernel has a word for each");

/* --- those with a meaning ------------------------------------------------------------------ */

static uint64_t read_tsc(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)tcb;
    return k->tsc.at_zero + tsc_cycles(&k->tsc, k->cores[core].now);
}

static void ignore(struct tcb *tcb, uint64_t value)
{
    (void)tcb;
    (void)value;
}

static uint64_t read_fs_base(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)k;
    (void)core;
    return tcb->context.reg[UREG_FS_BASE];
}

static void write_fs_base(struct tcb *tcb, uint64_t value)
{
    tcb->context.reg[UREG_FS_BASE] = register_sanitise(UREG_FS_BASE, value);
}

static uint64_t read_gs_base(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)k;
    (void)core;
    return tcb->context.reg[UREG_GS_BASE];
}

static void write_gs_base(struct tcb *tcb, uint64_t value)
{
    tcb->context.reg[UREG_GS_BASE] = register_sanitise(UREG_GS_BASE, value);
}

static const struct {
    uint32_t number;
    uint64_t (*read)(struct kernel *k, unsigned core, struct tcb *tcb);
    void (*write)(struct tcb *tcb, uint64_t value);
} special[] = {
    {MSR_TSC, read_tsc, ignore},
    {MSR_FS_BASE, read_fs_base, write_fs_base},
    {MSR_GS_BASE, read_gs_base, write_gs_base},
};

/* --- the calls ----------------------------------------------------------------------------- */

/* k->msr_changes: the bits that differ from the initial value. */
static uint64_t read(struct kernel *k, unsigned core, struct tcb *tcb, uint32_t number)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(special); i++) {
        if (special[i].number == number)
            return special[i].read(k, core, tcb);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(plain); i++) {
        if (plain[i].number == number)
            return plain[i].initial ^ k->msr_changes[i];
    }
    return 0;
}

static void write(struct kernel *k, struct tcb *tcb, uint32_t number, uint64_t value)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(special); i++) {
        if (special[i].number == number)
            special[i].write(tcb, value);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(plain); i++) {
        if (plain[i].number == number)
            k->msr_changes[i] = (plain[i].initial ^ value) & plain[i].writable;
    }
}

enum entry_result msr_read(struct kernel *k, unsigned core, struct tcb *tcb)
{
    word_t *reg = tcb->context.reg;
    reg[UREG_MR0] = read(k, core, tcb, (uint32_t)reg[UREG_CAP]);
    reg[UREG_MESSAGE_INFO] = message_info_encode((struct message_info){.length = 1});
    return ENTRY_DONE;
}

enum entry_result msr_write(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)core;
    write(k, tcb, (uint32_t)tcb->context.reg[UREG_CAP], tcb->context.reg[UREG_MR0]);
    return ENTRY_DONE;
}
