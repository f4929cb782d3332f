/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables, page directories and PDPTs: one behaviour at three levels. Manual, "Overview" of
 * "Address Spaces and Virtual Memory".
 */
#include <abi/object.h>
#include <base/bits.h>
#include <base/memory.h>
#include <cap/derivation.h>
#include <mem/vspace.h>
#include <object/decode.h>
#include <object/object_types.h>
#include <object/vspace.h>

struct paging_kind {
    enum paging_level level;
    enum invocation map, unmap;

    const char *where; /* and what the kernel says there: each level has its own words for it */
    const char *not_last, *illegal, *truncated, *is_mapped, *too_high;
    struct reason not_derived;
};

static const struct paging_kind page_table_kind = {
    .level = LEVEL_PAGE_TABLE,
    .map = INV_X86_PAGE_TABLE_MAP,
    .unmap = INV_X86_PAGE_TABLE_UNMAP,
    .where = "decodeX86PageTableInvocation",
    .not_last = "X86PageTable: Cannot unmap if more than one cap exists.",
    .illegal = "X86PageTable: Illegal operation.",
    .truncated = "X86PageTable: Truncated message.",
    .is_mapped = "X86PageTable: Page table is already mapped to a page directory.",
    .too_high = "X86PageTable: Mapping address too high.",
    .not_derived = {.where = "Arch_deriveCap", .why = "Deriving an unmapped PT cap"},
};

static const struct paging_kind page_directory_kind = {
    .level = LEVEL_PAGE_DIRECTORY,
    .map = INV_X86_PAGE_DIRECTORY_MAP,
    .unmap = INV_X86_PAGE_DIRECTORY_UNMAP,
    .where = "decodeX64PageDirectoryInvocation",
    .not_last = "X86PageDirectory: Cannot unmap if more than one cap exist.",
    .illegal = "X64Directory: Illegal operation.",
    .truncated = "X64PageDirectory: Truncated message.",
    .is_mapped = "X64PageDirectory: PD is already mapped to a PML4.",
    .too_high = "X64PageDirectory: Mapping address too high.",
    .not_derived = {.where = "Arch_deriveCap", .why = "Deriving a PD cap without an assigned ASID"},
};

static const struct paging_kind pdpt_kind = {
    .level = LEVEL_PDPT,
    .map = INV_X86_PDPT_MAP,
    .unmap = INV_X86_PDPT_UNMAP,
    .where = "decodeX64PDPTInvocation",
    .not_last = "X86PDPT: Cannot unmap if more than one cap exist.",
    .illegal = "X86PDPT: Illegal operation.",
    .truncated = "X64PDPT: Truncated message.",
    .is_mapped = "X64PDPT: PDPT is already mapped to a PML4.",
    .too_high = "X64PDPT: Mapping address too high.",
    .not_derived = {.where = "Mode_deriveCap", .why = "Deriving an unmapped PTPD cap"},
};

static struct answer table_failed(const struct paging_kind *kind, struct answer answer,
                                  const char *why)
{
    return answer_with_reason(answer, (struct reason){.where = kind->where, .why = why});
}

struct table_mapping {
    union cap root;
    vaddr_t vaddr;
    word_t attributes;
    uint64_t *entry;
};

/* The level in whose tables a table of `kind` is entered. */
static enum paging_level parent_level(const struct paging_kind *kind)
{
    return kind->level + 1;
}

static struct answer find_entry(struct kernel *k, const struct paging_kind *kind,
                                struct table_mapping *m)
{
    unsigned missing;
    uint64_t *entry = walk_entry(k, m->root.pml4.object, m->vaddr, parent_level(kind), &missing);
    if (!entry)
        return answer_missing_table(k, missing);
    if (*entry & PTE_PRESENT)
        return answer_delete_first();
    m->entry = entry;
    return answer_ok();
}

static struct answer decode_map(const struct call *call, const struct paging_kind *kind,
                                struct table_mapping *m)
{
    if (call_is_truncated(call, 2, 1))
        return table_failed(kind, answer_truncated_message(), kind->truncated);
    if (call->cap.paging.is_mapped)
        return table_failed(kind, answer_invalid_capability(0), kind->is_mapped);
    m->vaddr = align_down(call_word(call, 0), level_bits(parent_level(kind)));
    m->attributes = call_word(call, 1);
    m->root = call->extra[0]->cap;
    if (!cap_is_vspace_root(m->root))
        return answer_invalid_capability(1);
    if (m->vaddr > USER_TOP)
        return table_failed(kind, answer_invalid_argument(0), kind->too_high);
    struct answer answer = vspace_check_asid(call->k, m->root);
    return answer_is_error(answer) ? answer : find_entry(call->k, kind, m);
}

static struct answer table_map(struct call *call, const struct paging_kind *kind)
{
    struct table_mapping m = {.entry = NULL};
    struct answer answer = decode_map(call, kind, &m);
    if (answer_is_error(answer))
        return answer;

    union cap *table = &call->slot->cap;
    table->paging.is_mapped = 1;
    table->paging.asid = m.root.pml4.asid;
    table->paging.vpage = (m.vaddr >> PAGE_BITS) & 0xfffffffff;
    vspace_set_entry(call->k, m.root.pml4.object, m.entry,
                     entry_make_table(table->paging.object, m.attributes), m.vaddr,
                     parent_level(kind));
    return answer_ok();
}

static void unlink_table(struct kernel *k, const struct paging_kind *kind, union cap cap)
{
    vspace_unmap_table(k, (unsigned)cap.paging.asid, paging_cap_vaddr(cap), kind->level,
                       cap.paging.object);
}

/* Also empties the table: what frame capabilities had mapped beneath it is gone. */
static struct answer table_unmap(struct call *call, const struct paging_kind *kind)
{
    if (!slot_is_final(call->k, call->slot))
        return table_failed(kind, answer_revoke_first(), kind->not_last);
    if (call->cap.paging.is_mapped) {
        unlink_table(call->k, kind, call->cap);
        mem_zero(kernel_memory(call->k, call->cap.paging.object), PAGE_BYTES);
    }
    call->slot->cap.paging.is_mapped = 0;
    return answer_ok();
}

static struct answer table_invoke(struct call *call, const struct paging_kind *kind)
{
    if (call->method == kind->map)
        return table_map(call, kind);
    if (call->method == kind->unmap)
        return table_unmap(call, kind);
    return table_failed(kind, answer_illegal_operation(), kind->illegal);
}

static struct answer table_derive(struct kernel *k, const struct paging_kind *kind,
                                  struct slot *slot, union cap cap, union cap *ret_cap)
{
    if (!cap.paging.is_mapped)
        return answer_with_reason(answer_illegal_operation(), kind->not_derived);
    return derive_copy(k, slot, cap, ret_cap);
}

static bool table_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.paging.object;
    *ret_size_bits = PAGE_BITS;
    return true;
}

static bool table_same_region(union cap a, union cap b)
{
    return cap_type(a) == cap_type(b) && a.paging.object == b.paging.object;
}

static struct finalised table_finalise(struct kernel *k, const struct paging_kind *kind,
                                       union cap cap, bool is_final)
{
    if (is_final && cap.paging.is_mapped)
        unlink_table(k, kind, cap);
    return finalise_nothing(k, cap, is_final);
}

/* An operations table carries no data: each type's own functions name its kind. */
static struct answer page_table_invoke(struct call *call)
{
    return table_invoke(call, &page_table_kind);
}

static struct answer page_table_derive(struct kernel *k, struct slot *slot, union cap cap,
                                       union cap *ret_cap)
{
    return table_derive(k, &page_table_kind, slot, cap, ret_cap);
}

static struct finalised page_table_finalise(struct kernel *k, union cap cap, bool is_final)
{
    return table_finalise(k, &page_table_kind, cap, is_final);
}

static struct answer page_directory_invoke(struct call *call)
{
    return table_invoke(call, &page_directory_kind);
}

static struct answer page_directory_derive(struct kernel *k, struct slot *slot, union cap cap,
                                           union cap *ret_cap)
{
    return table_derive(k, &page_directory_kind, slot, cap, ret_cap);
}

static struct finalised page_directory_finalise(struct kernel *k, union cap cap, bool is_final)
{
    return table_finalise(k, &page_directory_kind, cap, is_final);
}

static struct answer pdpt_invoke(struct call *call)
{
    return table_invoke(call, &pdpt_kind);
}

static struct answer pdpt_derive(struct kernel *k, struct slot *slot, union cap cap,
                                 union cap *ret_cap)
{
    return table_derive(k, &pdpt_kind, slot, cap, ret_cap);
}

static struct finalised pdpt_finalise(struct kernel *k, union cap cap, bool is_final)
{
    return table_finalise(k, &pdpt_kind, cap, is_final);
}

const struct object_type page_table_object_type = {
    .name = "page table",
    .identify_tag = 3,
    .invoke = page_table_invoke,
    .receive = cannot_receive,
    .derive = page_table_derive,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = table_extent,
    .same_region = table_same_region,
    .same_object = same_object_as_region,
    .finalise = page_table_finalise,
    .cleanup = no_cleanup,
};

const struct object_type page_directory_object_type = {
    .name = "page directory",
    .identify_tag = 5,
    .invoke = page_directory_invoke,
    .receive = cannot_receive,
    .derive = page_directory_derive,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = table_extent,
    .same_region = table_same_region,
    .same_object = same_object_as_region,
    .finalise = page_directory_finalise,
    .cleanup = no_cleanup,
};

const struct object_type pdpt_object_type = {
    .name = "PDPT",
    .identify_tag = 7,
    .invoke = pdpt_invoke,
    .receive = cannot_receive,
    .derive = pdpt_derive,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = table_extent,
    .same_region = table_same_region,
    .same_object = same_object_as_region,
    .finalise = pdpt_finalise,
    .cleanup = no_cleanup,
};
