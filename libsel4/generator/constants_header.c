/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits, sizes, errors, and what stands where in the messages of faults. */
#include "generator.h"

#include <abi/debug.h>
#include <abi/error.h>
#include <abi/fault.h>
#include <abi/message.h>
#include <abi/object.h>
#include <abi/registers.h>
#include <base/bits.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

void write_define(FILE *out, const char *name, int64_t value)
{
    fprintf(out, "#define %s %" PRId64 "\n", name, value);
}

void fault_register_name(unsigned reg, const struct register_name *special,
                         char ret_name[REGISTER_NAME_BYTES])
{
    for (; special->name != NULL; special++) {
        if (special->reg == reg) {
            snprintf(ret_name, REGISTER_NAME_BYTES, "%s", special->name);
            return;
        }
    }
    snprintf(ret_name, REGISTER_NAME_BYTES, "%s",
             reg == UREG_RIP ? "FaultIP" : abi_register_name(reg));
    if (reg != UREG_RIP)
        for (char *c = ret_name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
}

/* --- <sel4/sel4_arch/constants.h> ------------------------------------------------------------- */

/* log2 of bytes: objects whose size has a name of its own, in the header that is read first. */
static void write_sizes(FILE *out, const struct kernel_config *config)
{
    static const struct {
        const char *name;
        enum object_kind kind;
    } objects[] = {
        {"seL4_TCBBits", OBJECT_TCB},
        {"seL4_EndpointBits", OBJECT_ENDPOINT},
        {"seL4_NotificationBits", OBJECT_NOTIFICATION},
        {"seL4_ReplyBits", OBJECT_REPLY},
        {"seL4_PageBits", OBJECT_4K_PAGE},
        {"seL4_LargePageBits", OBJECT_LARGE_PAGE},
        {"seL4_HugePageBits", OBJECT_HUGE_PAGE},
    };
    static const char *const tables[] = {"PageTable", "PageDir", "PDPT", "PML4", "IOPageTable"};

    fprintf(out, "/* log2 of sizes in bytes. */\n");
    write_define(out, "seL4_WordBits", WORD_BITS);
    write_define(out, "seL4_WordSizeBits", 3);
    write_define(out, "seL4_SlotBits", SLOT_BITS);
    write_define(out, "seL4_MinUntypedBits", MIN_UNTYPED_BITS);
    write_define(out, "seL4_MaxUntypedBits", MAX_UNTYPED_BITS);
    for (size_t i = 0; i < ARRAY_LENGTH(objects); i++)
        if (objects[i].kind != OBJECT_REPLY || config->mcs)
            write_define(out, objects[i].name, abi_object_size_bits(config, objects[i].kind, 0));
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++)
        fprintf(out,
                "#define seL4_%sBits 12\n#define seL4_%sEntryBits 3\n"
                "#define seL4_%sIndexBits 9\n",
                tables[i], tables[i], tables[i]);
    write_define(out, "seL4_ASIDPoolBits", ASID_POOL_BITS);
    write_define(out, "seL4_ASIDPoolIndexBits", ASID_POOL_INDEX_BITS);
    write_define(out, "seL4_NumASIDPoolsBits", 3);
    fprintf(
        out,
        "#define seL4_VSpaceBits seL4_PML4Bits\n\n/* User addresses end here. */\n"
        "#define seL4_UserTop 0x%016" PRIx64 "\n#define seL4_UserVSpaceTop (seL4_UserTop - 1)\n"
        "\n/* Segments that a thread's bases are reached by on other x86 processors. */\n"
        "#define TLS_GDT_ENTRY 7\n#define TLS_GDT_SELECTOR ((TLS_GDT_ENTRY << 3) | 3)\n"
        "#define IPCBUF_GDT_ENTRY 8\n#define IPCBUF_GDT_SELECTOR ((IPCBUF_GDT_ENTRY << 3) | 3)\n"
        "\n/* PrefetchFault of a VM fault */\n"
        "#define seL4_DataFault 0\n#define seL4_InstructionFault 1\n\n",
        USER_TOP);
}

#define FAST_MESSAGE_REGISTERS 4

/* One message register after the other: `registers`, then `more`. */
static void write_fault_registers(FILE *out, const char *fault, const uint8_t *registers,
                                  unsigned count, const struct register_name *special,
                                  const char *const *more)
{
    fprintf(out, "typedef enum {\n");
    for (unsigned i = 0; i < count; i++) {
        char name[REGISTER_NAME_BYTES];

        fault_register_name(registers[i], special, name);
        fprintf(out, "    seL4_%s_%s = %u,\n", fault, name, i);
    }
    for (; *more != NULL; more++, count++)
        fprintf(out, "    seL4_%s_%s = %u,\n", fault, *more, count);
    fprintf(out,
            "    seL4_%s_Length = %u,\n    SEL4_FORCE_LONG_ENUM(seL4_%s_Msg)\n} seL4_%s_Msg;\n\n",
            fault, count, fault, fault);
}

static void write_fault_messages(FILE *out, const struct kernel_config *config)
{
    static const struct register_name usual[] = {
        {UREG_RSP, "SP"}, {UREG_RFLAGS, "FLAGS"}, {0, NULL}};
    static const struct register_name timeout_reply[] = {
        {UREG_RFLAGS, "FLAGS"}, {UREG_FS_BASE, "TLS_BASE"}, {0, NULL}};
    static const char *const unknown_syscall[] = {"Syscall", NULL};
    static const char *const user_exception[] = {"Number", "Code", NULL};
    static const char *const vm_fault[] = {"IP", "Addr", "PrefetchFault", "FSR", NULL};
    static const char *const timeout[] = {"Data", "Consumed", NULL};
    static const char *const nothing_more[] = {NULL};

    fprintf(out, "/* Message registers of faults, and of the answer to a Timeout. */\n");
    write_fault_registers(out, "VMFault", NULL, 0, usual, vm_fault);
    write_fault_registers(out, "UnknownSyscall", abi_unknown_syscall_registers,
                          UNKNOWN_SYSCALL_REGISTERS, usual, unknown_syscall);
    write_fault_registers(out, "UserException", abi_user_exception_registers,
                          USER_EXCEPTION_REGISTERS, usual, user_exception);
    if (!config->mcs)
        return;
    write_fault_registers(out, "Timeout", NULL, 0, usual, timeout);
    write_fault_registers(out, "TimeoutReply", abi_timeout_registers, TIMEOUT_REGISTERS,
                          timeout_reply, nothing_more);
}

bool write_arch_constants(FILE *out, const struct kernel_config *config)
{
    fprintf(out, "#include <sel4/macros.h>\n\n");
    write_define(out, "LIBSEL4_RELEASE", config->release);
    fprintf(out, "\n");
    write_sizes(out, config);
    fprintf(out, "/* Message registers that travel in machine registers. */\n");
    write_define(out, "seL4_FastMessageRegisters", FAST_MESSAGE_REGISTERS);
    write_define(out, "seL4_IPCBufferSizeBits", IPC_BUFFER_BITS);
    fprintf(out, "\n#ifndef __ASSEMBLER__\n");
    write_fault_messages(out, config);
    fprintf(out, "#endif\n");
    return true;
}

/* --- <sel4/constants.h> ----------------------------------------------------------------------- */

static void write_breakpoint_macros(FILE *out)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"seL4_NumHWBreakpoints", HARDWARE_BREAKPOINTS},
        {"seL4_FirstBreakpoint", -1}, /* each breakpoint does both */
        {"seL4_NumExclusiveBreakpoints", 0},
        {"seL4_FirstWatchpoint", -1},
        {"seL4_NumExclusiveWatchpoints", 0},
        {"seL4_FirstDualFunctionMonitor", 0},
        {"seL4_NumDualFunctionMonitors", HARDWARE_BREAKPOINTS},
    };

    fprintf(out, "/* The breakpoint registers: each serves code and data alike. */\n");
    for (size_t i = 0; i < ARRAY_LENGTH(constants); i++)
        fprintf(out, "#define %s (%d)\n", constants[i].name, constants[i].value);
    fprintf(out, "\n");
}

static void write_breakpoint_types(FILE *out)
{
    fprintf(out,
            "/* Breakpoints, and reasons of a DebugException. */\ntypedef enum {\n"
            "    seL4_DataBreakpoint = %d,\n    seL4_InstructionBreakpoint = %d,\n"
            "    seL4_SingleStep = %d,\n    seL4_SoftwareBreakRequest = %d,\n"
            "    SEL4_FORCE_LONG_ENUM(seL4_BreakpointType)\n} seL4_BreakpointType;\n\n"
            "typedef enum {\n    seL4_BreakOnRead = %d,\n    seL4_BreakOnWrite = %d,\n"
            "    seL4_BreakOnReadWrite = %d,\n    seL4_MaxBreakpointAccess,\n"
            "    SEL4_FORCE_LONG_ENUM(seL4_BreakpointAccess)\n} seL4_BreakpointAccess;\n\n",
            BREAKPOINT_DATA, BREAKPOINT_INSTRUCTION, BREAKPOINT_SINGLE_STEP, BREAKPOINT_SOFTWARE,
            BREAK_ON_READ, BREAK_ON_WRITE, BREAK_ON_READ_WRITE);
    fprintf(out, "typedef enum {\n"
                 "    seL4_DebugException_FaultIP,\n"
                 "    seL4_DebugException_ExceptionReason,\n"
                 "    seL4_DebugException_TriggerAddress,\n"
                 "    seL4_DebugException_BreakpointNumber,\n"
                 "    seL4_DebugException_Length,\n"
                 "    SEL4_FORCE_LONG_ENUM(seL4_DebugException_Msg)\n"
                 "} seL4_DebugException_Msg;\n\n");
}

static void write_limits(FILE *out, const struct kernel_config *config)
{
    fprintf(out,
            "enum priorityConstants {\n    seL4_InvalidPrio = -1,\n    seL4_MinPrio = 0,\n"
            "    seL4_MaxPrio = %u\n};\n\n"
            "/* Message info and its parts. */\n"
            "enum seL4_MsgLimits {\n    seL4_MsgLengthBits = 7,\n    seL4_MsgExtraCapBits = 2,\n"
            "    seL4_MsgMaxLength = %d\n};\n\n",
            config->num_priorities - 1, MESSAGE_MAX_LENGTH);
    fprintf(out, "/* Why a lookup failed: MR1 of seL4_FailedLookup, MR3 of a cap fault. */\n"
                 "typedef enum {\n");
    for (unsigned type = LOOKUP_NO_FAILURE; type <= LOOKUP_GUARD_MISMATCH; type++)
        fprintf(out, "    seL4_%s = %u,\n", abi_lookup_failure_name(type), type);
    fprintf(out, "    SEL4_FORCE_LONG_ENUM(seL4_LookupFailureType)\n} seL4_LookupFailureType;\n\n");
    if (config->release >= SEL4_RELEASE_14_0)
        fprintf(out, "/* TCB_SetFlags */\ntypedef enum {\n"
                     "    seL4_TCBFlag_NoFlag = 0x0,\n"
                     "    seL4_TCBFlag_fpuDisabled = 0x1,\n"
                     "    SEL4_FORCE_LONG_ENUM(seL4_TCBFlag),\n"
                     "    seL4_TCBFlag_MASK = seL4_TCBFlag_NoFlag | seL4_TCBFlag_fpuDisabled\n"
                     "} seL4_TCBFlag;\n\n");
}

/* A scheduling context holds what is fixed, two refills, and as many more as its size leaves. */
static void write_sched_context(FILE *out, const struct kernel_config *config)
{
    fprintf(out,
            "#define seL4_CoreSchedContextBytes (10 * sizeof(seL4_Word) + (6 * 8))\n"
            "#define seL4_RefillSizeBytes (2 * 8)\n\n"
            "/* The extra_refills that a scheduling context of 2^size bytes has room for. */\n"
            "static inline seL4_Word seL4_MaxExtraRefills(seL4_Word size)\n{\n"
            "    return (LIBSEL4_BIT(size) - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes;\n"
            "}\n\n");
    if (config->release >= SEL4_RELEASE_12_1)
        fprintf(out, "/* SchedControl_ConfigureFlags */\ntypedef enum {\n"
                     "    seL4_SchedContext_NoFlag = 0x0,\n"
                     "    seL4_SchedContext_Sporadic = 0x1,\n"
                     "    SEL4_FORCE_LONG_ENUM(seL4_SchedContextFlag)\n"
                     "} seL4_SchedContextFlag;\n\n");
}

bool write_constants(FILE *out, const struct kernel_config *config)
{
    fprintf(out, "#include <sel4/macros.h>\n\n");
    fprintf(out, "/* Extra capabilities of a message. */\n"
                 "#define seL4_MsgMaxExtraCaps (LIBSEL4_BIT(seL4_MsgExtraCapBits) - 1)\n"
                 "#define seL4_CapRightsBits 4\n\n");
    if (config->mcs)
        write_define(out, "seL4_MinSchedContextBits",
                     abi_object_min_size_bits(config, OBJECT_SCHED_CONTEXT));
    if (config->report_error_ipc)
        fprintf(out,
                "/* What the kernel says of an error: from this message register on, so "
                "many registers at most. */\n"
                "#define DEBUG_MESSAGE_START %d\n#define DEBUG_MESSAGE_MAXLEN %d\n",
                IPC_ERROR_TEXT_START, IPC_ERROR_TEXT_WORDS);
    if (config->hardware_debug_api)
        write_breakpoint_macros(out);
    fprintf(out, "#ifndef __ASSEMBLER__\n#include <sel4/simple_types.h>\n\n");
    if (config->hardware_debug_api)
        write_breakpoint_types(out);
    write_limits(out, config);
    if (config->mcs)
        write_sched_context(out, config);
    fprintf(out, "#endif\n");
    return true;
}

bool write_errors(FILE *out, const struct kernel_config *config)
{
    (void)config;
    fprintf(out, "/* What a method answers: the label of the reply. */\ntypedef enum {\n");
    for (unsigned error = 0; error < SEL4_ERROR_COUNT; error++)
        fprintf(out, "    seL4_%s = %u,\n", abi_error_name(error), error);
    fprintf(out, "    seL4_NumErrors = %u\n} seL4_Error;\n", SEL4_ERROR_COUNT);
    return true;
}
