/* SPDX-License-Identifier: BSD-2-Clause */
/* What hardware would see - page tables, interrupts, ports - follows from capabilities. */
#include <kernel/testkit_survey.h>

#include <stdlib.h>
#include <string.h>

#include <abi/object.h>
#include <base/bits.h>
#include <mem/vspace.h>
#include <object/object_types.h>

/* --- what capabilities say is mapped ------------------------------------------------------- */

/* A page or table and its place; vaddr is 0 for a root. */
struct mapped {
    unsigned asid;
    enum cap_type type;
    vaddr_t vaddr;
    paddr_t paddr;
    unsigned bits;
    enum vm_rights rights; /* of the capability, so at least those of the mapping */
};

static int compare_mapped(const void *a, const void *b)
{
    return memcmp(a, b, offsetof(struct mapped, rights));
}

static bool frame_is_mapped(union cap cap, struct mapped *m)
{
    m->asid = cap.frame.asid;
    m->vaddr = frame_cap_vaddr(cap);
    m->paddr = frame_cap_paddr(cap);
    m->bits = frame_cap_bits(cap);
    m->rights = cap.frame.rights;
    return cap.frame.asid && cap.frame.map_type == FRAME_MAP_VSPACE;
}

static bool table_is_mapped(union cap cap, struct mapped *m)
{
    m->asid = cap.paging.asid;
    m->vaddr = (vaddr_t)cap.paging.vpage << PAGE_BITS;
    m->paddr = cap.paging.object;
    return cap.paging.is_mapped;
}

static bool root_is_mapped(union cap cap, struct mapped *m)
{
    m->asid = cap.pml4.asid;
    m->paddr = cap.pml4.object;
    return cap.pml4.is_mapped;
}

static bool cap_is_mapped(union cap cap, struct mapped *ret_mapped)
{
    static bool (*const questions[CAP_TYPE_COUNT])(union cap, struct mapped *) = {
        [CAP_FRAME] = frame_is_mapped,
        [CAP_PAGE_TABLE] = table_is_mapped,
        [CAP_PAGE_DIRECTORY] = table_is_mapped,
        [CAP_PDPT] = table_is_mapped,
        [CAP_PML4] = root_is_mapped,
    };
    memset(ret_mapped, 0, sizeof(*ret_mapped)); /* compared as bytes */
    ret_mapped->type = cap_type(cap);
    return questions[cap_type(cap)] && questions[cap_type(cap)](cap, ret_mapped);
}

struct mapped_caps {
    struct mapped cap[SURVEY_MAX_SLOTS];
    unsigned count;
};

static void collect_mapped(const struct survey *s, struct mapped_caps *caps)
{
    caps->count = 0;
    for (unsigned i = 0; i < s->count; i++)
        caps->count += cap_is_mapped(s->slot[i]->cap, &caps->cap[caps->count]);
    qsort(caps->cap, caps->count, sizeof(caps->cap[0]), compare_mapped);
}

/* Some capability says so. With several, the one with the most rights does. */
static bool is_covered(const struct mapped_caps *caps, const struct mapped *what)
{
    const struct mapped *found =
        bsearch(what, caps->cap, caps->count, sizeof(caps->cap[0]), compare_mapped);
    if (!found)
        return false;
    while (found > caps->cap && compare_mapped(found - 1, what) == 0)
        found--;
    for (; found < caps->cap + caps->count && compare_mapped(found, what) == 0; found++) {
        if (found->rights >= what->rights)
            return true;
    }
    return false;
}

/* --- what page tables say ------------------------------------------------------------------ */

static const enum cap_type table_types[] = {
    [LEVEL_PDPT] = CAP_PAGE_DIRECTORY,
    [LEVEL_PML4] = CAP_PDPT,
    [LEVEL_PAGE_DIRECTORY] = CAP_PAGE_TABLE,
};

static enum vm_rights entry_rights(uint64_t entry)
{
    return !(entry & PTE_USER) ? VM_KERNEL_ONLY : entry & PTE_WRITE ? VM_READ_WRITE : VM_READ_ONLY;
}

static void check_table(struct survey *s, const struct mapped_caps *caps, unsigned asid,
                        const uint64_t *table, unsigned entries, enum paging_level level,
                        vaddr_t vaddr)
{
    for (unsigned i = 0; i < entries && !s->problem; i++) {
        uint64_t entry = table[i];
        if (!(entry & PTE_PRESENT))
            continue;
        bool is_page = entry_is_page(entry, level);
        struct mapped what;
        memset(&what, 0, sizeof(what));
        what.asid = asid;
        what.type = is_page ? CAP_FRAME : table_types[level];
        what.vaddr = vaddr + ((vaddr_t)i << level_bits(level));
        what.paddr = entry_paddr(entry, level);
        what.bits = is_page ? level_bits(level) : 0;
        what.rights = is_page ? entry_rights(entry) : VM_KERNEL_ONLY;
        REQUIRE(s, is_covered(caps, &what));
        if (!is_page && !s->problem)
            check_table(s, caps, asid, kernel_memory(s->k, what.paddr), 512, level - 1, what.vaddr);
    }
}

static void check_vspace(struct survey *s, const struct mapped_caps *caps, unsigned asid,
                         paddr_t paddr)
{
    const struct vspace *v = vspace_at(s->k, paddr);
    struct mapped root;
    memset(&root, 0, sizeof(root));
    root.asid = asid;
    root.type = CAP_PML4;
    root.paddr = paddr;
    REQUIRE(s, is_covered(caps, &root));
    REQUIRE(s, v->serial != 0 && v->asid == asid && v->loss_count <= VSPACE_LOSSES_MAX);
    if (!s->problem)
        check_table(s, caps, asid, v->entry, VSPACE_ENTRIES, LEVEL_PML4, 0);
}

static bool has_pool_cap(const struct survey *s, unsigned base, paddr_t pool)
{
    for (unsigned i = 0; i < s->count; i++) {
        union cap cap = s->slot[i]->cap;
        if (cap_type(cap) == CAP_ASID_POOL && cap.asid_pool.object == pool &&
            cap.asid_pool.asid_base == base)
            return true;
    }
    return false;
}

void survey_check_mappings(struct survey *s)
{
    static struct mapped_caps caps;
    struct kernel *k = s->k;
    collect_mapped(s, &caps);
    for (unsigned pool = 0; pool < ARRAY_LENGTH(k->asid_pools) && !s->problem; pool++) {
        if (!k->asid_pools[pool])
            continue;
        unsigned base = pool << ASID_POOL_INDEX_BITS;
        const uint64_t *vspaces = kernel_memory(k, k->asid_pools[pool]);
        REQUIRE(s, has_pool_cap(s, base, k->asid_pools[pool]));
        for (unsigned i = 0; i < bit(ASID_POOL_INDEX_BITS) && !s->problem; i++) {
            if (vspaces[i])
                check_vspace(s, &caps, base + i, vspaces[i]);
        }
    }
}

/* --- interrupts and ports ------------------------------------------------------------------ */

void survey_check_hardware(struct survey *s)
{
    struct kernel *k = s->k;
    static uint64_t ports[NUM_IO_PORTS / 64];
    bool has_handler[NUM_IRQ_VECTORS] = {false};
    memset(ports, 0, sizeof(ports));
    for (unsigned i = 0; i < s->count; i++) {
        union cap cap = s->slot[i]->cap;
        if (cap_type(cap) == CAP_IRQ_HANDLER)
            has_handler[cap.irq_handler.irq] = true;
        for (unsigned port = cap.io_port.first;
             cap_type(cap) == CAP_IO_PORT && port <= cap.io_port.last; port++)
            ports[port / 64] |= bit(port % 64);
    }
    REQUIRE(s, memcmp(ports, k->io_ports_issued, sizeof(ports)) == 0);
    for (unsigned i = 0; i <= MAX_USER_VECTOR; i++) {
        const struct slot *slot = slot_at(k, k->irq_slots + i * sizeof(struct slot));
        bool is_issued = k->irqs[i].kind != IRQ_FREE && k->irqs[i].kind != IRQ_RESERVED;
        REQUIRE(s, is_issued == has_handler[i]);
        REQUIRE(s, is_issued || slot->cap.type == CAP_NULL);
        REQUIRE(s, slot->cap.type == CAP_NULL || slot->cap.type == CAP_NOTIFICATION);
    }
}
