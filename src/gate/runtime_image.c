/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/runtime_image.h>

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include <base/assert.h>
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

static long fill(int fd, const struct runtime_header *header, vaddr_t base,
                 vaddr_t ret_calls[RUNTIME_CALL_COUNT])
{
    long error = host_ftruncate(fd, header->bytes);
    if (error)
        return error;
    long mapped = host_mmap(NULL, header->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped < 0 && mapped > -4096)
        return mapped;
    uint8_t *image = (uint8_t *)mapped;
    memcpy(image, runtime_image, embedded_bytes());
    relocate(image, header, base);
    memcpy(ret_calls, image + header->calls, RUNTIME_CALL_COUNT * sizeof(vaddr_t));
    error = host_munmap(image, header->bytes);
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
