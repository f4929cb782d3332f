/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include "either.h"

unsigned guest_pool_bits __attribute__((weak)) =
    23; /* not const: a compiler would take it for 23 */

const seL4_BootInfo *guest_boot_info;
__thread seL4_CPtr own_reply;

#define SCRATCH_BITS 22

static seL4_CPtr pool;
static seL4_CPtr next_slot, end_of_slots;

/* Memory of what scratch_end() takes back; the first of its slots, 0: scratch_begin() was not. */
static seL4_CPtr scratch, scratch_slots;

_Noreturn void guest_end(void)
{
#ifdef CONFIG_DEBUG_BUILD
    seL4_DebugHalt();
#endif
    for (;;)
        seL4_TCB_Suspend(seL4_CapInitThreadTCB);
}

const char *error_name(seL4_Word error)
{
    static const char *const names[] = {
        [seL4_NoError] = "NoError",
        [seL4_InvalidArgument] = "InvalidArgument",
        [seL4_InvalidCapability] = "InvalidCapability",
        [seL4_IllegalOperation] = "IllegalOperation",
        [seL4_RangeError] = "RangeError",
        [seL4_AlignmentError] = "AlignmentError",
        [seL4_FailedLookup] = "FailedLookup",
        [seL4_TruncatedMessage] = "TruncatedMessage",
        [seL4_DeleteFirst] = "DeleteFirst",
        [seL4_RevokeFirst] = "RevokeFirst",
        [seL4_NotEnoughMemory] = "NotEnoughMemory",
    };

    return error < ARRAY_LENGTH(names) ? names[error] : "unknown error";
}

void must(seL4_Error error, const char *what)
{
    if (error == seL4_NoError)
        return;
    print("guest: %s: %s\n", what, error_name(error));
    guest_end();
}

/* The smallest untyped of RAM that is large enough: the kernel zeroes it on its first Retype. */
static seL4_CPtr find_pool(const seL4_BootInfo *boot_info)
{
    const seL4_Word count = slot_count(boot_info->untyped);
    seL4_CPtr best = seL4_CapNull;
    unsigned best_bits = seL4_WordBits;

    for (seL4_Word i = 0; i < count; i++) {
        const seL4_UntypedDesc *untyped = &boot_info->untypedList[i];

        if (untyped->isDevice || untyped->sizeBits < guest_pool_bits ||
            untyped->sizeBits >= best_bits)
            continue;
        best = boot_info->untyped.start + i;
        best_bits = untyped->sizeBits;
    }
    return best;
}

void guest_prepare(const seL4_BootInfo *boot_info)
{
    guest_boot_info = boot_info;
    next_slot = boot_info->empty.start;
    end_of_slots = boot_info->empty.end;
    pool = find_pool(boot_info);
    if (pool == seL4_CapNull) {
        print("guest: no untyped memory of %u MiB\n", 1u << (guest_pool_bits - 20));
        guest_end();
    }
    own_reply = reply_new();
}

seL4_CPtr slot_new(void)
{
    if (next_slot == end_of_slots)
        must(seL4_NotEnoughMemory, "the root CNode is full");
    return next_slot++;
}

static seL4_CPtr object_new_in(seL4_CPtr slot, seL4_CPtr untyped, seL4_Word type,
                               seL4_Word size_bits)
{
    must(seL4_Untyped_Retype(untyped, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1),
         "Untyped_Retype");
    return slot;
}

seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
    return object_new_in(slot_new(), scratch_slots != 0 ? scratch : pool, type, size_bits);
}

/* Amid scratch slots it takes the last slot of all instead of the next. */
seL4_CPtr object_new_to_keep(seL4_Word type, seL4_Word size_bits)
{
    if (scratch_slots == 0)
        return object_new(type, size_bits);
    if (next_slot == end_of_slots)
        must(seL4_NotEnoughMemory, "the root CNode is full");
    return object_new_in(--end_of_slots, pool, type, size_bits);
}

void scratch_begin(void)
{
    if (scratch == seL4_CapNull)
        scratch = object_new(seL4_UntypedObject, SCRATCH_BITS);
    scratch_slots = next_slot;
}

void scratch_end(void)
{
    const seL4_CPtr root = seL4_CapInitThreadCNode;

    must(seL4_CNode_Revoke(root, scratch, seL4_WordBits), "CNode_Revoke");
    while (next_slot > scratch_slots) /* what is there yet is a copy of something else */
        must(seL4_CNode_Delete(root, --next_slot, seL4_WordBits), "CNode_Delete");
    scratch_slots = 0;
}

seL4_CPtr cap_mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge)
{
    const seL4_CPtr slot = slot_new();

    if (badge == 0)
        must(seL4_CNode_Copy(seL4_CapInitThreadCNode, slot, seL4_WordBits, seL4_CapInitThreadCNode,
                             cap, seL4_WordBits, rights),
             "CNode_Copy");
    else
        must(seL4_CNode_Mint(seL4_CapInitThreadCNode, slot, seL4_WordBits, seL4_CapInitThreadCNode,
                             cap, seL4_WordBits, rights, badge),
             "CNode_Mint");
    return slot;
}
