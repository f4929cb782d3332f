/* SPDX-License-Identifier: BSD-2-Clause */
#include "mcs.h"

seL4_CPtr sched_control(void)
{
    return guest_boot_info->schedcontrol.start;
}

seL4_CPtr own_context(unsigned n)
{
    return worker_thread(n)->sched_context;
}

seL4_CPtr own_tcb(unsigned n)
{
    return worker_thread(n)->tcb;
}

seL4_Error context_configure(seL4_CPtr context, seL4_Word budget, seL4_Word period)
{
    return seL4_SchedControl_ConfigureFlags(sched_control(), context, budget, period, 0, 0, 0);
}

seL4_CPtr context_new(void)
{
    const seL4_CPtr context = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);

    must(context_configure(context, SLICE_US, SLICE_US), "ConfigureFlags");
    return context;
}

seL4_CPtr context_new_short(seL4_Word badge)
{
    const seL4_CPtr context = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);

    must(seL4_SchedControl_ConfigureFlags(sched_control(), context, SHORT, FOREVER, 0, badge, 0),
         "ConfigureFlags");
    return context;
}

seL4_Word tsc_mhz(void)
{
    const seL4_BootInfoHeader *chunk =
        boot_info_chunk(guest_boot_info, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);

    return *(const seL4_Uint32 *)(chunk + 1);
}

/*
 * The kernel counts in ticks of the TSC, up to an eighth of what a word holds. It measures the TSC
 * once for itself and once for BootInfo: on a busy machine the two differ by half and more.
 */
static bool is_longest_period(seL4_Word us)
{
    const seL4_Word longest = ~(seL4_Word)0 / tsc_mhz() / 8;

    return us > longest / 4 && us < 4 * longest;
}

void say_range_error(seL4_Error error)
{
    if (error == seL4_RangeError && is_longest_period(seL4_GetMR(1)))
        say("RangeError %lu longest", seL4_GetMR(0));
    else
        say_error(error);
}

void mark_once(void *argument)
{
    mark(argument);
}

void set_priority(unsigned n, seL4_Word priority)
{
    must(seL4_TCB_SetPriority(own_tcb(n), seL4_CapInitThreadTCB, priority), "SetPriority");
}

void start_waiting(unsigned n, void (*entry)(void *), void *argument)
{
    worker_start(n, entry, argument);
    settle();
}

void start_passive(unsigned n, void (*entry)(void *), void *argument)
{
    start_waiting(n, entry, argument);
    must(seL4_SchedContext_Unbind(own_context(n)), "Unbind");
}

void say_ends(void)
{
    struct event event;

    for (;;) {
        event_poll(&event);
        if (event.badge == 0)
            break;
        say("%lu:", event.badge - 1);
        if (event.label == seL4_Fault_CapFault)
            event.mr[seL4_CapFault_Addr] = 0; /* a slot: which one depends on the checks before */
        say_event(&event, NULL);
    }
    say_marks();
}

void say_holder(seL4_CPtr context)
{
    for (unsigned n = 0; n < WORKERS; n++) {
        if (seL4_SchedContext_UnbindObject(context, own_tcb(n)) == seL4_NoError) {
            say("held by %u", n);
            return;
        }
    }
    say("held by none");
}

void rest(void)
{
    struct event event;

    for (unsigned n = 0; n < WORKERS; n++)
        must(seL4_TCB_Suspend(own_tcb(n)), "Suspend");
    for (unsigned n = 0; n < WORKERS; n++)
        must(seL4_SchedContext_Unbind(own_context(n)), "Unbind");
    do
        event_poll(&event);
    while (event.badge != 0);
}
