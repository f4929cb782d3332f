/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of shared memory mapped, written to and taken away, with Linux's calls alone. */
#include <base/bits.h>
#include <bench/limits.h>
#include <host/clock.h>
#include <host/host.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

enum { MANY = 512, FAULTS = 64 };
#define MANY_BYTES (MANY * PAGE_BYTES)

static int memory = -1;
static char *place; /* MANY pages of address space that nothing is mapped in */

/* False if it could not be: there is nothing to write to then. */
static bool map(uint64_t first, uint64_t count)
{
    const long place_or_error =
        host_mmap(place + first * PAGE_BYTES, count * PAGE_BYTES, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_FIXED, memory, first * PAGE_BYTES);

    if (place_or_error < 0) {
        limits_fail((int)place_or_error);
    }
    return place_or_error >= 0;
}

static void unmap(uint64_t first, uint64_t count)
{
    host_munmap(place + first * PAGE_BYTES, count * PAGE_BYTES);
}

static void touch(uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        *(volatile char *)(place + i * PAGE_BYTES) = 1;
    }
}

static int start(void)
{
    const long fd = host_memfd_create("bench", MFD_CLOEXEC);
    const long area =
        host_mmap(NULL, MANY_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (fd < 0 || area < 0) {
        return (int)(fd < 0 ? fd : area);
    }
    memory = (int)fd;
    place = (char *)area;
    return (int)host_ftruncate(memory, MANY_BYTES);
}

static void stop(void)
{
    host_munmap(place, MANY_BYTES);
    host_close(memory);
}

/* --- one page -------------------------------------------------------------------------------- */

static void map_unmap(void)
{
    map(0, 1);
    unmap(0, 1);
}

static void map_touch_unmap(void)
{
    if (map(0, 1)) {
        touch(0, 1);
        unmap(0, 1);
    }
}

/* --- many in a row --------------------------------------------------------------------------- */

static nanoseconds_t map_many(void)
{
    const nanoseconds_t before = host_clock_now();
    nanoseconds_t time;

    if (map(0, MANY)) {
        touch(0, MANY);
    }
    time = host_clock_now() - before;
    unmap(0, MANY);
    return time;
}

static nanoseconds_t map_many_fresh(void)
{
    if (host_ftruncate(memory, 0) < 0 || host_ftruncate(memory, MANY_BYTES) < 0) {
        limits_fail(-EIO);
        return 0;
    }
    return map_many();
}

/* --- faults ---------------------------------------------------------------------------------- */

static struct sigaction previous;

static void on_fault(int number, siginfo_t *info, void *context)
{
    const uint64_t offset = (uint64_t)((char *)info->si_addr - place);

    (void)number;
    (void)context;
    if (offset >= MANY_BYTES || !map(offset / PAGE_BYTES, 1)) {
        sigaction(SIGSEGV, &previous, NULL); /* the fault comes again and ends this process */
    }
}

static nanoseconds_t fault_many(void)
{
    nanoseconds_t before, time;

    host_mmap(place, FAULTS * PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
              0);
    before = host_clock_now();
    touch(0, FAULTS);
    time = host_clock_now() - before;
    return time;
}

static int start_faults(void)
{
    const struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    int error = start();

    if (error == 0 && sigaction(SIGSEGV, &action, &previous) != 0) {
        error = -errno;
    }
    return error;
}

static void stop_faults(void)
{
    sigaction(SIGSEGV, &previous, NULL);
    stop();
}

const struct limit limits_memory[] = {
    {.name = "map-unmap", .operation = map_unmap, .start = start, .stop = stop},
    {.name = "map-touch-unmap", .operation = map_touch_unmap, .start = start, .stop = stop},
    {.name = "map-512-fresh",
     .sample = map_many_fresh,
     .parts = MANY,
     .samples = 21,
     .start = start,
     .stop = stop},
    {.name = "map-512-warm",
     .sample = map_many,
     .parts = MANY,
     .samples = 21,
     .start = start,
     .stop = stop},
    {.name = "sigsegv-map",
     .sample = fault_many,
     .parts = FAULTS,
     .start = start_faults,
     .stop = stop_faults},
};
const unsigned limits_memory_count = ARRAY_LENGTH(limits_memory);
