/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pic.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define CHIPS 2

enum {
    ICW1_NEEDS_ICW4 = 0x01,
    ICW1_SINGLE = 0x02,
    ICW1 = 0x10,
};

static const uint16_t chip_port[CHIPS] = {0x20, 0xa0};

struct pic_chip {
    uint8_t mask;
    uint8_t icw[5];   /* [1]..[4] as last written */
    uint8_t next_icw; /* 2..4: the initialisation word that the data port takes next; else 0 */
};

struct pic {
    struct device device;
    struct pic_chip chips[CHIPS];
};

static struct pic_chip *chip_at(struct pic *pic, uint16_t port)
{
    return &pic->chips[port >= chip_port[1]];
}

static void write_command(struct pic_chip *chip, uint8_t value)
{
    if (!(value & ICW1))
        return; /* OCW2, OCW3: there is nothing to end, to rotate or to poll */
    *chip = (struct pic_chip){.icw[1] = value, .next_icw = 2};
}

static uint8_t following_icw(const struct pic_chip *chip)
{
    if (chip->next_icw == 2 && !(chip->icw[1] & ICW1_SINGLE))
        return 3;
    return chip->next_icw < 4 && (chip->icw[1] & ICW1_NEEDS_ICW4) ? 4 : 0;
}

static void write_data(struct pic_chip *chip, uint8_t value)
{
    if (!chip->next_icw) {
        chip->mask = value;
        return;
    }
    chip->icw[chip->next_icw] = value;
    chip->next_icw = following_icw(chip);
}

static uint64_t pic_port_in(struct device *device, uint16_t port, unsigned size, nanoseconds_t now)
{
    struct pic *pic = (struct pic *)device;

    (void)size;
    (void)now;
    return port & 1 ? chip_at(pic, port)->mask : 0; /* neither requested nor in service */
}

static void pic_port_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                         nanoseconds_t now)
{
    struct pic *pic = (struct pic *)device;

    (void)size;
    (void)now;
    if (port & 1)
        write_data(chip_at(pic, port), (uint8_t)value);
    else
        write_command(chip_at(pic, port), (uint8_t)value);
}

static void pic_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops pic_ops = {
    .name = "pic",
    .port_width = 1,
    .port_in = pic_port_in,
    .port_out = pic_port_out,
    .destroy = pic_destroy,
};

int pic_create(struct bus *bus)
{
    struct pic *pic = host_allocate(1, sizeof(*pic));
    int error;

    if (!pic)
        return -ENOMEM;
    pic->device.ops = &pic_ops;
    for (unsigned i = 0; i < CHIPS; i++)
        pic->chips[i].mask = 0xff; /* as seL4's kernel leaves them */
    error = bus_add(bus, &pic->device);
    for (unsigned i = 0; i < CHIPS && !error; i++)
        error = bus_claim_ports(bus, &pic->device, chip_port[i], (uint16_t)(chip_port[i] + 1));
    return error;
}
