/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways into the kernel. Each does its part, then leave() ends time slices, chooses the thread
 * to run and tells the seat when to come back.
 */
#include <kernel/kernel_api.h>

#include <base/assert.h>
#include <base/bits.h>
#include <cap/object_type.h>
#include <ipc/ipc.h>
#include <kernel/dma.h>
#include <kernel/syscall.h>
#include <model/console.h>
#include <model/context.h>
#include <model/debug.h>
#include <object/irq.h>
#include <sched/sched.h>
#include <sched/utilisation.h>

static struct tcb *advance(struct kernel *k, unsigned core, nanoseconds_t now)
{
    ASSERT(core < k->num_cores);
    k->running_core = core;
    sched_advance(k, core, now);
    return tcb_at(k, k->cores[core].current);
}

static struct tcb *enter(struct kernel *k, unsigned core, nanoseconds_t now)
{
    utilisation_enter(k, core, now);
    return advance(k, core, now);
}

/*
 * MCS: whether the current thread has time for the entry. If not, it makes it again later, unless
 * it has been given a Timeout fault.
 */
static bool has_budget(struct kernel *k, unsigned core, struct tcb *tcb)
{
    if (!k->config.mcs)
        return true;
    enum budget_state state = sched_check_budget(k, core);
    if (state == BUDGET_TIMED_OUT)
        fault_raise_timeout(k, core, tcb);
    if (state != BUDGET_SUFFICES && tcb_is_runnable(tcb))
        tcb_set_state(k, tcb, THREAD_RESTART);
    return state == BUDGET_SUFFICES;
}

/* MCS: whoever was interrupted pays, and may be at the end of its turn. */
static void charge_interrupted(struct kernel *k, unsigned core, struct tcb *tcb)
{
    if (k->config.mcs && sched_charge_interrupted(k, core) == BUDGET_TIMED_OUT)
        fault_raise_timeout(k, core, tcb);
}

/* The other cores that have to choose anew. */
static uint64_t take_interrupts(struct kernel *k, unsigned core)
{
    uint64_t cores = k->interrupt_cores & ~bit(core);
    k->interrupt_cores = 0;
    return cores;
}

/* The current thread goes on. */
static struct outcome go_on(struct kernel *k, unsigned core)
{
    paddr_t current = k->cores[core].current;
    if (current && tcb_at(k, current)->debug.is_stepping)
        tcb_at(k, current)->context.reg[UREG_RFLAGS] |= RFLAGS_TRAP;
    return (struct outcome){
        .kind = k->halted ? OUTCOME_HALT
                : current ? OUTCOME_RUN
                          : OUTCOME_IDLE,
        .tcb = current,
        .deadline = sched_deadline(k, core),
        .interrupt_cores = take_interrupts(k, core),
    };
}

static struct outcome leave(struct kernel *k, unsigned core)
{
    sched_end_slice(k, core);
    sched_schedule(k, core);
    return go_on(k, core);
}

static const enum outcome_kind interrupted_outcomes[] = {
    [ENTRY_PREEMPTED] = OUTCOME_PREEMPTED,  [ENTRY_CLEAR] = OUTCOME_CLEAR,
    [ENTRY_STALL] = OUTCOME_STALL,          [ENTRY_DEVICE] = OUTCOME_DEVICE,
    [ENTRY_CONSOLE_FULL] = OUTCOME_CONSOLE, [ENTRY_HALTED] = OUTCOME_HALT,
};

static struct outcome leave_with(struct kernel *k, unsigned core, enum entry_result result)
{
    if (result == ENTRY_DONE)
        return leave(k, core);
    return (struct outcome){
        .kind = interrupted_outcomes[result],
        .tcb = k->cores[core].current,
        .deadline = sched_deadline(k, core),
        .interrupt_cores = take_interrupts(k, core),
    };
}

struct outcome kernel_start(struct kernel *k, unsigned core, nanoseconds_t now)
{
    k->running_core = core;
    sched_start(k, core, now);
    return leave(k, core);
}

struct outcome kernel_syscall(struct kernel *k, unsigned core, nanoseconds_t now)
{
    if (fast_ipc(k, core, now))
        return go_on(k, core);
    struct tcb *tcb = enter(k, core, now);
    if (!has_budget(k, core, tcb))
        return leave(k, core);
    return leave_with(k, core, syscall_handle(k, core, tcb));
}

/* A fault of the current thread. */
static struct outcome raise_fault(struct kernel *k, unsigned core, struct fault fault,
                                  nanoseconds_t now)
{
    struct tcb *tcb = enter(k, core, now);
    if (has_budget(k, core, tcb))
        fault_raise(k, core, tcb, fault);
    return leave(k, core);
}

struct outcome kernel_unknown_syscall(struct kernel *k, unsigned core, word_t number,
                                      nanoseconds_t now)
{
    return raise_fault(
        k, core,
        (struct fault){.type = FAULT_UNKNOWN_SYSCALL, .unknown_syscall = {.number = number}}, now);
}

struct outcome kernel_vm_fault(struct kernel *k, unsigned core, vaddr_t address, word_t fsr,
                               nanoseconds_t now)
{
    enum { FSR_MASK = 0x1f, FSR_INSTRUCTION_FETCH = 1 << 4 };
    return raise_fault(k, core,
                       (struct fault){
                           .type = FAULT_VM,
                           .vm = {.address = address,
                                  .fsr = fsr & FSR_MASK,
                                  .instruction_fetch = (fsr & FSR_INSTRUCTION_FETCH) != 0},
                       },
                       now);
}

struct outcome kernel_user_exception(struct kernel *k, unsigned core, word_t vector,
                                     word_t error_code, nanoseconds_t now)
{
    return raise_fault(
        k, core,
        (struct fault){.type = FAULT_USER_EXCEPTION,
                       .user_exception = {.vector = vector, .error_code = error_code}},
        now);
}

struct outcome kernel_debug_exception(struct kernel *k, unsigned core, word_t vector,
                                      struct debug_event event, nanoseconds_t now)
{
    if (!k->config.hardware_debug_api)
        return kernel_user_exception(k, core, vector, 0, now);
    struct tcb *tcb = enter(k, core, now);
    struct fault fault;
    if (has_budget(k, core, tcb) && debug_take_exception(tcb, vector, event, &fault))
        fault_raise(k, core, tcb, fault);
    return leave(k, core);
}

struct outcome kernel_interrupt(struct kernel *k, unsigned core, unsigned vector, nanoseconds_t now)
{
    charge_interrupted(k, core, enter(k, core, now));
    if (vector == IOMMU_VECTOR)
        dma_report_fault(k);
    else
        irq_deliver(k, core, vector);
    return leave(k, core);
}

struct outcome kernel_timer(struct kernel *k, unsigned core, nanoseconds_t now)
{
    utilisation_look(k, core, now);
    charge_interrupted(k, core, advance(k, core, now));
    return leave(k, core);
}

struct outcome kernel_hold(struct kernel *k, unsigned core, struct tcb *tcb, nanoseconds_t now)
{
    utilisation_look(k, core, now);
    charge_interrupted(k, core, advance(k, core, now));
    sched_hold(k, tcb);
    return leave(k, core);
}

struct outcome kernel_unhold(struct kernel *k, unsigned core, struct tcb *tcb, nanoseconds_t now)
{
    utilisation_look(k, core, now);
    charge_interrupted(k, core, advance(k, core, now));
    sched_unhold(k, core, tcb);
    return leave(k, core);
}

bool kernel_measures_entries(const struct kernel *k, unsigned core)
{
    return k->cores[core].utilisation.is_on;
}

void kernel_leave(struct kernel *k, unsigned core, nanoseconds_t now)
{
    utilisation_leave(k, core, now);
}

struct outcome kernel_device_answer(struct kernel *k, unsigned core, uint64_t value,
                                    nanoseconds_t now)
{
    struct tcb *tcb = enter(k, core, now);
    syscall_finish_device(k, core, tcb, value);
    charge_interrupted(k, core, tcb);
    return leave(k, core);
}

void kernel_stall(struct kernel *k, unsigned core, nanoseconds_t now)
{
    sched_advance(k, core, now);
    sched_end_slice(k, core);
    sched_stall(k, core);
}

struct outcome kernel_continue(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct tcb *tcb = enter(k, core, now);
    if (!tcb || !tcb_is_schedulable(k, tcb)) { /* it has deleted or stopped itself on the way */
        charge_interrupted(k, core, tcb);
        return leave(k, core);
    }
    if (!has_budget(k, core, tcb))
        return leave(k, core);
    tcb_set_state(k, tcb, THREAD_RUNNING);
    return leave_with(k, core, syscall_handle(k, core, tcb));
}

void kernel_save_registers(struct tcb *tcb, const word_t reg[USER_REGISTER_COUNT], bool by_syscall)
{
    context_save(&tcb->context, reg, by_syscall);
}

void kernel_load_registers(const struct tcb *tcb, word_t ret_reg[USER_REGISTER_COUNT])
{
    context_load(&tcb->context, ret_reg);
}

bool kernel_traps_at_once(const struct tcb *tcb)
{
    return context_traps_at_once(&tcb->context);
}

void kernel_breakpoints(const struct tcb *tcb, struct breakpoint ret_list[HARDWARE_BREAKPOINTS])
{
    debug_breakpoints(tcb, ret_list);
}

bool kernel_tcb_is_alive(struct kernel *k, paddr_t paddr, uint64_t serial)
{
    return tcb_at(k, paddr)->serial == serial;
}
