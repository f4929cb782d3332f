/* SPDX-License-Identifier: BSD-2-Clause */
/* What the initial thread gets; of the machine only what is the same on all of them. */
#include "check.h"

extern const seL4_Word boot_registers; /* start.S */
extern const char __image_start[], __image_end[];

static const seL4_BootInfo *info(void)
{
    return guest_boot_info;
}

static const char *yes(bool holds)
{
    return holds ? "yes" : "no";
}

static void registers(void)
{
    say("0x%lx", boot_registers);
}

static void initial_caps(void)
{
    for (seL4_CPtr slot = 0; slot < seL4_NumInitialCaps; slot++)
        say_cap(slot);
}

static void fields(void)
{
    say("node %lu of %lu, iopt levels %ld, cnode bits %lu, domain %lu", info()->nodeID,
        info()->numNodes, (long)info()->numIOPTLevels, info()->initThreadCNodeSizeBits,
        info()->initThreadDomain);
    say("shared %lu, io spaces %lu", slot_count(info()->sharedFrames),
        slot_count(info()->ioSpaceCaps));
}

static void regions_follow(void)
{
    say("paging at %lu;", info()->userImagePaging.start);
    say("frames after extra pages: %s;",
        yes(info()->userImageFrames.start == info()->extraBIPages.end &&
            info()->extraBIPages.start == info()->userImagePaging.end));
    say("untyped after frames: %s; empty after untyped: %s",
        yes(info()->untyped.start == info()->userImageFrames.end),
        yes(info()->empty.start == info()->untyped.end));
}

static void paging(void)
{
    for (seL4_CPtr slot = info()->userImagePaging.start; slot < info()->userImagePaging.end; slot++)
        say_cap(slot);
}

static void image_frames(void)
{
    const seL4_Word pages = (seL4_Word)(__image_end - __image_start) >> seL4_PageBits;
    const seL4_CPtr first = info()->userImageFrames.start;

    say("one for each page: %s;", yes(slot_count(info()->userImageFrames) == pages));
    say_cap(first);
    say_cap(first + pages - 1);
    /* mapped: not to be mapped elsewhere; the same address is allowed */
    say_error(seL4_X86_Page_Map(first, seL4_CapInitThreadVSpace, 0x1000, seL4_ReadWrite, 0));
    say_error(seL4_X86_Page_Map(first, seL4_CapInitThreadVSpace, (seL4_Word)__image_start,
                                seL4_ReadWrite, 0));
}

/* A copy of an image frame, mapped again, shows the same memory. */
static void image_alias(void)
{
    static volatile seL4_Word word;
    const seL4_Word page = ((seL4_Word)&word - (seL4_Word)__image_start) >> seL4_PageBits;
    const volatile char *window = window_open(info()->userImageFrames.start + page);
    const seL4_Word offset = (seL4_Word)&word & (PAGE_SIZE - 1);

    word = 0x1357;
    say("%lx", *(const volatile seL4_Word *)(window + offset));
    window_close();
}

static void boot_frames(void)
{
    const seL4_CPtr slots[] = {seL4_CapInitThreadIPCBuffer, seL4_CapBootInfoFrame,
                               info()->extraBIPages.start};

    say("IPC buffer right after the image: %s; BootInfo after it: %s;",
        yes((seL4_Word)info()->ipcBuffer == (seL4_Word)__image_end),
        yes((seL4_Word)info() == (seL4_Word)__image_end + PAGE_SIZE));
    for (unsigned i = 0; i < ARRAY_LENGTH(slots); i++) {
        say_cap(slots[i]);
        say_error(seL4_X86_Page_Map(slots[i], seL4_CapInitThreadVSpace, 0x1000, seL4_ReadWrite, 0));
    }
}

static void untypeds(void)
{
    const seL4_Word count = slot_count(info()->untyped);
    bool sizes = true, devices_first = true, devices_ascend = true;

    for (seL4_Word i = 0; i < count; i++) {
        const seL4_UntypedDesc *untyped = &info()->untypedList[i];

        sizes &= untyped->sizeBits >= 4 && untyped->sizeBits <= 47;
        if (i == 0)
            continue;
        devices_first &= untyped[-1].isDevice >= untyped->isDevice;
        devices_ascend &= !untyped->isDevice || untyped[-1].paddr < untyped->paddr;
    }
    say("sizes in range: %s; devices first: %s; they ascend: %s; first at 0x%lx;", yes(sizes),
        yes(devices_first), yes(devices_ascend), info()->untypedList[0].paddr);
    say_cap(info()->untyped.start);
    say_cap(info()->untyped.end - 1);
    say_cap(info()->untyped.end);
}

static void extra_chunks(void)
{
    const char *chunks = (const char *)info() + seL4_BootInfoFrameSize;
    const seL4_BootInfoHeader *chunk;

    for (seL4_Word at = 0; at + sizeof(*chunk) <= info()->extraLen; at += chunk->len) {
        chunk = (const void *)(chunks + at);
        say("id %lu length %lu", chunk->id, chunk->len);
        if (chunk->len < sizeof(*chunk))
            break;
    }
}

static void own_thread(void)
{
    const seL4_CPtr self = seL4_CapInitThreadTCB;

    say_error(seL4_TCB_SetPriority(self, self, 256));
    say_error(seL4_TCB_SetPriority(self, self, 255));
    say_error(seL4_TCB_UnbindNotification(self));
}

static void top_of_cspace(void)
{
    const seL4_CPtr last = info()->empty.end - 1;

    say_error(copy_cap(last, seL4_CapInitThreadTCB, seL4_AllRights));
    say_error(seL4_CNode_Delete(ROOT, last, DEPTH));
    say_error(copy_cap(last + 1, seL4_CapInitThreadTCB, seL4_AllRights));
}

static const struct check checks[] = {
    {"BOOT0001", "bits set in any register but rdi", registers},
    {"BOOT0002", "capabilities in the fixed slots", initial_caps},
    {"BOOT0003", "fields of BootInfo", fields},
    {"BOOT0004", "the order of capabilities", regions_follow},
    {"BOOT0005", "paging structures of the image", paging},
    {"BOOT0006", "frames of the image", image_frames},
    {"BOOT0007", "a frame of the image, mapped a second time", image_alias},
    {"BOOT0008", "frames of IPC buffer, BootInfo, extra pages", boot_frames},
    {"BOOT0009", "untyped capabilities", untypeds},
    {"BOOT0010", "chunks of extra BootInfo", extra_chunks},
    {"BOOT0011", "priorities of the initial thread, its bound notification", own_thread},
    {"BOOT0012", "the last slot of the CSpace, and one more", top_of_cspace},
};

const struct check_table boot_checks = CHECK_TABLE(checks);
