/* SPDX-License-Identifier: BSD-2-Clause */
/* A linked program is no image of the kernel's: of that there is a page below the IPC buffer. */
#include "vspace.h"

seL4_Word image_place(void)
{
    return (seL4_Word)guest_boot_info->ipcBuffer;
}

void vspace_copy_image(struct vspace *vspace, bool own_code)
{
    (void)vspace;
    (void)own_code;
    must(seL4_IllegalOperation,
         "process_create: a linked program cannot be copied (process_create_program can load one)");
}
