/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/foreign.h>
#include <loader/microkit.h>

#include <elf.h>
#include <string.h>

#define REBUILD "sel4emu runs x86_64 images; rebuild with -DPLATFORM=x86_64"

static const struct {
    const char *magic;
    uint8_t length;
    uint16_t offset;
    const char *what;
} magics[] = {
    {"#!", 2, 0, "a script, not an image"},
    {"\x1f\x8b", 2, 0, "compressed with gzip; unpack it first (gunzip)"},
    {"\xfd\x37zXZ", 5, 0, "compressed with xz; unpack it first (unxz)"},
    {"\x28\xb5\x2f\xfd", 4, 0, "compressed with zstd; unpack it first (unzstd)"},
    {"BZh", 3, 0, "compressed with bzip2; unpack it first (bunzip2)"},
    {"PK\x03\x04", 4, 0, "a zip archive; unpack it first"},
    {"ustar", 5, 257, "a tar archive; unpack it first"},
    {"!<arch>\n", 8, 0, "a static library, not an image"},
    {"070701", 6, 0, "a CPIO archive, not an image"},
    {"\xd0\x0d\xfe\xed", 4, 0, "a device tree, not an image"},
    {"\x27\x05\x19\x56", 4, 0, "a U-Boot image; give the ELF file it was made from"},
    {"MZ", 2, 0, "a Windows or EFI program, not an image"},
    {"CD001", 5, 32769, "a CD image; give the ELF file on it"},
    {"{", 1, 0, "text, not an image; a configuration is given with --config FILE"},
};

bool foreign_refuse_file(const uint8_t *data, uint64_t size, struct loader_error *ret_error)
{
    const char *machine;

    if (size == 0) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "the file is empty");
    }
    machine = microkit_loader_machine(data, size);
    if (machine != NULL) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "a Microkit image for %s: sel4emu runs x86_64 images; build it with "
                           "--board x86_64_generic",
                           machine);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(magics); i++) {
        uint64_t end = (uint64_t)magics[i].offset + magics[i].length;

        if (end <= size &&
            memcmp(data + magics[i].offset, magics[i].magic, magics[i].length) == 0) {
            return loader_fail(ret_error, LOADER_BAD_FILE, "this is %s", magics[i].what);
        }
    }
    return loader_fail(ret_error, LOADER_BAD_FILE,
                       "not an ELF file; give the root server's image, as in "
                       "images/...-image-x86_64-pc99");
}

static const struct {
    uint16_t machine;
    const char *name32, *name64; /* NULL: no such class */
} machines[] = {
    {EM_AARCH64, "AArch64 (ILP32)", "AArch64"},
    {EM_ARM, "32-bit ARM", NULL},
    {EM_RISCV, "RISC-V (32-bit)", "RISC-V (64-bit)"},
    {EM_386, "x86 (32-bit)", NULL},
    {EM_X86_64, "x32", "x86_64"},
    {EM_PPC64, NULL, "PowerPC (64-bit)"},
    {EM_MIPS, "MIPS (32-bit)", "MIPS (64-bit)"},
};

static const char *machine_name(uint16_t machine, bool is_64_bit)
{
    for (size_t i = 0; i < ARRAY_LENGTH(machines); i++) {
        if (machines[i].machine == machine) {
            return is_64_bit ? machines[i].name64 : machines[i].name32;
        }
    }
    return NULL;
}

bool foreign_check_machine(const uint8_t *data, uint64_t size, struct loader_error *ret_error)
{
    bool is_64_bit = data[EI_CLASS] == ELFCLASS64;
    uint16_t machine;
    const char *name;

    if (data[EI_CLASS] != ELFCLASS32 && data[EI_CLASS] != ELFCLASS64) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "damaged ELF header: class %u",
                           data[EI_CLASS]);
    }
    if (data[EI_DATA] == ELFDATA2MSB) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "big-endian image: " REBUILD);
    }
    if (data[EI_DATA] != ELFDATA2LSB) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "damaged ELF header: byte order %u",
                           data[EI_DATA]);
    }
    memcpy(&machine, data + offsetof(Elf64_Ehdr, e_machine), sizeof(machine));
    if (machine == EM_X86_64 && is_64_bit) {
        return true;
    }
    if (machine == EM_386 && foreign_has_multiboot_header(data, size)) {
        return foreign_refuse_kernel(ret_error);
    }
    name = machine_name(machine, is_64_bit);
    if (name == NULL) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "image for machine %u: " REBUILD, machine);
    }
    return loader_fail(ret_error, LOADER_BAD_FILE, "%s image: " REBUILD, name);
}

bool foreign_has_multiboot_header(const uint8_t *data, uint64_t size)
{
    /* The specifications: within 8 KiB on 4 bytes, within 32 KiB on 8 bytes. */
    const uint32_t magic1 = 0x1badb002, magic2 = 0xe85250d6;
    uint64_t end = min_u64(size, 32768);

    for (uint64_t at = 0; at + sizeof(uint32_t) <= end; at += sizeof(uint32_t)) {
        uint32_t word;

        memcpy(&word, data + at, sizeof(word));
        if ((word == magic1 && at < 8192) || (word == magic2 && at % 8 == 0)) {
            return true;
        }
    }
    return false;
}

bool foreign_refuse_kernel(struct loader_error *ret_error)
{
    return loader_fail(ret_error, LOADER_IS_KERNEL,
                       "this is the kernel, whose place sel4emu takes; run IMAGE beside it");
}
