/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/resume.h>

#include <abi/debug.h>
#include <base/bits.h>
#include <base/memory.h>
#include <kernel/kernel_api.h>
#include <runtime/cache.h>
#include <runtime/clock.h>
#include <runtime/debugging.h>
#include <runtime/gate.h>
#include <runtime/linked_process.h>
#include <runtime/linux.h>
#include <runtime/memory.h>
#include <runtime/patch.h>
#include <runtime/process.h>
#include <runtime/request.h>
#include <runtime/step.h>
#include <runtime/turn.h>
#include <seat/entry.h>
#include <seat/thread_name.h>

static bool has_name(const struct carrier_page *page, const struct tcb *tcb)
{
    uint64_t source = thread_of(page)->name_source;
    bool is_shared = runtime_shared()->vspaces[page->vspace].thread == page->thread;

    return source == seat_thread_name_source(tcb) || (source && is_shared);
}

void resume_take_name(const struct carrier_page *page, const struct tcb *tcb)
{
    if (has_name(page, tcb))
        return;
    thread_of(page)->name_source = seat_thread_name_source(tcb);
    struct runtime_request *request = request_begin(REQUEST_NAME);
    request->argument[0] = page->thread;
    request_name_tcb(request, tcb);
    request_make(request);
    char name[16];
    mem_copy(name, request->reg, sizeof(name));
    linux_set_name(LINUX_PR_SET_NAME, name);
}

/*
 * The carrier that has the turn now goes on with this thread, and its vector state. One that shares
 * it may have left its own there.
 */
static void take_vector(const struct carrier_page *page)
{
    struct runtime_thread *thread = thread_of(page);
    uint32_t index = carrier_index();

    if (thread->live == index)
        return;
    if (thread->live)
        frame_switch_vector(page->frame, runtime_vector(thread->live), runtime_vector(index),
                            runtime_shared()->control.tells_use);
    else
        frame_load_vector(page->frame, runtime_vector(index));
    thread->live = index;
}

/* Only the machine can give this thread the breakpoints of its TCB. */
static void take_breakpoints(const struct tcb *tcb)
{
    struct runtime_carrier *carrier = carrier_current();
    struct breakpoint list[HARDWARE_BREAKPOINTS];

    if (carrier->debug_generation == tcb->debug.generation)
        return;
    carrier->debug_generation = tcb->debug.generation;
    struct runtime_request *request = request_begin(REQUEST_BREAKPOINTS);
    word_t *word = request->reg;
    kernel_breakpoints(tcb, list);
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        *word++ = list[i].address;
        *word++ = list[i].type;
        *word++ = list[i].access;
        *word++ = list[i].size;
        *word++ = list[i].is_enabled;
    }
    request->argument[0] = carrier_index();
    request_make(request);
}

/* The breakpoints at an instruction that does not execute: the processor looks for them first. */
static uint8_t breakpoints_at(const struct tcb *tcb, const word_t reg[USER_REGISTER_COUNT])
{
    struct breakpoint list[HARDWARE_BREAKPOINTS];
    uint8_t hits = 0;

    kernel_breakpoints(tcb, list);
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        if (list[i].is_enabled && list[i].type == BREAKPOINT_INSTRUCTION &&
            list[i].address == reg[UREG_RIP])
            hits |= (uint8_t)bit(i);
    }
    return reg[UREG_RFLAGS] & RFLAGS_RESUME ? 0 : hits;
}

bool resume_registers(struct carrier_page *page, struct kernel *k, struct tcb *tcb, paddr_t root,
                      word_t reg[USER_REGISTER_COUNT], struct outcome *outcome)
{
    struct trap trap;
    bool has_fpu = !(tcb->flags & TCB_FLAG_FPU_DISABLED);

    patch_mend(root, reg);
    if ((!has_fpu || page->step.is_wanted) && !step_begin(page, root, has_fpu, reg, &trap)) {
        trap.debug.breakpoints = breakpoints_at(tcb, reg);
        if (trap.debug.breakpoints)
            trap.vector = EXCEPTION_DEBUG;
        *outcome = turn_enter(k, tcb, reg, &trap, 0);
        return false;
    }
    gate_write(page, reg);
    page->may_try = has_fpu && !page->step.is_wanted &&
                    !runtime_clock_is_virtual(&runtime_shared()->control.clock) &&
                    kernel_may_try(k);
    runtime_process()->running = page;
    return true;
}

bool resume_tcb(struct carrier_page *page, struct kernel *k, struct tcb *tcb, paddr_t root,
                struct outcome *outcome)
{
    memory_make_edits(root);
    resume_take_name(page, tcb);
    take_breakpoints(tcb);
    take_vector(page);
    linked_tell_buffer(page, tcb);
    page->step.is_wanted = false;
    if (debugging_is_on() && !debugging_may_run(page, carrier_current()->tcb, outcome))
        return false;
    kernel_load_registers(tcb, page->reg);
    linked_mend_stack(tcb, page->reg);
    if (kernel_traps_at_once(tcb)) {
        *outcome = turn_enter(k, tcb, page->reg, &seat_step_trap, 0);
        return false;
    }
    return resume_registers(page, k, tcb, root, page->reg, outcome);
}

bool resume_is_same(const struct carrier_page *page, struct kernel *k, const struct tcb *tcb,
                    vaddr_t next)
{
    const struct user_context *context = &tcb->context;
    paddr_t root = kernel_tcb_vspace(k, tcb);
    const struct vspace *vspace = vspace_at(k, root);

    return root && cache_is_here(page, tcb, root) && vspace->loss_count == 0 && !vspace->gain &&
           has_name(page, tcb) && carrier_current()->debug_generation == tcb->debug.generation &&
           !(tcb->flags & TCB_FLAG_FPU_DISABLED) && !debugging_is_on() && kernel_may_try(k) &&
           context->by_sysret && context->next_ip == next &&
           context->reg[UREG_RFLAGS] == page->reg[UREG_RFLAGS] &&
           context->reg[UREG_FS_BASE] == page->reg[UREG_FS_BASE] &&
           context->reg[UREG_GS_BASE] == page->reg[UREG_GS_BASE];
}
