/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/configuration_internal.h>
#include <loader/microkit.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_NAME  "sel4.elf"
#define KERNEL_LIMIT (UINT64_C(64) << 20)

/* How far above the image an SDK is looked for: it may lie in the SDK's examples. */
#define LEVELS_UP 6

/* --- what all of Microkit's kernels have ----------------------------------------------------- */

/* Of release 2.3, debug; what the kernel's file says comes after it. */
static const char *const usual[] = {
    "KernelIsMCS=ON",
    "KernelIOMMU=ON",
    "HardwareDebugAPI=ON",
    "KernelDebugBuild=ON",
    "KernelPrinting=ON",
    "KernelFSGSBase=inst",
    "KernelXSaveSize=576",
    "KernelXSaveFeatureSet=3",
    "KernelNumDomains=16",
    "KernelNumDomainSchedules=100",
    "KernelRootCNodeSizeBits=17",
};

/* Data, and functions that others call: they are there if, and only if, the option is on. */
static const struct mark {
    const char *symbol, *present, *absent;
} marks[] = {
    {"ksIdleThreadSC", "KernelIsMCS=ON", "KernelIsMCS=OFF"},
    {"x86KSvtdRootTable", "KernelIOMMU=ON", "KernelIOMMU=OFF"},
    {"x86KSNextVPID", "KernelVTX=ON", "KernelVTX=OFF"},
    {"x86KSNextVPID", "KernelX86_64VTX64BitGuests=ON", "KernelX86_64VTX64BitGuests=OFF"},
    {"byte8BreakpointsSupported", "HardwareDebugAPI=ON", "HardwareDebugAPI=OFF"},
    {"_assert_fail", "KernelDebugBuild=ON", "KernelDebugBuild=OFF"},
    {"kernel_putDebugChar", "KernelPrinting=ON", "KernelPrinting=OFF"},
    {"benchmark_log_utilisation_enabled", "KernelBenchmarks=track_utilisation",
     "KernelBenchmarks=none"},
    {"ksSMP", "KernelMaxNumNodes=16", "KernelMaxNumNodes=1"},
    {"ksSMP", "KernelNumDomains=1", "KernelNumDomains=16"},
};

static bool assign(struct configuration *c, const char *text, enum setting_source source)
{
    struct loader_error error;

    return configuration_assign_text(c, text, source, &error);
}

static void assign_usual(struct configuration *c, enum setting_source source)
{
    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
        assign(c, usual[i], source);
    }
}

static bool read_symbols(struct configuration *c, const uint8_t *data, uint64_t size)
{
    struct image kernel;

    if (!image_parse_symbols(data, size, &kernel)) {
        return false;
    }
    assign_usual(c, SETTING_BUILD);
    for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
        const bool is_there = image_symbol(&kernel, marks[i].symbol) != 0;

        assign(c, is_there ? marks[i].present : marks[i].absent, SETTING_BUILD);
    }
    return true;
}

/* --- the SDK --------------------------------------------------------------------------------- */

struct kernel_file {
    uint8_t *data;
    uint64_t size;
};

static bool is_same_file(const struct kernel_file *kernel, const char *path)
{
    struct kernel_file other;
    struct loader_error error;

    if (!file_is_regular(path) ||
        !file_read(path, KERNEL_LIMIT, &other.data, &other.size, &error)) {
        return false;
    }
    const bool is_same =
        other.size == kernel->size && memcmp(other.data, kernel->data, kernel->size) == 0;

    free(other.data);
    return is_same;
}

/* The directory `levels` below this one whose kernel is that file. */
static bool find_board(const char *directory, unsigned levels, const struct kernel_file *kernel,
                       char ret_path[FILE_PATH_BYTES])
{
    char path[FILE_PATH_BYTES];
    bool found = false;
    struct dirent *entry;
    DIR *stream;

    if (levels == 0) {
        found = file_join(directory, "elf/" KERNEL_NAME, path) && is_same_file(kernel, path);
        return found && file_join(directory, "", ret_path);
    }
    stream = opendir(directory);
    while (!found && stream != NULL && (entry = readdir(stream)) != NULL) {
        found = entry->d_name[0] != '.' && file_join(directory, entry->d_name, path) &&
                find_board(path, levels - 1, kernel, ret_path);
    }
    if (stream != NULL) {
        closedir(stream);
    }
    return found;
}

/* board/BOARD/CONFIG of an SDK. */
static bool find_in_sdk(const char *sdk, const struct kernel_file *kernel,
                        char ret_path[FILE_PATH_BYTES])
{
    char boards[FILE_PATH_BYTES];

    return file_join(sdk, "board", boards) && file_is_directory(boards) &&
           find_board(boards, 2, kernel, ret_path);
}

static bool find_above(const char *directory, const struct kernel_file *kernel,
                       char ret_path[FILE_PATH_BYTES])
{
    char *real = realpath(directory, NULL);
    char place[FILE_PATH_BYTES];
    bool found = false;

    if (real == NULL || !file_join(real, "", place)) {
        free(real);
        return false;
    }
    free(real);
    for (unsigned level = 0; !found && level <= LEVELS_UP && strcmp(place, "/") != 0; level++) {
        found = find_in_sdk(place, kernel, ret_path);
        file_directory_of(place, place);
    }
    return found;
}

/* --- together -------------------------------------------------------------------------------- */

static bool read_kernel(const char *directory, struct kernel_file *ret_kernel)
{
    char path[FILE_PATH_BYTES];
    struct loader_error error;

    return file_join(directory, KERNEL_NAME, path) && file_is_regular(path) &&
           file_read(path, KERNEL_LIMIT, &ret_kernel->data, &ret_kernel->size, &error);
}

bool microkit_configure(struct configuration *c, const struct image *image, const char *path,
                        const char *sdk, struct loader_error *ret_error)
{
    char directory[FILE_PATH_BYTES], board[FILE_PATH_BYTES];
    struct kernel_file kernel;
    bool good = true;

    if (!image->has_capdl_spec || c->found_in[0] != '\0') {
        return true;
    }
    file_directory_of(path, directory);
    if (!read_kernel(directory, &kernel)) {
        assign_usual(c, SETTING_INFERRED);
        return true;
    }
    if (sdk != NULL ? find_in_sdk(sdk, &kernel, board) : find_above(directory, &kernel, board)) {
        good = configuration_from_build(c, board, ret_error);
    } else if (read_symbols(c, kernel.data, kernel.size)) {
        file_join(directory, KERNEL_NAME, c->found_in);
    } else {
        assign_usual(c, SETTING_INFERRED);
    }
    free(kernel.data);
    return good;
}

/* --- images for other processors ------------------------------------------------------------- */

/* The first word of what Microkit's own loader passes to itself, on all processors. */
static const uint8_t loader_magic[] = {0xad, 0x5e, 0xde, 0x14, 0xad, 0xde, 0x14, 0x5e};

#define UIMAGE_HEADER_BYTES 64
static const uint8_t uimage_magic[] = {0x27, 0x05, 0x19, 0x56};

/* Its first instruction, in a raw binary and behind U-Boot's header. */
static const struct {
    uint32_t mask, value;
    const char *machine;
} first_instructions[] = {
    {0x9f00001f, 0x90000001, "AArch64"}, /* adrp x1, ... */
    {0x00000fff, 0x00000197, "RISC-V"},  /* auipc gp, ... */
};

const char *microkit_loader_machine(const uint8_t *data, uint64_t size)
{
    const bool is_uimage =
        size > UIMAGE_HEADER_BYTES && memcmp(data, uimage_magic, sizeof(uimage_magic)) == 0;
    const uint64_t start = is_uimage ? UIMAGE_HEADER_BYTES : 0;
    uint32_t word;

    if (size - start < sizeof(word) ||
        memmem(data, size, loader_magic, sizeof(loader_magic)) == NULL) {
        return NULL;
    }
    memcpy(&word, data + start, sizeof(word));
    for (size_t i = 0; i < ARRAY_LENGTH(first_instructions); i++) {
        if ((word & first_instructions[i].mask) == first_instructions[i].value) {
            return first_instructions[i].machine;
        }
    }
    return NULL;
}
