/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest can do to the devices: any sequence of port and MMIO accesses of any size at any
 * time, with interrupts taken or not, and a host end that gives, takes, stalls and goes away.
 *
 * Input: records of 12 bytes {operation, size, address 2, value 6, time 2}.
 */
#include <device/pc.h>
#include <device/testkit_bus.h>

#include <errno.h>
#include <stdlib.h>

#define RECORD_BYTES 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum operation {
    OP_PORT_IN,
    OP_PORT_OUT,
    OP_MMIO_READ,
    OP_MMIO_WRITE,
    OP_ADVANCE,
    OP_INTERRUPT,
    OP_SET_PIN,
    OP_HOST,
    OPERATIONS
};

struct target {
    struct pc *pc;
    struct memory_end *end;
    nanoseconds_t now;
};

static uint64_t field(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

/* The six bytes of a record's value, spread so that high bits are reached as well. */
static uint64_t wide_value(uint64_t value)
{
    return value & 1 ? value | value << 32 : value;
}

static void poll_host(struct target *t, uint64_t value)
{
    static const char text[] = "the quick brown fox jumps over the lazy dog";

    t->end->input = text;
    t->end->input_size = value % sizeof(text);
    t->end->room = value >> 8 & 0xff;
    t->end->error = value >> 16 & 0xf ? 0 : -EPIPE;
    t->end->ended = (value >> 20 & 0xf) == 0;
    t->end->output_size = 0;
    serial_poll(t->pc->com[0], t->now);
}

/* The HPET's registers or, where its highest bit is set, those of the device in a PCI slot. */
static paddr_t mmio_address(uint16_t address)
{
    return address & 0x8000 ? 0xfeb00000 + address % 0x100u : 0xfed00000 + address % 0x800u;
}

static void run_record(struct target *t, const uint8_t *record)
{
    unsigned size = record[1];
    uint16_t address = (uint16_t)field(record + 2, 2);
    uint64_t value = field(record + 4, 6);
    struct bus *bus = t->pc->bus;

    t->now += field(record + 10, 2) << (record[0] >> 4);
    switch ((enum operation)(record[0] % OPERATIONS)) {
    case OP_PORT_IN:
        bus_port_in(bus, address, size, t->now);
        break;
    case OP_PORT_OUT:
        bus_port_out(bus, address, size, wide_value(value), t->now);
        break;
    case OP_MMIO_READ:
        bus_mmio_read(bus, mmio_address(address), size, t->now);
        break;
    case OP_MMIO_WRITE:
        bus_mmio_write(bus, mmio_address(address), size, wide_value(value), t->now);
        break;
    case OP_ADVANCE:
        bus_advance(bus, t->now);
        break;
    case OP_INTERRUPT:
        if (ioapic_pending(t->pc->ioapic) >= IOAPIC_VECTORS)
            abort();
        break;
    case OP_SET_PIN:
        ioapic_set_pin(t->pc->ioapic, address,
                       (struct ioapic_pin){.mapped = value & 1,
                                           .masked = value & 2,
                                           .level_triggered = value & 4,
                                           .vector = (uint8_t)(value >> 8)});
        break;
    default:
        poll_host(t, value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const devices[] = {"edu"};
    struct target t = {.end = calloc(1, sizeof(*t.end))};
    struct pc_memory_layout layout;
    struct host_stream *stream;

    if (!t.end || pc_memory_layout(PC_MEMORY_MIN, &layout))
        abort();
    stream = stream_create(&memory_end_ops, t.end);
    if (!stream || pc_create(&layout,
                             &(struct pc_options){.com = {stream},
                                                  .cpus = 1,
                                                  .hpet_fsb = true,
                                                  .devices = devices,
                                                  .device_count = 1},
                             &t.pc))
        abort();
    for (; size >= RECORD_BYTES; data += RECORD_BYTES, size -= RECORD_BYTES)
        run_record(&t, data);
    pc_destroy(t.pc);
    stream_destroy(stream);
    free(t.end);
    return 0;
}
