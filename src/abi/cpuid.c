/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/cpuid.h>
#include <base/bits.h>

enum {
    LEAF_FEATURES = 1,
    LEAF_EXTENDED_FEATURES = 7,
    LEAF_XSAVE = 0xd,

    FEATURES_ECX_OSXSAVE = 1 << 27,
    EXTENDED_ECX_OSPKE = 1 << 4,
    COMPONENT_ECX_ALIGNED = 1 << 1, /* to 64 bytes, in the compacted form */

    FIRST_EXTENDED_COMPONENT = 2, /* before it: x87 and SSE, in the legacy area */
    LAST_COMPONENT = 62,
    LEGACY_AND_HEADER_BYTES = 576,
    COMPONENT_ALIGN_BITS = 6,
};

typedef struct cpuid processor_cpuid(uint32_t leaf, uint32_t subleaf);

/* Of the XSAVE area for the features that the kernel enables: with gaps, or compacted. */
static uint32_t xsave_bytes(const struct kernel_config *config, processor_cpuid *processor,
                            bool compacted)
{
    uint32_t end = LEGACY_AND_HEADER_BYTES;

    for (unsigned i = FIRST_EXTENDED_COMPONENT; i <= LAST_COMPONENT; i++) {
        if (!(config->xsave_features >> i & 1))
            continue;
        const struct cpuid component = processor(LEAF_XSAVE, i);
        uint32_t start = component.ebx;
        if (compacted)
            start = component.ecx & COMPONENT_ECX_ALIGNED
                        ? (uint32_t)align_up(end, COMPONENT_ALIGN_BITS)
                        : end;
        end = (uint32_t)max_u64(end, start + component.eax);
    }
    return end;
}

struct cpuid abi_cpuid(const struct kernel_config *config, uint32_t leaf, uint32_t subleaf,
                       struct cpuid (*processor)(uint32_t leaf, uint32_t subleaf))
{
    struct cpuid answer = processor(leaf, subleaf);
    bool is_xsave_size = leaf == LEAF_XSAVE && subleaf <= 1 && answer.ebx != 0;

    if (leaf == LEAF_FEATURES && config->xsave_features == 0)
        answer.ecx &= ~(uint32_t)FEATURES_ECX_OSXSAVE;
    if (leaf == LEAF_EXTENDED_FEATURES && subleaf == 0)
        answer.ecx &= ~(uint32_t)EXTENDED_ECX_OSPKE;
    if (is_xsave_size)
        answer.ebx = xsave_bytes(config, processor, subleaf == 1);
    return answer;
}
