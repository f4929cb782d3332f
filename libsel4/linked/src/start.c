/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Before main(): this process becomes that of a root VSpace, and its main thread the root task's
 * first TCB. The machine, which keeps time and has the devices, is a child process.
 */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/* <sel4/trap.h>; whoever calls it is linked with this file. */
__thread void (*sel4emu_gate)(void) = carrier_refuse;

/* libsel4's, and for who comes before main() */
void seL4_InitBootInfo(void *boot_info);
void *sel4emu_boot_info;

static const struct linked_calls *calls;

static void *serve(void *argument)
{
    const struct linked_place *place = argument;

    calls->serve(place->vspace);
    return NULL;
}

/* Out of the way of what the program opens. */
static int keep_descriptor(int fd)
{
    enum { FIRST_KEPT = 400 };
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_KEPT);

    if (kept < 0)
        return fd;
    close(fd);
    return kept;
}

static void land(const struct linked_place *place, const int fds[LINKED_FD_COUNT])
{
    struct linked_program program = {.start = carrier_start, .tell_crash = say_crash};

    place_map(place, fds);
    close(fds[LINKED_IMAGE]);
    close(fds[LINKED_STATE]);
    program.memory_fd = keep_descriptor(fds[LINKED_MEMORY]);
    program.wake_fd = keep_descriptor(fds[LINKED_WAKE]);
    place_find_text(&program.text, &program.text_end);
    calls = place_calls(place);
    carriers_init(calls);
    if (place->forbids_host_calls)
        host_calls_forbid(place->base, place->parts[0].bytes);
    int64_t error = calls->install(&program);
    if (error)
        fail("signals cannot be caught", (int)-error);
    /* on the machine's CPU: hand-overs cost many times as much across two */
    if (place->cpu_bytes > 0)
        sched_setaffinity(0, place->cpu_bytes, (const cpu_set_t *)place->cpus);
}

__attribute__((constructor(101))) static void start(void)
{
    static struct linked_place place;
    int fds[LINKED_FD_COUNT];
    vaddr_t low, high;

    program_name = program_invocation_short_name;
    place_find(&low, &high);
    machine_start((vaddr_t)carrier_entry, low, high);
    machine_await_place(&place, fds);
    land(&place, fds);
    machine_watch();
    int error = thread_start(serve, &place);
    if (error)
        fail("no thread for the kernel's edits", error);
    sel4emu_boot_info = carrier_run_main();
    seL4_InitBootInfo(sel4emu_boot_info);
}
