/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <object/testkit_hardware.h>

TEST(io_page_tables_have_no_methods_without_an_iommu)
{
    struct kernel_config config = kernel_config_default();
    config.iommu = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    cptr_t table = guest_make(&g, OBJECT_IO_PAGE_TABLE, 0);
    CHECK(table != 0);
    CHECK_ANSWER(call_plain(&g, table, INV_X86_IO_PAGE_TABLE_UNMAP), answer_illegal_operation());
    CHECK_EQ(guest_copy(&g, table), 0);
    guest_delete(&g, table);
    guest_end(&g);
}
