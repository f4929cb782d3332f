/* SPDX-License-Identifier: BSD-2-Clause */
#include "measure.h"

#include <base/samples.h>

#define SAMPLES   101
#define LONG      20  /* microseconds that a sample takes at least ... */
#define MAX_COUNT 512 /* ... if this many operations do */

uint64_t counter_frequency(void)
{
    const seL4_BootInfoHeader *chunk =
        boot_info_chunk(guest_boot_info, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);

    return chunk ? *(const uint32_t *)(chunk + 1) : 1;
}

static uint64_t time_of(void (*operation)(void), unsigned count)
{
    const uint64_t before = counter();

    for (unsigned i = 0; i < count; i++)
        operation();
    return counter() - before;
}

static unsigned choose_count(void (*operation)(void))
{
    const uint64_t long_enough = LONG * counter_frequency();
    unsigned count = 1;

    while (count < MAX_COUNT && time_of(operation, count) < long_enough)
        count *= 2;
    return count;
}

/* Cycles of a sample. */
static uint64_t take_sample(const struct row *row, unsigned count)
{
    if (row->sample != NULL)
        return row->sample();
    if (row->prepare != NULL)
        row->prepare();
    return time_of(row->operation, count);
}

/* "17.6 ns" of so many cycles for `parts` operations. */
static void print_time(uint64_t cycles, unsigned parts)
{
    const uint64_t tenths = cycles * 10000 / counter_frequency() / parts;

    print("%lu.%lu ns", tenths / 10, tenths % 10);
}

static void print_row(const struct row *row, uint64_t *samples, unsigned count, unsigned parts)
{
    samples_sort(samples, count);
    print("%-28s ", row->name);
    print_time(samples_quantile(samples, count, 50), parts);
    print(" (");
    print_time(samples[0], parts);
    print(" to ");
    print_time(samples_quantile(samples, count, 90), parts);
    print(")\n");
}

static void measure_row(const struct row *row)
{
    static uint64_t samples[SAMPLES];
    const unsigned sample_count = row->samples == 0 ? SAMPLES : row->samples;
    unsigned count = 1;

    if (row->start != NULL)
        row->start();
    if (row->sample == NULL && row->prepare == NULL)
        count = choose_count(row->operation);
    take_sample(row, count); /* the first is not like the others */
    for (unsigned i = 0; i < sample_count; i++)
        samples[i] = take_sample(row, count);
    if (row->stop != NULL)
        row->stop();
    print_row(row, samples, sample_count, row->parts == 0 ? count : count * row->parts);
}

void measure_rows(const struct row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        measure_row(&rows[i]);
}
