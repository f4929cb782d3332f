/* SPDX-License-Identifier: BSD-2-Clause */
/* A VSpace that tests build without capabilities. */
#ifndef MEM_TESTKIT_VSPACE_H
#define MEM_TESTKIT_VSPACE_H

#include <base/bits.h>
#include <mem/vspace.h>
#include <model/testkit_guest.h>
#include <test.h>

/* Free RAM of the guest, where its tables are. */
#define TABLES    UINT64_C(0x2000000)
#define ROOT      TABLES
#define PDPT      (TABLES + 0x1000)
#define DIRECTORY (TABLES + 0x2000)
#define TABLE     (TABLES + 0x3000)
#define TABLE_2   (TABLES + 0x4000)
#define ASID      7
#define VADDR     UINT64_C(0x7f80c0401000)

static inline void link_table(struct guest *g, vaddr_t vaddr, enum paging_level level,
                              paddr_t table)
{
    unsigned missing;
    *walk_entry(g->k, ROOT, vaddr, level + 1, &missing) = entry_make_table(table, 0);
}

/* A VSpace with ASID 7 that has tables down to VADDR and the next 2 MiB. */
static inline struct guest guest_with_vspace(void)
{
    struct guest g = guest_boot_default();
    asid_assign(g.k, ASID, ROOT);
    link_table(&g, VADDR, LEVEL_PDPT, PDPT);
    link_table(&g, VADDR, LEVEL_PAGE_DIRECTORY, DIRECTORY);
    link_table(&g, VADDR, LEVEL_PAGE_TABLE, TABLE);
    link_table(&g, VADDR + bit(21), LEVEL_PAGE_TABLE, TABLE_2);
    return g;
}

static inline void map(struct guest *g, vaddr_t vaddr, enum frame_size size, paddr_t paddr,
                       enum vm_rights rights)
{
    unsigned missing;
    uint64_t *entry = walk_entry(g->k, ROOT, vaddr, frame_level(size), &missing);
    vspace_set_entry(g->k, ROOT, entry, entry_make_page(paddr, size, rights, 0), vaddr,
                     frame_level(size));
}

static inline struct vspace_losses take_losses(struct guest *g, paddr_t vspace)
{
    struct vspace_losses losses = {.count = 0};
    CHECK(vspace_take_losses(g->k, vspace, &losses));
    return losses;
}

static inline void check_no_losses(struct guest *g)
{
    struct vspace_losses losses;
    CHECK(!vspace_take_losses(g->k, ROOT, &losses));
}

#endif
