/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/invocation.h>
#include <loader/build_directory.h>
#include <loader/configuration.h>
#include <loader/testkit_files.h>
#include <test.h>

#include <stdio.h>
#include <string.h>

static struct configuration c;
static struct loader_error error;

static bool read_text(const char *text)
{
    configuration_init(&c);
    return configuration_from_text(&c, "FILE", text, SETTING_FILE, &error);
}

static bool is_refused(const char *text, const char *part)
{
    struct configuration plain;

    configuration_init(&plain);
    if (read_text(text) || strstr(error.message, part) == NULL) {
        printf("%s\n", error.message);
        return false;
    }
    return memcmp(&plain, &c, sizeof(c)) == 0;
}

TEST(configuration_file_reads_generated_json)
{
    CHECK(read_text("{\n"
                    "    \"ARCH_X86_64\": true,\n"
                    "    \"SEL4_ARCH\": \"x86_64\",\n"
                    "    \"KERNEL_MCS\": true,\n"
                    "    \"IOMMU\": false,\n"
                    "    \"KERNEL_FSGS_BASE\": \"inst\",\n"
                    "    \"KERNEL_BENCHMARK\": \"track_utilisation\",\n"
                    "    \"XSAVE_FEATURE_SET\": \"3\",\n"
                    "    \"XSAVE_SIZE\": \"576\",\n"
                    "    \"ROOT_CNODE_SIZE_BITS\": 13\n"
                    "}\n"));
    CHECK(c.kernel.mcs);
    CHECK(c.kernel.fsgsbase_inst);
    CHECK_EQ(c.kernel.benchmarks, BENCHMARKS_TRACK_UTILISATION);
    CHECK_EQ(c.kernel.xsave_size, 576);
    CHECK_EQ(c.kernel.root_cnode_size_bits, 13);
    CHECK_EQ(c.source[configuration_row("iommu")], SETTING_FILE);
    CHECK_EQ(c.source[configuration_row("release")], SETTING_DEFAULT);
}

TEST(configuration_file_refuses_broken_json)
{
    CHECK(is_refused("{\n \"KERNEL_MCS\": true,\n nonsense", "FILE: not JSON: error in line 3"));
    CHECK(is_refused("[1]", "not an object"));
    CHECK(is_refused("{}", "no kernel setting in it"));
    CHECK(is_refused("{\"KERNEL_MCS\": \"perhaps\"}", "KernelIsMCS=perhaps"));
    CHECK(is_refused("{\"KERNEL_MCS\": null}", "KERNEL_MCS"));
    CHECK(is_refused("{\"KERNEL_MCS\": true, \"MAX_NUM_NODES\": -1}", "MAX_NUM_NODES"));
    CHECK(is_refused("{\"KERNEL_MCS\": true, \"MAX_NUM_NODES\": 1e300}", "MAX_NUM_NODES"));
    CHECK(is_refused("{\"KERNEL_MCS\": true", "not JSON"));
    CHECK(is_refused("{\"KERNEL_MCS\": true} trailing", "not JSON"));
}

TEST(configuration_file_names_another_architecture)
{
    CHECK(is_refused("{\"KERNEL_MCS\": true, \"SEL4_ARCH\": \"aarch64\"}",
                     "a kernel for aarch64: sel4emu runs x86_64 images"));
}

TEST(configuration_file_reads_lines)
{
    CHECK(read_text("# a comment\n"
                    "\n"
                    "KernelIsMCS=ON   # another\n"
                    "  release = 13.0\r\n"
                    "KernelRootCNodeSizeBits:STRING=16"));
    CHECK(c.kernel.mcs);
    CHECK_EQ(c.kernel.release, SEL4_RELEASE_13_0);
    CHECK_EQ(c.kernel.root_cnode_size_bits, 16);
    CHECK(read_text(""));
}

TEST(configuration_file_names_the_line)
{
    char text[400];

    CHECK(is_refused("mcs=ON\n\nKernelIsMSC=ON\n", "FILE: line 3: unknown setting KernelIsMSC"));
    CHECK(is_refused("mcs=ON\nwhat is this\n", "line 2"));
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    CHECK(is_refused(text, "line 1 is too long"));
}

TEST(configuration_file_is_read_by_name)
{
    struct testkit_files files;
    char path[FILE_PATH_BYTES];

    testkit_files_start(&files);
    testkit_files_add(&files, "my.conf", "mcs=ON\n", path);
    configuration_init(&c);
    CHECK(configuration_from_file(&c, path, &error));
    CHECK(c.kernel.mcs);
    CHECK_STR(c.found_in, path);
    testkit_files_path(&files, "none.conf", path);
    CHECK(!configuration_from_file(&c, path, &error));
    CHECK(strstr(error.message, "none.conf: No such file") != NULL);
    testkit_files_end(&files);
}

/* --- build directories --------------------------------------------------------------------- */

#define PLAIN_JSON "{\"SEL4_ARCH\": \"x86_64\", \"KERNEL_MCS\": false, \"IOMMU\": false}"

/* As the kernel's build writes it, for release `release`. */
static void write_labels(char *text, size_t size, unsigned release, bool mcs)
{
    struct kernel_config config = kernel_config_default();
    size_t length = 0;

    config.release = release;
    config.mcs = mcs;
    length += (size_t)snprintf(text, size, "{");
    for (unsigned inv = 1; inv < INVOCATION_COUNT; inv++) {
        uint64_t label = abi_invocation_label(&config, (enum invocation)inv);
        char name[64];
        unsigned n = 0;

        if (label == 0) {
            continue;
        }
        for (const char *at = abi_invocation_info(&config, (enum invocation)inv).name; *at; at++) {
            if (*at != '_') {
                name[n++] = *at;
            }
        }
        name[n] = '\0';
        length += (size_t)snprintf(text + length, size - length, "%s\"%s\": %d",
                                   length == 1 ? "" : ", ", name, (int)label);
    }
    snprintf(text + length, size - length, "}");
}

static bool read_build(const char *path)
{
    configuration_init(&c);
    return configuration_from_build(&c, path, &error);
}

TEST(configuration_is_found_above_the_image)
{
    struct testkit_files files;
    char path[FILE_PATH_BYTES];

    testkit_files_start(&files);
    testkit_files_add(&files, "kernel/gen_config/kernel/gen_config.json", PLAIN_JSON, path);
    testkit_files_add(&files, "images/x-image-x86_64-pc99", "", path);
    CHECK(read_build(path));
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_BUILD);
    CHECK_EQ(c.source[configuration_row("release")], SETTING_DEFAULT);
    CHECK(strstr(c.found_in, "kernel/gen_config/kernel/gen_config.json") != NULL);
    CHECK(read_build(files.directory));
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_BUILD);
    testkit_files_end(&files);
}

TEST(configuration_may_be_absent)
{
    struct testkit_files files;
    char path[FILE_PATH_BYTES];

    testkit_files_start(&files);
    testkit_files_add(&files, "image", "", path);
    CHECK(read_build(path));
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_DEFAULT);
    CHECK_STR(c.found_in, "");
    testkit_files_end(&files);
}

TEST(configuration_of_a_broken_build_is_refused)
{
    struct testkit_files files;
    char path[FILE_PATH_BYTES];

    testkit_files_start(&files);
    testkit_files_add(&files, "gen_config/kernel/gen_config.json", "{\"KERNEL_MCS\":", path);
    CHECK(!read_build(files.directory));
    CHECK(strstr(error.message, "gen_config.json: not JSON") != NULL);
    testkit_files_end(&files);
}

TEST(configuration_tells_the_release_by_labels)
{
    static const struct {
        unsigned release, newest;
    } rows[] = {{SEL4_RELEASE_13_0, SEL4_RELEASE_13_0},
                {SEL4_RELEASE_14_0, SEL4_RELEASE_14_0},
                {SEL4_RELEASE_15_0, SEL4_RELEASE_16_0}}; /* the same labels */
    static char labels[8192];
    struct testkit_files files;
    char path[FILE_PATH_BYTES];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        testkit_files_start(&files);
        write_labels(labels, sizeof(labels), rows[i].release, false);
        testkit_files_add(&files, "gen_config/kernel/gen_config.json", PLAIN_JSON, path);
        testkit_files_add(&files, "generated/invocations_all.json", labels, path);
        CHECK(read_build(files.directory));
        CHECK_EQ(c.kernel.release, rows[i].newest);
        CHECK_EQ(c.source[configuration_row("release")], SETTING_BUILD);

        if (rows[i].release == SEL4_RELEASE_15_0) {
            testkit_files_add(&files, "gen_headers/arch/api/syscall.h", "SysCall = -1,", path);
            CHECK(read_build(files.directory));
            CHECK_EQ(c.kernel.release, SEL4_RELEASE_15_0);
        }
        testkit_files_end(&files);
    }
}

TEST(configuration_tells_the_release_by_the_sources)
{
    struct testkit_files files;
    char path[FILE_PATH_BYTES], cache[FILE_PATH_BYTES + 64];

    testkit_files_start(&files);
    testkit_files_add(&files, "build/gen_config/kernel/gen_config.json", PLAIN_JSON, path);
    testkit_files_add(&files, "source/VERSION", "12.1.0\n", path);
    snprintf(cache, sizeof(cache), "A:BOOL=ON\nseL4_SOURCE_DIR:STATIC=%s/source\n",
             files.directory);
    testkit_files_add(&files, "build/CMakeCache.txt", cache, path);
    testkit_files_path(&files, "build", path);
    CHECK(read_build(path));
    CHECK_EQ(c.kernel.release, SEL4_RELEASE_12_1);
    testkit_files_end(&files);
}

TEST(configuration_refuses_unknown_labels)
{
    static char labels[8192];
    struct testkit_files files;
    char path[FILE_PATH_BYTES];

    testkit_files_start(&files);
    testkit_files_add(&files, "gen_config/kernel/gen_config.json", PLAIN_JSON, path);
    write_labels(labels, sizeof(labels), SEL4_RELEASE_16_0, true); /* MCS: not what JSON says */
    testkit_files_add(&files, "generated/invocations_all.json", labels, path);
    CHECK(!read_build(files.directory));
    CHECK(strstr(error.message, "no release that sel4emu knows") != NULL);
    /* a setting of the user's overrides the build, not what the build's labels are compared with */
    configuration_init(&c);
    CHECK(configuration_set(&c, "release=16.0", &error));
    CHECK(configuration_from_build(&c, files.directory, &error));
    write_labels(labels, sizeof(labels), SEL4_RELEASE_14_0, false);
    testkit_files_add(&files, "generated/invocations_all.json", labels, path);
    configuration_init(&c);
    CHECK(configuration_set(&c, "mcs=ON", &error));
    CHECK(configuration_from_build(&c, files.directory, &error));
    CHECK_EQ(c.kernel.release, SEL4_RELEASE_14_0);
    CHECK(c.kernel.mcs);
    testkit_files_end(&files);
}
