/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/configuration.h>
#include <test.h>

#include <stdio.h>
#include <string.h>

static struct configuration c;
static struct loader_error error;

static bool set(const char *assignment)
{
    return configuration_set(&c, assignment, &error);
}

static bool is_refused(const char *assignment, const char *part)
{
    struct configuration before = c;

    error.message[0] = '\0';
    if (set(assignment) || strstr(error.message, part) == NULL) {
        printf("%s: %s\n", assignment, error.message);
        return false;
    }
    return memcmp(&before, &c, sizeof(c)) == 0;
}

TEST(configuration_starts_with_defaults)
{
    struct kernel_config plain = kernel_config_default();

    configuration_init(&c);
    CHECK_EQ(c.kernel.release, plain.release);
    CHECK_EQ(c.kernel.root_cnode_size_bits, plain.root_cnode_size_bits);
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_DEFAULT);
    CHECK(configuration_check(&c, &error));
}

TEST(configuration_knows_a_setting_by_all_its_names)
{
    static const char *const on[] = {
        "KernelIsMCS=ON",   "KERNEL_MCS=true", "CONFIG_KERNEL_MCS=1", "mcs=yes",
        "kernelismcs = on", "MCS=On",          "KernelIsMCS:BOOL=ON",
    };

    for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
        configuration_init(&c);
        CHECK(set(on[i]));
        CHECK(c.kernel.mcs);
        CHECK_EQ(c.source[configuration_row("mcs")], SETTING_FLAG);
        CHECK(set("mcs=off"));
        CHECK(!c.kernel.mcs);
    }
    CHECK(set("root-cnode-size-bits=17"));
    CHECK_EQ(c.kernel.root_cnode_size_bits, 17);
}

TEST(configuration_reads_each_kind_of_value)
{
    configuration_init(&c);
    CHECK(set("release=13.0") && c.kernel.release == SEL4_RELEASE_13_0);
    CHECK(set("release=12.1.0") && c.kernel.release == SEL4_RELEASE_12_1);
    CHECK(set("release=15.0.0-dev") && c.kernel.release == SEL4_RELEASE_15_0);
    CHECK(set("KernelMaxNumNodes=4") && c.kernel.max_cores == 4);
    CHECK(set("KernelXSaveFeatureSet=0x7") && c.kernel.xsave_features == 7);
    CHECK(set("KernelStaticMaxPeriodUs=18446744073709551615"));
    CHECK_EQ(c.kernel.static_max_period_us, UINT64_MAX);
    CHECK(set("KernelBenchmarks=track_utilisation"));
    CHECK_EQ(c.kernel.benchmarks, BENCHMARKS_TRACK_UTILISATION);
    CHECK(set("KernelFSGSBase=inst") && c.kernel.fsgsbase_inst);
    CHECK(set("KernelFSGSBase=msr") && !c.kernel.fsgsbase_inst);
    CHECK(set("FSGSBASE_INST=1") || set("fsgsbase_inst=1"));
    CHECK(c.kernel.fsgsbase_inst);
    CHECK(set("KernelSyscall=sysenter") && c.kernel.syscall_sysenter);
    CHECK(set("KernelIRQController=PIC") && c.kernel.irq_pic);
}

TEST(configuration_refuses_what_it_does_not_know)
{
    configuration_init(&c);
    CHECK(is_refused("KernelIsMSC=ON", "did you mean KernelIsMCS?"));
    CHECK(is_refused("relase=13.0", "did you mean release?"));
    CHECK(is_refused("Frobnicate=1", "sel4emu run --help"));
    CHECK(is_refused("KernelIsMCS", "NAME=VALUE"));
    CHECK(is_refused("=1", "NAME=VALUE"));
    CHECK(is_refused("KernelIsMCS=maybe", "ON or OFF"));
    CHECK(is_refused("KernelIsMCS=", "ON or OFF"));
    CHECK(is_refused("KernelMaxNumNodes=-1", "a number"));
    CHECK(is_refused("KernelMaxNumNodes=4294967296", "a number"));
    CHECK(is_refused("KernelMaxNumNodes=4x", "a number"));
    CHECK(is_refused("KernelStaticMaxPeriodUs=18446744073709551616", "a number"));
    CHECK(is_refused("release=17.0", "16.0"));
    CHECK(is_refused("release=16", "16.0"));
    CHECK(is_refused("release=16.0x", "16.0"));
    CHECK(is_refused("KernelBenchmarks=all", "track_utilisation"));
    CHECK(is_refused("KernelFSGSBase=in", "inst msr gdt"));
}

TEST(configuration_keeps_lines_whole)
{
    configuration_init(&c);
    CHECK(is_refused("Kernel\nIsMCS\x1b[2J=1", "?"));
    CHECK(strpbrk(error.message, "\n\x1b") == NULL);
}

TEST(configuration_writes_values_as_it_reads_them)
{
    char text[CONFIGURATION_VALUE_BYTES], assignment[128];
    struct configuration other;

    configuration_init(&c);
    CHECK(set("release=14.0") && set("KernelFSGSBase=inst") && set("KernelBenchmarks=generic"));
    CHECK(set("KernelIRQController=PIC") && set("KernelXSaveFeatureSet=3"));
    configuration_init(&other);
    for (size_t i = 0; i < configuration_setting_count; i++) {
        configuration_value(&c.kernel, i, text);
        snprintf(assignment, sizeof(assignment), "%s=%s", configuration_settings[i].name, text);
        CHECK(configuration_set(&other, assignment, &error));
    }
    CHECK_MEM(&c.kernel, &other.kernel, sizeof(c.kernel));
    configuration_value(&c.kernel, configuration_row("release"), text);
    CHECK_STR(text, "14.0");
    configuration_value(&c.kernel, configuration_row("fsgsbase_inst"), text);
    CHECK_STR(text, "inst");
}

TEST(configuration_ranks_its_sources)
{
    configuration_init(&c);
    CHECK(set("mcs=on"));
    CHECK(configuration_from_text(&c, "f", "mcs=off\niommu=on\n", SETTING_FILE, &error));
    CHECK(configuration_from_text(&c, "b", "mcs=off\niommu=off\nvtx=on\n", SETTING_BUILD, &error));
    CHECK(c.kernel.mcs);
    CHECK(c.kernel.iommu);
    CHECK(c.kernel.vtx);
    CHECK_EQ(c.source[configuration_row("vtx")], SETTING_BUILD);
    CHECK_STR(configuration_source_name(c.source[configuration_row("iommu")]),
              "configuration file");
}

TEST(configuration_check_refuses_impossible_kernels)
{
    configuration_init(&c);
    CHECK(set("vtx_64bit_guests=on"));
    CHECK(!configuration_check(&c, &error));
    CHECK(strstr(error.message, "VT-x") != NULL);
    CHECK_EQ(error.problem, LOADER_BAD_ASSIGNMENT);
}
