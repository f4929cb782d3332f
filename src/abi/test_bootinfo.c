/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/bootinfo.h>
#include <base/bits.h>
#include <test.h>

static struct kernel_config release_config(unsigned release, bool mcs)
{
    struct kernel_config config = kernel_config_default();

    config.release = release;
    config.mcs = mcs;
    return config;
}

static void check_common_fields(const struct bootinfo_layout *layout)
{
    CHECK_EQ(layout->extra_len, 0);
    CHECK_EQ(layout->node_id, 8);
    CHECK_EQ(layout->num_nodes, 16);
    CHECK_EQ(layout->num_iopt_levels, 24);
    CHECK_EQ(layout->ipc_buffer, 32);
    CHECK_EQ(layout->empty, 40);
    CHECK_EQ(layout->shared_frames, 56);
    CHECK_EQ(layout->user_image_frames, 72);
    CHECK_EQ(layout->user_image_paging, 88);
    CHECK_EQ(layout->io_space_caps, 104);
    CHECK_EQ(layout->extra_bi_pages, 120);
    CHECK_EQ(layout->init_thread_cnode_size_bits, 136);
    CHECK_EQ(layout->init_thread_domain, 144);
}

TEST(layout)
{
    const struct kernel_config config = release_config(SEL4_RELEASE_16_0, false);
    const struct bootinfo_layout layout = abi_bootinfo_layout(&config);

    check_common_fields(&layout);
    CHECK_EQ(layout.sched_control, 0);
    CHECK_EQ(layout.untyped, 152);
    CHECK_EQ(layout.untyped_list, 168);
    CHECK_EQ(layout.size, 3848);
}

TEST(layout_with_mcs)
{
    const struct kernel_config config = release_config(SEL4_RELEASE_16_0, true);
    const struct bootinfo_layout layout = abi_bootinfo_layout(&config);

    check_common_fields(&layout);
    CHECK_EQ(layout.sched_control, 152);
    CHECK_EQ(layout.untyped, 168);
    CHECK_EQ(layout.untyped_list, 184);
    CHECK_EQ(layout.size, 3864);
}

TEST(untyped_list)
{
    struct kernel_config config = release_config(SEL4_RELEASE_12_0, false);
    const struct bootinfo_untyped_layout layout = abi_bootinfo_untyped_layout(&config);

    CHECK_EQ(layout.paddr, 0);
    CHECK_EQ(layout.size_bits, 8);
    CHECK_EQ(layout.is_device, 9);
    CHECK_EQ(layout.size, 16);

    config.max_num_bootinfo_untyped_caps = 50;
    CHECK_EQ(abi_bootinfo_layout(&config).size, 168 + 50 * 16);
}

TEST(initial_caps)
{
    static const struct {
        unsigned release;
        unsigned count, count_mcs;
    } table[] = {
        {SEL4_RELEASE_12_0, 14, 15}, {SEL4_RELEASE_12_1, 14, 15}, {SEL4_RELEASE_13_0, 16, 16},
        {SEL4_RELEASE_14_0, 16, 16}, {SEL4_RELEASE_15_0, 16, 16}, {SEL4_RELEASE_16_0, 16, 16},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(table); i++) {
        const struct kernel_config config = release_config(table[i].release, false);
        const struct kernel_config mcs = release_config(table[i].release, true);

        CHECK_EQ(abi_num_initial_caps(&config), table[i].count);
        CHECK_EQ(abi_num_initial_caps(&mcs), table[i].count_mcs);
        CHECK_EQ(abi_initial_sched_context_slot(&config), 0);
        CHECK_EQ(abi_initial_sched_context_slot(&mcs), 14);
    }
}
