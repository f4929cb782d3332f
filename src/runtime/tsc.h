/* SPDX-License-Identifier: BSD-2-Clause */
/* With virtual time the guest's processes have no time-stamp counter: reading it traps. */
#ifndef RUNTIME_TSC_H
#define RUNTIME_TSC_H

#include <base/types.h>
#include <runtime/shared.h>
#include <seat/trap.h>

/* If `trap` is of an instruction that reads it, that is carried out: rip is behind it. */
bool tsc_read(struct runtime_clock *clock, paddr_t root, const struct trap *trap,
              word_t reg[USER_REGISTER_COUNT]);

#endif
