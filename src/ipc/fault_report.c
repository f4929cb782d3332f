/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines are those of the real kernel: people know them by heart and tools match them. */
#include <ipc/fault_report.h>

#include <base/bits.h>

#include <mem/vspace.h>
#include <model/console.h>

#define STACK_WORDS_SHOWN 16

/* As the kernel prints numbers: 0 without a prefix. */
static const char *hex_prefix(word_t value)
{
    return value ? "0x" : "";
}

#define HEX(value) hex_prefix(value), (word_t)(value)

static void report_cap(struct kernel *k, const struct fault *fault)
{
    console_print(k, "cap fault in %s phase at address %s%lx",
                  fault->cap.in_receive_phase ? "receive" : "send", HEX(fault->cap.cptr));
}

static void report_unknown_syscall(struct kernel *k, const struct fault *fault)
{
    console_print(k, "unknown syscall %s%lx", HEX(fault->unknown_syscall.number));
}

static void report_user_exception(struct kernel *k, const struct fault *fault)
{
    console_print(k, "user exception %s%lx code %s%lx", HEX(fault->user_exception.vector),
                  HEX(fault->user_exception.error_code));
}

/* The kernel prints nothing else of it. */
static void report_debug_exception(struct kernel *k, const struct fault *fault)
{
    (void)fault;
    console_print(k, "unknown fault");
}

static void report_vm(struct kernel *k, const struct fault *fault)
{
    console_print(k, "vm fault on %s at address %s%lx with status %s%lx",
                  fault->vm.instruction_fetch ? "code" : "data", HEX(fault->vm.address),
                  HEX(fault->vm.fsr));
}

/* A Timeout is raised only where there is a handler. */
static void (*const reports[FAULT_TYPE_COUNT])(struct kernel *, const struct fault *) = {
    [FAULT_CAP] = report_cap,
    [FAULT_UNKNOWN_SYSCALL] = report_unknown_syscall,
    [FAULT_USER_EXCEPTION] = report_user_exception,
    [FAULT_DEBUG_EXCEPTION] = report_debug_exception,
    [FAULT_VM] = report_vm,
};

/*
 * The word at the aligned `address`, whatever rights the page is mapped with: the kernel reads it.
 * false where there is no memory.
 */
static bool read_word(struct kernel *k, paddr_t vspace, vaddr_t address, word_t *ret_word)
{
    struct translation t = vspace_translate(k, vspace, address);
    if (!t.present || !kernel_is_backed(k, t.paddr))
        return false;
    *ret_word = *(const word_t *)kernel_memory(k, t.paddr);
    return true;
}

static void report_stack(struct kernel *k, const struct tcb *tcb)
{
    union cap root = tcb->slots[TCB_SLOT_VTABLE].cap;
    vaddr_t address = tcb->context.reg[UREG_RSP];
    console_print(k, "With stack:\n");
    if (cap_type(root) != CAP_PML4) {
        console_print(k, "Invalid vspace\n");
        return;
    }
    if (!is_aligned(address, 3)) {
        console_print(k, "RSP not aligned\n");
        return;
    }
    for (unsigned i = 0; i < STACK_WORDS_SHOWN; i++, address += sizeof(word_t)) {
        word_t word;
        if (read_word(k, root.pml4.object, address, &word))
            console_print(k, "0x%lx: 0x%lx\n", address, word);
        else
            console_print(k, "0x%lx: INVALID\n", address);
    }
}

/*
 * Without MCS the first line stands for the fault that sending this one raised: without a handler
 * always a capability fault on the handler's pointer.
 */
void fault_report_unhandled(struct kernel *k, const struct tcb *tcb, struct fault fault)
{
    k->unhandled_faults++;
    k->unhandled = (struct unhandled_fault){
        .tcb = kernel_paddr(k, tcb), .serial = tcb->serial, .fault = fault};
    if (k->config.mcs)
        console_print(k, "Found thread has no fault handler while trying to handle:\n");
    else
        console_print(k,
                      "Caught cap fault in send phase at address %s%lx\nwhile trying to handle:\n",
                      HEX(tcb->fault_handler));
    reports[fault.type](k, &fault);
    if (k->config.debug_build)
        console_print(k, "\nin thread 0x%lx \"%s\" ", console_tcb_address(k, tcb), tcb->name);
    console_print(k, "at address %s%lx\n", HEX(tcb->context.reg[UREG_RIP]));
    report_stack(k, tcb);
}
