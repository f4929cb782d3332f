/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/losses.h>

#include <base/bits.h>
#include <base/memory.h>
#include <mem/vspace.h>

static void mark_changed(struct kernel *k, struct vspace *v, paddr_t vspace)
{
    if (v->is_changed)
        return;
    v->is_changed = true;
    v->next_changed = k->changed_vspaces;
    k->changed_vspaces = vspace;
}

void vspace_lose(struct kernel *k, paddr_t vspace, vaddr_t vaddr, unsigned size_bits)
{
    struct vspace *v = vspace_at(k, vspace);
    if (v->serial == 0)
        return;
    mark_changed(k, v, vspace);
    if (v->lost_all)
        return;
    uint64_t loss = align_down(vaddr, size_bits) | size_bits;
    if (v->loss_count > 0 && v->loss[v->loss_count - 1] == loss)
        return;
    if (v->loss_count == VSPACE_LOSSES_MAX) {
        v->lost_all = true;
        return;
    }
    v->loss[v->loss_count++] = loss;
}

static void reset(struct vspace *v)
{
    v->next_changed = 0;
    v->is_changed = false;
    v->lost_all = false;
    v->loss_count = 0;
}

void losses_forget(struct kernel *k, paddr_t vspace)
{
    struct vspace *v = vspace_at(k, vspace);
    if (!v->is_changed)
        return;
    paddr_t *link = &k->changed_vspaces;
    while (*link != vspace)
        link = &vspace_at(k, *link)->next_changed;
    *link = v->next_changed;
    reset(v);
}

paddr_t vspace_next_losses(struct kernel *k, struct vspace_losses *ret_losses)
{
    paddr_t vspace = k->changed_vspaces;
    if (!vspace)
        return 0;
    struct vspace *v = vspace_at(k, vspace);
    ret_losses->serial = v->serial;
    ret_losses->lost_all = v->lost_all;
    ret_losses->count = v->loss_count;
    mem_copy(ret_losses->loss, v->loss, v->loss_count * sizeof(v->loss[0]));
    k->changed_vspaces = v->next_changed;
    reset(v);
    return vspace;
}
