/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls.h"

/* From the linker script: what the variables hold at first, and how large they are. */
struct tls_sizes {
    seL4_Word initialised;
    seL4_Word all;
};
extern const struct tls_sizes __tls_sizes;
extern const char __tdata_start[];

#define POINTER_SIZE 16 /* the word at the thread pointer, aligned */

/* Variables are aligned to a word at most. */
seL4_Word tls_create_for(void *area, seL4_Word area_of_thread)
{
    const seL4_Word size = (__tls_sizes.all + sizeof(seL4_Word) - 1) & ~(sizeof(seL4_Word) - 1);
    const seL4_Word pointer = area_of_thread + TLS_AREA_SIZE - POINTER_SIZE;
    char *self = (char *)area + TLS_AREA_SIZE - POINTER_SIZE;
    char *variables = self - size;

    for (seL4_Word i = 0; i < size; i++)
        variables[i] = i < __tls_sizes.initialised ? __tdata_start[i] : 0;
    *(seL4_Word *)self = pointer;
    return pointer;
}

seL4_Word tls_create(void *area)
{
    return tls_create_for(area, (seL4_Word)area);
}
