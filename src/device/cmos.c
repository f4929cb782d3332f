/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/cmos.h>

#include <base/assert.h>
#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define NS_PER_SECOND UINT64_C(1000000000)
#define REGISTERS     128

enum {
    REG_SECONDS,
    REG_SECONDS_ALARM,
    REG_MINUTES,
    REG_MINUTES_ALARM,
    REG_HOURS,
    REG_HOURS_ALARM,
    REG_WEEKDAY,
    REG_DAY,
    REG_MONTH,
    REG_YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D,
    REG_RAM,

    A_UPDATING = 0x80,
    A_RATE = 0x0f,
    A_RESET = 0x26, /* 32768 Hz time base, 1024 Hz periodic rate */
    B_SET = 0x80,
    B_PERIODIC = 0x40,
    B_ALARM = 0x20,
    B_UPDATE = 0x10,
    B_INTERRUPTS = 0x70, /* the same bits as in C */
    B_BINARY = 0x04,
    B_24_HOURS = 0x02,
    C_INTERRUPT = 0x80,
    D_VALID = 0x80,
    HOURS_PM = 0x80,
    ALARM_ANY = 0xc0,   /* an alarm register with both bits set matches everything */
    UPDATE_NS = 244000, /* the update flag rises that long before the second changes */
};

struct cmos {
    struct device device;
    int64_t epoch;         /* seconds since 1970 at time 0, as the guest last set it */
    nanoseconds_t checked; /* flags of REG_C are right up to here */
    uint8_t index;
    bool line;
    uint8_t ram[REGISTERS];
};

/* --- the calendar (proleptic Gregorian) ------------------------------------------------------- */

struct date {
    unsigned second, minute, hour, weekday, day, month; /* weekday: 1 is Sunday */
    int64_t year;
};

/* Days from 1970-01-01. Years are counted from March, so that leap days come last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t cycle = (y >= 0 ? y : y - 399) / 400, in_cycle = y - cycle * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return cycle * 146097 + in_cycle * 365 + in_cycle / 4 - in_cycle / 100 + day_of_year - 719468;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static struct date date_of(int64_t seconds)
{
    int64_t days = floor_divide(seconds, 86400), left = seconds - days * 86400;
    struct date date = {.second = (unsigned)(left % 60),
                        .minute = (unsigned)(left / 60 % 60),
                        .hour = (unsigned)(left / 3600),
                        .weekday = (unsigned)(((days + 4) % 7 + 7) % 7 + 1),
                        .month = 1};

    date.year = 1970 + floor_divide(days, days < 0 ? 365 : 366); /* not too late */
    while (days_of(date.year + 1, 1, 1) <= days)
        date.year++;
    while (date.month < 12 && days_of(date.year, date.month + 1, 1) <= days)
        date.month++;
    date.day = (unsigned)(days - days_of(date.year, date.month, 1)) + 1;
    return date;
}

/* --- registers -----------------------------------------------------------------------------------
 */

static uint8_t encode(const struct cmos *c, unsigned value)
{
    return (uint8_t)(c->ram[REG_B] & B_BINARY ? value : value / 10 % 10 << 4 | value % 10);
}

static unsigned decode(const struct cmos *c, uint8_t value)
{
    return c->ram[REG_B] & B_BINARY ? value : (value >> 4) * 10u + (value & 0xfu);
}

static uint8_t encode_hour(const struct cmos *c, unsigned hour)
{
    if (c->ram[REG_B] & B_24_HOURS)
        return encode(c, hour);
    return (uint8_t)(encode(c, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOURS_PM : 0));
}

static unsigned decode_hour(const struct cmos *c, uint8_t value)
{
    if (c->ram[REG_B] & B_24_HOURS)
        return decode(c, value);
    return decode(c, value & (uint8_t)~HOURS_PM) % 12 + (value & HOURS_PM ? 12 : 0);
}

static int64_t seconds_at(const struct cmos *c, nanoseconds_t now)
{
    return c->epoch + (int64_t)(now / NS_PER_SECOND);
}

/* Writes the time into its registers, unless the guest holds them. */
static void refresh(struct cmos *c, nanoseconds_t now)
{
    struct date date;

    if (c->ram[REG_B] & B_SET)
        return;
    date = date_of(seconds_at(c, now));
    c->ram[REG_SECONDS] = encode(c, date.second);
    c->ram[REG_MINUTES] = encode(c, date.minute);
    c->ram[REG_HOURS] = encode_hour(c, date.hour);
    c->ram[REG_WEEKDAY] = encode(c, date.weekday);
    c->ram[REG_DAY] = encode(c, date.day);
    c->ram[REG_MONTH] = encode(c, date.month);
    c->ram[REG_YEAR] = encode(c, (unsigned)(date.year % 100));
    c->ram[CMOS_CENTURY] = encode(c, (unsigned)(date.year / 100 % 100));
}

/* Takes the time from its registers. */
static void adopt(struct cmos *c, nanoseconds_t now)
{
    int64_t year = decode(c, c->ram[CMOS_CENTURY]) * 100 + decode(c, c->ram[REG_YEAR]);
    unsigned month = decode(c, c->ram[REG_MONTH]), day = decode(c, c->ram[REG_DAY]);
    int64_t days;

    if (month < 1 || month > 12)
        month = 1;
    days = days_of(year, month, day ? day : 1);
    c->epoch = days * 86400 + decode_hour(c, c->ram[REG_HOURS]) * INT64_C(3600) +
               decode(c, c->ram[REG_MINUTES]) * INT64_C(60) + decode(c, c->ram[REG_SECONDS]) -
               (int64_t)(now / NS_PER_SECOND);
}

static bool is_time(unsigned reg)
{
    return reg == CMOS_CENTURY || (reg <= REG_YEAR && reg != REG_SECONDS_ALARM &&
                                   reg != REG_MINUTES_ALARM && reg != REG_HOURS_ALARM);
}

/* --- interrupts
 * ------------------------------------------------------------------------------------ */

/* Nanoseconds between periodic interrupts, or 0. */
static nanoseconds_t period_ns(const struct cmos *c)
{
    unsigned rate = c->ram[REG_A] & A_RATE;

    if (!rate)
        return 0;
    return NS_PER_SECOND * bit(rate <= 2 ? rate + 6 : rate - 1) / 32768;
}

static bool alarm_matches(const struct cmos *c, unsigned reg)
{
    return (c->ram[reg + 1] & ALARM_ANY) == ALARM_ANY || c->ram[reg + 1] == c->ram[reg];
}

static void update_line(struct cmos *c)
{
    bool line = c->ram[REG_B] & c->ram[REG_C] & B_INTERRUPTS;

    c->ram[REG_C] = (uint8_t)((c->ram[REG_C] & ~C_INTERRUPT) | (line ? C_INTERRUPT : 0));
    if (line == c->line)
        return;
    c->line = line;
    bus_set_irq(c->device.bus, CMOS_GSI, line);
}

/* Sets the flags of what happened since the last look. Alarms are seen only while enabled: then
 * somebody looks every second. */
static void settle(struct cmos *c, nanoseconds_t now)
{
    nanoseconds_t period = period_ns(c);

    if (period && now / period != c->checked / period)
        c->ram[REG_C] |= B_PERIODIC;
    if (now / NS_PER_SECOND != c->checked / NS_PER_SECOND && !(c->ram[REG_B] & B_SET)) {
        refresh(c, now);
        c->ram[REG_C] |= B_UPDATE;
        if (alarm_matches(c, REG_SECONDS) && alarm_matches(c, REG_MINUTES) &&
            alarm_matches(c, REG_HOURS))
            c->ram[REG_C] |= B_ALARM;
    }
    c->checked = now;
    update_line(c);
}

static nanoseconds_t next_multiple(nanoseconds_t now, nanoseconds_t period)
{
    return now > NANOSECONDS_NEVER - period ? NANOSECONDS_NEVER : (now / period + 1) * period;
}

static nanoseconds_t next_event(const struct cmos *c, nanoseconds_t now)
{
    nanoseconds_t next = NANOSECONDS_NEVER, period = period_ns(c);

    if ((c->ram[REG_B] & B_PERIODIC) && period)
        next = next_multiple(now, period);
    if (c->ram[REG_B] & (B_ALARM | B_UPDATE))
        next = min_u64(next, next_multiple(now, NS_PER_SECOND));
    return next;
}

/* --- bus
 * ---------------------------------------------------------------------------------------------- */

static uint8_t read_register(struct cmos *c, unsigned reg, nanoseconds_t now)
{
    uint8_t value;

    refresh(c, now);
    value = c->ram[reg];
    if (reg == REG_A && !(c->ram[REG_B] & B_SET) &&
        now % NS_PER_SECOND >= NS_PER_SECOND - UPDATE_NS)
        value |= A_UPDATING;
    if (reg == REG_C)
        c->ram[REG_C] = 0;
    return value;
}

static void write_register(struct cmos *c, unsigned reg, uint8_t value, nanoseconds_t now)
{
    bool was_set = c->ram[REG_B] & B_SET;

    if (reg == REG_C || reg == REG_D)
        return;
    refresh(c, now);
    if (reg == REG_A)
        value &= (uint8_t)~A_UPDATING;
    if (reg == REG_B && (value & B_SET))
        value &= (uint8_t)~B_UPDATE;
    c->ram[reg] = value;
    if ((is_time(reg) && !was_set) || (reg == REG_B && was_set && !(value & B_SET)))
        adopt(c, now);
}

static uint64_t cmos_port_in(struct device *device, uint16_t port, unsigned size, nanoseconds_t now)
{
    struct cmos *c = (struct cmos *)device;
    uint8_t value;

    (void)size;
    if (port == CMOS_PORT)
        return 0xff; /* write-only */
    settle(c, now);
    value = read_register(c, c->index, now);
    update_line(c);
    return value;
}

static void cmos_port_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                          nanoseconds_t now)
{
    struct cmos *c = (struct cmos *)device;

    (void)size;
    if (port == CMOS_PORT) {
        c->index = value % REGISTERS; /* bit 7 gates the NMI */
        return;
    }
    settle(c, now);
    write_register(c, c->index, (uint8_t)value, now);
    update_line(c);
    bus_reschedule(c->device.bus, &c->device, next_event(c, now));
}

static nanoseconds_t cmos_advance(struct device *device, nanoseconds_t now)
{
    struct cmos *c = (struct cmos *)device;

    settle(c, now);
    return next_event(c, now);
}

static void cmos_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops cmos_ops = {
    .name = "cmos",
    .port_width = 1,
    .port_in = cmos_port_in,
    .port_out = cmos_port_out,
    .advance = cmos_advance,
    .destroy = cmos_destroy,
};

int cmos_create(struct bus *bus, int64_t epoch, struct cmos **ret_cmos)
{
    struct cmos *c = host_allocate(1, sizeof(*c));
    int error;

    if (!c)
        return -ENOMEM;
    c->device.ops = &cmos_ops;
    c->epoch = epoch;
    c->ram[REG_A] = A_RESET;
    c->ram[REG_B] = B_24_HOURS;
    c->ram[REG_D] = D_VALID;
    error = bus_add(bus, &c->device);
    if (!error)
        error = bus_claim_ports(bus, &c->device, CMOS_PORT, CMOS_PORT + 1);
    if (!error)
        *ret_cmos = c;
    return error;
}

void cmos_set_ram(struct cmos *c, unsigned reg, uint8_t value)
{
    ASSERT(reg >= REG_RAM && reg < REGISTERS);
    c->ram[reg] = value;
}
