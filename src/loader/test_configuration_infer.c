/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/invocation.h>
#include <abi/syscall.h>
#include <loader/configuration.h>
#include <loader/evidence.h>
#include <loader/testkit_elf.h>
#include <test.h>

#include <string.h>

#define CODE_START 0x400000

static struct testkit_elf elf;
static uint8_t code[4096];
static uint64_t code_size;

static void emit(const void *bytes, uint64_t size)
{
    memcpy(code + code_size, bytes, size);
    code_size += size;
}

static void emit_i32(int64_t value)
{
    int32_t word = (int32_t)value;

    emit(&word, sizeof(word));
}

/* As libsel4's inlined wrappers come out of a compiler. */
static void emit_call(int64_t number, uint32_t tag)
{
    emit("\x90\x90\x90\x90\x90\x90\x90\x90\x48\xc7\xc2", 11);
    emit_i32(number);
    emit("\xbe", 1);
    emit_i32(tag);
    emit("\x48\x89\xe3\x0f\x05\x48\x89\xdc", 8);
}

static uint32_t tag_of(const struct kernel_config *config, enum invocation inv)
{
    struct invocation_info info = abi_invocation_info(config, inv);
    struct invocation_argument argument;
    uint32_t length = 0, caps = 0;

    for (const char *list = info.arguments; abi_invocation_next_argument(&list, &argument);) {
        length = argument.word + 1u;
    }
    for (const char *list = info.caps; abi_invocation_next_argument(&list, &argument);) {
        caps++;
    }
    return (uint32_t)(abi_invocation_label(config, inv) << 12) | caps << 7 | length;
}

static const enum syscall usual_syscalls[] = {SYSCALL_REPLY_RECV,     SYSCALL_SEND,
                                              SYSCALL_RECV,           SYSCALL_YIELD,
                                              SYSCALL_DEBUG_PUT_CHAR, SYSCALL_DEBUG_NAME_THREAD,
                                              SYSCALL_SET_TLS_BASE};
static const enum invocation usual_invocations[] = {
    INV_UNTYPED_RETYPE, INV_TCB_SET_SPACE,        INV_TCB_BIND_NOTIFICATION, INV_CNODE_COPY,
    INV_CNODE_MINT,     INV_X86_PAGE_MAP,         INV_X86_PAGE_TABLE_MAP,    INV_X86_PAGE_UNMAP,
    INV_X86_PDPT_MAP,   INV_X86_ASID_POOL_ASSIGN, INV_IRQ_CONTROL_GET_IOAPIC};

static struct configuration infer(void)
{
    struct configuration c;
    struct loader_error error;
    struct image image;

    configuration_init(&c);
    CHECK(image_parse(elf.bytes, elf.size, &image, &error));
    configuration_infer(&c, &image);
    return c;
}

static struct configuration infer_inlined(const struct kernel_config *config)
{
    code_size = 0;
    for (size_t i = 0; i < sizeof(usual_syscalls) / sizeof(usual_syscalls[0]); i++) {
        int64_t number = abi_syscall_number(config, usual_syscalls[i]);

        if (number != 0) {
            emit_call(number, 0);
        }
    }
    for (size_t i = 0; i < sizeof(usual_invocations) / sizeof(usual_invocations[0]); i++) {
        emit_call(-1, tag_of(config, usual_invocations[i]));
    }
    testkit_elf_start(&elf, CODE_START);
    testkit_elf_segment(&elf, CODE_START, code, code_size, code_size, PF_R | PF_X);
    return infer();
}

static struct kernel_config variant(unsigned release, bool mcs, bool iommu, bool debug_api)
{
    struct kernel_config config = kernel_config_default();

    config.release = release;
    config.mcs = mcs;
    config.iommu = iommu;
    config.hardware_debug_api = debug_api;
    return config;
}

TEST(infer_knows_kernels_by_inlined_calls)
{
    static const unsigned releases[] = {SEL4_RELEASE_13_0, SEL4_RELEASE_14_0, SEL4_RELEASE_15_0,
                                        SEL4_RELEASE_16_0};

    for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
        for (unsigned bits = 0; bits < 4; bits++) {
            struct kernel_config config = variant(releases[i], bits & 1, bits & 2, false);
            struct configuration c = infer_inlined(&config);

            CHECK_EQ(c.kernel.mcs, config.mcs);
            CHECK_EQ(c.kernel.iommu, config.iommu);
            CHECK_EQ(c.kernel.release, config.release);
            CHECK_EQ(c.source[configuration_row("mcs")], SETTING_INFERRED);
            CHECK_EQ(c.source[configuration_row("fsgsbase_inst")], SETTING_INFERRED);
            CHECK(!c.kernel.fsgsbase_inst);
        }
    }
}

TEST(infer_knows_the_hardware_debug_api)
{
    struct kernel_config config = variant(SEL4_RELEASE_16_0, true, true, true);
    struct configuration c = infer_inlined(&config);

    CHECK(c.kernel.hardware_debug_api);
    CHECK(c.kernel.iommu);
    CHECK(c.kernel.mcs);
}

TEST(infer_leaves_alone_what_is_known)
{
    struct kernel_config config = variant(SEL4_RELEASE_14_0, true, false, false);
    struct configuration c;
    struct loader_error error;
    struct image image;

    infer_inlined(&config);
    configuration_init(&c);
    CHECK(configuration_set(&c, "release=13.0", &error));
    CHECK(configuration_set(&c, "KernelFSGSBase=inst", &error));
    CHECK(image_parse(elf.bytes, elf.size, &image, &error));
    configuration_infer(&c, &image);
    CHECK_EQ(c.kernel.release, SEL4_RELEASE_13_0);
    CHECK_EQ(c.source[configuration_row("release")], SETTING_FLAG);
    CHECK(c.kernel.fsgsbase_inst);
    CHECK(c.kernel.mcs);
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_INFERRED);
}

TEST(infer_says_nothing_of_an_image_that_shows_nothing)
{
    struct configuration plain, c;

    testkit_elf_small(&elf);
    c = infer();
    configuration_init(&plain);
    CHECK_MEM(&c, &plain, sizeof(c));
}

TEST(infer_sees_wrfsbase)
{
    static const uint8_t with_rex[] = {0x90, 0xf3, 0x48, 0x0f, 0xae, 0xd7};
    static const uint8_t rdfsbase[] = {0x90, 0xf3, 0x48, 0x0f, 0xae, 0xc7, 0xf3};
    struct configuration c;

    testkit_elf_start(&elf, CODE_START);
    testkit_elf_segment(&elf, CODE_START, with_rex, sizeof(with_rex), 64, PF_X);
    c = infer();
    CHECK(c.kernel.fsgsbase_inst);
    CHECK_EQ(c.source[configuration_row("fsgsbase_inst")], SETTING_INFERRED);
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_DEFAULT);

    testkit_elf_start(&elf, CODE_START);
    testkit_elf_segment(&elf, CODE_START, rdfsbase, sizeof(rdfsbase), 64, PF_X);
    c = infer();
    CHECK_EQ(c.source[configuration_row("fsgsbase_inst")], SETTING_DEFAULT);

    /* data is no code */
    testkit_elf_start(&elf, CODE_START);
    testkit_elf_segment(&elf, CODE_START, with_rex, sizeof(with_rex), 64, PF_R);
    c = infer();
    CHECK_EQ(c.source[configuration_row("fsgsbase_inst")], SETTING_DEFAULT);
}

/* mov $value,%edi; ret -- the heart of a wrapper that was not inlined */
static void emit_wrapper(const char *name, int64_t value)
{
    uint64_t start = code_size;

    emit("\x48\xc7\xc7", 3);
    emit_i32(value);
    emit("\xc3", 1);
    testkit_elf_symbol(&elf, name, CODE_START + start, code_size - start, STT_FUNC);
}

TEST(infer_knows_kernels_by_their_wrappers)
{
    static const enum invocation wrapped[] = {INV_X86_PAGE_MAP, INV_X86_PDPT_MAP, INV_CNODE_COPY,
                                              INV_X86_PAGE_GET_ADDRESS, INV_IRQ_CONTROL_GET_IOAPIC};

    for (unsigned bits = 0; bits < 4; bits++) {
        struct kernel_config config = variant(SEL4_RELEASE_14_0, bits & 1, bits & 2, false);
        struct configuration c;
        Elf64_Phdr *ph;

        testkit_elf_start(&elf, CODE_START);
        code_size = 0;
        emit_wrapper("seL4_Yield", abi_syscall_number(&config, SYSCALL_YIELD));
        emit_wrapper("seL4_DebugPutChar", abi_syscall_number(&config, SYSCALL_DEBUG_PUT_CHAR));
        emit_wrapper("seL4_SetTLSBase", abi_syscall_number(&config, SYSCALL_SET_TLS_BASE));
        for (size_t i = 0; i < sizeof(wrapped) / sizeof(wrapped[0]); i++) {
            char name[64] = "seL4_";

            strcat(name, abi_invocation_info(&config, wrapped[i]).name);
            emit_wrapper(name, (int64_t)abi_invocation_label(&config, wrapped[i]));
        }
        ph = testkit_elf_segment(&elf, CODE_START, code, code_size, code_size, PF_R | PF_X);
        CHECK_EQ(ph->p_filesz, code_size);
        testkit_elf_finish(&elf);
        c = infer();
        CHECK_EQ(c.kernel.mcs, config.mcs);
        CHECK_EQ(c.kernel.iommu, config.iommu);
        CHECK_EQ(c.kernel.release, config.release);
        CHECK(!c.kernel.fsgsbase_inst);
    }
}

TEST(evidence_is_bounded)
{
    static struct evidence evidence;
    struct loader_error error;
    struct image image;

    code_size = 0;
    for (uint32_t i = 0; i < 130; i++) {
        emit_call(-1, (i + 1) << 12);
    }
    testkit_elf_start(&elf, CODE_START);
    testkit_elf_segment(&elf, CODE_START, code, code_size, code_size, PF_X);
    CHECK(image_parse(elf.bytes, elf.size, &image, &error));
    evidence_collect(&image, &evidence);
    CHECK_EQ(evidence.tag_count, EVIDENCE_MAX_TAGS);
    CHECK_EQ(evidence.numbers, 2);
    CHECK(!evidence_is_empty(&evidence));
}
