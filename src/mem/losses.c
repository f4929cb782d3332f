/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <base/memory.h>
#include <mem/vspace.h>

void vspace_lose(struct kernel *k, paddr_t vspace, vaddr_t vaddr, unsigned size_bits)
{
    struct vspace *v = vspace_at(k, vspace);
    if (v->serial == 0 || v->lost_all)
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

vaddr_t vspace_take_gain(struct kernel *k, paddr_t vspace)
{
    struct vspace *v = vspace_at(k, vspace);
    vaddr_t gain = v->gain;
    v->gain = 0;
    return gain;
}

bool vspace_take_losses(struct kernel *k, paddr_t vspace, struct vspace_losses *ret_losses)
{
    struct vspace *v = vspace_at(k, vspace);
    if (v->loss_count == 0)
        return false;
    ret_losses->lost_all = v->lost_all;
    ret_losses->count = v->loss_count;
    mem_copy(ret_losses->loss, v->loss, v->loss_count * sizeof(v->loss[0]));
    v->lost_all = false;
    v->loss_count = 0;
    return true;
}
