/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O spaces: the right to a device's I/O address space, the page tables it consists of, and the
 * frames in it. The master capability stands for no device; what is minted from it names one by
 * its badge: domain id << 16 | bus << 8 | device << 3 | function. Manual, "I/O Pages".
 *
 * A page table has no address of its own: it goes where the walk for the address ends, as the
 * device's first table, below that, and, where all tables are there, as if it were a page.
 */
#include <object/io_space.h>

#include <abi/message.h>
#include <base/bits.h>
#include <mem/io_space.h>
#include <object/decode.h>
#include <object/object_types.h>

#define MAP_TABLE "decodeX86IOPTInvocation"
#define MAP_PAGE  "decodeX86IOMapInvocation"

/* The kernel finds nothing, and does not say what: the failure of the last lookup is in its place.
 */
static struct answer unknown_failure(const struct kernel *k)
{
    return answer_failed_lookup(false, k->lookup_failure);
}

static word_t io_page_of(uint64_t address)
{
    return address >> PAGE_BITS & mask(36);
}

/* --- IOSpace ------------------------------------------------------------------------------- */

static struct answer io_space_invoke(struct call *call)
{
    (void)call;
    return answer_because(answer_illegal_operation(), "decodeX86IOSpaceInvocation",
                          "IOSpace capability has no invocations");
}

/* A capability names its device once. */
static union cap io_space_update_data(union cap cap, word_t data, bool preserve)
{
    unsigned domain = data >> 16 & 0xffff;
    if (preserve || cap.io_space.requester != 0 || domain == 0)
        return cap_null();
    cap.io_space.domain_id = domain & 0xffff;
    cap.io_space.requester = data & 0xffff;
    return cap;
}

static bool io_space_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_IO_SPACE && a.io_space.requester == b.io_space.requester;
}

/* The last capability to a device takes all that is mapped for it away. */
static struct finalised io_space_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final)
        *io_context_of(k, cap.io_space.requester) = (struct io_context){0, 0};
    return finalise_nothing(k, cap, is_final);
}

/* --- page tables --------------------------------------------------------------------------- */

/* The I/O space that a method maps into: extra capability 0. */
static struct answer check_space(const struct call *call, const char *where, const char *bad_space,
                                 const char *no_device)
{
    union cap space = call->extra[0]->cap;
    struct reason reason = {.where = where, .why = bad_space};
    if (cap_type(space) == CAP_IO_SPACE) {
        if (space.io_space.requester != 0)
            return answer_ok();
        reason.why = no_device;
    }
    return answer_with_reason(answer_invalid_capability(0), reason);
}

/* The table is the first of a device that has none. */
static void map_first_table(struct call *call, struct io_context *context)
{
    union cap *table = &call->slot->cap;
    union cap space = call->extra[0]->cap;
    *context =
        io_context_make(&call->k->io_mmu, space.io_space.domain_id, table->io_page_table.object);
    table->io_page_table.is_mapped = 1;
    table->io_page_table.level = 0;
    table->io_page_table.requester = space.io_space.requester;
}

/* The table goes where the tables that are there end. */
static struct answer map_next_table(struct call *call, const struct io_context *context)
{
    const unsigned levels = call->k->io_mmu.levels;
    const uint64_t address = align_down(call_word(call, 0), PAGE_BITS + IO_TABLE_INDEX_BITS);
    struct io_walk walk = io_walk_leaf(call->k, context, address);
    if (!walk.entry)
        return unknown_failure(call->k);
    if (*walk.entry & IO_ENTRY_ADDRESS)
        return answer_delete_first();

    union cap *table = &call->slot->cap;
    *walk.entry = table->io_page_table.object | IO_ENTRY_READ | IO_ENTRY_WRITE;
    table->io_page_table.is_mapped = 1;
    table->io_page_table.level = (levels - walk.below) & 7;
    table->io_page_table.requester = call->extra[0]->cap.io_space.requester;
    table->io_page_table.io_page = io_page_of(address);
    return answer_ok();
}

static struct answer io_page_table_map(struct call *call)
{
    if (call_is_truncated(call, 1, 1))
        return answer_because(answer_truncated_message(), MAP_TABLE,
                              "X86IOPageTableMap: Truncated message.");
    if (call->cap.io_page_table.is_mapped)
        return answer_because(answer_invalid_capability(0), MAP_TABLE,
                              "X86IOPageTableMap: IO page table is already mapped.");
    struct answer answer =
        check_space(call, MAP_TABLE, "X86IOPageTableMap: Invalid IO space capability.", NULL);
    if (answer_is_error(answer))
        return answer;
    struct io_context *context = io_context_of(call->k, call->extra[0]->cap.io_space.requester);
    if (io_context_is_present(context))
        return map_next_table(call, context);
    map_first_table(call, context);
    return answer_ok();
}

/* Takes the table out if it still is where its capability says; what is in it stays there. */
static void unlink_table(struct kernel *k, union cap cap)
{
    struct io_context *context = io_context_of(k, cap.io_page_table.requester);
    if (cap.io_page_table.level == 0) {
        if (io_context_table(context) == cap.io_page_table.object)
            *context = (struct io_context){0, 0};
        return;
    }
    struct io_walk walk =
        io_walk_entry(k, context, (uint64_t)cap.io_page_table.io_page << PAGE_BITS,
                      (unsigned)cap.io_page_table.level - 1);
    if (walk.entry && walk.below == 0 &&
        (*walk.entry & IO_ENTRY_ADDRESS) == cap.io_page_table.object)
        *walk.entry = 0;
}

static struct answer io_page_table_unmap(struct call *call)
{
    if (call->cap.io_page_table.is_mapped)
        unlink_table(call->k, call->cap);
    call->slot->cap.io_page_table.is_mapped = 0;
    return answer_ok();
}

static struct answer io_page_table_invoke(struct call *call)
{
    switch (call->method) {
    case INV_X86_IO_PAGE_TABLE_MAP:
        return io_page_table_map(call);
    case INV_X86_IO_PAGE_TABLE_UNMAP:
        return io_page_table_unmap(call);
    default:
        return answer_because(answer_illegal_operation(), MAP_TABLE,
                              "X86IOPageTable: Illegal operation.");
    }
}

static struct answer io_page_table_derive(struct kernel *k, struct slot *slot, union cap cap,
                                          union cap *ret_cap)
{
    if (!cap.io_page_table.is_mapped)
        return answer_illegal_operation();
    return derive_copy(k, slot, cap, ret_cap);
}

static bool io_page_table_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.io_page_table.object;
    *ret_size_bits = PAGE_BITS;
    return true;
}

static bool io_page_table_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_IO_PAGE_TABLE && a.io_page_table.object == b.io_page_table.object;
}

static struct finalised io_page_table_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final && cap.io_page_table.is_mapped)
        unlink_table(k, cap);
    return finalise_nothing(k, cap, is_final);
}

/* --- frames -------------------------------------------------------------------------------- */

/* Unlike for the processor there are mappings for writing alone. */
static uint64_t page_rights(union cap frame, word_t rights)
{
    uint64_t bits = 0;
    if ((rights & RIGHT_WRITE) && frame.frame.rights == VM_READ_WRITE)
        bits |= IO_ENTRY_WRITE;
    if ((rights & RIGHT_READ) && frame.frame.rights != VM_KERNEL_ONLY)
        bits |= IO_ENTRY_READ;
    return bits;
}

static struct answer check_page(const struct call *call)
{
    if (call_is_truncated(call, 2, 1))
        return answer_because(answer_truncated_message(), MAP_PAGE,
                              "X86PageMapIO: Truncated message.");
    if (call->cap.frame.size != FRAME_4K)
        return answer_because(answer_invalid_capability(0), MAP_PAGE,
                              "X86PageMapIO: Invalid page size.");
    if (call->cap.frame.asid != 0)
        return answer_because(answer_invalid_capability(0), MAP_PAGE,
                              "X86PageMapIO: Page already mapped.");
    return check_space(call, MAP_PAGE, "X86PageMapIO: Invalid IO space capability.",
                       "X86PageMapIO: Invalid PCI device.");
}

struct answer io_space_map_page(struct call *call)
{
    struct answer answer = check_page(call);
    if (answer_is_error(answer))
        return answer;
    unsigned requester = (unsigned)call->extra[0]->cap.io_space.requester;
    const struct io_context *context = io_context_of(call->k, requester);
    const uint64_t address = call_word(call, 1);
    struct io_walk walk = io_walk_leaf(call->k, context, address);
    if (!walk.entry || walk.below != 0)
        return unknown_failure(call->k);
    if (*walk.entry & IO_ENTRY_ADDRESS)
        return answer_delete_first();
    uint64_t rights = page_rights(call->cap, call_word(call, 0));
    if (rights == 0)
        return answer_invalid_argument(0);

    union cap *frame = &call->slot->cap;
    frame->frame.map_type = FRAME_MAP_IO_SPACE;
    frame->frame.asid = requester & 0xffff;
    frame->frame.vpage = io_page_of(address);
    *walk.entry = frame_cap_paddr(*frame) | rights;
    return answer_ok();
}

void io_space_unmap_page(struct kernel *k, union cap frame)
{
    const struct io_context *context = io_context_of(k, (unsigned)frame.frame.asid);
    struct io_walk walk = io_walk_leaf(k, context, frame_cap_vaddr(frame));
    if (walk.entry && walk.below == 0 && (*walk.entry & IO_ENTRY_ADDRESS) == frame_cap_paddr(frame))
        *walk.entry = 0;
}

const struct object_type io_space_object_type = {
    .name = "IOSpace",
    .identify_tag = 15,
    .invoke = io_space_invoke,
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = io_space_update_data,
    .extent = no_extent,
    .same_region = io_space_same_region,
    .same_object = same_object_as_region,
    .finalise = io_space_finalise,
    .cleanup = no_cleanup,
};

const struct object_type io_page_table_object_type = {
    .name = "I/O page table",
    .identify_tag = 17,
    .invoke = io_page_table_invoke,
    .receive = cannot_receive,
    .derive = io_page_table_derive,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = io_page_table_extent,
    .same_region = io_page_table_same_region,
    .same_object = same_object_as_region,
    .finalise = io_page_table_finalise,
    .cleanup = no_cleanup,
};
