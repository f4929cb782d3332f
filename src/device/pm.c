/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pm.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define TIMER_HZ   UINT64_C(3579545)
#define TIMER_BITS 24

enum { /* 16-bit registers; status and enable hold no event that this machine can raise */
       REG_STATUS = 0,
       REG_ENABLE = 2,
       REG_CONTROL = 4,
       REG_TIMER = 8,
       LAST_REG = 11,

       CONTROL_SCI_ENABLE = 0x0001,
       CONTROL_SLEEP_ENABLE = 0x2000,
       CONTROL_SLEEP_TYPE_SHIFT = 10,
       CONTROL_SLEEP_TYPE = 7,
};

struct pm {
    struct device device;
    void (*power_off)(void *context);
    void *context;
    uint16_t enable, control;
};

static uint32_t timer_at(nanoseconds_t now)
{
    return (uint32_t)((unsigned __int128)now * TIMER_HZ / 1000000000u & mask(TIMER_BITS));
}

static uint64_t read_byte(const struct pm *pm, unsigned reg, nanoseconds_t now)
{
    if (reg >= REG_TIMER)
        return timer_at(now) >> (8 * (reg - REG_TIMER));
    if (reg / 2 == REG_ENABLE / 2)
        return pm->enable >> (8 * (reg & 1));
    if (reg / 2 == REG_CONTROL / 2)
        return pm->control >> (8 * (reg & 1));
    return 0;
}

static uint64_t pm_port_in(struct device *device, uint16_t port, unsigned size, nanoseconds_t now)
{
    const struct pm *pm = (const struct pm *)device;
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (read_byte(pm, port - PM_EVENT_PORT + i, now) & 0xff) << (8 * i);
    return value;
}

static void write_control(struct pm *pm, uint16_t value)
{
    unsigned type = value >> CONTROL_SLEEP_TYPE_SHIFT & CONTROL_SLEEP_TYPE;

    pm->control = value & (uint16_t)~CONTROL_SLEEP_ENABLE;
    if ((value & CONTROL_SLEEP_ENABLE) && type == PM_SLEEP_OFF && pm->power_off)
        pm->power_off(pm->context);
}

static void pm_port_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                        nanoseconds_t now)
{
    struct pm *pm = (struct pm *)device;
    uint64_t bits = mask(8 * size);

    (void)now;
    if (port == PM_EVENT_PORT + REG_STATUS && size == 4) {
        pm->enable = (uint16_t)(value >> 16);
    } else if (port == PM_EVENT_PORT + REG_ENABLE && size <= 2) {
        pm->enable = (uint16_t)((pm->enable & ~bits) | value);
    } else if (port == PM_CONTROL_PORT) {
        write_control(pm, (uint16_t)((pm->control & ~bits) | value));
    } else if (port == PM_CONTROL_PORT + 1 && size == 1) {
        write_control(pm, (uint16_t)((pm->control & 0xff) | value << 8));
    }
}

static void pm_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops pm_ops = {
    .name = "pm",
    .port_width = 4,
    .port_in = pm_port_in,
    .port_out = pm_port_out,
    .destroy = pm_destroy,
};

int pm_create(struct bus *bus, void (*power_off)(void *context), void *context)
{
    struct pm *pm = host_allocate(1, sizeof(*pm));
    int error;

    if (!pm)
        return -ENOMEM;
    pm->device.ops = &pm_ops;
    pm->power_off = power_off;
    pm->context = context;
    pm->control = CONTROL_SCI_ENABLE;
    error = bus_add(bus, &pm->device);
    if (!error)
        error = bus_claim_ports(bus, &pm->device, PM_EVENT_PORT, PM_EVENT_PORT + LAST_REG);
    return error;
}
