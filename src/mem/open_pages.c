/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/open_pages.h>

#include <base/assert.h>
#include <model/page_map.h>

void open_pages_add(struct kernel *k, paddr_t base, uint64_t size)
{
    ASSERT(kernel_is_backed(k, base) && kernel_is_backed(k, base + size - 1));
    page_map_set(k, PAGES_OPEN, base, size, true);
}

void open_pages_remove(struct kernel *k, paddr_t base, uint64_t size)
{
    page_map_set(k, PAGES_OPEN, base, size, false);
}

bool open_pages_contain(const struct kernel *k, paddr_t paddr)
{
    return kernel_is_backed(k, paddr) && page_map_has(k, PAGES_OPEN, paddr);
}
