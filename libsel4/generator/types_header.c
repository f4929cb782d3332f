/* SPDX-License-Identifier: BSD-2-Clause */
/* Object types, BootInfo, a thread's registers. */
#include "generator.h"

#include <abi/bootinfo.h>
#include <abi/object.h>
#include <abi/registers.h>
#include <base/bits.h>
#include <inttypes.h>
#include <string.h>

/* --- object types ----------------------------------------------------------------------------- */

struct object_name {
    enum object_kind kind;
    const char *name;
    int64_t absent; /* as a macro, where the kernel lacks the type; 0: it has no name then */
};

/* Three enumerations in a row. `at_end`: how many types there are so far. */
static const struct object_enumeration {
    const char *tag, *type, *end;
    struct object_name objects[12];
} object_enumerations[] = {
    {"api_object",
     "seL4_ObjectType",
     "seL4_NonArchObjectTypeCount",
     {{OBJECT_UNTYPED, "seL4_UntypedObject", 0},
      {OBJECT_TCB, "seL4_TCBObject", 0},
      {OBJECT_ENDPOINT, "seL4_EndpointObject", 0},
      {OBJECT_NOTIFICATION, "seL4_NotificationObject", 0},
      {OBJECT_CNODE, "seL4_CapTableObject", 0},
      {OBJECT_SCHED_CONTEXT, "seL4_SchedContextObject", 0},
      {OBJECT_REPLY, "seL4_ReplyObject", 0}}},
    {"_mode_object",
     "seL4_seL4ArchObjectType",
     "seL4_ModeObjectTypeCount",
     {{OBJECT_PDPT, "seL4_X86_PDPTObject", 0},
      {OBJECT_PML4, "seL4_X64_PML4Object", 0},
      {OBJECT_HUGE_PAGE, "seL4_X64_HugePageObject", 0xfffffffe}}},
    {"_object",
     "seL4_ArchObjectType",
     "seL4_ObjectTypeCount",
     {{OBJECT_4K_PAGE, "seL4_X86_4K", 0},
      {OBJECT_LARGE_PAGE, "seL4_X86_LargePageObject", 0},
      {OBJECT_PAGE_TABLE, "seL4_X86_PageTableObject", 0},
      {OBJECT_PAGE_DIRECTORY, "seL4_X86_PageDirectoryObject", 0},
      {OBJECT_IO_PAGE_TABLE, "seL4_X86_IOPageTableObject", 0xffffff},
      {OBJECT_VCPU, "seL4_X86_VCPUObject", 0xfffffe},
      {OBJECT_EPT_PML4, "seL4_X86_EPTPML4Object", 0xfffffd},
      {OBJECT_EPT_PDPT, "seL4_X86_EPTPDPTObject", 0xfffffc},
      {OBJECT_EPT_PAGE_DIRECTORY, "seL4_X86_EPTPDObject", 0xfffffb},
      {OBJECT_EPT_PAGE_TABLE, "seL4_X86_EPTPTObject", 0xfffffa}}},
};

/* Returns how many types there are up to the end of this enumeration. */
static uint64_t write_object_enumeration(FILE *out, const struct kernel_config *config,
                                         const struct object_enumeration *e, uint64_t count)
{
    fprintf(out, "typedef enum %s {\n", e->tag);
    for (const struct object_name *o = e->objects; o->name != NULL; o++) {
        const uint64_t type = abi_object_type(config, o->kind);

        if (type == UINT64_MAX)
            continue;
        fprintf(out, "    %s = %" PRIu64 ",\n", o->name, type);
        count = type + 1;
    }
    fprintf(out, "    %s = %" PRIu64 "\n} %s;\n\n", e->end, count, e->type);
    for (const struct object_name *o = e->objects; o->name != NULL; o++)
        if (o->absent != 0 && abi_object_type(config, o->kind) == UINT64_MAX)
            fprintf(out, "/* no such objects */\n#define %s 0x%" PRIx64 "\n\n", o->name,
                    (uint64_t)o->absent);
    return count;
}

bool write_object_types(FILE *out, const struct kernel_config *config)
{
    uint64_t count = 0;

    fprintf(out, "#include <sel4/simple_types.h>\n\n/* The types that Untyped_Retype takes. */\n");
    for (size_t i = 0; i < ARRAY_LENGTH(object_enumerations); i++)
        count = write_object_enumeration(out, config, &object_enumerations[i], count);
    fprintf(out, "#define seL4_IA32_PDPTObject seL4_X86_PDPTObject\n\n"
                 "SEL4_DEPRECATED(\"it is seL4_NotificationObject\")\n"
                 "static const seL4_ObjectType seL4_AsyncEndpointObject = "
                 "seL4_NotificationObject;\n\n"
                 "typedef seL4_Word api_object_t;\ntypedef seL4_Word object_t;\n");
    if (abi_object_kind(config, count) == OBJECT_INVALID)
        return true;
    fprintf(stderr, "libsel4-generate: an object type has no name\n");
    return false;
}

/* --- registers -------------------------------------------------------------------------------- */

bool write_arch_types(FILE *out, const struct kernel_config *config)
{
    (void)config;
    fprintf(out, "#include <sel4/simple_types.h>\n\n"
                 "typedef seL4_CPtr seL4_X64_PML4;\n\n"
                 "/* The registers of a thread, as TCB_ReadRegisters gives them. */\n"
                 "typedef struct seL4_UserContext_ {\n");
    for (unsigned reg = 0; reg < USER_REGISTER_COUNT; reg++)
        fprintf(out, "    seL4_Word %s;\n", abi_register_name(reg));
    fprintf(out, "} seL4_UserContext;\n");
    return true;
}

/* --- BootInfo --------------------------------------------------------------------------------- */

static void write_initial_caps(FILE *out, const struct kernel_config *config)
{
    static const struct {
        const char *name;
        unsigned slot;
    } caps[] = {
        {"Null", INITIAL_CAP_NULL},
        {"InitThreadTCB", INITIAL_CAP_TCB},
        {"InitThreadCNode", INITIAL_CAP_CNODE},
        {"InitThreadVSpace", INITIAL_CAP_VSPACE},
        {"IRQControl", INITIAL_CAP_IRQ_CONTROL},
        {"ASIDControl", INITIAL_CAP_ASID_CONTROL},
        {"InitThreadASIDPool", INITIAL_CAP_ASID_POOL},
        {"IOPortControl", INITIAL_CAP_IO_PORT_CONTROL},
        {"IOSpace", INITIAL_CAP_IO_SPACE},
        {"BootInfoFrame", INITIAL_CAP_BOOTINFO_FRAME},
        {"InitThreadIPCBuffer", INITIAL_CAP_IPC_BUFFER},
        {"Domain", INITIAL_CAP_DOMAIN},
        {"SMMUSIDControl", INITIAL_CAP_DOMAIN + 1}, /* Arm's; null here, as is the next */
        {"SMMUCBControl", INITIAL_CAP_DOMAIN + 2},
        {"InitThreadSC", INITIAL_CAP_DOMAIN + 3}, /* null without MCS */
        {"SMC", INITIAL_CAP_DOMAIN + 4},          /* Arm's */
    };
    const unsigned count = abi_num_initial_caps(config);

    fprintf(out, "/* Slots of the initial CSpace. */\nenum seL4_RootCNodeCapSlots {\n");
    for (size_t i = 0; i < ARRAY_LENGTH(caps); i++)
        if (caps[i].slot < count)
            fprintf(out, "    seL4_Cap%s = %u,\n", caps[i].name, caps[i].slot);
    fprintf(out,
            "    seL4_NumInitialCaps = %u\n};\n"
            "#define seL4_CapInitThreadPD seL4_CapInitThreadVSpace\n\n",
            count);
}

static void write_chunks(FILE *out)
{
    fprintf(out,
            "/* What follows the page of BootInfo: chunks, of which each says its length. */\n"
            "typedef enum {\n"
            "    SEL4_BOOTINFO_HEADER_PADDING = %d,\n    SEL4_BOOTINFO_HEADER_X86_VBE = %d,\n"
            "    SEL4_BOOTINFO_HEADER_X86_MBMMAP = %d,\n"
            "    SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP = %d,\n"
            "    SEL4_BOOTINFO_HEADER_X86_FRAMEBUFFER = %d,\n"
            "    SEL4_BOOTINFO_HEADER_X86_TSC_FREQ = %d, /* MHz */\n"
            "    SEL4_BOOTINFO_HEADER_FDT = %d, /* not on x86 */\n    SEL4_BOOTINFO_HEADER_NUM,\n"
            "    SEL4_FORCE_LONG_ENUM(seL4_BootInfoID)\n} seL4_BootInfoID;\n\n",
            BOOTINFO_CHUNK_PADDING, BOOTINFO_CHUNK_X86_VBE, BOOTINFO_CHUNK_X86_MBMMAP,
            BOOTINFO_CHUNK_X86_ACPI_RSDP, BOOTINFO_CHUNK_X86_FRAMEBUFFER,
            BOOTINFO_CHUNK_X86_TSC_FREQ, BOOTINFO_CHUNK_X86_TSC_FREQ + 1);
    fprintf(out, "typedef struct seL4_BootInfoHeader {\n    seL4_Word id;\n"
                 "    seL4_Word len; /* bytes, this header included */\n} seL4_BootInfoHeader;\n");
}

/* The compiler lays a field out where the table has it, or the program is not built. */
static void write_offset_check(FILE *out, const char *type, const char *field, unsigned offset)
{
    const int length = (int)strcspn(field, "[");

    fprintf(out, "SEL4_COMPILE_ASSERT(%s_%.*s, __builtin_offsetof(%s, %.*s) == %u)\n", type, length,
            field, type, length, field, offset);
}

static void write_bootinfo(FILE *out, const struct kernel_config *config)
{
    const struct bootinfo_layout layout = abi_bootinfo_layout(config);
    const struct {
        const char *type, *name;
        unsigned offset;
    } fields[] = {
        {"seL4_Word", "extraLen", layout.extra_len},
        {"seL4_NodeId", "nodeID", layout.node_id},
        {"seL4_Word", "numNodes", layout.num_nodes},
        {"seL4_Word", "numIOPTLevels", layout.num_iopt_levels},
        {"seL4_IPCBuffer *", "ipcBuffer", layout.ipc_buffer},
        {"seL4_SlotRegion", "empty", layout.empty},
        {"seL4_SlotRegion", "sharedFrames", layout.shared_frames},
        {"seL4_SlotRegion", "userImageFrames", layout.user_image_frames},
        {"seL4_SlotRegion", "userImagePaging", layout.user_image_paging},
        {"seL4_SlotRegion", "ioSpaceCaps", layout.io_space_caps},
        {"seL4_SlotRegion", "extraBIPages", layout.extra_bi_pages},
        {"seL4_Word", "initThreadCNodeSizeBits", layout.init_thread_cnode_size_bits},
        {"seL4_Domain", "initThreadDomain", layout.init_thread_domain},
        {"seL4_SlotRegion", "schedcontrol", layout.sched_control},
        {"seL4_SlotRegion", "untyped", layout.untyped},
        {"seL4_UntypedDesc", "untypedList[CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS]",
         layout.untyped_list},
    };

    fprintf(out, "/* Manual, \"System Bootstrapping\". */\ntypedef struct seL4_BootInfo {\n");
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (i == 0 || fields[i].offset != 0)
            fprintf(out, "    %s %s;\n", fields[i].type, fields[i].name);
    fprintf(out, "} seL4_BootInfo;\n\n");
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (i == 0 || fields[i].offset != 0)
            write_offset_check(out, "seL4_BootInfo", fields[i].name, fields[i].offset);
    fprintf(out, "SEL4_COMPILE_ASSERT(sizeof_seL4_BootInfo, sizeof(seL4_BootInfo) == %u)\n\n",
            layout.size);
}

bool write_bootinfo_types(FILE *out, const struct kernel_config *config)
{
    const struct bootinfo_untyped_layout untyped = abi_bootinfo_untyped_layout(config);

    fprintf(out, "#include <sel4/types.h>\n\n");
    write_initial_caps(out, config);
    fprintf(out, "typedef seL4_Word seL4_SlotPos;\n\n"
                 "typedef struct seL4_SlotRegion {\n    seL4_SlotPos start;\n"
                 "    seL4_SlotPos end; /* first slot after */\n} seL4_SlotRegion;\n\n"
                 "typedef struct seL4_UntypedDesc {\n    seL4_Word paddr;\n"
                 "    seL4_Uint8 sizeBits;\n    seL4_Uint8 isDevice;\n"
                 "    seL4_Uint8 padding[6];\n} seL4_UntypedDesc;\n");
    write_offset_check(out, "seL4_UntypedDesc", "sizeBits", untyped.size_bits);
    write_offset_check(out, "seL4_UntypedDesc", "isDevice", untyped.is_device);
    fprintf(out, "\n");
    write_bootinfo(out, config);
    fprintf(out, "#define seL4_BootInfoFrameBits seL4_PageBits\n"
                 "#define seL4_BootInfoFrameSize LIBSEL4_BIT(seL4_BootInfoFrameBits)\n\n");
    write_chunks(out);
    return true;
}
