/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pit.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define CHANNELS 3

enum { REG_CONTROL = 3 };

enum {
    CONTROL_BCD = 0x01,
    CONTROL_LATCH = 0,     /* in the access field: latch the count */
    CONTROL_READ_BACK = 3, /* in the channel field */
    READ_BACK_NO_COUNT = 0x20,
    READ_BACK_NO_STATUS = 0x10,
    STATUS_OUT = 0x80,
    STATUS_NULL_COUNT = 0x40,
    ACCESS_LOW = 1,
    ACCESS_HIGH = 2,
    ACCESS_BOTH = 3,
};

enum { /* port 0x61 */
       PORT_GATE2 = 0x01,
       PORT_SPEAKER = 0x02,
       PORT_KEPT = 0x0f,
       PORT_REFRESH = 0x10, /* toggles with each DRAM refresh, about every 15.085 us */
       PORT_OUT2 = 0x20,
       REFRESH_NS = 15085,
};

struct pit_channel {
    uint8_t access, mode, bcd; /* of the control word */
    bool gate;
    bool loaded;         /* counting: a count was written (and the gate came, where it starts it) */
    bool waits_for_gate; /* modes 1 and 5: the next rising gate starts the count */
    uint32_t reload;     /* being counted: 1..65536 */
    uint32_t next_reload;        /* as last written; a gate that starts the count takes it over */
    uint64_t start;              /* tick at which `reload` was loaded */
    uint64_t held;               /* ticks counted when the gate went low (modes 0, 2, 3, 4) */
    uint8_t low_byte;            /* the first half of a count in two writes */
    bool low_written, high_next; /* which half comes next, writing and reading */
    bool count_latched, status_latched;
    uint16_t latched_count;
    uint8_t latched_status;
};

struct pit {
    struct device device;
    struct pit_channel channels[CHANNELS];
    uint8_t control_port;
    bool connected;
    uint64_t edges; /* rising edges of channel 0 that were delivered, since its count was loaded */
    bool line;
};

static uint64_t ticks_at(nanoseconds_t now)
{
    return (uint64_t)((unsigned __int128)now * PIT_HZ / 1000000000u);
}

/* The first nanosecond at which ticks_at() is at least `tick`. */
static nanoseconds_t time_of(uint64_t tick)
{
    return (uint64_t)(((unsigned __int128)tick * 1000000000u + PIT_HZ - 1) / PIT_HZ);
}

/* --- what a channel does, `n` ticks after its count was loaded -------------------------------- */

static uint64_t down(uint64_t n, const struct pit_channel *c)
{
    uint64_t modulus = c->bcd ? 10000 : 65536;

    return (c->reload + modulus - n % modulus) % modulus;
}

static uint64_t down_again(uint64_t n, const struct pit_channel *c)
{
    return c->reload - n % c->reload;
}

/* Counts by two; an odd count loses one tick more in its high half. */
static uint64_t down_by_two(uint64_t n, const struct pit_channel *c)
{
    uint64_t phase = n % c->reload, high = (c->reload + 1) / 2;
    uint64_t even = c->reload & ~1u;

    if (phase >= high)
        return even - 2 * (phase - high);
    return phase == 0 ? c->reload : even - 2 * (phase - (c->reload & 1));
}

static bool out_after(uint64_t n, const struct pit_channel *c)
{
    return n >= c->reload;
}

static bool out_rate(uint64_t n, const struct pit_channel *c)
{
    return n % c->reload != c->reload - 1;
}

static bool out_square(uint64_t n, const struct pit_channel *c)
{
    return n % c->reload < (c->reload + 1) / 2;
}

static bool out_strobe(uint64_t n, const struct pit_channel *c)
{
    return n != c->reload;
}

static uint64_t edges_once(uint64_t n, const struct pit_channel *c)
{
    return n >= c->reload;
}

static uint64_t edges_strobe(uint64_t n, const struct pit_channel *c)
{
    return n > c->reload;
}

static uint64_t edges_again(uint64_t n, const struct pit_channel *c)
{
    return n / c->reload;
}

struct pit_mode {
    uint64_t (*count)(uint64_t n, const struct pit_channel *c);
    bool (*out)(uint64_t n, const struct pit_channel *c);
    /* How many rising edges the output has had since the count was loaded. */
    uint64_t (*edges)(uint64_t n, const struct pit_channel *c);
    bool repeats;
    bool idle_out;      /* the output after the control word */
    bool gate_starts;   /* a rising gate loads the count; else a low gate stops counting */
    bool gate_reloads;  /* a rising gate starts the period anew, a low one forces the output high */
    uint8_t edge_delay; /* ticks from the end of the count to the rising edge */
};

static const struct pit_mode modes[] = {
    {.count = down, .out = out_after, .edges = edges_once},
    {.count = down, .out = out_after, .edges = edges_once, .idle_out = true, .gate_starts = true},
    {.count = down_again,
     .out = out_rate,
     .edges = edges_again,
     .repeats = true,
     .idle_out = true,
     .gate_reloads = true},
    {.count = down_by_two,
     .out = out_square,
     .edges = edges_again,
     .repeats = true,
     .idle_out = true,
     .gate_reloads = true},
    {.count = down, .out = out_strobe, .edges = edges_strobe, .idle_out = true, .edge_delay = 1},
    {.count = down,
     .out = out_strobe,
     .edges = edges_strobe,
     .idle_out = true,
     .gate_starts = true,
     .edge_delay = 1},
};

static const struct pit_mode *mode_of(const struct pit_channel *c)
{
    return &modes[c->mode];
}

static bool is_running(const struct pit_channel *c)
{
    return c->loaded && (c->gate || mode_of(c)->gate_starts);
}

static uint64_t elapsed(const struct pit_channel *c, uint64_t tick)
{
    return is_running(c) ? tick - c->start : c->held;
}

static bool channel_out(const struct pit_channel *c, uint64_t tick)
{
    if (!c->loaded || (!c->gate && mode_of(c)->gate_reloads))
        return mode_of(c)->idle_out;
    return mode_of(c)->out(elapsed(c, tick), c);
}

static uint16_t to_bcd(uint64_t value)
{
    return (uint16_t)(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 |
                      value / 1000 % 10 << 12);
}

static uint32_t from_bcd(uint16_t value)
{
    return (value & 0xfu) + 10 * (value >> 4 & 0xfu) + 100 * (value >> 8 & 0xfu) +
           1000 * (value >> 12 & 0xfu);
}

static uint16_t channel_count(const struct pit_channel *c, uint64_t tick)
{
    uint64_t count = c->loaded ? mode_of(c)->count(elapsed(c, tick), c) : 0;

    return c->bcd ? to_bcd(count) : (uint16_t)count;
}

/* --- the interrupt of channel 0 ----------------------------------------------------------------
 */

static void drive_line(struct pit *pit, bool line)
{
    pit->line = line;
    if (pit->connected)
        bus_set_irq(pit->device.bus, PIT_GSI, line);
}

/*
 * Delivers what rose since the last look: one edge, however many there were, and then the level.
 * The output falls silently between two looks: only rising edges are worth an event.
 */
static void update_line(struct pit *pit, uint64_t tick)
{
    const struct pit_channel *c = &pit->channels[0];
    uint64_t edges = c->loaded ? mode_of(c)->edges(elapsed(c, tick), c) : 0;
    bool out = channel_out(c, tick);

    if (edges > pit->edges) {
        pit->edges = edges;
        if (pit->line)
            drive_line(pit, false);
        drive_line(pit, true);
    }
    if (out != pit->line)
        drive_line(pit, out);
}

static nanoseconds_t next_edge(const struct pit *pit)
{
    const struct pit_channel *c = &pit->channels[0];
    const struct pit_mode *mode = mode_of(c);

    if (!is_running(c) || (pit->edges && !mode->repeats))
        return NANOSECONDS_NEVER;
    return time_of(c->start + (pit->edges + 1) * c->reload + mode->edge_delay);
}

static void reschedule(struct pit *pit, uint64_t tick)
{
    update_line(pit, tick);
    bus_reschedule(pit->device.bus, &pit->device, next_edge(pit));
}

/* --- programming -------------------------------------------------------------------------------
 */

static void load(struct pit *pit, unsigned index, uint64_t tick)
{
    struct pit_channel *c = &pit->channels[index];

    c->loaded = true;
    c->waits_for_gate = false;
    c->reload = c->next_reload;
    c->start = tick;
    c->held = 0;
    if (index == 0)
        pit->edges = 0;
}

static void write_count(struct pit *pit, unsigned index, uint16_t value, uint64_t tick)
{
    struct pit_channel *c = &pit->channels[index];
    uint32_t count = c->bcd ? from_bcd(value) : value;

    if (count == 0)
        count = c->bcd ? 10000 : 65536;
    if (count == 1 && (c->mode == 2 || c->mode == 3))
        count = 2; /* 1 is illegal there */
    c->next_reload = count;
    if (mode_of(c)->gate_starts)
        c->waits_for_gate = true;
    else
        load(pit, index, tick); /* at once also in modes 2 and 3, as on QEMU */
}

static void write_channel(struct pit *pit, unsigned index, uint8_t value, uint64_t tick)
{
    struct pit_channel *c = &pit->channels[index];

    switch (c->access) {
    case ACCESS_LOW:
        write_count(pit, index, value, tick);
        break;
    case ACCESS_HIGH:
        write_count(pit, index, (uint16_t)(value << 8), tick);
        break;
    default:
        if (c->low_written) {
            c->low_written = false;
            write_count(pit, index, (uint16_t)(value << 8 | c->low_byte), tick);
        } else {
            c->low_written = true;
            c->low_byte = value;
            if (c->mode == 0)
                c->loaded = false; /* the first byte stops the count */
        }
    }
}

static uint8_t read_channel(struct pit_channel *c, uint64_t tick)
{
    uint16_t count;
    bool high;

    if (c->status_latched) {
        c->status_latched = false;
        return c->latched_status;
    }
    count = c->count_latched ? c->latched_count : channel_count(c, tick);
    high = c->access == ACCESS_HIGH || (c->access == ACCESS_BOTH && c->high_next);
    if (c->access == ACCESS_BOTH)
        c->high_next = !c->high_next;
    if (c->access != ACCESS_BOTH || high)
        c->count_latched = false;
    return (uint8_t)(high ? count >> 8 : count);
}

static void latch_count(struct pit_channel *c, uint64_t tick)
{
    if (c->count_latched)
        return;
    c->count_latched = true;
    c->latched_count = channel_count(c, tick);
}

static void latch_status(struct pit_channel *c, uint64_t tick)
{
    if (c->status_latched)
        return;
    c->status_latched = true;
    c->latched_status = (uint8_t)((channel_out(c, tick) ? STATUS_OUT : 0) |
                                  (c->loaded && !c->waits_for_gate ? 0 : STATUS_NULL_COUNT) |
                                  c->access << 4 | c->mode << 1 | c->bcd);
}

static void read_back(struct pit *pit, uint8_t value, uint64_t tick)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        if (!(value & 2u << i))
            continue;
        if (!(value & READ_BACK_NO_COUNT))
            latch_count(&pit->channels[i], tick);
        if (!(value & READ_BACK_NO_STATUS))
            latch_status(&pit->channels[i], tick);
    }
}

static void write_control(struct pit *pit, uint8_t value, uint64_t tick)
{
    unsigned index = value >> 6, access = value >> 4 & 3, mode = value >> 1 & 7;
    struct pit_channel *c;

    if (index == CONTROL_READ_BACK) {
        read_back(pit, value, tick);
        return;
    }
    c = &pit->channels[index];
    if (access == CONTROL_LATCH) {
        latch_count(c, tick);
        return;
    }
    *c = (struct pit_channel){.access = (uint8_t)access,
                              .mode = (uint8_t)(mode > 5 ? mode - 4 : mode), /* 6, 7: 2, 3 */
                              .bcd = value & CONTROL_BCD,
                              .gate = c->gate};
    if (index == 0)
        pit->edges = 0;
}

static void set_gate(struct pit *pit, unsigned index, bool gate, uint64_t tick)
{
    struct pit_channel *c = &pit->channels[index];
    const struct pit_mode *mode = mode_of(c);

    if (gate == c->gate)
        return;
    if (!gate)
        c->held = elapsed(c, tick);
    c->gate = gate;
    if (!gate)
        return;
    if ((mode->gate_starts && (c->loaded || c->waits_for_gate)) ||
        (mode->gate_reloads && c->loaded))
        load(pit, index, tick);
    else
        c->start = tick - c->held;
}

/* --- bus ----------------------------------------------------------------------------------------
 */

static uint8_t read_control_port(const struct pit *pit, nanoseconds_t now)
{
    bool refresh = now / REFRESH_NS & 1, out = channel_out(&pit->channels[2], ticks_at(now));

    return (uint8_t)(pit->control_port | (refresh ? PORT_REFRESH : 0) | (out ? PORT_OUT2 : 0));
}

static uint64_t pit_port_in(struct device *device, uint16_t port, unsigned size, nanoseconds_t now)
{
    struct pit *pit = (struct pit *)device;

    (void)size;
    if (port == PIT_CONTROL_PORT)
        return read_control_port(pit, now);
    if (port == PIT_PORT + REG_CONTROL)
        return 0; /* write-only */
    return read_channel(&pit->channels[port - PIT_PORT], ticks_at(now));
}

static void pit_port_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                         nanoseconds_t now)
{
    struct pit *pit = (struct pit *)device;
    uint64_t tick = ticks_at(now);

    (void)size;
    update_line(pit, tick);
    if (port == PIT_CONTROL_PORT) {
        pit->control_port = value & PORT_KEPT;
        set_gate(pit, 2, value & PORT_GATE2, tick);
    } else if (port == PIT_PORT + REG_CONTROL) {
        write_control(pit, (uint8_t)value, tick);
    } else {
        write_channel(pit, (unsigned)port - PIT_PORT, (uint8_t)value, tick);
    }
    reschedule(pit, tick);
}

static nanoseconds_t pit_advance(struct device *device, nanoseconds_t now)
{
    struct pit *pit = (struct pit *)device;

    update_line(pit, ticks_at(now));
    return next_edge(pit);
}

static void pit_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops pit_ops = {
    .name = "pit",
    .port_width = 1,
    .port_in = pit_port_in,
    .port_out = pit_port_out,
    .advance = pit_advance,
    .destroy = pit_destroy,
};

int pit_create(struct bus *bus, struct pit **ret_pit)
{
    struct pit *pit = host_allocate(1, sizeof(*pit));
    int error;

    if (!pit)
        return -ENOMEM;
    pit->device.ops = &pit_ops;
    pit->connected = true;
    for (unsigned i = 0; i < CHANNELS; i++) {
        pit->channels[i].access = ACCESS_BOTH;
        pit->channels[i].gate = i != 2;
    }
    error = bus_add(bus, &pit->device);
    if (!error)
        error = bus_claim_ports(bus, &pit->device, PIT_PORT, PIT_PORT + REG_CONTROL);
    if (!error)
        error = bus_claim_ports(bus, &pit->device, PIT_CONTROL_PORT, PIT_CONTROL_PORT);
    if (!error)
        *ret_pit = pit;
    return error;
}

void pit_set_irq_connected(struct pit *pit, bool connected, nanoseconds_t now)
{
    if (connected == pit->connected)
        return;
    update_line(pit, ticks_at(now));
    pit->connected = connected;
    bus_set_irq(pit->device.bus, PIT_GSI, connected && pit->line);
}
