/* SPDX-License-Identifier: BSD-2-Clause */
/* The image of a program that the kernel has loaded, by the linker script's symbols. */
#include "vspace.h"

extern char __image_start[], __data_start[], __image_end[];

seL4_Word image_place(void)
{
    return (seL4_Word)__image_start;
}

static seL4_CPtr copy_page(seL4_Word vaddr)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);
    const char *from = (const char *)vaddr;
    char *to = window_open(frame);

    for (seL4_Word i = 0; i < PAGE_SIZE; i++)
        to[i] = from[i];
    window_close();
    return frame;
}

void vspace_copy_image(struct vspace *vspace, bool own_code)
{
    seL4_CPtr frame = guest_boot_info->userImageFrames.start;

    for (seL4_Word vaddr = (seL4_Word)__image_start; vaddr < (seL4_Word)__image_end;
         vaddr += PAGE_SIZE, frame++) {
        const bool is_code = vaddr < (seL4_Word)__data_start;
        const seL4_CPtr own =
            is_code && !own_code ? cap_mint(frame, seL4_CanRead, 0) : copy_page(vaddr);

        vspace_map(vspace, own, vaddr, is_code ? seL4_CanRead : seL4_ReadWrite);
    }
}
