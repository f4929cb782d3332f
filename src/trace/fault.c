/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults and failed lookups in words. */
#include <trace/call.h>

#include <abi/error.h>
#include <base/bits.h>
#include <kernel/kernel_api.h>

enum { FSR_WRITE = 1 << 1 };

void lookup_failure_add(struct line *line, struct lookup_failure failure)
{
    switch (failure.type) {
    case LOOKUP_INVALID_ROOT:
        line_add(line, "the root is no cnode");
        break;
    case LOOKUP_MISSING_CAPABILITY:
        line_add(line, "no fitting capability there, %u bits left", failure.bits_left);
        break;
    case LOOKUP_DEPTH_MISMATCH:
        if (failure.bits_found == 0)
            line_add(line, "depth mismatch: no cnode there for the %u bits left",
                     failure.bits_left);
        else
            line_add(line, "depth mismatch: %u bits left where the cnode takes %u",
                     failure.bits_left, failure.bits_found);
        break;
    case LOOKUP_GUARD_MISMATCH:
        line_add(line, "guard mismatch with %u bits left: the guard is 0x%lx of %u bits",
                 failure.bits_left, failure.guard_found, failure.bits_found);
        break;
    default:
        line_add(line, "lookup failure %u", failure.type);
        break;
    }
}

/* --- by type -------------------------------------------------------------------------------- */

static void add_cap_fault(struct line *line, struct kernel *k, const struct tcb *tcb,
                          const struct fault *fault)
{
    (void)k;
    (void)tcb;
    line_add(line, "%s phase, cap ", fault->cap.in_receive_phase ? "receive" : "send");
    line_add_number(line, fault->cap.cptr);
    line_add(line, ": ");
    lookup_failure_add(line, fault->cap.lookup);
}

static void add_unknown_syscall(struct line *line, struct kernel *k, const struct tcb *tcb,
                                const struct fault *fault)
{
    (void)k;
    (void)tcb;
    line_add(line, "number %ld", (int64_t)fault->unknown_syscall.number);
}

/* Intel's names, by vector. */
static const char *const exception_names[] = {
    [0] = "divide error",
    [1] = "debug",
    [2] = "NMI",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack-segment fault",
    [13] = "general protection",
    [16] = "x87 floating-point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating-point error",
};

static void add_user_exception(struct line *line, struct kernel *k, const struct tcb *tcb,
                               const struct fault *fault)
{
    word_t vector = fault->user_exception.vector;
    (void)k;
    (void)tcb;
    line_add(line, "%lu", vector);
    if (vector < ARRAY_LENGTH(exception_names) && exception_names[vector])
        line_add(line, " %s", exception_names[vector]);
    line_add(line, ", code 0x%lx", fault->user_exception.error_code);
}

static void add_debug_exception(struct line *line, struct kernel *k, const struct tcb *tcb,
                                const struct fault *fault)
{
    static const char *const reasons[] = {
        [BREAKPOINT_DATA] = "data breakpoint",
        [BREAKPOINT_INSTRUCTION] = "instruction breakpoint",
        [BREAKPOINT_SINGLE_STEP] = "single step",
        [BREAKPOINT_SOFTWARE] = "software break",
    };
    word_t reason = fault->debug.reason;
    (void)k;
    (void)tcb;
    line_add(line, "%s", reasons[reason]);
    if (reason == BREAKPOINT_DATA || reason == BREAKPOINT_INSTRUCTION)
        line_add(line, " %lu at 0x%lx", fault->debug.breakpoint, fault->debug.address);
}

static const char *mapping_words(struct kernel *k, const struct tcb *tcb, vaddr_t address)
{
    static const char *const words[] = {
        [VM_KERNEL_ONLY] = "mapped without rights",
        [VM_READ_ONLY] = "mapped read-only",
        [VM_READ_WRITE] = "mapped",
    };
    paddr_t vspace = kernel_tcb_vspace(k, tcb);
    if (!vspace)
        return "no VSpace";
    struct translation found = kernel_translate(k, vspace, address);
    return found.present ? words[found.rights] : "not mapped";
}

static void add_vm_fault(struct line *line, struct kernel *k, const struct tcb *tcb,
                         const struct fault *fault)
{
    const char *access = fault->vm.instruction_fetch ? "fetch from"
                         : fault->vm.fsr & FSR_WRITE ? "write to"
                                                     : "read from";
    line_add(line, "%s 0x%lx: %s", access, fault->vm.address,
             mapping_words(k, tcb, fault->vm.address));
}

static void (*const fault_formats[FAULT_TYPE_COUNT])(struct line *, struct kernel *,
                                                     const struct tcb *, const struct fault *) = {
    [FAULT_CAP] = add_cap_fault,
    [FAULT_UNKNOWN_SYSCALL] = add_unknown_syscall,
    [FAULT_USER_EXCEPTION] = add_user_exception,
    [FAULT_DEBUG_EXCEPTION] = add_debug_exception,
    [FAULT_VM] = add_vm_fault,
};

void fault_add(struct line *line, struct kernel *k, const struct tcb *tcb,
               const struct fault *fault)
{
    line_add(line, "%s(", abi_fault_name(fault->type));
    if (fault_formats[fault->type]) {
        fault_formats[fault->type](line, k, tcb, fault);
        line_add(line, ", ");
    }
    line_add(line, "ip 0x%lx)", tcb->context.reg[UREG_RIP]);
}
