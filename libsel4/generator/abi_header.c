/* SPDX-License-Identifier: BSD-2-Clause */
#include "generator.h"

#include <abi/bootinfo.h>
#include <abi/debug.h>
#include <abi/error.h>
#include <abi/fault.h>
#include <abi/object.h>
#include <abi/registers.h>
#include <abi/syscall.h>
#include <base/bits.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* libsel4's name of each object type, and of its size where it has a fixed one. */
static const struct {
    const char *type;
    const char *bits;
} object_names[OBJECT_KIND_COUNT] = {
    [OBJECT_UNTYPED] = {"seL4_UntypedObject", NULL},
    [OBJECT_TCB] = {"seL4_TCBObject", "seL4_TCBBits"},
    [OBJECT_ENDPOINT] = {"seL4_EndpointObject", "seL4_EndpointBits"},
    [OBJECT_NOTIFICATION] = {"seL4_NotificationObject", "seL4_NotificationBits"},
    [OBJECT_CNODE] = {"seL4_CapTableObject", NULL},
    [OBJECT_SCHED_CONTEXT] = {"seL4_SchedContextObject", NULL},
    [OBJECT_REPLY] = {"seL4_ReplyObject", "seL4_ReplyBits"},
    [OBJECT_PDPT] = {"seL4_X86_PDPTObject", "seL4_PDPTBits"},
    [OBJECT_PML4] = {"seL4_X64_PML4Object", "seL4_PML4Bits"},
    [OBJECT_HUGE_PAGE] = {"seL4_X64_HugePageObject", "seL4_HugePageBits"},
    [OBJECT_4K_PAGE] = {"seL4_X86_4K", "seL4_PageBits"},
    [OBJECT_LARGE_PAGE] = {"seL4_X86_LargePageObject", "seL4_LargePageBits"},
    [OBJECT_PAGE_TABLE] = {"seL4_X86_PageTableObject", "seL4_PageTableBits"},
    [OBJECT_PAGE_DIRECTORY] = {"seL4_X86_PageDirectoryObject", "seL4_PageDirBits"},
    [OBJECT_IO_PAGE_TABLE] = {"seL4_X86_IOPageTableObject", "seL4_IOPageTableBits"},
    [OBJECT_VCPU] = {"seL4_X86_VCPUObject", "seL4_X86_VCPUBits"},
    [OBJECT_EPT_PML4] = {"seL4_X86_EPTPML4Object", "seL4_X86_EPTPML4Bits"},
    [OBJECT_EPT_PDPT] = {"seL4_X86_EPTPDPTObject", "seL4_X86_EPTPDPTBits"},
    [OBJECT_EPT_PAGE_DIRECTORY] = {"seL4_X86_EPTPDObject", "seL4_X86_EPTPDBits"},
    [OBJECT_EPT_PAGE_TABLE] = {"seL4_X86_EPTPTObject", "seL4_X86_EPTPTBits"},
};

static const struct {
    const char *name;
    unsigned slot;
} initial_caps[] = {
    {"seL4_CapNull", INITIAL_CAP_NULL},
    {"seL4_CapInitThreadTCB", INITIAL_CAP_TCB},
    {"seL4_CapInitThreadCNode", INITIAL_CAP_CNODE},
    {"seL4_CapInitThreadVSpace", INITIAL_CAP_VSPACE},
    {"seL4_CapIRQControl", INITIAL_CAP_IRQ_CONTROL},
    {"seL4_CapASIDControl", INITIAL_CAP_ASID_CONTROL},
    {"seL4_CapInitThreadASIDPool", INITIAL_CAP_ASID_POOL},
    {"seL4_CapIOPortControl", INITIAL_CAP_IO_PORT_CONTROL},
    {"seL4_CapIOSpace", INITIAL_CAP_IO_SPACE},
    {"seL4_CapBootInfoFrame", INITIAL_CAP_BOOTINFO_FRAME},
    {"seL4_CapInitThreadIPCBuffer", INITIAL_CAP_IPC_BUFFER},
    {"seL4_CapDomain", INITIAL_CAP_DOMAIN},
};

static void define(FILE *out, const char *name, int64_t value)
{
    fprintf(out, "#define %s %" PRId64 "\n", name, value);
}

static void write_configuration(FILE *out, const struct kernel_config *config)
{
    const struct {
        const char *name;
        bool holds;
    } options[] = {
        {"CONFIG_KERNEL_MCS", config->mcs},
        {"CONFIG_ENABLE_SMP_SUPPORT", config->max_cores > 1},
        {"CONFIG_IOMMU", config->iommu},
        {"CONFIG_VTX", config->vtx},
        {"CONFIG_HARDWARE_DEBUG_API", config->hardware_debug_api},
        {"CONFIG_HUGE_PAGE", config->huge_pages},
        {"CONFIG_IRQ_PIC", config->irq_pic},
        {"CONFIG_FSGSBASE_INST", config->fsgsbase_inst},
        {"CONFIG_DEBUG_BUILD", config->debug_build},
        {"CONFIG_PRINTING", config->printing},
        {"CONFIG_ENABLE_BENCHMARKS", config->benchmarks != BENCHMARKS_NONE},
        {"CONFIG_BENCHMARK_TRACK_UTILISATION", config->benchmarks == BENCHMARKS_TRACK_UTILISATION},
        {"CONFIG_DANGEROUS_CODE_INJECTION", config->dangerous_code_injection},
        {"CONFIG_KERNEL_X86_DANGEROUS_MSR", config->dangerous_msr},
    };

    fprintf(out, "\n/* The configuration, release %s */\n",
            kernel_config_release_name(config->release));
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        if (options[i].holds)
            define(out, options[i].name, 1);
    define(out, "CONFIG_MAX_NUM_NODES", config->max_cores);
    define(out, "CONFIG_XSAVE_FEATURE_SET", (int64_t)config->xsave_features);
    define(out, "CONFIG_NUM_DOMAINS", config->num_domains);
    define(out, "CONFIG_NUM_DOMAIN_SCHEDULES", config->num_domain_schedules);
    define(out, "CONFIG_NUM_PRIORITIES", config->num_priorities);
    define(out, "CONFIG_ROOT_CNODE_SIZE_BITS", config->root_cnode_size_bits);
    define(out, "CONFIG_RETYPE_FAN_OUT_LIMIT", config->retype_fan_out_limit);
    define(out, "CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS", config->max_num_bootinfo_untyped_caps);
    define(out, "seL4_MaxPrio", config->num_priorities - 1);
}

static void write_syscalls(FILE *out, const struct kernel_config *config)
{
    fprintf(out, "\n/* System calls */\n");
    for (enum syscall call = SYSCALL_UNKNOWN + 1; call < SYSCALL_COUNT; call++) {
        const int64_t number = abi_syscall_number(config, call);

        if (number != 0)
            fprintf(out, "#define seL4_Sys%s ((seL4_Word)%" PRId64 ")\n", abi_syscall_name(call),
                    number);
    }
}

static void write_objects(FILE *out, const struct kernel_config *config)
{
    uint64_t count = 0;

    while (abi_object_kind(config, count) != OBJECT_INVALID)
        count++;
    fprintf(out, "\n/* Object types, and log2 of their sizes */\n");
    for (enum object_kind kind = 0; kind < OBJECT_KIND_COUNT; kind++) {
        const uint64_t type = abi_object_type(config, kind);

        if (type == UINT64_MAX)
            continue;
        define(out, object_names[kind].type, (int64_t)type);
        if (object_names[kind].bits != NULL)
            define(out, object_names[kind].bits, abi_object_size_bits(config, kind, 0));
    }
    define(out, "seL4_ObjectTypeCount", (int64_t)count);
    define(out, "seL4_SlotBits", SLOT_BITS);
    define(out, "seL4_MinUntypedBits", MIN_UNTYPED_BITS);
    define(out, "seL4_MaxUntypedBits", MAX_UNTYPED_BITS);
    if (config->mcs)
        define(out, "seL4_MinSchedContextBits",
               abi_object_min_size_bits(config, OBJECT_SCHED_CONTEXT));
    define(out, "seL4_ASIDPoolBits", ASID_POOL_BITS);
    define(out, "seL4_ASIDPoolIndexBits", ASID_POOL_INDEX_BITS);
    fprintf(out, "#define seL4_UserTop UINT64_C(0x%" PRIx64 ")\n", USER_TOP);
}

static void write_errors(FILE *out)
{
    fprintf(out, "\n/* What a method answers: the label of the reply */\ntypedef enum {\n");
    for (unsigned error = 0; error < SEL4_ERROR_COUNT; error++)
        fprintf(out, "    seL4_%s = %u,\n", abi_error_name(error), error);
    fprintf(out, "    seL4_NumErrors = %u,\n} seL4_Error;\n\n", SEL4_ERROR_COUNT);
    fprintf(out, "/* Why a lookup failed: MR1 of seL4_FailedLookup, MR3 of a cap fault */\n"
                 "typedef enum {\n");
    for (unsigned type = LOOKUP_NO_FAILURE; type <= LOOKUP_GUARD_MISMATCH; type++)
        fprintf(out, "    seL4_%s = %u,\n", abi_lookup_failure_name(type), type);
    fprintf(out, "} seL4_LookupFailureType;\n");
}

/* "rip" is FaultIP in fault messages, "rsp" SP, "rflags" FLAGS, any other is in capitals. */
static void fault_register_name(unsigned reg, char *ret_name, size_t size)
{
    static const char *const special[] = {
        [UREG_RIP] = "FaultIP",
        [UREG_RSP] = "SP",
        [UREG_RFLAGS] = "FLAGS",
    };

    snprintf(ret_name, size, "%s",
             reg < ARRAY_LENGTH(special) ? special[reg] : abi_register_name(reg));
    if (reg >= ARRAY_LENGTH(special))
        for (char *c = ret_name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
}

static void write_fault_registers(FILE *out, const char *fault, const uint8_t *registers,
                                  unsigned count, const char *const *more)
{
    fprintf(out, "\n/* Message registers of %s */\nenum {\n", fault);
    for (unsigned i = 0; i < count; i++) {
        char name[16];

        fault_register_name(registers[i], name, sizeof(name));
        fprintf(out, "    seL4_%s_%s = %u,\n", fault, name, i);
    }
    for (; *more != NULL; more++, count++)
        fprintf(out, "    seL4_%s_%s = %u,\n", fault, *more, count);
    fprintf(out, "    seL4_%s_Length = %u,\n};\n", fault, count);
}

static void write_faults(FILE *out, const struct kernel_config *config)
{
    static const char *const unknown_syscall[] = {"Syscall", NULL};
    static const char *const user_exception[] = {"Number", "Code", NULL};
    static const char *const vm_fault[] = {"IP", "Addr", "PrefetchFault", "FSR", NULL};
    static const char *const debug_exception[] = {"FaultIP", "ExceptionReason", "TriggerAddress",
                                                  "BreakpointNumber", NULL};
    static const char *const cap_fault[] = {"IP", "Addr", "InRecvPhase", "LookupFailureType", NULL};
    static const char *const timeout[] = {"Data", "Consumed", NULL};
    static const char *const nothing_more[] = {NULL};

    fprintf(out, "\n/* Faults: the label of the message that the fault handler gets */\nenum {\n");
    for (enum fault_type fault = FAULT_NONE; fault < FAULT_TYPE_COUNT; fault++)
        if (fault == FAULT_NONE || abi_fault_label(config, fault) != 0)
            fprintf(out, "    seL4_Fault_%s = %" PRIu64 ",\n", abi_fault_name(fault),
                    abi_fault_label(config, fault));
    fprintf(out, "};\n");
    write_fault_registers(out, "UnknownSyscall", abi_unknown_syscall_registers,
                          UNKNOWN_SYSCALL_REGISTERS, unknown_syscall);
    write_fault_registers(out, "UserException", abi_user_exception_registers,
                          USER_EXCEPTION_REGISTERS, user_exception);
    write_fault_registers(out, "VMFault", NULL, 0, vm_fault);
    write_fault_registers(out, "CapFault", NULL, 0, cap_fault);
    if (config->hardware_debug_api)
        write_fault_registers(out, "DebugException", NULL, 0, debug_exception);
    if (config->mcs) {
        write_fault_registers(out, "Timeout", NULL, 0, timeout);
        write_fault_registers(out, "TimeoutReply", abi_timeout_registers, TIMEOUT_REGISTERS,
                              nothing_more);
    }
}

static void write_debug_api(FILE *out, const struct kernel_config *config)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"seL4_DataBreakpoint", BREAKPOINT_DATA},
        {"seL4_InstructionBreakpoint", BREAKPOINT_INSTRUCTION},
        {"seL4_SingleStep", BREAKPOINT_SINGLE_STEP},
        {"seL4_SoftwareBreakRequest", BREAKPOINT_SOFTWARE},
        {"seL4_BreakOnRead", BREAK_ON_READ},
        {"seL4_BreakOnWrite", BREAK_ON_WRITE},
        {"seL4_BreakOnReadWrite", BREAK_ON_READ_WRITE},
        {"seL4_NumHWBreakpoints", HARDWARE_BREAKPOINTS},
        {"seL4_FirstBreakpoint", -1}, /* each breakpoint does both */
        {"seL4_NumExclusiveBreakpoints", 0},
        {"seL4_FirstWatchpoint", -1},
        {"seL4_NumExclusiveWatchpoints", 0},
        {"seL4_FirstDualFunctionMonitor", 0},
        {"seL4_NumDualFunctionMonitors", HARDWARE_BREAKPOINTS},
    };

    if (!config->hardware_debug_api)
        return;
    fprintf(out,
            "\n/* Breakpoints: types, which are reasons of a DebugException, and accesses */\n");
    for (size_t i = 0; i < ARRAY_LENGTH(constants); i++)
        define(out, constants[i].name, constants[i].value);
}

static void write_registers(FILE *out)
{
    fprintf(out, "\n/* The registers of a thread, as TCB_ReadRegisters gives them */\n"
                 "typedef struct {\n");
    for (unsigned reg = 0; reg < USER_REGISTER_COUNT; reg++)
        fprintf(out, "    seL4_Word %s;\n", abi_register_name(reg));
    fprintf(out, "} seL4_UserContext;\n");
}

static void write_bootinfo(FILE *out, const struct kernel_config *config)
{
    const struct bootinfo_layout layout = abi_bootinfo_layout(config);
    const struct bootinfo_untyped_layout untyped = abi_bootinfo_untyped_layout(config);
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

    fprintf(out, "\n/* Capabilities of the initial thread with fixed slots */\n");
    for (size_t i = 0; i < ARRAY_LENGTH(initial_caps); i++)
        define(out, initial_caps[i].name, initial_caps[i].slot);
    if (config->mcs)
        define(out, "seL4_CapInitThreadSC", abi_initial_sched_context_slot(config));
    define(out, "seL4_NumInitialCaps", abi_num_initial_caps(config));

    fprintf(out, "\n/* Chunks of extra BootInfo */\n");
    define(out, "SEL4_BOOTINFO_HEADER_X86_MBMMAP", BOOTINFO_CHUNK_X86_MBMMAP);
    define(out, "SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP", BOOTINFO_CHUNK_X86_ACPI_RSDP);
    define(out, "SEL4_BOOTINFO_HEADER_X86_TSC_FREQ", BOOTINFO_CHUNK_X86_TSC_FREQ);

    fprintf(out, "\ntypedef struct {\n    seL4_CPtr start, end; /* end: first slot after */\n"
                 "} seL4_SlotRegion;\n");
    fprintf(out, "\ntypedef struct {\n    seL4_Word paddr;\n    seL4_Uint8 sizeBits;\n"
                 "    seL4_Uint8 isDevice;\n    seL4_Uint8 padding[6];\n} seL4_UntypedDesc;\n");
    fprintf(out, "\ntypedef struct {\n");
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (i == 0 || fields[i].offset != 0)
            fprintf(out, "    %s %s;\n", fields[i].type, fields[i].name);
    fprintf(out, "} seL4_BootInfo;\n\n");

    /* The compiler lays the fields out where the table has them, or the guest is not built. */
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (i == 0 || fields[i].offset != 0)
            fprintf(out, "_Static_assert(offsetof(seL4_BootInfo, %.*s) == %u, \"BootInfo\");\n",
                    (int)strcspn(fields[i].name, "["), fields[i].name, fields[i].offset);
    fprintf(out, "_Static_assert(sizeof(seL4_BootInfo) == %u, \"BootInfo\");\n", layout.size);
    fprintf(out, "_Static_assert(offsetof(seL4_UntypedDesc, sizeBits) == %u, \"BootInfo\");\n",
            untyped.size_bits);
    fprintf(out, "_Static_assert(offsetof(seL4_UntypedDesc, isDevice) == %u, \"BootInfo\");\n",
            untyped.is_device);
}

void write_abi_header(FILE *out, const struct kernel_config *config)
{
    fprintf(out, "/* SPDX-License-Identifier: BSD-2-Clause */\n"
                 "/* Generated by libsel4/generator from the tables of src/abi. */\n"
                 "#ifndef SEL4_ABI_H\n#define SEL4_ABI_H\n\n"
                 "#include <sel4/ipc_buffer.h>\n#include <sel4/types.h>\n");
    write_configuration(out, config);
    write_syscalls(out, config);
    write_objects(out, config);
    fprintf(out, "\n");
    write_errors(out);
    write_faults(out, config);
    write_debug_api(out, config);
    write_registers(out);
    write_bootinfo(out, config);
    fprintf(out, "\n#endif\n");
}
