/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_budgets.h>

#include <abi/invocation.h>
#include <abi/message.h>

#define NANOSECONDS_PER_US 1000

void budgets_note_call(struct budgets *budgets, const struct kernel *k, const struct tcb *caller)
{
    word_t label = message_info_decode(caller->context.reg[UREG_MESSAGE_INFO]).label;
    bool asks = abi_invocation(&k->config, label) == INV_SCHED_CONTROL_CONFIGURE_FLAGS;
    if (asks && budgets->asked_count < BUDGETS_ASKED)
        budgets->asked[budgets->asked_count++] = caller->context.reg[UREG_MR0] * NANOSECONDS_PER_US;
}

static bool was_asked(const struct budgets *budgets, nanoseconds_t sum)
{
    for (unsigned i = 0; i < budgets->asked_count; i++) {
        if (budgets->asked[i] == sum)
            return true;
    }
    return budgets->asked_count == BUDGETS_ASKED;
}

bool budgets_allow(struct budgets *budgets, paddr_t context, nanoseconds_t sum)
{
    unsigned i = 0;
    while (i < budgets->count && budgets->given[i].context != context)
        i++;
    if (i == BUDGETS_CONTEXTS)
        return true;
    bool is_new = i == budgets->count;
    bool is_allowed = is_new || budgets->given[i].budget == sum || was_asked(budgets, sum);
    budgets->count += is_new;
    budgets->given[i].context = context;
    budgets->given[i].budget = sum;
    budgets->given[i].is_there = true;
    return is_allowed;
}

void budgets_end_look(struct budgets *budgets)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < budgets->count; i++) {
        if (!budgets->given[i].is_there)
            continue;
        budgets->given[kept] = budgets->given[i];
        budgets->given[kept++].is_there = false;
    }
    budgets->count = kept;
    budgets->asked_count = 0;
}
