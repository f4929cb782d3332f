/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU time of all VSpace processes. Asking Linux costs a call for each process, so only those are
 * asked that have run since the last time.
 */
#include <gate/monitor.h>
#include <host/clock.h>

void usage_note(struct gate_vspace *vspace)
{
    struct gate *gate = vspace->gate;

    if (vspace->has_run)
        return;
    vspace->has_run = true;
    vspace->next_ran = gate->ran;
    gate->ran = vspace;
}

static void ask(struct gate_vspace *vspace)
{
    nanoseconds_t time;

    if (host_cpu_time_of_process(vspace->edit.pid, &time))
        return; /* it was killed from outside, or the host does not tell */
    vspace->gate->cpu_time += time - vspace->cpu_time;
    vspace->cpu_time = time;
}

nanoseconds_t usage_cpu_time(struct gate *gate)
{
    while (gate->ran) {
        struct gate_vspace *vspace = gate->ran;
        gate->ran = vspace->next_ran;
        vspace->has_run = false;
        ask(vspace);
    }
    return gate->cpu_time;
}

int usage_carrier_cpu_time(struct gate_carrier *carrier, nanoseconds_t *ret_time)
{
    return host_cpu_time_of_task(carrier->tracee.pid, carrier->tracee.tid, ret_time);
}

void usage_settle(struct gate_vspace *vspace)
{
    struct gate_vspace **link = &vspace->gate->ran;

    if (!vspace->has_run)
        return;
    ask(vspace);
    while (*link != vspace)
        link = &(*link)->next_ran;
    *link = vspace->next_ran;
}
