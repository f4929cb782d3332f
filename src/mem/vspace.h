/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86_64 page tables in guest physical memory, the ASIDs that name their roots, and the queue of
 * lost mappings. Real table formats: what a page walk finds is the truth, host mappings are a
 * cache of it. Manual, "Address Spaces and Virtual Memory".
 */
#ifndef MEM_VSPACE_H
#define MEM_VSPACE_H

#include <cap/answer.h>
#include <model/kernel.h>
#include <model/translation.h>

/* --- ASIDs (mem/asid.c) -------------------------------------------------------------------- */
/* The VSpace root with that ASID, or 0. */
paddr_t asid_vspace(struct kernel *k, unsigned asid);
/* The lowest free ASID of the pool at asid_base, or 0. */
unsigned asid_find_free(struct kernel *k, unsigned asid_base);
/* Gives `vspace` the ASID: it gets a serial number and an empty loss queue. */
void asid_assign(struct kernel *k, unsigned asid, paddr_t vspace);
/* Takes it away again if it is still `vspace`'s. */
void asid_release(struct kernel *k, unsigned asid, paddr_t vspace);
/* Ends all ASIDs of a pool; pool == the object at asid_base's place, else no effect. */
void asid_pool_delete(struct kernel *k, unsigned asid_base, paddr_t pool);
/* Index of the first place without a pool; NUM_ASID_POOLS: all are taken. */
unsigned asid_pool_find_free(const struct kernel *k);
/* Whether `vspace` still is a VSpace root with that serial number. */
bool vspace_is_alive(struct kernel *k, paddr_t vspace, uint64_t serial);

/* --- page walk (mem/walk.c) ---------------------------------------------------------------- */
enum paging_level { LEVEL_PAGE_TABLE, LEVEL_PAGE_DIRECTORY, LEVEL_PDPT, LEVEL_PML4 };

/* Bits of address that one entry of a level spans: 12, 21, 30, 39. */
static inline unsigned level_bits(enum paging_level level)
{
    return PAGE_BITS + 9 * (unsigned)level;
}

/* The level whose entries map frames of that size. */
static inline enum paging_level frame_level(enum frame_size size)
{
    return (enum paging_level)size;
}

/* What an entry in a table of `level` leads to; neither where it is not present. */
bool entry_is_table(uint64_t entry, enum paging_level level);
bool entry_is_page(uint64_t entry, enum paging_level level);
/* Physical address of that page or table. */
paddr_t entry_paddr(uint64_t entry, enum paging_level level);

/*
 * The entry for `vaddr` (< 2^47) in the table of `level`. Where an upper level is missing returns
 * NULL and *ret_missing_bits = 21, 30 or 39 (the level_bits of the missing table's entry in its
 * parent).
 */
uint64_t *walk_entry(struct kernel *k, paddr_t vspace, vaddr_t vaddr, enum paging_level level,
                     unsigned *ret_missing_bits);

/* --- losses (mem/losses.c) ----------------------------------------------------------------- */
/* User level of `vspace` can no longer rely on [vaddr, vaddr + 2^size_bits): remapped, unmapped or
 * with fewer rights. */
void vspace_lose(struct kernel *k, paddr_t vspace, vaddr_t vaddr, unsigned size_bits);

/* Takes and resets what was lost since the last call. Returns whether anything was. */
bool vspace_take_losses(struct kernel *k, paddr_t vspace, struct vspace_losses *ret_losses);

/* Takes the page that was mapped last since the last call; 0: none, or that at 0. It may be lost
 * again, and others may have been mapped as well: a hint. */
vaddr_t vspace_take_gain(struct kernel *k, paddr_t vspace);

/* --- changes (mem/map.c) ------------------------------------------------------------------- */
/* Entries that map a frame, or link a table; attributes: seL4's VM attributes word. */
uint64_t entry_make_page(paddr_t paddr, enum frame_size size, enum vm_rights rights,
                         word_t attributes);
uint64_t entry_make_table(paddr_t table, word_t attributes);

/* Writes `entry`, found by walk_entry for `vaddr` at `level`; what it mapped before is lost. */
void vspace_set_entry(struct kernel *k, paddr_t vspace, uint64_t *entry, uint64_t value,
                      vaddr_t vaddr, enum paging_level level);

/* Unmaps what a frame capability says it maps, if the walk still finds that frame there. */
void vspace_unmap_page(struct kernel *k, unsigned asid, vaddr_t vaddr, enum frame_size size,
                       paddr_t paddr);
/* Unlinks the paging structure `table` of `level` from its VSpace if it is still linked there. */
void vspace_unmap_table(struct kernel *k, unsigned asid, vaddr_t vaddr, enum paging_level level,
                        paddr_t table);

/* --- questions (mem/translate.c) ----------------------------------------------------------- */
/* The page walk: what user level finds at `vaddr`, any 64-bit address. */
struct translation vspace_translate(struct kernel *k, paddr_t vspace, vaddr_t vaddr);

/*
 * The largest run around `vaddr` within [window_start, window_end): what one host mapping can
 * cover. Returns false if vaddr itself is not present.
 */
bool vspace_translate_run(struct kernel *k, paddr_t vspace, vaddr_t vaddr, vaddr_t window_start,
                          vaddr_t window_end, struct translation_run *ret_run);

/*
 * Whether user level of `vspace` can write the page at `paddr`, not counting the page at `except`
 * (USER_TOP: none). Looks at all its tables (mem/aliases.c).
 */
bool vspace_has_alias(struct kernel *k, paddr_t vspace, paddr_t paddr, vaddr_t except);

#endif
