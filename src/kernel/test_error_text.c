/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel says of calls that fail: to the console, as captured from the real one, or with
 * KernelInvocationReportErrorIPC to the caller.
 */
#include <test.h>

#include <stdio.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/console.h>
#include <model/testkit_thread.h>

#define R           INITIAL_CAP_CNODE
#define V           INITIAL_CAP_VSPACE
#define SELF        INITIAL_CAP_TCB
#define NOWHERE     (UINT64_C(1) << 36)
#define KERNEL_HALF UINT64_C(0xffff800000000000)

/* "function: text\n" for each line of the console. */
static const char *said(struct guest *g)
{
    static char all[1024];
    const char *line = guest_console(g);
    size_t length = 0;
    all[0] = '\0';
    while ((line = strstr(line, "1m ["))) {
        const char *where = line + 4, *why = strstr(line, "]: ") + 3;
        int where_length = (int)(strchr(where, ' ') - where);
        int why_length = (int)(strstr(why, ">>\033") - why);
        length += (size_t)snprintf(&all[length], sizeof(all) - length, "%.*s: %.*s\n", where_length,
                                   where, why_length, why);
        line = why;
    }
    return all;
}

/* The call by the current thread, and what the kernel said of it. */
#define SAYS(capability, name, lines, ...)                                                         \
    do {                                                                                           \
        guest_call_method(&g,                                                                      \
                          (struct guest_call){.cap = (capability),                                 \
                                              .method = INV_##name __VA_OPT__(, ) __VA_ARGS__});   \
        CHECK_STR(said(&g), lines);                                                                \
    } while (0)

#define SILENT ""

TEST(breakpoints)
{
    struct kernel_config config = kernel_config_default();
    config.hardware_debug_api = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
#define F "decodeSetBreakpoint: Debug: "
#define A "Arch_decode"
#define N "Breakpoint: Debug: invalid bp_num 4.\n"
    SAYS(SELF, TCB_SET_BREAKPOINT,
         F "Invalid address 7fffffffffff: bp addresses must be userspace addresses.\n",
         WORDS(4, 0x7fffffffffff, 2, 3, 3));
    SAYS(SELF, TCB_SET_BREAKPOINT, F "Unknown breakpoint type 2.\n", WORDS(4, 1, 2, 3, 3));
    SAYS(SELF, TCB_SET_BREAKPOINT, F "Instruction bps must have size of 0.\n",
         WORDS(4, 1, 1, 3, 3));
    SAYS(SELF, TCB_SET_BREAKPOINT, F "Instruction bps must be break-on-read.\n",
         WORDS(4, 1, 1, 0, 3));
    SAYS(SELF, TCB_SET_BREAKPOINT, F "Data bps cannot have size of 0.\n", WORDS(4, 1, 0, 0, 3));
    SAYS(SELF, TCB_SET_BREAKPOINT, F "Unknown access-type 3.\n", WORDS(4, 1, 0, 3, 3));
    SAYS(SELF, TCB_SET_BREAKPOINT, F "Invalid size 3.\n", WORDS(4, 1, 0, 3, 2));
    SAYS(SELF, TCB_SET_BREAKPOINT,
         F "Unaligned data watchpoint address 1001 (size 8) rejected.\n\n",
         WORDS(4, 0x1001, 0, 8, 2));
    SAYS(SELF, TCB_SET_BREAKPOINT, A "Set" N, WORDS(4, 0, 0, 8, 2));
    SAYS(SELF, TCB_SET_BREAKPOINT,
         A "SetBreakpoint: Debug: 8-byte breakpoints/watchpoints unsupported on this CPU.\n",
         WORDS(3, 0, 0, 8, 2));
    SAYS(SELF, TCB_SET_BREAKPOINT, SILENT, WORDS(3, 0, 0, 4, 2));
    SAYS(SELF, TCB_GET_BREAKPOINT, A "Get" N, WORDS(4));
    SAYS(SELF, TCB_UNSET_BREAKPOINT, A "Unset" N, WORDS(4));
#undef F
#undef A
#undef N
    guest_end(&g);
}

/* --- by object ----------------------------------------------------------------------------- */

TEST(untyped)
{
    struct guest g = guest_boot_default();
    cptr_t ut = guest_make(&g, OBJECT_UNTYPED, 14), s = g.next_slot, ep;
#define F "decodeUntypedInvocation: Untyped Retype: "
    SAYS(ut, TCB_SUSPEND, "decodeUntypedInvocation: Untyped cap: Illegal operation attempted.\n");
    SAYS(ut, UNTYPED_RETYPE, "decodeUntypedInvocation: Untyped invocation: Truncated message.\n");
    SAYS(ut, UNTYPED_RETYPE, F "Invalid object type.\n", WORDS(99, 0, 0, 0, s, 1), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Invalid object size.\n", WORDS(0, 64, 0, 0, s, 1), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Invalid object size.\n", WORDS(4, 60, 0, 0, s, 1), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Requested CapTable size too small.\n", WORDS(4, 0, 0, 0, s, 1),
         EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Requested UntypedItem size too small.\n", WORDS(0, 2, 0, 0, s, 1),
         EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Invalid destination address.\n", WORDS(0, 12, 1, 99, s, 1),
         EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Destination cap invalid or read-only.\n", WORDS(0, 12, 0, 0, s, 1),
         EXTRA(SELF));
    SAYS(ut, UNTYPED_RETYPE, F "Destination node offset #5000 too large.\n",
         WORDS(0, 12, 0, 0, 5000, 1), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Destination node offset #18446744073709551615 too large.\n",
         WORDS(0, 12, 0, 0, ~UINT64_C(0), 1), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Number of requested objects (257) too small or large.\n",
         WORDS(0, 12, 0, 0, s, 257), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Requested destination window overruns size of node.\n",
         WORDS(0, 12, 0, 0, 4090, 20), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE, F "Slot #1 in destination window non-empty.\n",
         WORDS(0, 12, 0, 0, 1, 1), EXTRA(R));
    SAYS(ut, UNTYPED_RETYPE,
         F "Insufficient memory (1 * 1099511627776 bytes needed, 16384 bytes available).\n",
         WORDS(0, 40, 0, 0, s, 1), EXTRA(R));
    SAYS(g.first_untyped, UNTYPED_RETYPE, F "Creating kernel objects with device untyped\n",
         WORDS(2, 0, 0, 0, s, 1), EXTRA(R));
    ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    SAYS(ut, UNTYPED_RETYPE, SILENT, WORDS(0, 12, 0, 0, ep + 1, 1), EXTRA(R));
#undef F
    guest_end(&g);
}

TEST(io_spaces)
{
    struct kernel_config config = kernel_config_default();
    config.iommu = true;
    struct boot_info boot = guest_boot_info(&config, GUEST_MEMORY_END);
    boot.iommu = (struct boot_iommu){.units = 1, .levels = 3};
    struct guest g = guest_boot_with(&boot, GUEST_MEMORY_END);
    cptr_t table = guest_make(&g, OBJECT_IO_PAGE_TABLE, 0);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0), large = guest_make(&g, OBJECT_LARGE_PAGE, 0);
    cptr_t space = g.next_slot++, io = INITIAL_CAP_IO_SPACE;
    SAYS(io, TCB_SUSPEND, "decodeX86IOSpaceInvocation: IOSpace capability has no invocations\n");
    SAYS(R, CNODE_MINT, SILENT, WORDS(space, 64, io, 64, 0xf, 1 << 16 | 8), EXTRA(R));
#define F "decodeX86IOPTInvocation: X86IOPageTable"
    SAYS(table, TCB_SUSPEND, F ": Illegal operation.\n");
    SAYS(table, X86_IO_PAGE_TABLE_MAP, F "Map: Truncated message.\n");
    SAYS(table, X86_IO_PAGE_TABLE_MAP, F "Map: Invalid IO space capability.\n", WORDS(0),
         EXTRA(SELF));
    SAYS(table, X86_IO_PAGE_TABLE_MAP, SILENT, WORDS(0), EXTRA(io));
    SAYS(page, X86_PAGE_MAP_IO, SILENT, WORDS(3, 0), EXTRA(space));
    SAYS(table, X86_IO_PAGE_TABLE_MAP, SILENT, WORDS(0), EXTRA(space));
    SAYS(table, X86_IO_PAGE_TABLE_MAP, F "Map: IO page table is already mapped.\n", WORDS(0),
         EXTRA(space));
#undef F
#define F "decodeX86IOMapInvocation: X86PageMapIO: "
    SAYS(page, X86_PAGE_MAP_IO, F "Truncated message.\n", WORDS(3), EXTRA(space));
    SAYS(large, X86_PAGE_MAP_IO, F "Invalid page size.\n", WORDS(3, 0), EXTRA(space));
    SAYS(page, X86_PAGE_MAP_IO, F "Invalid IO space capability.\n", WORDS(3, 0), EXTRA(SELF));
    SAYS(page, X86_PAGE_MAP_IO, F "Invalid PCI device.\n", WORDS(3, 0), EXTRA(io));
    guest_slot(&g, page)->cap.frame.asid = 8;
    SAYS(page, X86_PAGE_MAP_IO, F "Page already mapped.\n", WORDS(3, 0), EXTRA(space));
#undef F
    guest_end(&g);
}

TEST(cnode_transfer)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), frame = guest_make(&g, OBJECT_4K_PAGE, 0);
    cptr_t parent = guest_make(&g, OBJECT_UNTYPED, 12), pt = guest_make(&g, OBJECT_PAGE_TABLE, 0);
    cptr_t s = g.next_slot;
#define D "decodeCNodeInvocation: "
#define F D "CNode Copy/Mint/Move/Mutate: "
    SAYS(R, TCB_SUSPEND, D "CNodeCap: Illegal Operation attempted.\n");
    SAYS(R, CNODE_DELETE, D "CNode operation: Truncated message.\n");
    SAYS(R, CNODE_DELETE, D "CNode operation: Target slot invalid.\n", WORDS(NOWHERE, 64));
    SAYS(R, CNODE_MOVE, F "Truncated message.\n", WORDS(s, 64, ep, 64));
    SAYS(R, CNODE_COPY, F "Destination not empty.\n", WORDS(1, 64, ep, 64, 15), EXTRA(R));
    SAYS(R, CNODE_COPY, F "Invalid source slot.\n", WORDS(s, 64, NOWHERE, 64, 15), EXTRA(R));
    SAYS(R, CNODE_COPY, F "Source slot invalid or empty.\n", WORDS(s, 64, 4001, 64, 15), EXTRA(R));
    SAYS(R, CNODE_COPY, D "Truncated message for CNode Copy operation.\n", WORDS(s, 64, ep, 64),
         EXTRA(R));
    SAYS(R, CNODE_MINT, D "CNode Mint: Truncated message.\n", WORDS(s, 64, ep, 64, 15), EXTRA(R));
    SAYS(R, CNODE_MUTATE, D "CNode Mutate: Truncated message.\n", WORDS(s, 64, ep, 64), EXTRA(R));
    SAYS(R, CNODE_MUTATE, F "Mutated cap would be invalid.\n", WORDS(s, 64, ep, 64, 8), EXTRA(R));
    SAYS(R, CNODE_COPY, F "Mutated cap would be invalid.\n",
         WORDS(s, 64, INITIAL_CAP_IRQ_CONTROL, 64, 15), EXTRA(R));
    /* two lines: why it cannot be derived, and what for */
    SAYS(R, CNODE_COPY,
         "Arch_deriveCap: Deriving an unmapped PT cap\n" D
         "Error deriving cap for CNode Copy operation.\n",
         WORDS(s, 64, pt, 64, 15), EXTRA(R));
    SAYS(parent, UNTYPED_RETYPE, SILENT, WORDS(2, 0, 0, 0, s, 1), EXTRA(R));
    SAYS(R, CNODE_MINT, D "Error deriving cap for CNode Mint operation.\n",
         WORDS(s + 1, 64, parent, 64, 15, 0), EXTRA(R));
    /* no error at all */
    SAYS(R, CNODE_COPY, "maskVMRights: Attempted to make unsupported write only mapping\n",
         WORDS(s + 1, 64, frame, 64, 1), EXTRA(R));
    CHECK_EQ(cap_type(guest_cap(&g, s + 1)), CAP_FRAME);
    SAYS(R, CNODE_COPY, SILENT, WORDS(s + 2, 64, s + 1, 64, 1), EXTRA(R));
#undef F
    guest_end(&g);
}

TEST(cnode_others)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t badged = guest_mint(&g, ep, RIGHTS_ALL, 7), s = g.next_slot;
    SAYS(R, CNODE_ROTATE, D "CNode Rotate: Pivot slot the same as source or dest slot.\n",
         WORDS(s, 64, 0, s, 64, 0, ep, 64), EXTRA(R, R));
    SAYS(R, CNODE_ROTATE, SILENT, WORDS(ep, 64, 0, s, 64, 0, s + 1, 64), EXTRA(R, R));
    SAYS(R, CNODE_ROTATE, D "CNode Rotate: Source cap invalid.\n",
         WORDS(s, 64, 0, signal, 64, 5, badged, 64), EXTRA(R, R));
    SAYS(R, CNODE_ROTATE, D "CNode Rotate: Source cap invalid.\n",
         WORDS(s, 64, 0, badged, 64, 0, signal, 64), EXTRA(R, R));
    SAYS(R, CNODE_ROTATE, D "CNode Rotate: Pivot cap invalid.\n",
         WORDS(s, 64, 0, badged, 64, 0, R, 64), EXTRA(R, R));
    SAYS(R, CNODE_CANCEL_BADGED_SENDS, D "CNode CancelBadgedSends: Target cap invalid.\n",
         WORDS(signal, 64));
    SAYS(R, CNODE_SAVE_CALLER, D "CNode SaveCaller: Destination slot not empty.\n", WORDS(ep, 64));
    SAYS(R, CNODE_SAVE_CALLER, "invokeCNodeSaveCaller: CNode SaveCaller: Reply cap not present.\n",
         WORDS(s, 64));
    CHECK_EQ(thread_info(guest_root_thread(&g)).label, SEL4_NO_ERROR);
    SAYS(R, CNODE_REVOKE, SILENT, WORDS(s, 64));
#undef D
    guest_end(&g);
}

TEST(tcb_registers)
{
    struct guest g = guest_boot_default();
    cptr_t t = guest_make(&g, OBJECT_TCB, 0), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
#define READ  "decodeReadRegisters: TCB ReadRegisters: "
#define WRITE "decodeWriteRegisters: TCB WriteRegisters: "
#define COPY  "decodeCopyRegisters: TCB CopyRegisters: "
    SAYS(t, TCB_READ_REGISTERS, READ "Truncated message.\n");
    SAYS(t, TCB_READ_REGISTERS, READ "Attempted to read an invalid number of registers (99).\n",
         WORDS(0, 99));
    SAYS(SELF, TCB_READ_REGISTERS, READ "Attempted to read our own registers.\n", WORDS(0, 2));
    SAYS(t, TCB_WRITE_REGISTERS, WRITE "Truncated message.\n", WORDS(0));
    SAYS(t, TCB_WRITE_REGISTERS,
         WRITE "Message too short for requested write size (1/18446744073709551614).\n",
         WORDS(0, -UINT64_C(2), 0));
    SAYS(SELF, TCB_WRITE_REGISTERS, WRITE "Attempted to write our own registers.\n", WORDS(0, 0));
    SAYS(t, TCB_COPY_REGISTERS, COPY "Truncated message.\n", WORDS(0));
    SAYS(t, TCB_COPY_REGISTERS, COPY "Invalid source TCB.\n", WORDS(0), EXTRA(ep));
    SAYS(t, TCB_SET_TLS_BASE, "decodeSetTLSBase: TCB SetTLSBase: Truncated message.\n");
    SAYS(t, TCB_SET_FLAGS, "decodeSetFlags: TCB SetFlags: Truncated message.\n");
    SAYS(t, CNODE_COPY, "decodeTCBInvocation: TCB: Illegal operation.\n");
#undef READ
#undef WRITE
#undef COPY
    guest_end(&g);
}

TEST(tcb_priorities)
{
    struct guest g = guest_boot_default();
    cptr_t t = guest_make(&g, OBJECT_TCB, 0), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
#define PRIORITY "decodeSetPriority: TCB SetPriority: "
#define MCP      "decodeSetMCPriority: TCB SetMCPriority: "
#define BOTH     "decodeSetSchedParams: TCB SetSchedParams: "
    SAYS(t, TCB_SET_PRIORITY, PRIORITY "Truncated message.\n");
    SAYS(t, TCB_SET_PRIORITY, "decodeSetPriority: Set priority: authority cap not a TCB.\n",
         WORDS(5), EXTRA(ep));
    SAYS(t, TCB_SET_PRIORITY, PRIORITY "Requested priority 1099511627776 too high (max 255).\n",
         WORDS(UINT64_C(1) << 40), EXTRA(SELF));
    SAYS(t, TCB_SET_MCPRIORITY, MCP "Truncated message.\n");
    SAYS(t, TCB_SET_MCPRIORITY, MCP "authority cap not a TCB.\n", WORDS(5), EXTRA(ep));
    SAYS(t, TCB_SET_MCPRIORITY,
         MCP "Requested maximum controlled priority 300 too high (max 255).\n", WORDS(300),
         EXTRA(SELF));
    SAYS(t, TCB_SET_SCHED_PARAMS, BOTH "Truncated message.\n", WORDS(1), EXTRA(SELF));
    SAYS(t, TCB_SET_SCHED_PARAMS, BOTH "authority cap not a TCB.\n", WORDS(5, 5), EXTRA(ep));
    SAYS(t, TCB_SET_SCHED_PARAMS,
         BOTH "Requested maximum controlled priority 5 too high (max 0).\n", WORDS(5, 5), EXTRA(t));
    SAYS(t, TCB_SET_SCHED_PARAMS, BOTH "Requested priority 5 too high (max 0).\n", WORDS(0, 5),
         EXTRA(t));
#undef PRIORITY
#undef MCP
#undef BOTH
    guest_end(&g);
}

TEST(tcb_spaces)
{
    struct guest g = guest_boot_default();
    cptr_t t = guest_make(&g, OBJECT_TCB, 0), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t frame = guest_make(&g, OBJECT_4K_PAGE, 0), pml4 = guest_make(&g, OBJECT_PML4, 0);
#define C "decodeTCBConfigure: TCB Configure: "
#define S "decodeSetSpace: TCB SetSpace: "
#define B "checkValidIPCBuffer: IPC Buffer "
    SAYS(t, TCB_CONFIGURE, C "Truncated message.\n");
    SAYS(t, TCB_CONFIGURE, C "CSpace cap is invalid.\n", WORDS(0, 0, 0, 0), EXTRA(ep, V, ep));
    SAYS(t, TCB_CONFIGURE, C "VSpace cap is invalid.\n", WORDS(0, 0, 0, 0), EXTRA(R, ep, ep));
    SAYS(t, TCB_CONFIGURE, "Mode_deriveCap: Deriving a PML4 cap without an assigned ASID\n",
         WORDS(0, 0, 0, 0), EXTRA(R, pml4, ep));
    SAYS(t, TCB_CONFIGURE, B "vaddr 0x500001 is not aligned.\n",
         WORDS(0, 0, 0, UINT64_C(0x1200500001)), EXTRA(R, V, frame));
    SAYS(t, TCB_SET_SPACE, S "Truncated message.\n");
    SAYS(t, TCB_SET_SPACE, S "Invalid CNode cap.\n", WORDS(0, 0, 0), EXTRA(ep, V));
    SAYS(t, TCB_SET_SPACE, S "Invalid VSpace cap.\n", WORDS(0, 0, 0), EXTRA(R, ep));
    SAYS(t, TCB_SET_IPC_BUFFER, "decodeSetIPCBuffer: TCB SetIPCBuffer: Truncated message.\n");
    SAYS(t, TCB_SET_IPC_BUFFER, B "is an invalid cap.\n", WORDS(0x500000), EXTRA(ep));
    guest_slot(&g, frame)->cap.frame.is_device = true;
    SAYS(t, TCB_SET_IPC_BUFFER,
         "checkValidIPCBuffer: Specifying a device frame as an IPC buffer is not permitted.\n",
         WORDS(0x500000), EXTRA(frame));
#undef C
#undef S
#undef B
    guest_end(&g);
}

TEST(tcb_notifications)
{
    struct guest g = guest_boot_default();
    cptr_t t = guest_make(&g, OBJECT_TCB, 0), n = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t blind = guest_mint(&g, n, RIGHT_WRITE, 0);
#define F "decodeBindNotification: TCB BindNotification: "
    SAYS(t, TCB_BIND_NOTIFICATION, F "Truncated message.\n");
    SAYS(t, TCB_BIND_NOTIFICATION, F "Notification is invalid.\n", EXTRA(R));
    SAYS(t, TCB_BIND_NOTIFICATION, F "Insufficient access rights\n", EXTRA(blind));
    SAYS(t, TCB_BIND_NOTIFICATION, SILENT, EXTRA(n));
    SAYS(t, TCB_BIND_NOTIFICATION, F "TCB already has a bound notification.\n", EXTRA(n));
    SAYS(SELF, TCB_BIND_NOTIFICATION, F "Notification cannot be bound.\n", EXTRA(n));
    SAYS(SELF, TCB_UNBIND_NOTIFICATION,
         "decodeUnbindNotification: TCB UnbindNotification: TCB already has no bound "
         "Notification.\n");
#undef F
    guest_end(&g);
}

TEST(pages)
{
    struct guest g = guest_boot_default();
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    const vaddr_t free = GUEST_IMAGE_START + 0x20000;
#define F "decodeX86FrameInvocation: X86Frame"
    SAYS(page, TCB_SUSPEND, SILENT);
    SAYS(page, X86_PAGE_MAP, SILENT, WORDS(free, 3, 0));
    SAYS(page, X86_PAGE_MAP, F "Map: Attempting to map frame into invalid page directory cap.\n",
         WORDS(free, 3, 0), EXTRA(SELF));
    SAYS(page, X86_PAGE_MAP, F ": Mapping address too high.\n", WORDS(KERNEL_HALF, 3, 0), EXTRA(V));
    SAYS(page, X86_PAGE_MAP, SILENT, WORDS(free + 1, 3, 0), EXTRA(V));
    SAYS(page, X86_PAGE_MAP, "maskVMRights: Attempted to make unsupported write only mapping\n",
         WORDS(free, 1, 0), EXTRA(V));
    SAYS(page, X86_PAGE_MAP, F ": Attempting to map frame into multiple addresses\n",
         WORDS(free + 0x1000, 3, 0), EXTRA(V));
    guest_slot(&g, page)->cap.frame.map_type = FRAME_MAP_NONE;
    SAYS(page, X86_PAGE_MAP, F ": Attempting to remap frame with different mapping type\n",
         WORDS(free, 3, 0), EXTRA(V));
#undef F
    guest_end(&g);
}

TEST(page_tables)
{
    struct guest g = guest_boot_default();
    cptr_t pt = guest_make(&g, OBJECT_PAGE_TABLE, 0), copy;
    const vaddr_t free = GUEST_IMAGE_START + 0x400000;
#define F "decodeX86PageTableInvocation: X86PageTable: "
    SAYS(pt, TCB_SUSPEND, F "Illegal operation.\n");
    SAYS(pt, X86_PAGE_TABLE_MAP, F "Truncated message.\n");
    SAYS(pt, X86_PAGE_TABLE_MAP, SILENT, WORDS(free, 0), EXTRA(SELF));
    SAYS(pt, X86_PAGE_TABLE_MAP, F "Mapping address too high.\n", WORDS(KERNEL_HALF, 0), EXTRA(V));
    SAYS(pt, X86_PAGE_TABLE_MAP, SILENT, WORDS(GUEST_IMAGE_START, 0), EXTRA(V));
    SAYS(pt, X86_PAGE_TABLE_MAP, SILENT, WORDS(free, 0), EXTRA(V));
    SAYS(pt, X86_PAGE_TABLE_MAP, F "Page table is already mapped to a page directory.\n",
         WORDS(free, 0), EXTRA(V));
    copy = guest_copy(&g, pt);
    SAYS(pt, X86_PAGE_TABLE_UNMAP, F "Cannot unmap if more than one cap exists.\n");
    guest_delete(&g, copy);
    SAYS(pt, X86_PAGE_TABLE_UNMAP, SILENT);
#undef F
    guest_end(&g);
}

TEST(page_directories_and_pdpts)
{
    struct guest g = guest_boot_default();
    cptr_t pd = guest_make(&g, OBJECT_PAGE_DIRECTORY, 0), pdpt = guest_make(&g, OBJECT_PDPT, 0);
    cptr_t s = g.next_slot;
#define D "decodeX64PageDirectoryInvocation: "
#define P "decodeX64PDPTInvocation: "
#define E "decodeCNodeInvocation: Error deriving cap for CNode Copy operation.\n"
    SAYS(pd, TCB_SUSPEND, D "X64Directory: Illegal operation.\n");
    SAYS(pd, X86_PAGE_DIRECTORY_MAP, D "X64PageDirectory: Truncated message.\n");
    SAYS(pd, X86_PAGE_DIRECTORY_MAP, D "X64PageDirectory: Mapping address too high.\n",
         WORDS(KERNEL_HALF, 0), EXTRA(V));
    SAYS(R, CNODE_COPY, "Arch_deriveCap: Deriving a PD cap without an assigned ASID\n" E,
         WORDS(s, 64, pd, 64, 15), EXTRA(R));
    SAYS(pdpt, TCB_SUSPEND, P "X86PDPT: Illegal operation.\n");
    SAYS(pdpt, X86_PDPT_MAP, P "X64PDPT: Truncated message.\n");
    SAYS(pdpt, X86_PDPT_MAP, P "X64PDPT: Mapping address too high.\n", WORDS(KERNEL_HALF, 0),
         EXTRA(V));
    SAYS(R, CNODE_COPY, "Mode_deriveCap: Deriving an unmapped PTPD cap\n" E,
         WORDS(s, 64, pdpt, 64, 15), EXTRA(R));
    guest_slot(&g, pd)->cap.paging.is_mapped = guest_slot(&g, pdpt)->cap.paging.is_mapped = 1;
    SAYS(pd, X86_PAGE_DIRECTORY_MAP, D "X64PageDirectory: PD is already mapped to a PML4.\n",
         WORDS(0, 0), EXTRA(V));
    SAYS(pdpt, X86_PDPT_MAP, P "X64PDPT: PDPT is already mapped to a PML4.\n", WORDS(0, 0),
         EXTRA(V));
    guest_copy(&g, pd);
    guest_copy(&g, pdpt);
    SAYS(pd, X86_PAGE_DIRECTORY_UNMAP,
         D "X86PageDirectory: Cannot unmap if more than one cap exist.\n");
    SAYS(pdpt, X86_PDPT_UNMAP, P "X86PDPT: Cannot unmap if more than one cap exist.\n");
#undef D
#undef P
#undef E
    guest_end(&g);
}

TEST(vspaces_and_asids)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), ut = guest_make(&g, OBJECT_UNTYPED, 12);
#define F "decodeX86MMUInvocation: "
    SAYS(V, TCB_SUSPEND, SILENT);
    SAYS(INITIAL_CAP_ASID_CONTROL, TCB_SUSPEND, SILENT);
    SAYS(INITIAL_CAP_ASID_CONTROL, X86_ASID_CONTROL_MAKE_POOL, SILENT, WORDS(g.next_slot, 64),
         EXTRA(ep, R));
    SAYS(INITIAL_CAP_ASID_POOL, X86_ASID_POOL_ASSIGN, F "X86ASIDPool: Invalid vspace root.\n",
         EXTRA(V));
    for (unsigned i = 0; i < ARRAY_LENGTH(g.k->asid_pools); i++)
        g.k->asid_pools[i] = g.k->asid_pools[0];
    SAYS(INITIAL_CAP_ASID_CONTROL, X86_ASID_CONTROL_MAKE_POOL,
         F "ASIDControlMakePool: No unallocated pools found.\n", WORDS(g.next_slot, 64),
         EXTRA(ut, R));
#undef F
    guest_end(&g);
}

TEST(interrupts)
{
    struct guest g = guest_boot_default();
    const cptr_t control = INITIAL_CAP_IRQ_CONTROL;
    cptr_t s = g.next_slot;
#define F "Arch_decodeIRQControlInvocation: IRQControl: "
#define A "ioapic_decode_map_pin_to_vector: "
#define H "decodeIRQHandlerInvocation: IRQ"
    SAYS(control, TCB_SUSPEND, F "Illegal operation\n");
    SAYS(control, IRQ_CONTROL_GET, "Arch_checkIRQ: IRQControl: Illegal operation\n",
         WORDS(5, s, 64), EXTRA(R));
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, F "Truncated message\n", WORDS(s));
#define GET(...) WORDS(s, 64, __VA_ARGS__), EXTRA(R)
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, F "Invalid irq 200 should be between 0-107\n",
         GET(0, 4, 0, 0, 200));
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, A "Invalid IOAPIC 5, only have 1\n", GET(5, 0, 0, 0, 0));
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, A "Invalid IOAPIC pin 99, there are 24 pins\n",
         GET(0, 99, 0, 0, 0));
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, A "Level should be 0 or 1, not 2\n", GET(0, 4, 2, 0, 0));
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, A "Polarity should be 0 or 1, not 2\n",
         GET(0, 4, 0, 2, 0));
    SAYS(control, IRQ_CONTROL_GET_MSI, SILENT, GET(300, 0, 0, 0, 5));
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, SILENT, GET(0, 4, 0, 0, 3));
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, F "IRQ 19 is already active.\n", GET(0, 4, 0, 0, 3));
    SAYS(s, IRQ_HANDLER_SET_NOTIFICATION,
         H "SetHandler: provided cap is not an notification capability.\n", EXTRA(R));
    SAYS(s, TCB_SUSPEND, H "Handler: Illegal operation.\n");
    g.next_slot++;
    cptr_t blind = guest_mint(&g, guest_make(&g, OBJECT_NOTIFICATION, 0), RIGHT_READ, 0);
    SAYS(s, IRQ_HANDLER_SET_NOTIFICATION,
         H "SetHandler: caller does not have send rights on the endpoint.\n", EXTRA(blind));
    g.k->num_ioapics = 0;
    s = g.next_slot;
    SAYS(control, IRQ_CONTROL_GET_IOAPIC, A "System has no IOAPICs\n", GET(0, 4, 0, 0, 4));
#undef GET
#undef A
#undef H
    guest_end(&g);
}

TEST(interrupts_of_the_pic)
{
    struct kernel_config config = kernel_config_default();
    config.irq_pic = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    const cptr_t control = INITIAL_CAP_IRQ_CONTROL;
    cptr_t s = g.next_slot;
#define C "decodeIRQControlInvocation: "
    SAYS(control, TCB_SUSPEND, F "Illegal operation.\n");
    SAYS(control, IRQ_CONTROL_GET, "Arch_checkIRQ: IRQControl: IRQ 16 should be in range 0 - 15\n",
         WORDS(16, s, 64), EXTRA(R));
    SAYS(control, IRQ_CONTROL_GET,
         C "Target slot for new IRQ Handler cap not empty: cap 2, IRQ 5.\n", WORDS(5, 1, 64),
         EXTRA(R));
    SAYS(control, IRQ_CONTROL_GET, C "Target slot for new IRQ Handler cap invalid: cap 2, IRQ 5.\n",
         WORDS(5, NOWHERE, 64), EXTRA(R));
    SAYS(control, IRQ_CONTROL_GET, SILENT, WORDS(5, s, 64), EXTRA(R));
    SAYS(control, IRQ_CONTROL_GET, C "Rejecting request for IRQ 5. Already active.\n",
         WORDS(5, s + 1, 64), EXTRA(R));
#undef C
#undef F
    guest_end(&g);
}

TEST(ports)
{
    struct guest g = guest_boot_default();
    const cptr_t control = INITIAL_CAP_IO_PORT_CONTROL;
    cptr_t s = g.next_slot;
#define C "decodeX86PortControlInvocation: "
#define P "decodeX86PortInvocation: IOPort"
    SAYS(control, TCB_SUSPEND, C "IOPortControl: Unknown operation.\n");
    SAYS(control, X86_IO_PORT_CONTROL_ISSUE, C "IOPortControl: Truncated message.\n");
#define ISSUE(...) WORDS(__VA_ARGS__, 64), EXTRA(R)
    SAYS(control, X86_IO_PORT_CONTROL_ISSUE, C "IOPortControl: Last port must be > first port.\n",
         ISSUE(0x70, 0x60, s));
    SAYS(control, X86_IO_PORT_CONTROL_ISSUE, C "Target slot for new IO Port cap invalid: cap 2.\n",
         ISSUE(0x60, 0x6f, NOWHERE));
    SAYS(control, X86_IO_PORT_CONTROL_ISSUE,
         C "Target slot for new IO Port cap not empty: cap 2.\n", ISSUE(0x60, 0x6f, 1));
    SAYS(control, X86_IO_PORT_CONTROL_ISSUE, SILENT, ISSUE(0x60, 0x6f, s));
    SAYS(control, X86_IO_PORT_CONTROL_ISSUE,
         C "IOPortControl: Some ports in range already in "
           "use.\n",
         ISSUE(0x64, 0x64, s + 1));
    SAYS(s, TCB_SUSPEND, P ": Unknown operation.\n");
    SAYS(s, X86_IO_PORT_IN8, P ": Truncated message.\n");
    SAYS(s, X86_IO_PORT_OUT8, P " Out: Truncated message.\n", WORDS(0x60));
    SAYS(s, X86_IO_PORT_IN16,
         "ensurePortOperationAllowed: IOPort: Ports 111--112 fall outside permitted range "
         "96--111.\n",
         WORDS(0x6f));
#undef ISSUE
#undef C
#undef P
    guest_end(&g);
}

TEST(domains)
{
    struct kernel_config config = kernel_config_default();
    config.num_domains = 4;
    config.num_domain_schedules = 10;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    const cptr_t control = INITIAL_CAP_DOMAIN;
#define S "decodeDomainSetSetInvocation: Domain Configure: "
#define C "decodeDomainScheduleConfigure: Domain Schedule Configure: "
#define T "decodeDomainScheduleSetStart: Domain Schedule "
    SAYS(control, TCB_SUSPEND, SILENT);
    SAYS(control, DOMAIN_SET_SET, S "Truncated message.\n");
    SAYS(control, DOMAIN_SET_SET, S "invalid domain (5 >= 4).\n", WORDS(5));
    SAYS(control, DOMAIN_SET_SET, S "Truncated message.\n", WORDS(3));
    SAYS(control, DOMAIN_SET_SET, S "thread cap required.\n", WORDS(3), EXTRA(R));
    SAYS(control, DOMAIN_SET_SCHEDULE_CONFIGURE, C "Truncated message.\n");
    SAYS(control, DOMAIN_SET_SCHEDULE_CONFIGURE, C "Invalid index.\n", WORDS(9, 0, 1));
    SAYS(control, DOMAIN_SET_SCHEDULE_CONFIGURE, C "Invalid domain.\n", WORDS(1, 4, 1));
    SAYS(control, DOMAIN_SET_SCHEDULE_CONFIGURE, C "Duration must fit in 56 bits.\n",
         WORDS(1, 3, UINT64_C(1) << 56));
    SAYS(control, DOMAIN_SET_SCHEDULE_CONFIGURE,
         C "Both domain and duration must be zero for end markers.\n", WORDS(1, 3, 0));
    SAYS(control, DOMAIN_SET_SCHEDULE_CONFIGURE,
         C "Starting schedule's duration must not be zero.\n", WORDS(0, 0, 0));
    SAYS(control, DOMAIN_SET_SCHEDULE_SET_START, T "Configure: Truncated message.\n");
    SAYS(control, DOMAIN_SET_SCHEDULE_SET_START, T "Set Start: Invalid index.\n", WORDS(10));
    SAYS(control, DOMAIN_SET_SCHEDULE_SET_START,
         T "Set Start: Starting schedule must not be an end marker.\n", WORDS(5));
#undef S
#undef C
#undef T
    guest_end(&g);
}

TEST(domains_of_older_releases)
{
    struct kernel_config config = kernel_config_default();
    config.release = SEL4_RELEASE_13_0;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    SAYS(INITIAL_CAP_DOMAIN, DOMAIN_SET_SET,
         "decodeDomainInvocation: Domain Configure: Truncated message.\n");
    SAYS(INITIAL_CAP_DOMAIN, DOMAIN_SET_SET,
         "decodeDomainInvocation: Domain Configure: invalid domain (1 >= 1).\n", WORDS(1));
    guest_end(&g);
}

/* --- elsewhere ----------------------------------------------------------------------------- */

TEST(a_capability_that_cannot_be_sent_is_said_of_the_sender)
{
    struct guest g = guest_boot_default();
    struct guest_thread receiver = guest_thread(&g, 255);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), pt = guest_make(&g, OBJECT_PAGE_TABLE, 0);
    receiver.buffer[IPC_BUFFER_RECEIVE_CNODE] = R;
    receiver.buffer[IPC_BUFFER_RECEIVE_INDEX] = g.next_slot;
    receiver.buffer[IPC_BUFFER_RECEIVE_DEPTH] = 64;
    guest_run(&g, receiver);
    guest_recv(&g, ep);
    guest_run(&g, guest_root_thread(&g));
    guest_console(&g);
    guest_syscall(&g, (struct guest_syscall){.syscall = SYSCALL_SEND, .cap = ep, EXTRA(pt)});
    CHECK_STR(said(&g), "Arch_deriveCap: Deriving an unmapped PT cap\n");
    guest_end(&g);
}

TEST(older_releases_do_not_tell_of_shortened_messages)
{
    struct kernel_config config = kernel_config_default();
    config.release = SEL4_RELEASE_15_0;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    guest_root(&g)->slots[TCB_SLOT_BUFFER].cap.frame.rights = VM_KERNEL_ONLY;
    guest_call_ipc(&g, R, 0, 6);
    CHECK_STR(said(&g), "decodeCNodeInvocation: CNodeCap: Illegal Operation attempted.\n");
    guest_end(&g);
}

/* --- KernelInvocationReportErrorIPC -------------------------------------------------------- */

static struct guest boot_reporting(void)
{
    struct kernel_config config = kernel_config_default();
    config.report_error_ipc = true;
    return guest_boot(config, GUEST_MEMORY_END);
}

static const char *error_text(struct guest_thread t)
{
    return (const char *)&t.buffer[IPC_BUFFER_MSG + IPC_ERROR_TEXT_START];
}

/* The length counts the text's words from the error's own on, although it begins at word 6. */
static void check_length(struct guest_thread t, unsigned words_of_error)
{
    CHECK_EQ(thread_info(t).length, words_of_error + strlen(error_text(t)) / sizeof(word_t) + 1);
}

TEST(the_caller_gets_the_line_in_its_message)
{
    struct guest g = boot_reporting();
    struct guest_thread root = guest_root_thread(&g);
    SAYS(R, CNODE_DELETE, SILENT, WORDS(1, 65));
    CHECK_STR(error_text(root),
              "\033[0m\033[1m<<\033[0m\033[32mseL4(CPU 0)\033[0m\033[1m [decodeCNodeInvocation "
              "T0xffffff801ffc7400 \"rootserver\" @400100]: CNode operation: Target slot "
              "invalid.>>\033[0m\n");
    CHECK_EQ(thread_info(root).label, SEL4_RANGE_ERROR);
    CHECK_EQ(thread_word(root, 1), 64);
    check_length(root, 2);
    guest_end(&g);
}

TEST(a_silent_error_comes_with_the_line_before)
{
    struct guest g = boot_reporting();
    struct guest_thread root = guest_root_thread(&g);
    memset(root.buffer, 0xff, 1024);
    SAYS(V, TCB_SUSPEND, SILENT);
    CHECK_STR(error_text(root), "");
    check_length(root, 0);
    SAYS(R, TCB_SUSPEND, SILENT);
    memset(root.buffer, 0xff, 1024);
    SAYS(V, TCB_SUSPEND, SILENT);
    CHECK(strstr(error_text(root), "CNodeCap: Illegal Operation attempted."));
    check_length(root, 0);
    guest_end(&g);
}

TEST(success_and_a_thread_without_a_buffer_get_no_text)
{
    struct guest g = boot_reporting();
    struct guest_thread root = guest_root_thread(&g);
    memset(root.buffer, 0xff, 1024);
    SAYS(R, CNODE_REVOKE, SILENT, WORDS(g.next_slot, 64));
    CHECK_EQ(thread_info(root).length, 0);
    CHECK_EQ((unsigned char)error_text(root)[0], 0xff);
    root.tcb->slots[TCB_SLOT_BUFFER].cap.frame.rights = VM_READ_ONLY;
    SAYS(R, TCB_SUSPEND, SILENT);
    CHECK_EQ(thread_info(root).length, 0);
    CHECK_EQ((unsigned char)error_text(root)[0], 0xff);
    guest_end(&g);
}

TEST(a_line_longer_than_the_room_for_it_is_cut)
{
    struct guest g = boot_reporting();
    struct guest_thread root = guest_root_thread(&g);
    const unsigned room = IPC_ERROR_TEXT_WORDS * sizeof(word_t);
    memset(root.tcb->name, 'n', TCB_NAME_BYTES - 1);
    memset(root.buffer, 0xff, 1024);
    SAYS(R, TCB_SUSPEND, SILENT);
    CHECK_EQ(strlen(error_text(root)), room - 1);
    CHECK_EQ((unsigned char)error_text(root)[room], 0xff);
    CHECK_EQ(thread_info(root).length, IPC_ERROR_TEXT_WORDS);
    guest_end(&g);
}
