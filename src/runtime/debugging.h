/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A debugger of the machine's (sel4emu --gdb): it is asked before guest code runs, and has holds,
 * steps and breakpoints of its own that the guest does not see.
 */
#ifndef RUNTIME_DEBUGGING_H
#define RUNTIME_DEBUGGING_H

#include <runtime/carrier.h>
#include <seat/trap.h>

static inline bool debugging_is_on(void)
{
    return __atomic_load_n(&runtime_shared()->control.is_debugged, __ATOMIC_RELAXED);
}

/* Takes the debugger's part out of a trap; what is left over may be nothing (INTERRUPTED). */
void debugging_take_trap(paddr_t tcb, word_t reg[USER_REGISTER_COUNT], struct trap *trap);

/*
 * Before guest code of `tcb`, which is this carrier's, or (0) before the core waits. False: the
 * kernel was entered instead, and *outcome is that entry's. page->step.is_wanted: whether the
 * thread is to run for one instruction.
 */
bool debugging_may_run(struct carrier_page *page, paddr_t tcb, struct outcome *outcome);

/* Pages have been mapped. True: they are to stay so for one instruction. */
bool debugging_has_mapped(const struct carrier_page *page, vaddr_t start, vaddr_t end,
                          const struct trap *access);

#endif
