/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/losses.h>

#include <abi/object.h>
#include <base/bits.h>

static vaddr_t loss_start(const struct vspace_losses *losses, uint32_t i)
{
    return align_down(losses->loss[i], PAGE_BITS);
}

static uint64_t loss_bytes(const struct vspace_losses *losses, uint32_t i)
{
    return bit((unsigned)(losses->loss[i] & mask(PAGE_BITS)));
}

bool seat_next_loss(const struct vspace_losses *losses, uint32_t *at, vaddr_t *ret_start,
                    vaddr_t *ret_end)
{
    uint32_t i = *at;
    if (i >= losses->count)
        return false;
    if (losses->lost_all) {
        *ret_start = 0;
        *ret_end = USER_TOP;
        *at = losses->count;
        return true;
    }
    vaddr_t start = loss_start(losses, i), end = start;
    for (; i < losses->count && loss_start(losses, i) == end; i++)
        end += loss_bytes(losses, i);
    *ret_start = start;
    *ret_end = end;
    *at = i;
    return true;
}
