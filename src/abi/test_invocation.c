/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/invocation.h>
#include <base/bits.h>
#include <stdio.h>
#include <test.h>

/* Of the labels in test_invocation.def. */
enum column {
    A,
    B,
    C,
    D,
    E,
    F,
    COLUMNS,
};

static struct kernel_config column_config(enum column column)
{
    struct kernel_config config = kernel_config_default();

    config.mcs = column == B || column == D || column == F;
    config.iommu = column >= C;
    if (column >= E) {
        config.vtx = true;
        config.vtx_64bit_guests = true;
        config.max_cores = 4;
        config.hardware_debug_api = true;
    }
    return config;
}

static const struct {
    enum invocation inv;
    const char *name;
    uint8_t labels[COLUMNS];
    const char *arguments, *caps, *results;
} table[] = {
#define EXPECTED(id, name, a, b, c, d, e, f, arguments, capabilities, results)                     \
    {INV_##id, name, {a, b, c, d, e, f}, arguments, capabilities, results},
#include <abi/test_invocation.def>
};

/* Writes a list of ours in the notation of the table. */
static void render(FILE *out, const char *list)
{
    struct invocation_argument argument;
    const char *separator = "";

    while (abi_invocation_next_argument(&list, &argument)) {
        fputs(separator, out);
        if (argument.words > 0)
            fprintf(out, "MR%u", argument.word);
        if (argument.words > 1)
            fprintf(out, "..%u", argument.word + argument.words - 1);
        if (argument.bits == 1)
            fprintf(out, "[%u]", argument.low_bit);
        else if (argument.bits < WORD_BITS)
            fprintf(out, "[%u:%u]", argument.low_bit, argument.low_bit + argument.bits - 1);
        if (argument.words > 0)
            fputc('=', out);
        fprintf(out, "%.*s", argument.name_length, argument.name);
        separator = " ";
    }
}

static void check_list(const char *ours, const char *expected)
{
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    if (!CHECK(out != NULL))
        return;
    render(out, ours);
    fclose(out);
    CHECK_STR(text, expected);
}

TEST(labels_of_release_16)
{
    for (enum column column = A; column < COLUMNS; column++) {
        const struct kernel_config config = column_config(column);

        CHECK_STR(kernel_config_problem(&config), NULL);
        for (unsigned i = 0; i < ARRAY_LENGTH(table); i++) {
            const uint64_t label = table[i].labels[column];

            if (label == 0)
                continue;
            CHECK_EQ(abi_invocation_label(&config, table[i].inv), label);
            CHECK_EQ(abi_invocation(&config, label), table[i].inv);
        }
    }
}

TEST(methods_that_a_configuration_lacks)
{
    for (enum column column = A; column < COLUMNS; column++) {
        const struct kernel_config config = column_config(column);
        bool present[INVOCATION_COUNT] = {false};

        for (unsigned i = 0; i < ARRAY_LENGTH(table); i++)
            present[table[i].inv] |= table[i].labels[column] != 0;
        for (enum invocation inv = INV_INVALID; inv < INVOCATION_COUNT; inv++)
            CHECK_EQ(abi_invocation_label(&config, inv) != 0, present[inv]);
    }
}

TEST(signatures)
{
    for (enum column column = A; column < COLUMNS; column++) {
        const struct kernel_config config = column_config(column);

        for (unsigned i = 0; i < ARRAY_LENGTH(table); i++) {
            const struct invocation_info info = abi_invocation_info(&config, table[i].inv);

            if (table[i].labels[column] == 0)
                continue;
            CHECK_STR(info.name, table[i].name);
            check_list(info.arguments, table[i].arguments);
            check_list(info.caps, table[i].caps);
            check_list(info.results, table[i].results);
        }
    }
}

TEST(no_method_has_other_labels)
{
    const uint64_t labels[] = {
        0, 77, 82, 83, 84, 85, 127, 128, 255, 256, 257, bit(32) + 1, bit(52) - 1, UINT64_MAX,
    };
    const struct kernel_config config = column_config(E);

    CHECK_EQ(abi_invocation(&config, 76), INV_X86_EPT_PT_UNMAP);
    for (unsigned i = 0; i < ARRAY_LENGTH(labels); i++)
        CHECK_EQ(abi_invocation(&config, labels[i]), INV_INVALID);

    CHECK_EQ(abi_invocation_label(&config, INV_INVALID), 0);
    CHECK_EQ(abi_invocation_label(&config, INVOCATION_COUNT), 0);
    CHECK_STR(abi_invocation_info(&config, INV_INVALID).name, "Invalid");
    CHECK_STR(abi_invocation_info(&config, INVOCATION_COUNT).name, "Invalid");
}

/* Each option alone, and Microkit's debug kernel. */
TEST(what_shifts_labels)
{
    struct kernel_config config = kernel_config_default();

    config.max_cores = 2;
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_UNBIND_NOTIFICATION), 14);
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_AFFINITY), 15);
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_TLS_BASE), 16);
    CHECK_EQ(abi_invocation_label(&config, INV_IRQ_CONTROL_GET_MSI), 53);

    config.mcs = true; /* whose threads move with their scheduling contexts */
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_AFFINITY), 0);
    CHECK_EQ(abi_invocation_label(&config, INV_IRQ_CONTROL_GET_MSI), 58);

    config = kernel_config_default();
    config.hardware_debug_api = true;
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_TLS_BASE), 19);
    CHECK_EQ(abi_invocation_label(&config, INV_IRQ_CONTROL_GET_MSI), 56);

    config = column_config(D);
    config.hardware_debug_api = true;
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_UNBIND_NOTIFICATION), 15);
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_TLS_BASE), 20);
    CHECK_EQ(abi_invocation_label(&config, INV_IRQ_CONTROL_GET_MSI), 65);

    config = kernel_config_default();
    config.vtx = true;
    CHECK_EQ(abi_invocation_label(&config, INV_X86_PAGE_GET_ADDRESS), 41);
    CHECK_EQ(abi_invocation_label(&config, INV_X86_PAGE_MAP_EPT), 42);
    CHECK_EQ(abi_invocation_label(&config, INV_IRQ_CONTROL_GET_MSI), 53);
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_EPT_ROOT), 54);

    config.vtx_64bit_guests = true;
    CHECK_EQ(abi_invocation_label(&config, INV_X86_VCPU_READ_MSR), 35);
    CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_EPT_ROOT), 56);
}

TEST(options_that_shift_no_label)
{
    struct kernel_config config = kernel_config_default();

    config.debug_build = false;
    config.printing = false;
    config.benchmarks = BENCHMARKS_TRACK_UTILISATION;
    config.num_domains = 16;
    config.huge_pages = false;
    config.xsave_features = 3;
    config.xsave_size = 576;
    config.fsgsbase_inst = true;
    config.irq_pic = true;
    for (unsigned i = 0; i < ARRAY_LENGTH(table); i++)
        if (table[i].labels[A] != 0)
            CHECK_EQ(abi_invocation_label(&config, table[i].inv), table[i].labels[A]);
}

TEST(labels_of_older_releases)
{
    static const struct {
        unsigned release;
        bool mcs;
        uint8_t set_flags, cnode_copy, set_set, schedule_configure, page_map, count;
    } history[] = {
        {SEL4_RELEASE_12_0, false, 0, 19, 29, 0, 36, 49},
        {SEL4_RELEASE_12_0, true, 0, 20, 29, 0, 42, 55},
        {SEL4_RELEASE_12_1, false, 0, 19, 29, 0, 36, 49},
        {SEL4_RELEASE_12_1, true, 0, 20, 29, 0, 42, 55},
        {SEL4_RELEASE_13_0, false, 0, 19, 29, 0, 36, 49},
        {SEL4_RELEASE_13_0, true, 0, 20, 29, 0, 42, 55},
        {SEL4_RELEASE_14_0, false, 16, 20, 30, 0, 37, 50},
        {SEL4_RELEASE_14_0, true, 17, 21, 30, 0, 43, 56},
        {SEL4_RELEASE_15_0, false, 16, 20, 30, 31, 39, 52},
        {SEL4_RELEASE_15_0, true, 17, 21, 30, 31, 45, 58},
        {SEL4_RELEASE_16_0, false, 16, 20, 30, 31, 39, 52},
        {SEL4_RELEASE_16_0, true, 17, 21, 30, 31, 45, 58},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(history); i++) {
        struct kernel_config config = kernel_config_default();

        config.release = history[i].release;
        config.mcs = history[i].mcs;
        CHECK_EQ(abi_invocation_label(&config, INV_TCB_SET_FLAGS), history[i].set_flags);
        CHECK_EQ(abi_invocation_label(&config, INV_CNODE_COPY), history[i].cnode_copy);
        CHECK_EQ(abi_invocation_label(&config, INV_DOMAIN_SET_SET), history[i].set_set);
        CHECK_EQ(abi_invocation_label(&config, INV_DOMAIN_SET_SCHEDULE_CONFIGURE),
                 history[i].schedule_configure);
        CHECK_EQ(abi_invocation_label(&config, INV_X86_PAGE_MAP), history[i].page_map);
        CHECK_EQ(abi_invocation(&config, history[i].count), INV_IRQ_CONTROL_GET_MSI);
        CHECK_EQ(abi_invocation(&config, history[i].count + 1u), INV_INVALID);
    }
}

TEST(sched_control_before_its_flags)
{
    struct kernel_config config = column_config(B);

    config.release = SEL4_RELEASE_12_0;
    CHECK_EQ(abi_invocation_label(&config, INV_SCHED_CONTROL_CONFIGURE_FLAGS), 30);

    struct invocation_info info = abi_invocation_info(&config, INV_SCHED_CONTROL_CONFIGURE_FLAGS);
    CHECK_STR(info.name, "SchedControl_Configure");
    CHECK_EQ(info.min_words, 4);
    check_list(info.arguments, "MR0=budget MR1=period MR2=extra_refills MR3=badge");

    config.release = SEL4_RELEASE_12_1;
    info = abi_invocation_info(&config, INV_SCHED_CONTROL_CONFIGURE_FLAGS);
    CHECK_STR(info.name, "SchedControl_ConfigureFlags");
    CHECK_EQ(info.min_words, 5);
}

TEST(vcpu_registers_of_32_bit_guests)
{
    struct kernel_config config = kernel_config_default();

    config.vtx = true;
    const struct invocation_info info = abi_invocation_info(&config, INV_X86_VCPU_WRITE_REGISTERS);
    CHECK_EQ(info.min_words, 7);
    check_list(info.arguments, "MR0..6=regs");
}

static struct kernel_config config_of_bits(unsigned bits, unsigned release)
{
    struct kernel_config config = kernel_config_default();

    config.release = release;
    config.mcs = bits & 1;
    config.iommu = bits & 2;
    config.vtx = bits & 4;
    config.vtx_64bit_guests = bits & 8;
    config.hardware_debug_api = bits & 16;
    config.max_cores = bits & 32 ? 2 : 1;
    return config;
}

/* Labels have no gaps, keep the order of the enum, and go both ways, whatever the options. */
TEST(labels_count_what_exists)
{
    static const unsigned releases[] = {
        SEL4_RELEASE_12_0, SEL4_RELEASE_12_1, SEL4_RELEASE_13_0,
        SEL4_RELEASE_14_0, SEL4_RELEASE_15_0, SEL4_RELEASE_16_0,
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(releases) * 64; i++) {
        const struct kernel_config config = config_of_bits(i % 64, releases[i / 64]);
        uint64_t count = 0;

        for (enum invocation inv = INV_INVALID + 1; inv < INVOCATION_COUNT; inv++) {
            const uint64_t label = abi_invocation_label(&config, inv);

            if (label == 0)
                continue;
            if (!CHECK_EQ(label, ++count) || !CHECK_EQ(abi_invocation(&config, label), inv))
                return;
        }
        CHECK_EQ(abi_invocation(&config, count + 1), INV_INVALID);
    }
}

static unsigned entries(const char *list)
{
    struct invocation_argument argument;
    unsigned count = 0;

    while (abi_invocation_next_argument(&list, &argument))
        count++;
    return count;
}

/* One word after the last that is named and not part of an optional range. */
static unsigned named_words(const char *list)
{
    struct invocation_argument argument;
    unsigned words = 0;

    while (abi_invocation_next_argument(&list, &argument))
        if (argument.words == 1)
            words = argument.word + 1u;
    return words;
}

/*
 * The kernel mostly asks first for all that a method names. CNode methods look their target up
 * before they ask for more; DomainSet_Set checks the domain before it asks for the thread; a
 * breakpoint's arguments are read unchecked; a short VMCS or MSR access is an IllegalOperation.
 */
TEST(least_messages)
{
    for (enum column column = A; column < COLUMNS; column++) {
        const struct kernel_config config = column_config(column);

        for (enum invocation inv = INV_INVALID + 1; inv < INVOCATION_COUNT; inv++) {
            const struct invocation_info info = abi_invocation_info(&config, inv);
            unsigned words = named_words(info.arguments), caps = entries(info.caps);

            if (INV_CNODE_REVOKE <= inv && inv <= INV_CNODE_SAVE_CALLER) {
                words = 2;
                caps = 0;
            } else if (inv == INV_DOMAIN_SET_SET) {
                caps = 0;
            } else if (INV_TCB_SET_BREAKPOINT <= inv && inv <= INV_TCB_CONFIGURE_SINGLE_STEPPING) {
                words = 0;
            } else if (inv == INV_X86_VCPU_READ_VMCS || inv == INV_X86_VCPU_WRITE_VMCS ||
                       inv == INV_X86_VCPU_READ_MSR || inv == INV_X86_VCPU_WRITE_MSR) {
                words = 0;
            } else if (inv == INV_X86_VCPU_WRITE_REGISTERS) {
                words = config.vtx_64bit_guests ? 15 : 7;
            }
            CHECK_EQ(info.min_words, words);
            CHECK_EQ(info.min_caps, caps);
        }
    }
}

TEST(argument_lists)
{
    const char *list = "flag:0[3] port:1[8:15] regs:2..21 whole:63 cap";
    struct invocation_argument argument;

    CHECK(abi_invocation_next_argument(&list, &argument));
    CHECK_MEM(argument.name, "flag", argument.name_length);
    CHECK_EQ(argument.name_length, 4);
    CHECK_EQ(argument.word, 0);
    CHECK_EQ(argument.words, 1);
    CHECK_EQ(argument.low_bit, 3);
    CHECK_EQ(argument.bits, 1);

    CHECK(abi_invocation_next_argument(&list, &argument));
    CHECK_EQ(argument.word, 1);
    CHECK_EQ(argument.low_bit, 8);
    CHECK_EQ(argument.bits, 8);

    CHECK(abi_invocation_next_argument(&list, &argument));
    CHECK_EQ(argument.word, 2);
    CHECK_EQ(argument.words, 20);
    CHECK_EQ(argument.bits, 64);

    CHECK(abi_invocation_next_argument(&list, &argument));
    CHECK_EQ(argument.word, 63);
    CHECK_EQ(argument.words, 1);

    CHECK(abi_invocation_next_argument(&list, &argument));
    CHECK_MEM(argument.name, "cap", argument.name_length);
    CHECK_EQ(argument.words, 0);

    CHECK(!abi_invocation_next_argument(&list, &argument));
    CHECK_EQ(argument.words, 0);
}
