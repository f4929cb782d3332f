/* SPDX-License-Identifier: BSD-2-Clause */
/* X86DangerousRDMSR and X86DangerousWRMSR: the values that the real kernel shows under QEMU. */
#include <test.h>

#include <base/bits.h>
#include <model/testkit_thread.h>

static struct guest boot(void)
{
    struct kernel_config config = kernel_config_default();
    config.dangerous_msr = true;
    struct boot_info boot = guest_boot_info(&config, GUEST_MEMORY_END);
    boot.tsc = (struct tsc){.at_zero = 1000000, .mhz = 2500};
    return guest_boot_with(&boot, GUEST_MEMORY_END);
}

static uint64_t read_msr(struct guest *g, uint64_t number)
{
    guest_syscall(g, (struct guest_syscall){
                         .syscall = SYSCALL_X86_DANGEROUS_RDMSR, .cap = number, .label = 9});
    struct guest_thread root = guest_root_thread(g);
    CHECK_EQ(thread_badge(root), number);
    CHECK_EQ(thread_info(root).label, 0);
    CHECK_EQ(thread_info(root).length, 1);
    return thread_word(root, 0);
}

static void write_msr(struct guest *g, uint64_t number, uint64_t value)
{
    guest_syscall(g, (struct guest_syscall){.syscall = SYSCALL_X86_DANGEROUS_WRMSR,
                                            .cap = number,
                                            .length = 1,
                                            .words = {value}});
}

TEST(constants_ignore_writes)
{
    struct guest g = boot();
    const struct {
        uint32_t number;
        uint64_t value;
    } constants[] = {
        {0x1b, 0xfee00900},     {0xfe, 0x508},
        {0xc0000080, 0x501},    {0xc0000081, 0x002b000800000000},
        {0xc0000084, 0x300},    {0x8b, 0x100000000},
        {0x198, 0x400000003e8},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(constants); i++) {
        CHECK_EQ(read_msr(&g, constants[i].number), constants[i].value);
        write_msr(&g, constants[i].number, 7);
        CHECK_EQ(read_msr(&g, constants[i].number), constants[i].value);
    }
    guest_end(&g);
}

TEST(others_keep_what_is_written)
{
    struct guest g = boot();
    const struct {
        uint32_t number;
        uint64_t initial, kept;
    } registers[] = {
        {0x277, 0x0007040100070406, 0x0706050403020106},
        {0x1a0, 1, 0x0706050403020106},
        {0x2ff, 0xc06, 0x0706050403020106},
        {0x174, 0, 0x106},
        {0x175, 0, 0x0706050403020106},
        {0xc0000102, 0, 0x0706050403020106},
        {0xc0000103, 0, 0x0706050403020106},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(registers); i++) {
        CHECK_EQ(read_msr(&g, registers[i].number), registers[i].initial);
        write_msr(&g, registers[i].number, 0x0706050403020106);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(registers); i++)
        CHECK_EQ(read_msr(&g, registers[i].number), registers[i].kept);
    guest_end(&g);
}

TEST(registers_that_there_are_none_read_as_0)
{
    struct guest g = boot();
    const uint32_t numbers[] = {0, 0xc1, 0x186, 0x38d, 0x12345678};
    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++) {
        write_msr(&g, numbers[i], UINT64_MAX);
        CHECK_EQ(read_msr(&g, numbers[i]), 0);
    }
    guest_end(&g);
}

TEST(the_number_has_32_bits)
{
    struct guest g = boot();
    CHECK_EQ(read_msr(&g, 0x10000001b), 0xfee00900);
    guest_end(&g);
}

TEST(bases_are_those_of_the_thread)
{
    struct guest g = boot();
    word_t *reg = guest_root(&g)->context.reg;
    reg[UREG_FS_BASE] = 0x1234000;
    CHECK_EQ(read_msr(&g, 0xc0000100), 0x1234000);
    write_msr(&g, 0xc0000100, 0x5678000);
    write_msr(&g, 0xc0000101, 0x9abc000);
    CHECK_EQ(reg[UREG_FS_BASE], 0x5678000);
    CHECK_EQ(reg[UREG_GS_BASE], 0x9abc000);
    CHECK_EQ(read_msr(&g, 0xc0000101), 0x9abc000);
    write_msr(&g, 0xc0000100, UINT64_C(0x900000000000)); /* no address */
    CHECK_EQ(reg[UREG_FS_BASE], 0);
    guest_end(&g);
}

TEST(the_counter_is_the_one_of_the_guest)
{
    struct guest g = boot();
    guest_advance(&g, 3000);
    CHECK_EQ(read_msr(&g, 0x10), 1000000 + 7500);
    write_msr(&g, 0x10, 5);
    CHECK_EQ(read_msr(&g, 0x10), 1000000 + 7500);
    guest_end(&g);
}
