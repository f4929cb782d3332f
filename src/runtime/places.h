/* SPDX-License-Identifier: BSD-2-Clause */
/* Where runtime code finds the region it runs in: from its own address, so no word holds the base.
 */
#ifndef RUNTIME_PLACES_H
#define RUNTIME_PLACES_H

#include <model/kernel.h>
#include <runtime/region.h>
#include <runtime/shared.h>

/* The image's first byte (image.ld). */
extern const char runtime_start[] __attribute__((visibility("hidden")));

/* Of the image's part that is executable. */
extern const char runtime_code_end[] __attribute__((visibility("hidden")));

static inline uint64_t runtime_code_bytes(void)
{
    return (uint64_t)(runtime_code_end - runtime_start);
}

static inline void *runtime_at(uint64_t offset)
{
    return (void *)((uintptr_t)runtime_start - REGION_IMAGE + offset);
}

static inline struct kernel *runtime_kernel(void)
{
    return runtime_at(REGION_KERNEL);
}

static inline struct runtime_shared *runtime_shared(void)
{
    return runtime_at(REGION_SHARED);
}

/* Of the carrier with that index, as XSAVE takes it. */
static inline void *runtime_vector(uint32_t carrier)
{
    return runtime_at(REGION_VECTORS + carrier * RUNTIME_VECTOR_BYTES);
}

_Static_assert(RUNTIME_MAX_CARRIERS *RUNTIME_VECTOR_BYTES <= REGION_PROCESS - REGION_VECTORS,
               "there is room for all");

#endif
