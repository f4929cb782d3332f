/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/bootinfo.h>

#define WORD_SIZE    8
#define REGION_SIZE  (2 * WORD_SIZE) /* seL4_SlotRegion: start, end */
#define UNTYPED_SIZE 16

struct bootinfo_layout abi_bootinfo_layout(const struct kernel_config *config)
{
    struct bootinfo_layout layout = {
        .extra_len = 0,
        .node_id = 8,
        .num_nodes = 16,
        .num_iopt_levels = 24,
        .ipc_buffer = 32,
        .empty = 40,
        .shared_frames = 56,
        .user_image_frames = 72,
        .user_image_paging = 88,
        .io_space_caps = 104,
        .extra_bi_pages = 120,
        .init_thread_cnode_size_bits = 136,
        .init_thread_domain = 144,
    };
    unsigned end = layout.init_thread_domain + WORD_SIZE;

    if (config->mcs) {
        layout.sched_control = (uint16_t)end;
        end += REGION_SIZE;
    }
    layout.untyped = (uint16_t)end;
    layout.untyped_list = (uint16_t)(end + REGION_SIZE);
    layout.size =
        (uint16_t)(layout.untyped_list + config->max_num_bootinfo_untyped_caps * UNTYPED_SIZE);
    return layout;
}

/* Before release 12.0 sizeBits and isDevice stood two bytes further. */
struct bootinfo_untyped_layout abi_bootinfo_untyped_layout(const struct kernel_config *config)
{
    (void)config;
    return (struct bootinfo_untyped_layout){
        .paddr = 0,
        .size_bits = 8,
        .is_device = 9,
        .size = UNTYPED_SIZE,
    };
}

/* Fixed slots that x86 leaves empty: 12 and 13, Arm's SMMU; from 13.0 on 15, Arm's SMC. */
unsigned abi_num_initial_caps(const struct kernel_config *config)
{
    if (config->release >= SEL4_RELEASE_13_0)
        return 16;
    return config->mcs ? 15 : 14;
}

unsigned abi_initial_sched_context_slot(const struct kernel_config *config)
{
    return config->mcs ? 14 : 0;
}
