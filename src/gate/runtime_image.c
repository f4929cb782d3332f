/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/runtime_image.h>

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include <base/assert.h>
#include <base/bits.h>
#include <host/host.h>
#include <host/memory.h>
#include <runtime/image.h>
#include <runtime/region.h>

static uint64_t embedded_bytes(void)
{
    return (uint64_t)(runtime_image_end - runtime_image);
}

static struct runtime_header embedded_header(void)
{
    struct runtime_header header;

    memcpy(&header, runtime_image, sizeof(header));
    ASSERT(header.magic == RUNTIME_MAGIC && header.bytes >= embedded_bytes());
    ASSERT(header.code_bytes % PAGE_BYTES == 0 && header.bytes % PAGE_BYTES == 0);
    ASSERT(REGION_IMAGE + header.bytes < REGION_KERNEL);
    return header;
}

/* Addresses stand among the constants: never in code. */
static void relocate(uint8_t *image, const struct runtime_header *header, vaddr_t base)
{
    struct runtime_relocation relocation;

    for (uint64_t at = header->relocations; at < header->relocations_end;
         at += sizeof(relocation)) {
        memcpy(&relocation, image + at, sizeof(relocation));
        uint64_t address = base + REGION_IMAGE + relocation.addend;
        ASSERT(ELF64_R_TYPE(relocation.info) == R_X86_64_RELATIVE);
        ASSERT(relocation.offset >= header->code_bytes &&
               relocation.offset <= header->bytes - sizeof(address));
        memcpy(image + relocation.offset, &address, sizeof(address));
    }
}

static uint64_t symbols_bytes(void)
{
    return align_up((uint64_t)(runtime_symbols_end - runtime_symbols), PAGE_BITS);
}

/*
 * Debuggers take a file that lies in memory from its loadable segments, and the first one tells how
 * far its addresses are from its own. So there is one: all of the file.
 */
static void copy_symbols(uint8_t *file)
{
    const uint64_t bytes = (uint64_t)(runtime_symbols_end - runtime_symbols);
    Elf64_Ehdr header;

    memcpy(&header, runtime_symbols, sizeof(header));
    ASSERT(header.e_phnum > 0 && header.e_phentsize == sizeof(Elf64_Phdr));
    ASSERT(header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr) <= bytes);
    ASSERT(REGION_SYMBOLS + bytes < REGION_KERNEL);
    const Elf64_Phdr all = {.p_type = PT_LOAD,
                            .p_flags = PF_R,
                            .p_vaddr = REGION_SYMBOLS - REGION_IMAGE,
                            .p_filesz = bytes,
                            .p_memsz = bytes,
                            .p_align = PAGE_BYTES};
    header.e_phnum = 1;
    memcpy(file, runtime_symbols, bytes);
    memcpy(file, &header, sizeof(header));
    memcpy(file + header.e_phoff, &all, sizeof(all));
}

static long fill(int fd, const struct runtime_header *header, vaddr_t base,
                 vaddr_t ret_calls[RUNTIME_CALL_COUNT])
{
    const uint64_t bytes = header->bytes + symbols_bytes();
    long error = host_ftruncate(fd, bytes);
    if (error)
        return error;
    long mapped = host_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped < 0 && mapped > -4096)
        return mapped;
    uint8_t *image = (uint8_t *)mapped;
    memcpy(image, runtime_image, embedded_bytes());
    relocate(image, header, base);
    memcpy(ret_calls, image + header->calls, RUNTIME_CALL_COUNT * sizeof(vaddr_t));
    copy_symbols(image + header->bytes);
    error = host_munmap(image, bytes);
    return error ? error
                 : host_fcntl(fd, F_ADD_SEALS,
                              F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

int runtime_image_create(vaddr_t base, struct runtime_image *ret_image)
{
    const struct runtime_header header = embedded_header();
    int fd = host_memory_open("sel4emu-runtime");

    if (fd < 0)
        return fd;
    struct runtime_image image = {
        .fd = fd,
        .code_bytes = header.code_bytes,
        .bytes = header.bytes,
        .symbols_bytes = symbols_bytes(),
        .enter = base + REGION_IMAGE + header.enter,
        .land = header.land,
    };
    long error = fill(fd, &header, base, image.calls);
    if (error) {
        host_close(fd);
        return (int)error;
    }
    *ret_image = image;
    return 0;
}

void runtime_image_destroy(struct runtime_image *image)
{
    host_close(image->fd);
}

const char *runtime_image_text(uint64_t offset)
{
    const struct runtime_header header = embedded_header();

    if (offset < header.code_bytes || offset >= header.relocations)
        return NULL;
    const char *text = (const char *)runtime_image + offset;
    return memchr(text, '\0', header.relocations - offset) ? text : NULL;
}
