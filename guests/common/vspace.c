/* SPDX-License-Identifier: BSD-2-Clause */
#include "vspace.h"

#define WINDOW UINT64_C(0x20000000)

struct vspace root_vspace = {.pml4 = seL4_CapInitThreadVSpace};

static seL4_CPtr window_frame;

/* The kernel made the tables for the image; a Map over them would only report DeleteFirst. */
static void adopt_root_tables(void)
{
    static const unsigned levels[] = {39, 30, 21};

    if (root_vspace.table_count > 0)
        return;
    for (unsigned i = 0; i < ARRAY_LENGTH(levels); i++) {
        root_vspace.tables[i].bits = levels[i];
        root_vspace.tables[i].vaddr = image_place() >> levels[i] << levels[i];
    }
    root_vspace.table_count = ARRAY_LENGTH(levels);
}

void vspace_create(struct vspace *vspace)
{
    *vspace = (struct vspace){.pml4 = object_new(seL4_X64_PML4Object, 0)};
    must(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace->pml4), "ASIDPool_Assign");
}

static bool vspace_has_table(const struct vspace *vspace, seL4_Word vaddr, unsigned bits)
{
    for (unsigned i = 0; i < vspace->table_count; i++)
        if (vspace->tables[i].bits == bits && vspace->tables[i].vaddr >> bits == vaddr >> bits)
            return true;
    return false;
}

void vspace_make_tables(struct vspace *vspace, seL4_Word vaddr)
{
    /* from the top: a table is mapped into the one above it */
    static const struct {
        unsigned bits;
        seL4_Word type;
        seL4_Error (*map)(seL4_CPtr table, seL4_CPtr vspace, seL4_Word vaddr,
                          seL4_X86_VMAttributes attributes);
    } levels[] = {
        {39, seL4_X86_PDPTObject, seL4_X86_PDPT_Map},
        {30, seL4_X86_PageDirectoryObject, seL4_X86_PageDirectory_Map},
        {21, seL4_X86_PageTableObject, seL4_X86_PageTable_Map},
    };

    if (vspace == &root_vspace)
        adopt_root_tables();
    for (unsigned i = 0; i < ARRAY_LENGTH(levels); i++) {
        const unsigned bits = levels[i].bits;

        if (vspace_has_table(vspace, vaddr, bits))
            continue;
        if (vspace->table_count == VSPACE_MAX_TABLES)
            must(seL4_NotEnoughMemory, "too many paging structures for struct vspace");
        must(levels[i].map(object_new_to_keep(levels[i].type, 0), vspace->pml4, vaddr,
                           seL4_X86_Default_VMAttributes),
             "mapping a paging structure");
        vspace->tables[vspace->table_count].bits = bits;
        vspace->tables[vspace->table_count].vaddr = vaddr >> bits << bits;
        vspace->table_count++;
    }
}

void vspace_map(struct vspace *vspace, seL4_CPtr frame, seL4_Word vaddr, seL4_CapRights_t rights)
{
    vspace_make_tables(vspace, vaddr);
    must(seL4_X86_Page_Map(frame, vspace->pml4, vaddr, rights, seL4_X86_Default_VMAttributes),
         "X86_Page_Map");
}

seL4_CPtr vspace_new_page(struct vspace *vspace, seL4_Word vaddr)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);

    vspace_map(vspace, frame, vaddr, seL4_ReadWrite);
    return frame;
}

void *window_open(seL4_CPtr frame)
{
    window_frame = cap_mint(frame, seL4_ReadWrite, 0);
    vspace_map(&root_vspace, window_frame, WINDOW, seL4_ReadWrite);
    return (void *)WINDOW;
}

/* Deleting a frame capability takes its mapping away. */
void window_close(void)
{
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, window_frame, seL4_WordBits), "CNode_Delete");
}
