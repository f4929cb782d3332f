/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/testkit_bus.h>

#include <base/bits.h>
#include <errno.h>
#include <string.h>

static void record_line(void *context, unsigned gsi, bool level)
{
    struct irq_record *record = context;

    if (gsi >= TESTKIT_LINES)
        return;
    record->level[gsi] = level;
    record->edges[gsi] += level;
}

static void record_message(void *context, uint64_t address, uint32_t data)
{
    struct irq_record *record = context;

    record->messages++;
    record->message_address = address;
    record->message_data = data;
}

struct bus *testkit_create_bus(struct irq_record *record)
{
    struct bus *bus = bus_create();

    *record = (struct irq_record){0};
    if (bus)
        bus_set_irq_sink(bus, (struct irq_sink){record, record_line, record_message});
    return bus;
}

static int64_t memory_write(void *context, const uint8_t *bytes, size_t size)
{
    struct memory_end *end = context;
    size_t count = min_u64(size, min_u64(end->room, sizeof(end->output) - end->output_size));

    if (end->error)
        return end->error;
    if (count == 0)
        return -EAGAIN;
    memcpy(end->output + end->output_size, bytes, count);
    end->output_size += count;
    end->room -= count;
    return (int64_t)count;
}

static int64_t memory_read(void *context, uint8_t *bytes, size_t size)
{
    struct memory_end *end = context;
    size_t count = min_u64(size, end->input_size);

    if (count == 0)
        return end->ended ? 0 : -EAGAIN;
    memcpy(bytes, end->input, count);
    end->input += count;
    end->input_size -= count;
    return (int64_t)count;
}

static int memory_wait(void *context)
{
    struct memory_end *end = context;

    end->waits++;
    end->room += 16;
    return end->error;
}

const struct host_stream_ops memory_end_ops = {
    .name = "memory", .write = memory_write, .read = memory_read, .wait = memory_wait};
