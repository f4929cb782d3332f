/* SPDX-License-Identifier: BSD-2-Clause */
/* What random guests have found, in the steps that it needs (kernel/testkit_campaign.h prints). */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <kernel/testkit_replay.h>

/* Steps that cannot be are skipped, an entry that was left at a preemption point is finished. */
TEST(a_list_of_steps_can_be_cut_anywhere)
{
    static const struct replay_setup setup = {.release = 1600, .work_units = 0x1};
    static const struct step steps[] = {
        {.kind = STEP_CALL,
         .stop = 0x1,
         .call = {.syscall = SYSCALL_CALL,
                  .cap = INITIAL_CAP_CNODE,
                  .label = 0x13 /* Revoke */,
                  .length = 2,
                  .words = {INITIAL_CAP_CNODE, 64}}},
        {.kind = STEP_INTERRUPT, .delay = 0x10, .value = {0x3}},
        {.kind = STEP_VM_FAULT, .value = {0x400000, 0x6}},
        {.kind = STEP_USER_EXCEPTION, .value = {0xd, 0}},
        {.kind = STEP_UNKNOWN_SYSCALL, .value = {0x7}},
        {.kind = STEP_REPEAT},
        {.kind = STEP_RESTART, .value = {0x3f}},
        {.kind = STEP_HOLD, .value = {0}},
        {.kind = STEP_HOLD, .value = {0x3f}},
        {.kind = STEP_HOLD, .value = {0, 1}},
        {.kind = STEP_TIMER, .delay = 0xffff},
    };
    for (unsigned from = 0; from < ARRAY_LENGTH(steps); from++) {
        for (unsigned to = from; to <= ARRAY_LENGTH(steps); to++)
            CHECK_STR(replay_problem(&setup, &steps[from], to - from), NULL);
    }
}
