/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <string.h>
#include <test.h>

#include <gate/monitor.h>
#include <gate/testkit_rig.h>
#include <host/clock.h>
#include <host/host.h>

#define SPIN_NS 20000000

PIECE(spin, "1: jmp 1b");

static struct gate *spinning;

static void stop_spinning(int number)
{
    (void)number;
    monitor_gate_ops.interrupt(spinning);
}

/* Lets the guest spin for SPIN_NS of its own CPU time, or until the host has no more patience. */
static nanoseconds_t spin_for_a_while(struct rig *guest)
{
    nanoseconds_t before = monitor_gate_ops.cpu_time(guest->gate), used = 0;
    nanoseconds_t give_up = host_clock_now() + 1000 * (nanoseconds_t)SPIN_NS;
    struct host_deadline deadline;
    struct sigaction old;

    spinning = guest->gate;
    CHECK_EQ(host_sigaction(SIGUSR1, stop_spinning, &old), 0);
    CHECK_EQ(host_deadline_create(SIGUSR1, &deadline), 0);
    rig_load(guest, &spin);
    while (used < SPIN_NS && host_clock_now() < give_up) {
        CHECK_EQ(host_deadline_set(&deadline, host_clock_now() + SPIN_NS), 0);
        CHECK_EQ(rig_run(guest), TRAP_INTERRUPTED);
        used = monitor_gate_ops.cpu_time(guest->gate) - before;
    }
    host_deadline_destroy(&deadline);
    sigaction(SIGUSR1, &old, NULL);
    return used;
}

TEST(cpu_time_is_what_guest_code_used)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    CHECK(spin_for_a_while(&guest) >= SPIN_NS);
    nanoseconds_t after = monitor_gate_ops.cpu_time(guest.gate);
    CHECK_EQ(monitor_gate_ops.cpu_time(guest.gate), after); /* nobody runs */
    rig_close(&guest);
}

TEST(cpu_time_is_asked_only_of_those_who_ran)
{
    struct rig guest;
    struct gate_vspace *other;

    if (!rig_open(&guest))
        return;
    CHECK_EQ(monitor_gate_ops.vspace_create(guest.gate, &other), 0);
    monitor_gate_ops.cpu_time(guest.gate);
    uint64_t calls = host_call_count("clock_gettime");
    monitor_gate_ops.cpu_time(guest.gate);
    CHECK_EQ(host_call_count("clock_gettime"), calls);
    CHECK_EQ(monitor_gate_ops.map(other, RIG_DATA, PAGE_BYTES, RIG_DATA_PADDR, true), 0);
    monitor_gate_ops.cpu_time(guest.gate);
    CHECK_EQ(host_call_count("clock_gettime"), calls + 1);
    rig_close(&guest);
}

TEST(cpu_time_stays_when_a_process_ends)
{
    struct rig guest;

    if (!rig_open(&guest))
        return;
    spin_for_a_while(&guest);
    nanoseconds_t before = monitor_gate_ops.cpu_time(guest.gate);
    spin_for_a_while(&guest);
    monitor_gate_ops.vspace_destroy(guest.vspace);
    CHECK(monitor_gate_ops.cpu_time(guest.gate) >= before + SPIN_NS);
    rig_close(&guest);
}
