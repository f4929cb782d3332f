/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/samples.h>
#include <bench/figures.h>
#include <bench/limits.h>
#include <host/clock.h>
#include <host/cpu.h>
#include <host/host.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LONG_ENOUGH 20000u  /* nanoseconds of a sample ... */
#define MAX_COUNT   0x8000u /* ... if this many operations take that */

static int failure; /* of an operation: 0, or a negative errno */

void limits_fail(int error)
{
    failure = error;
}

static nanoseconds_t time_of(void (*operation)(void), unsigned count)
{
    const nanoseconds_t before = host_clock_now();

    for (unsigned i = 0; i < count; i++) {
        operation();
    }
    return host_clock_now() - before;
}

static unsigned choose_count(const struct limit *limit)
{
    unsigned count = 1;

    if (limit->sample != NULL) {
        return limit->parts;
    }
    while (count < MAX_COUNT && failure == 0 && time_of(limit->operation, count) < LONG_ENOUGH) {
        count *= 2;
    }
    return count;
}

static nanoseconds_t take_sample(const struct limit *limit, unsigned count)
{
    return limit->sample != NULL ? limit->sample() : time_of(limit->operation, count);
}

/* "17.6 ns" */
static void print_time(char *text, size_t size, nanoseconds_t time, unsigned count)
{
    const uint64_t tenths = time * 10 / count;

    snprintf(text, size, "%" PRIu64 ".%" PRIu64 " ns", tenths / 10, tenths % 10);
}

static int print_limit(const struct limit *limit, nanoseconds_t *samples, unsigned sample_count,
                       unsigned count, int fd)
{
    enum { MEDIAN, LEAST, MOST, FIGURES };
    static const unsigned percents[FIGURES] = {[MEDIAN] = 50, [LEAST] = 0, [MOST] = 90};
    char times[FIGURES][32], line[160];
    int length;

    samples_sort(samples, sample_count);
    for (unsigned i = 0; i < FIGURES; i++) {
        print_time(times[i], sizeof(times[i]), samples_quantile(samples, sample_count, percents[i]),
                   count);
    }
    length = snprintf(line, sizeof(line), "%-28s %s (%s to %s)\n", limit->name, times[MEDIAN],
                      times[LEAST], times[MOST]);
    return host_write(fd, line, (size_t)length) == length ? 0 : -EIO;
}

static int measure(const struct limit *limit, int fd)
{
    nanoseconds_t samples[LIMIT_SAMPLES];
    const unsigned sample_count = limit->samples == 0 ? LIMIT_SAMPLES : limit->samples;
    unsigned count;

    if (limit->start != NULL && limit->start() < 0) {
        return 0; /* this host has no such thing */
    }
    count = choose_count(limit);
    take_sample(limit, count);
    for (unsigned i = 0; i < sample_count && failure == 0; i++) {
        samples[i] = take_sample(limit, count);
    }
    if (limit->stop != NULL) {
        limit->stop();
    }
    return failure != 0 ? failure : print_limit(limit, samples, sample_count, count, fd);
}

static int measure_table(const struct limit *table, unsigned count, int fd)
{
    int error = 0;

    for (unsigned i = 0; i < count && error == 0; i++) {
        error = measure(&table[i], fd);
    }
    return error;
}

static int say(int fd, const char *text)
{
    const size_t length = strlen(text);

    return host_write(fd, text, length) == (long)length ? 0 : -EIO;
}

int limits_print(int fd)
{
    struct host_cpu_set previous;
    int error = host_cpu_pin(&previous);

    error = error < 0 ? error : say(fd, BENCH_FIRST_LINE "\n");
    error = error < 0 ? error : measure_table(limits_calls, limits_calls_count, fd);
    error = error < 0 ? error : measure_table(limits_switches, limits_switches_count, fd);
    error = error < 0 ? error : measure_table(limits_memory, limits_memory_count, fd);
    error = error < 0 ? error : measure_table(limits_time, limits_time_count, fd);
    error = error < 0 ? error : limits_footprint(fd);
    return error < 0 ? error : say(fd, BENCH_LAST_LINE "\n");
}
