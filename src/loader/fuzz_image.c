/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an image. Random bytes rarely get past the magic number, so each input is also laid
 * over a good file, from its header on.
 */
#include <loader/configuration.h>
#include <loader/image.h>
#include <loader/testkit_elf.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LOADED_LIMIT (UINT64_C(1) << 24)

static void use_image(const struct image *image)
{
    struct configuration configuration;
    uint64_t bytes = image->end - image->start;

    image_symbol(image, "no such symbol");
    image_symbol_at(image, image->entry);
    configuration_init(&configuration);
    configuration_infer(&configuration, image);
    if (bytes <= LOADED_LIMIT) {
        uint8_t *memory = calloc(1, bytes);

        if (memory != NULL) {
            image_load(image, memory);
        }
        free(memory);
    }
}

/* A copy that ends where the input does, for the address sanitizer to see. */
static void try_bytes(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    struct loader_error error;
    struct image image;

    if (copy == NULL) {
        return;
    }
    if (size != 0) {
        memcpy(copy, data, size);
    }
    if (image_parse(copy, size, &image, &error)) {
        use_image(&image);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct testkit_elf elf;
    size_t offset = size > 0 ? data[0] * 4u : 0;

    try_bytes(data, size);
    testkit_elf_small(&elf);
    testkit_elf_symbol(&elf, "seL4_DebugPutChar", 0x400000, 64, STT_FUNC);
    testkit_elf_finish(&elf);
    for (size_t i = 1; i < size && offset + i < elf.size; i++) {
        elf.bytes[offset + i] = data[i];
    }
    try_bytes(elf.bytes, elf.size);
    return 0;
}
