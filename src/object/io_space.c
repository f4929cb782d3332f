/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IOSpaces and I/O page tables. The machine has no IOMMU: a kernel configured for one finds none,
 * gives no IOSpace to the initial thread, and so no method of either can succeed.
 */
#include <object/object_types.h>

static bool io_space_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_IO_SPACE && a.io_space.device == b.io_space.device;
}

static struct answer io_page_table_derive(struct kernel *k, struct slot *slot, union cap cap,
                                          union cap *ret_cap)
{
    return cap.io_page_table.is_mapped ? derive_copy(k, slot, cap, ret_cap)
                                       : answer_illegal_operation();
}

static bool io_page_table_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.io_page_table.object;
    *ret_size_bits = PAGE_BITS;
    return true;
}

static bool io_page_table_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_IO_PAGE_TABLE && a.io_page_table.object == b.io_page_table.object;
}

const struct object_type io_space_object_type = {
    .name = "IOSpace",
    .identify_tag = 15,
    .invoke = invoke_no_method,
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = io_space_same_region,
    .same_object = same_object_as_region,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};

const struct object_type io_page_table_object_type = {
    .name = "I/O page table",
    .identify_tag = 17,
    .invoke = invoke_no_method,
    .receive = cannot_receive,
    .derive = io_page_table_derive,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = io_page_table_extent,
    .same_region = io_page_table_same_region,
    .same_object = same_object_as_region,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
