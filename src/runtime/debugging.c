/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/debugging.h>

#include <base/memory.h>
#include <kernel/kernel_api.h>
#include <runtime/request.h>
#include <runtime/turn.h>

#define CORE 0

void debugging_take_trap(paddr_t tcb, word_t reg[USER_REGISTER_COUNT], struct trap *trap)
{
    struct runtime_request *request = request_begin(REQUEST_DEBUG_TRAP);
    const uint64_t argument[] = {
        carrier_index(),    tcb, trap->kind, trap->vector, trap->debug.breakpoints,
        trap->debug.stepped};

    mem_copy(request->argument, argument, sizeof(argument));
    mem_copy(request->reg, reg, sizeof(request->reg));
    request_make(request);
    mem_copy(reg, request->reg, sizeof(request->reg));
    trap->kind = (enum trap_kind)request->result[0];
    trap->debug.breakpoints = (uint8_t)request->result[1];
    trap->debug.stepped = request->result[2] != 0;
}

bool debugging_may_run(struct carrier_page *page, paddr_t tcb, struct outcome *outcome)
{
    struct kernel *k = runtime_kernel();
    struct runtime_request *request = request_begin(REQUEST_DEBUG_RUN);

    request->argument[0] = carrier_index();
    request->argument[1] = tcb;
    request->argument[2] = outcome->deadline;
    request_make(request);
    enum runtime_debug_answer answer = (enum runtime_debug_answer)request->result[0];
    page->step.is_wanted = answer == DEBUG_STEP;
    if (answer == DEBUG_HOLD)
        *outcome = kernel_hold(k, CORE, tcb_at(k, (paddr_t)request->result[1]), turn_now());
    else if (answer == DEBUG_UNHOLD)
        *outcome = kernel_unhold(k, CORE, tcb_at(k, (paddr_t)request->result[1]), turn_now());
    return answer == DEBUG_GO || answer == DEBUG_STEP;
}

bool debugging_has_mapped(const struct carrier_page *page, vaddr_t start, vaddr_t end,
                          const struct trap *access)
{
    if (!runtime_shared()->vspaces[page->vspace].has_breakpoints)
        return false;
    struct runtime_request *request = request_begin(REQUEST_DEBUG_MAPPED);
    request->argument[0] = page->vspace;
    request->argument[1] = start;
    request->argument[2] = end;
    request->argument[3] = access->address;
    request->argument[4] = access->write;
    request_make(request);
    return request->result[0] != 0;
}
