/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <cli/bench_kernel.h>
#include <loader/configuration.h>

#include <host/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_NAME "kernel-x86_64-pc99"

/* What upstream's `simulate` gives a kernel of its defaults; and for what that one lacks. */
#define PLAIN_CPU                                                                                  \
    "-cpu Nehalem,-vme,+pdpe1gb,-xsave,-xsaveopt,-xsavec,-fsgsbase,-invpcid,+syscall,+lm"
#define FULL_CPU "-cpu max,-smep"

/* By accelerator, and by whether the kernel wants XSAVE. TCG can be all of such a processor. */
static const char *const qemu_options[][2] = {
    [BENCH_TCG] = {PLAIN_CPU ",enforce", FULL_CPU},
    [BENCH_KVM] = {PLAIN_CPU " -accel kvm", FULL_CPU " -accel kvm"},
};

/* Settings that system calls, invocations and what the guest does depend on. */
static const char *const needed[] = {
    "release",
    "KernelMaxNumNodes",
    "KernelIOMMU",
    "KernelVTX",
    "HardwareDebugAPI",
    "KernelHugePage",
    "KernelFSGSBase",
    "KernelSyscall",
    "KernelDebugBuild",
    "KernelPrinting",
    "KernelX86DangerousMSR",
    "KernelInvocationReportErrorIPC",
    "KernelIRQController",
    "KernelBenchmarks",
    "KernelNumDomains",
};

static bool find_file(const char *path, char *ret_path)
{
    static const char *const places[] = {KERNEL_NAME, "images/" KERNEL_NAME};

    if (file_is_regular(path)) {
        return snprintf(ret_path, FILE_PATH_BYTES, "%s", path) < FILE_PATH_BYTES;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        if (file_join(path, places[i], ret_path) && file_is_regular(ret_path)) {
            return true;
        }
    }
    return false;
}

/* QEMU boots 32-bit ELF files only: upstream's build converts its kernel. */
static bool check_elf(const char *path, struct loader_error *ret_error)
{
    enum { CLASS = 4, CLASS_32 = 1, HEADER = 5 };
    FILE *file = fopen(path, "rb");
    char header[HEADER] = "";
    const bool is_elf = file != NULL && fread(header, 1, HEADER, file) == HEADER &&
                        memcmp(header, "\177ELF", CLASS) == 0;

    if (file != NULL) {
        fclose(file);
    }
    if (!is_elf) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "%s: not an ELF file", path);
    }
    return header[CLASS] == CLASS_32 ||
           loader_fail(ret_error, LOADER_BAD_FILE,
                       "%s: QEMU boots 32-bit ELF files; objcopy -O elf32-i386 makes one", path);
}

/* That the kernel is what the guest was built for, but for MCS. */
static bool check_settings(const char *path, const struct configuration *kernel,
                           struct loader_error *ret_error)
{
    const struct bench_bytes *settings = &bench_images[BENCH_KERNEL_PLAIN].settings;
    const size_t size = (size_t)(settings->end - settings->start);
    char *text = host_allocate(size + 1, 1);
    struct configuration guest;
    bool same;

    configuration_init(&guest);
    if (text == NULL) {
        return loader_fail(ret_error, LOADER_NO_FILE, "no memory");
    }
    memcpy(text, settings->start, size);
    same = configuration_from_text(&guest, "bench", text, SETTING_FILE, ret_error);
    free(text);
    for (size_t i = 0; i < configuration_setting_count && same; i++) {
        const char *name = configuration_settings[i].name;
        char wanted[CONFIGURATION_VALUE_BYTES], found[CONFIGURATION_VALUE_BYTES];

        configuration_value(&guest.kernel, i, wanted);
        configuration_value(&kernel->kernel, i, found);
        for (size_t j = 0; j < ARRAY_LENGTH(needed) && same; j++) {
            if (strcmp(name, needed[j]) == 0 && strcmp(wanted, found) != 0) {
                same = loader_fail(ret_error, LOADER_BAD_FILE,
                                   "%s: built with %s=%s; the benchmark is for %s=%s", path, name,
                                   found, name, wanted);
            }
        }
    }
    return same;
}

bool bench_kernel_find(const char *path, enum bench_accelerator accelerator,
                       struct bench_kernel_file *ret_file, struct loader_error *ret_error)
{
    struct configuration configuration;

    configuration_init(&configuration);
    if (!find_file(path, ret_file->path)) {
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: no " KERNEL_NAME " there", path);
    }
    if (!check_elf(ret_file->path, ret_error) ||
        !configuration_from_build(&configuration, ret_file->path, ret_error)) {
        return false;
    }
    if (configuration.found_in[0] == '\0') {
        return loader_fail(ret_error, LOADER_NO_FILE,
                           "%s: no gen_config.json near it: name the build directory's", path);
    }
    ret_file->kernel = configuration.kernel.mcs ? BENCH_KERNEL_MCS : BENCH_KERNEL_PLAIN;
    ret_file->qemu_options = qemu_options[accelerator][configuration.kernel.xsave_features != 0];
    return check_settings(ret_file->path, &configuration, ret_error);
}
