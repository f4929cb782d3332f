/* SPDX-License-Identifier: BSD-2-Clause */
/* A seat's questions about VSpaces; the answers are those of mem/. */
#include <kernel/kernel_api.h>

#include <mem/vspace.h>

struct translation kernel_translate(struct kernel *k, paddr_t vspace, vaddr_t vaddr)
{
    return vspace_translate(k, vspace, vaddr);
}

bool kernel_translate_run(struct kernel *k, paddr_t vspace, vaddr_t vaddr, vaddr_t window_start,
                          vaddr_t window_end, struct translation_run *ret_run)
{
    return vspace_translate_run(k, vspace, vaddr, window_start, window_end, ret_run);
}

bool kernel_has_alias(struct kernel *k, paddr_t vspace, paddr_t paddr, vaddr_t except)
{
    return vspace_has_alias(k, vspace, paddr, except);
}

bool kernel_vspace_is_alive(struct kernel *k, paddr_t paddr, uint64_t serial)
{
    return vspace_is_alive(k, paddr, serial);
}

bool kernel_take_losses(struct kernel *k, paddr_t vspace, struct vspace_losses *ret_losses)
{
    return vspace_take_losses(k, vspace, ret_losses);
}

vaddr_t kernel_take_gain(struct kernel *k, paddr_t vspace)
{
    return vspace_take_gain(k, vspace);
}

bool kernel_has_fault_handler(const struct kernel *k, const struct tcb *tcb)
{
    return k->config.mcs ? cap_type(tcb->slots[TCB_SLOT_FAULT_HANDLER].cap) != CAP_NULL
                         : tcb->fault_handler != 0;
}

paddr_t kernel_tcb_vspace(struct kernel *k, const struct tcb *tcb)
{
    union cap root = tcb->slots[TCB_SLOT_VTABLE].cap;
    if (cap_type(root) != CAP_PML4 || !root.pml4.is_mapped)
        return 0;
    paddr_t vspace = asid_vspace(k, root.pml4.asid);
    return vspace == root.pml4.object ? vspace : 0;
}
