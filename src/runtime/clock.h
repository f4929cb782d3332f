/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel time in place (docs/decisions/0005-guest-clock.md): real time by the time-stamp counter
 * since the machine's last look, and what the kernel's long work was charged since. The machine
 * looks with each request if that was a while ago, and takes away the time that Linux gave to
 * others. So whoever finds that nobody was told the time for a while asks the machine first.
 *
 * Virtual time (docs/time.md) goes on by RUNTIME_CLOCK_ENTRY with each kernel entry, by the work
 * that is charged, and by what the machine adds; in both seats by the functions here.
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
/*
 * Of virtual time, for each kernel entry: about what one takes here, so that a guest that asks for
 * the time until it is late enough does not wait longer than in real time.
 */
#define RUNTIME_CLOCK_ENTRY UINT64_C(5000)
/* All that virtual time may ever be charged. */
#define RUNTIME_CLOCK_VIRTUAL_ROOM bit(62)

static inline bool runtime_clock_is_virtual(const struct runtime_clock *clock)
{
    return clock->multiplier == 0;
}

/* With virtual time the guest's processes cannot read the counter, and need not. */
static inline uint64_t runtime_clock_counter(const struct runtime_clock *clock)
{
    return runtime_clock_is_virtual(clock) ? clock->tsc : __builtin_ia32_rdtsc();
}

/* The clock at `tsc`, but for `told`. */
static inline nanoseconds_t runtime_clock_at(const struct runtime_clock *clock, uint64_t tsc)
{
    __extension__ typedef unsigned __int128 product;
    uint64_t passed = (uint64_t)((product)(tsc - clock->tsc) * clock->multiplier >> 32);

    return clock->time + passed + min_u64(clock->ahead, clock->room);
}

static inline nanoseconds_t runtime_clock_now(struct runtime_clock *clock)
{
    clock->told = max_u64(clock->told, runtime_clock_at(clock, runtime_clock_counter(clock)));
    return clock->told;
}

/*
 * The time, if the machine need not be asked for it first, since nobody was told it for so long.
 */
static inline bool runtime_clock_tell(struct runtime_clock *clock, nanoseconds_t *ret_now)
{
    nanoseconds_t now = max_u64(clock->told, runtime_clock_at(clock, runtime_clock_counter(clock)));

    if (!runtime_clock_is_virtual(clock) && now - clock->told >= RUNTIME_CLOCK_TRUST)
        return false;
    *ret_now = clock->told = now;
    return true;
}

/* What has no room counts as it is. */
static inline void runtime_clock_add(struct runtime_clock *clock, nanoseconds_t time)
{
    uint64_t ahead = min_u64(clock->ahead, clock->room);

    clock->ahead = ahead + min_u64(time, clock->room - ahead);
}

/* The kernel has done some units of work. */
static inline void runtime_clock_charge(struct runtime_clock *clock, unsigned units)
{
    runtime_clock_add(clock, units * RUNTIME_CLOCK_WORK_UNIT);
}

/* --- virtual time -------------------------------------------------------------------------- */

/* `seed` 0: every entry takes the same time. */
static inline struct runtime_clock runtime_clock_virtual(uint64_t seed)
{
    const uint64_t spread = UINT64_C(0x9e3779b97f4a7c15); /* odd: only 0 becomes 0 */

    return (struct runtime_clock){.room = RUNTIME_CLOCK_VIRTUAL_ROOM, .random = seed * spread};
}

/* xorshift64*, by S. Vigna: its state is never 0. */
static inline uint64_t runtime_clock_next_random(struct runtime_clock *clock)
{
    uint64_t x = clock->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    clock->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

/*
 * What the guest's own code took before an entry is anything that a machine could take: mostly less
 * than an entry, once in 32 times up to 8 ms, long and short stretches being equally likely.
 */
static inline nanoseconds_t runtime_clock_stretch(struct runtime_clock *clock)
{
    enum { SHORTEST_BITS = 10, LENGTHS = 14, RARITY = 32 };

    if (clock->random == 0)
        return 0;
    uint64_t random = runtime_clock_next_random(clock);
    if (random % RARITY)
        return (random >> 32) % RUNTIME_CLOCK_ENTRY;
    return random >> 32 & mask(SHORTEST_BITS + (unsigned)(random / RARITY % LENGTHS));
}

/* The guest has entered the kernel, or does what its processor or a device needs time for. */
static inline void runtime_clock_enter(struct runtime_clock *clock)
{
    if (runtime_clock_is_virtual(clock))
        runtime_clock_add(clock, RUNTIME_CLOCK_ENTRY + runtime_clock_stretch(clock));
}

#endif
