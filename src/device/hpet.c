/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/hpet.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

/* Comparisons are signed differences: a longer period would lie behind the counter. */
#define PERIOD_MASK (UINT64_MAX >> 1)

#define LEGACY_TIMERS 2 /* timers 0 and 1 replace the PIT and the RTC */

static const unsigned legacy_gsi[LEGACY_TIMERS] = {2, 8};

enum { /* register offsets */
       REG_CAPABILITIES = 0x000,
       REG_CONFIG = 0x010,
       REG_STATUS = 0x020,
       REG_COUNTER = 0x0f0,
       REG_TIMERS = 0x100,
       REG_TIMER_CONFIG = 0x00,
       REG_TIMER_COMPARATOR = 0x08,
       REG_TIMER_FSB = 0x10,
       TIMER_STRIDE = 0x20,
};

enum {
    CONFIG_ENABLE = 0x1,
    CONFIG_LEGACY = 0x2,
    CONFIG_MASK = 0x3,

    TIMER_LEVEL = 0x0002,
    TIMER_INTERRUPT = 0x0004,
    TIMER_PERIODIC = 0x0008,
    TIMER_PERIODIC_CAP = 0x0010,
    TIMER_SIZE_CAP = 0x0020,
    TIMER_SET_VALUE = 0x0040,
    TIMER_32_BIT = 0x0100,
    TIMER_ROUTE_SHIFT = 9,
    TIMER_ROUTE = 0x3e00,
    TIMER_FSB = 0x4000,
    TIMER_FSB_CAP = 0x8000,
    TIMER_WRITABLE = TIMER_LEVEL | TIMER_INTERRUPT | TIMER_PERIODIC | TIMER_SET_VALUE |
                     TIMER_32_BIT | TIMER_ROUTE | TIMER_FSB,
};

struct hpet_timer {
    uint32_t config;     /* low half of the register; the high half is the route mask */
    uint64_t comparator; /* as written, or as advanced by periods */
    uint64_t period;     /* ticks */
    uint64_t fsb;        /* address in the high half, data in the low one */
    bool armed;
    uint64_t target; /* main counter at which it fires */
};

struct hpet {
    struct device device;
    struct hpet_options options;
    uint32_t config, status;
    uint64_t counter; /* at `since`, or while it stands still */
    nanoseconds_t since;
    uint32_t lines; /* pins that are held asserted: level-triggered timers */
    struct hpet_timer timers[HPET_TIMERS];
};

static bool is_enabled(const struct hpet *h)
{
    return h->config & CONFIG_ENABLE;
}

static uint64_t counter_at(const struct hpet *h, nanoseconds_t now)
{
    return is_enabled(h) ? h->counter + (now - h->since) / HPET_PERIOD_NS : h->counter;
}

/* When the counter reaches `target`, which lies ahead. */
static nanoseconds_t time_of(const struct hpet *h, uint64_t target)
{
    uint64_t ticks = target - h->counter;

    if (ticks > (NANOSECONDS_NEVER - h->since) / HPET_PERIOD_NS)
        return NANOSECONDS_NEVER;
    return h->since + ticks * HPET_PERIOD_NS;
}

/* --- interrupts ---------------------------------------------------------------------------------
 */

/* The pin that timer `index` drives; false if it drives none. */
static bool timer_gsi(const struct hpet *h, unsigned index, unsigned *ret_gsi)
{
    unsigned route = (h->timers[index].config & TIMER_ROUTE) >> TIMER_ROUTE_SHIFT;

    if ((h->config & CONFIG_LEGACY) && index < LEGACY_TIMERS) {
        *ret_gsi = legacy_gsi[index];
        return true;
    }
    if (!(h->options.route_mask & bit(route)))
        return false;
    *ret_gsi = route;
    return true;
}

/* Asserts the pins of level-triggered timers whose status is set, drops the others. */
static void update_lines(struct hpet *h)
{
    uint32_t lines = 0, changed;
    unsigned gsi;

    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        if ((h->status & bit(i)) && (h->timers[i].config & TIMER_INTERRUPT) && is_enabled(h) &&
            timer_gsi(h, i, &gsi))
            lines |= (uint32_t)bit(gsi);
    }
    changed = lines ^ h->lines;
    h->lines = lines;
    for (; changed; changed &= changed - 1) {
        gsi = lowest_bit(changed);
        bus_set_irq(h->device.bus, gsi, lines & bit(gsi));
    }
}

static void raise_interrupt(struct hpet *h, unsigned index)
{
    const struct hpet_timer *timer = &h->timers[index];
    unsigned gsi;

    if (timer->config & TIMER_FSB) {
        bus_send_message(h->device.bus, timer->fsb >> 32, (uint32_t)timer->fsb);
    } else if (timer->config & TIMER_LEVEL) {
        h->status |= (uint32_t)bit(index);
        update_lines(h);
    } else if (timer_gsi(h, index, &gsi)) {
        bus_set_irq(h->device.bus, gsi, true);
        bus_set_irq(h->device.bus, gsi, h->lines & bit(gsi));
    }
}

/* --- timers
 * --------------------------------------------------------------------------------------- */

static bool is_periodic(const struct hpet_timer *timer)
{
    return (timer->config & TIMER_PERIODIC) && timer->period;
}

/* Computes when `timer` fires next, from its comparator. */
static void arm(const struct hpet *h, struct hpet_timer *timer, nanoseconds_t now)
{
    uint64_t counter = counter_at(h, now);
    int64_t ahead = (int64_t)(timer->comparator - counter);

    if (timer->config & TIMER_32_BIT)
        ahead = (int32_t)(uint32_t)ahead;
    timer->armed = is_enabled(h) && (timer->config & TIMER_INTERRUPT);
    timer->target = ahead > 0 ? counter + (uint64_t)ahead : counter;
}

/* After an interrupt: the next one of a periodic timer, or of a 32-bit comparison that wraps. */
static void rearm(struct hpet_timer *timer, uint64_t counter)
{
    uint64_t step = 0;

    if (is_periodic(timer))
        step = timer->period;
    else if (timer->config & TIMER_32_BIT)
        step = bit(32);
    timer->armed = step != 0;
    if (!step)
        return;
    step *= (counter - timer->target) / step + 1; /* missed ones are lost, as in hardware */
    timer->target += step;
    if (is_periodic(timer))
        timer->comparator = timer->config & TIMER_32_BIT ? (uint32_t)timer->target : timer->target;
}

/* Fires every timer that is due. */
static void settle(struct hpet *h, nanoseconds_t now)
{
    uint64_t counter = counter_at(h, now);

    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        struct hpet_timer *timer = &h->timers[i];

        if (!timer->armed || (int64_t)(counter - timer->target) < 0)
            continue;
        rearm(timer, counter);
        raise_interrupt(h, i);
    }
}

static nanoseconds_t next_event(const struct hpet *h)
{
    nanoseconds_t next = NANOSECONDS_NEVER;

    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        if (h->timers[i].armed)
            next = min_u64(next, time_of(h, h->timers[i].target));
    }
    return next;
}

static void arm_all(struct hpet *h, nanoseconds_t now)
{
    for (unsigned i = 0; i < HPET_TIMERS; i++)
        arm(h, &h->timers[i], now);
}

/* --- registers
 * -------------------------------------------------------------------------------------- */

static uint64_t capabilities(void)
{
    return HPET_BLOCK_ID | (uint64_t)HPET_PERIOD_NS * 1000000 << 32;
}

static uint64_t read_timer(const struct hpet *h, uint64_t offset)
{
    uint64_t index = offset / TIMER_STRIDE;
    const struct hpet_timer *timer;

    if (index >= HPET_TIMERS)
        return 0;
    timer = &h->timers[index];
    switch (offset % TIMER_STRIDE) {
    case REG_TIMER_CONFIG:
        return timer->config | (uint64_t)h->options.route_mask << 32;
    case REG_TIMER_COMPARATOR:
        return timer->comparator;
    case REG_TIMER_FSB:
        return timer->fsb;
    default:
        return 0;
    }
}

/* offset: of a 64-bit register. */
static uint64_t read_register(const struct hpet *h, uint64_t offset, nanoseconds_t now)
{
    switch (offset) {
    case REG_CAPABILITIES:
        return capabilities();
    case REG_CONFIG:
        return h->config;
    case REG_STATUS:
        return h->status;
    case REG_COUNTER:
        return counter_at(h, now);
    default:
        return offset >= REG_TIMERS ? read_timer(h, offset - REG_TIMERS) : 0;
    }
}

static void write_config(struct hpet *h, uint32_t value, nanoseconds_t now)
{
    uint32_t changed = (h->config ^ value) & CONFIG_MASK;

    if (changed & CONFIG_ENABLE) {
        h->counter = counter_at(h, now);
        h->since = now;
    }
    h->config = value & CONFIG_MASK;
    if (changed & CONFIG_ENABLE)
        arm_all(h, now);
    if ((changed & CONFIG_LEGACY) && h->options.pit)
        pit_set_irq_connected(h->options.pit, !(value & CONFIG_LEGACY), now);
}

static void write_counter(struct hpet *h, uint64_t value, nanoseconds_t now)
{
    h->counter = value;
    h->since = now;
    arm_all(h, now);
}

static void write_timer_config(struct hpet *h, struct hpet_timer *timer, uint32_t value,
                               nanoseconds_t now)
{
    uint32_t before = timer->config, writable = TIMER_WRITABLE;
    uint32_t route = (value & TIMER_ROUTE) >> TIMER_ROUTE_SHIFT;

    if (!(before & TIMER_FSB_CAP))
        writable &= ~(uint32_t)TIMER_FSB;
    if (!(h->options.route_mask & bit(route)))
        writable &= ~(uint32_t)TIMER_ROUTE; /* a pin it has no wire to: reads back as before */
    timer->config = (before & ~writable) | (value & writable);
    if (timer->config & TIMER_32_BIT) {
        timer->comparator = (uint32_t)timer->comparator;
        timer->period = (uint32_t)timer->period;
    }
    if ((before ^ timer->config) & (TIMER_INTERRUPT | TIMER_32_BIT | TIMER_PERIODIC))
        arm(h, timer, now);
}

/*
 * In periodic mode a write sets the period; with TIMER_SET_VALUE, which holds for one write, it
 * sets the accumulator as well.
 */
static void write_comparator(struct hpet *h, struct hpet_timer *timer, uint64_t value,
                             nanoseconds_t now)
{
    bool periodic = timer->config & TIMER_PERIODIC;

    if (timer->config & TIMER_32_BIT)
        value = (uint32_t)value;
    if (periodic)
        timer->period = value & PERIOD_MASK;
    if (!periodic || (timer->config & TIMER_SET_VALUE))
        timer->comparator = value;
    timer->config &= ~(uint32_t)TIMER_SET_VALUE;
    arm(h, timer, now);
}

static uint64_t merge(uint64_t old, uint64_t value, uint64_t written)
{
    return (old & ~written) | (value & written);
}

/* written: mask of the bits that the access covers. */
static void write_timer(struct hpet *h, uint64_t offset, uint64_t value, uint64_t written,
                        nanoseconds_t now)
{
    uint64_t index = offset / TIMER_STRIDE;
    struct hpet_timer *timer;

    if (index >= HPET_TIMERS)
        return;
    timer = &h->timers[index];
    switch (offset % TIMER_STRIDE) {
    case REG_TIMER_CONFIG:
        write_timer_config(h, timer, (uint32_t)merge(timer->config, value, written), now);
        break;
    case REG_TIMER_COMPARATOR: {
        bool period = (timer->config & TIMER_PERIODIC) && !(timer->config & TIMER_SET_VALUE);

        write_comparator(h, timer,
                         merge(period ? timer->period : timer->comparator, value, written), now);
        break;
    }
    case REG_TIMER_FSB:
        timer->fsb = merge(timer->fsb, value, written);
        break;
    default:
        break;
    }
}

static void write_register(struct hpet *h, uint64_t offset, uint64_t value, uint64_t written,
                           nanoseconds_t now)
{
    switch (offset) {
    case REG_CONFIG:
        write_config(h, (uint32_t)merge(h->config, value, written), now);
        break;
    case REG_STATUS: /* write one to clear */
        h->status &= ~(uint32_t)(value & written);
        break;
    case REG_COUNTER:
        write_counter(h, merge(counter_at(h, now), value, written), now);
        break;
    default:
        if (offset >= REG_TIMERS)
            write_timer(h, offset - REG_TIMERS, value, written, now);
        break;
    }
}

/* --- bus
 * --------------------------------------------------------------------------------------------- */

static bool lies_in_one_register(uint64_t offset, unsigned size)
{
    return offset % 8 + size <= 8;
}

static uint64_t hpet_mmio_read(struct device *device, uint64_t offset, unsigned size,
                               nanoseconds_t now)
{
    struct hpet *h = (struct hpet *)device;

    if (!lies_in_one_register(offset, size))
        return UINT64_MAX;
    settle(h, now);
    bus_reschedule(h->device.bus, &h->device, next_event(h));
    return read_register(h, align_down(offset, 3), now) >> (offset % 8 * 8);
}

static void hpet_mmio_write(struct device *device, uint64_t offset, unsigned size, uint64_t value,
                            nanoseconds_t now)
{
    struct hpet *h = (struct hpet *)device;
    unsigned shift = (unsigned)(offset % 8 * 8);

    if (!lies_in_one_register(offset, size))
        return;
    settle(h, now);
    write_register(h, align_down(offset, 3), value << shift, mask(8 * size) << shift, now);
    update_lines(h);
    bus_reschedule(h->device.bus, &h->device, next_event(h));
}

static nanoseconds_t hpet_advance(struct device *device, nanoseconds_t now)
{
    struct hpet *h = (struct hpet *)device;

    settle(h, now);
    return next_event(h);
}

static void hpet_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops hpet_ops = {
    .name = "hpet",
    .mmio_read = hpet_mmio_read,
    .mmio_write = hpet_mmio_write,
    .advance = hpet_advance,
    .destroy = hpet_destroy,
};

int hpet_create(struct bus *bus, struct hpet_options options, struct hpet **ret_hpet)
{
    struct hpet *h = host_allocate(1, sizeof(*h));
    int error;

    if (!h)
        return -ENOMEM;
    h->device.ops = &hpet_ops;
    h->options = options;
    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        h->timers[i].config =
            TIMER_PERIODIC_CAP | TIMER_SIZE_CAP | (options.fsb_delivery ? TIMER_FSB_CAP : 0u);
        h->timers[i].comparator = UINT64_MAX;
    }
    error = bus_add(bus, &h->device);
    if (!error)
        error = bus_claim_mmio(bus, &h->device, HPET_BASE, HPET_SIZE);
    if (!error)
        *ret_hpet = h;
    return error;
}
