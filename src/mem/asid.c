/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/vspace.h>

#include <abi/object.h>
#include <base/bits.h>

#define ASIDS_PER_POOL (1u << ASID_POOL_INDEX_BITS)

/* The word of the pool that stands for `asid`; NULL for none: ASID 0 is never given. */
static uint64_t *asid_word(struct kernel *k, unsigned asid)
{
    if (asid == 0 || asid >= NUM_ASID_POOLS * ASIDS_PER_POOL)
        return NULL;
    paddr_t pool = k->asid_pools[asid / ASIDS_PER_POOL];
    return pool ? (uint64_t *)kernel_memory(k, pool) + asid % ASIDS_PER_POOL : NULL;
}

paddr_t asid_vspace(struct kernel *k, unsigned asid)
{
    const uint64_t *word = asid_word(k, asid);
    return word ? *word : 0;
}

unsigned asid_find_free(struct kernel *k, unsigned asid_base)
{
    for (unsigned asid = asid_base; asid < asid_base + ASIDS_PER_POOL; asid++) {
        const uint64_t *word = asid_word(k, asid);
        if (word && !*word)
            return asid;
    }
    return 0;
}

void asid_assign(struct kernel *k, unsigned asid, paddr_t vspace)
{
    *asid_word(k, asid) = vspace;
    struct vspace *v = vspace_at(k, vspace);
    v->asid = asid;
    v->serial = k->next_serial++;
    v->lost_all = false;
    v->loss_count = 0;
    v->gain = 0;
}

/* No thread can run in it any more: the seat that notices ends its process. */
static void vspace_end(struct kernel *k, paddr_t vspace)
{
    vspace_at(k, vspace)->serial = 0;
    k->deaths++;
}

void asid_release(struct kernel *k, unsigned asid, paddr_t vspace)
{
    if (asid_vspace(k, asid) != vspace)
        return;
    *asid_word(k, asid) = 0;
    vspace_end(k, vspace);
}

unsigned asid_pool_find_free(const struct kernel *k)
{
    unsigned i = 0;
    while (i < NUM_ASID_POOLS && k->asid_pools[i])
        i++;
    return i;
}

void asid_pool_delete(struct kernel *k, unsigned asid_base, paddr_t pool)
{
    unsigned index = asid_base / ASIDS_PER_POOL;
    if (k->asid_pools[index] != pool)
        return;
    const uint64_t *vspaces = kernel_memory(k, pool);
    for (unsigned i = 0; i < ASIDS_PER_POOL; i++) {
        if (vspaces[i])
            vspace_end(k, vspaces[i]);
    }
    k->asid_pools[index] = 0;
}

bool vspace_is_alive(struct kernel *k, paddr_t vspace, uint64_t serial)
{
    /*
     * The memory may have become a frame since, and hold anything. It is a VSpace if the ASID that
     * it claims is its own.
     */
    const struct vspace *v = vspace_at(k, vspace);
    unsigned asid = (unsigned)(v->asid & mask(12));
    return asid_vspace(k, asid) == vspace && v->serial == serial;
}
