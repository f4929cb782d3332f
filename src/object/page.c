/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames. What a frame capability maps, and where, is kept in the capability: each mapping needs
 * one of its own, and a copy starts unmapped. Manual, "Pages".
 */
#include <abi/message.h>
#include <abi/object.h>
#include <base/bits.h>
#include <mem/vspace.h>
#include <model/user_error.h>
#include <object/decode.h>
#include <object/io_space.h>
#include <object/object_types.h>
#include <object/vspace.h>

/* Where and how Map is to map: what decoding finds out and committing does. */
struct page_mapping {
    union cap root;
    vaddr_t vaddr;
    word_t attributes;
    enum vm_rights rights;
    uint64_t *entry;
};

/* Reading is what makes a frame visible at all: there are no write-only mappings on x86. */
static enum vm_rights vm_rights_mask(enum vm_rights have, word_t rights)
{
    if (have == VM_KERNEL_ONLY || !(rights & RIGHT_READ))
        return VM_KERNEL_ONLY;
    return (have == VM_READ_WRITE && (rights & RIGHT_WRITE)) ? VM_READ_WRITE : VM_READ_ONLY;
}

void page_report_write_only(struct kernel *k, union cap cap, word_t rights)
{
    if (cap_type(cap) == CAP_FRAME && cap.frame.rights == VM_READ_WRITE && (rights & RIGHT_WRITE) &&
        !(rights & RIGHT_READ))
        user_error(k, "maskVMRights", "Attempted to make unsupported write only mapping");
}

static bool frame_is_mapped(union cap cap)
{
    return cap.frame.asid != 0;
}

static union cap frame_unmapped(union cap cap)
{
    cap.frame.asid = 0;
    cap.frame.vpage = 0;
    cap.frame.map_type = FRAME_MAP_NONE;
    return cap;
}

/* A mapped capability may only be mapped again where it is: that changes rights and attributes. */
static struct answer check_remap(union cap frame, union cap root, vaddr_t vaddr)
{
    if (frame.frame.asid != root.pml4.asid)
        return answer_invalid_capability(1);
    if (frame.frame.map_type != FRAME_MAP_VSPACE)
        return answer_because(answer_illegal_operation(), "decodeX86FrameInvocation",
                              "X86Frame: Attempting to remap frame with different mapping type");
    if (frame_cap_vaddr(frame) != vaddr)
        return answer_because(answer_invalid_argument(0), "decodeX86FrameInvocation",
                              "X86Frame: Attempting to map frame into multiple addresses");
    return answer_ok();
}

/*
 * The kernel's bound is the last byte of the lower half, not the first page that users cannot have:
 * an address in the last page is unaligned rather than too high.
 */
static struct answer check_range(union cap frame, vaddr_t vaddr)
{
    vaddr_t top = vaddr + bit(frame_cap_bits(frame)); /* wraps for the highest addresses */
    const vaddr_t last = USER_TOP + mask(PAGE_BITS);

    if (vaddr > last || top > last)
        return answer_because(answer_invalid_argument(0), "decodeX86FrameInvocation",
                              "X86Frame: Mapping address too high.");
    return answer_ok();
}

static struct answer find_entry(struct kernel *k, union cap frame, struct page_mapping *m)
{
    enum paging_level level = frame_level((enum frame_size)frame.frame.size);
    unsigned missing;
    uint64_t *entry = walk_entry(k, m->root.pml4.object, m->vaddr, level, &missing);
    if (!entry)
        return answer_missing_table(k, missing);
    if (entry_is_table(*entry, level))
        return answer_delete_first();
    m->entry = entry;
    return answer_ok();
}

static struct answer decode_map(const struct call *call, struct page_mapping *m)
{
    if (call_is_truncated(call, 3, 1))
        return answer_truncated_message();
    m->vaddr = call_word(call, 0);
    m->rights = vm_rights_mask((enum vm_rights)call->cap.frame.rights, call_word(call, 1));
    m->attributes = call_word(call, 2);
    m->root = call->extra[0]->cap;
    if (!cap_is_vspace_root(m->root))
        return answer_because(
            answer_invalid_capability(1), "decodeX86FrameInvocation",
            "X86FrameMap: Attempting to map frame into invalid page directory cap.");

    struct answer answer = frame_is_mapped(call->cap) ? check_remap(call->cap, m->root, m->vaddr)
                                                      : check_range(call->cap, m->vaddr);
    if (answer_is_error(answer))
        return answer;
    answer = vspace_check_asid(call->k, m->root);
    if (answer_is_error(answer))
        return answer;
    page_report_write_only(call->k, call->cap, call_word(call, 1));
    if (!is_aligned(m->vaddr, frame_cap_bits(call->cap)))
        return answer_alignment_error();
    return find_entry(call->k, call->cap, m);
}

static void note_reserved(struct kernel *k, vaddr_t vaddr, enum frame_size size)
{
    vaddr_t end = vaddr + bit(level_bits(frame_level(size)));
    for (unsigned i = 0; i < RESERVED_RANGES; i++) {
        struct reserved_range *range = &k->reserved[i];
        if (!range->taken && vaddr < range->end && end > range->start)
            range->taken = vaddr;
    }
}

static struct answer page_map(struct call *call)
{
    struct page_mapping m = {.entry = NULL};
    struct answer answer = decode_map(call, &m);
    if (answer_is_error(answer))
        return answer;

    union cap *frame = &call->slot->cap;
    enum frame_size size = (enum frame_size)frame->frame.size;
    frame->frame.asid = m.root.pml4.asid;
    frame->frame.vpage = (m.vaddr >> PAGE_BITS) & 0xfffffffff;
    frame->frame.map_type = FRAME_MAP_VSPACE;
    vspace_set_entry(call->k, m.root.pml4.object, m.entry,
                     entry_make_page(frame_cap_paddr(*frame), size, m.rights, m.attributes),
                     m.vaddr, frame_level(size));
    note_reserved(call->k, m.vaddr, size);
    return answer_ok();
}

static void unmap(struct kernel *k, union cap cap)
{
    if (!frame_is_mapped(cap))
        return;
    if (cap.frame.map_type == FRAME_MAP_IO_SPACE)
        io_space_unmap_page(k, cap);
    else
        vspace_unmap_page(k, (unsigned)cap.frame.asid, frame_cap_vaddr(cap),
                          (enum frame_size)cap.frame.size, frame_cap_paddr(cap));
}

static struct answer page_unmap(struct call *call)
{
    unmap(call->k, call->cap);
    call->slot->cap = frame_unmapped(call->slot->cap);
    return answer_ok();
}

static struct answer page_invoke(struct call *call)
{
    switch (call->method) {
    case INV_X86_PAGE_MAP:
        return page_map(call);
    case INV_X86_PAGE_UNMAP:
        return page_unmap(call);
    case INV_X86_PAGE_GET_ADDRESS:
        return answer_word(frame_cap_paddr(call->cap));
    case INV_X86_PAGE_MAP_IO:
        return io_space_map_page(call);
    default: /* MapEPT needs VT-x, which no machine here has */
        return answer_illegal_operation();
    }
}

static struct answer page_derive(struct kernel *k, struct slot *slot, union cap cap,
                                 union cap *ret_cap)
{
    return derive_copy(k, slot, frame_unmapped(cap), ret_cap);
}

static union cap page_mask_rights(union cap cap, word_t rights)
{
    enum vm_rights masked = vm_rights_mask((enum vm_rights)cap.frame.rights, rights);
    cap.frame.rights = masked & 3;
    return cap;
}

static bool page_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = frame_cap_paddr(cap);
    *ret_size_bits = frame_cap_bits(cap);
    return true;
}

static bool page_same_region(union cap a, union cap b)
{
    if (cap_type(b) != CAP_FRAME)
        return false;
    paddr_t a_base = frame_cap_paddr(a), b_base = frame_cap_paddr(b);
    return a_base <= b_base && a_base + mask(frame_cap_bits(a)) >= b_base + mask(frame_cap_bits(b));
}

static bool page_same_object(union cap a, union cap b)
{
    return cap_type(b) == CAP_FRAME && a.frame.page == b.frame.page &&
           a.frame.size == b.frame.size && a.frame.is_device == b.frame.is_device;
}

/* Not only the last one: every capability takes its own mapping with it. */
static struct finalised page_finalise(struct kernel *k, union cap cap, bool is_final)
{
    unmap(k, cap);
    return finalise_nothing(k, cap, is_final);
}

const struct object_type page_object_type = {
    .name = "page",
    .identify_tag = 1,
    .invoke = page_invoke,
    .receive = cannot_receive,
    .derive = page_derive,
    .mask_rights = page_mask_rights,
    .update_data = update_no_data,
    .extent = page_extent,
    .same_region = page_same_region,
    .same_object = page_same_object,
    .finalise = page_finalise,
    .cleanup = no_cleanup,
};
