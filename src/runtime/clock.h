/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel time in place (docs/decisions/0005-guest-clock.md): real time by the time-stamp counter
 * since the machine's last look, and what the kernel's long work was charged since. The machine
 * looks with each request if that was a while ago, and takes away the time that Linux gave to
 * others. So whoever finds that nobody was told the time for a while asks the machine first.
 *
 * Runtimes use the clock in shared memory; the machine has a copy that no guest can write, and
 * takes `ahead` and `told` from the shared one. All times in nanoseconds.
 */
#ifndef RUNTIME_CLOCK_H
#define RUNTIME_CLOCK_H

#include <base/bits.h>
#include <runtime/shared.h>

/* For a unit of work as KernelMaxNumWorkUnitsPerPreemption counts them. */
#define RUNTIME_CLOCK_WORK_UNIT UINT64_C(1000)
/* What is trusted to be the guest's own. */
#define RUNTIME_CLOCK_TRUST UINT64_C(500000)

/* The clock at `tsc`, but for `told`. */
static inline nanoseconds_t runtime_clock_at(const struct runtime_clock *clock, uint64_t tsc)
{
    __extension__ typedef unsigned __int128 product;
    uint64_t passed = (uint64_t)((product)(tsc - clock->tsc) * clock->multiplier >> 32);

    return clock->time + passed + min_u64(clock->ahead, clock->room);
}

static inline nanoseconds_t runtime_clock_now(struct runtime_clock *clock)
{
    clock->told = max_u64(clock->told, runtime_clock_at(clock, __builtin_ia32_rdtsc()));
    return clock->told;
}

static inline bool runtime_clock_is_stale(const struct runtime_clock *clock)
{
    nanoseconds_t now = runtime_clock_at(clock, __builtin_ia32_rdtsc());
    return now >= clock->told && now - clock->told >= RUNTIME_CLOCK_TRUST;
}

/* The kernel has done some units of work. What has no room counts as it is. */
static inline void runtime_clock_charge(struct runtime_clock *clock, unsigned units)
{
    uint64_t ahead = min_u64(clock->ahead, clock->room);

    clock->ahead = min_u64(ahead + units * RUNTIME_CLOCK_WORK_UNIT, clock->room);
}

#endif
