/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor seat as the machine has it. */
#include <gate/seat_state.h>

static void monitor_run(void *seat, struct seat_result *ret_result)
{
    seat_run(seat, ret_result);
}

static void monitor_close(void *seat)
{
    seat_close(seat);
}

static void monitor_interrupt(void *context)
{
    struct seat *seat = context;
    seat->ops->interrupt(seat->gate);
}

static bool monitor_thread_cpu_time(void *seat, const struct tcb *tcb, nanoseconds_t *ret_time)
{
    return seat_thread_cpu_time(seat, tcb, ret_time);
}

/* Each has a debugger: the monitor. */
static bool monitor_process_of(void *seat, paddr_t root, int *ret_pid)
{
    (void)seat;
    (void)root;
    (void)ret_pid;
    return false;
}

static bool monitor_separate_threads(void *seat)
{
    (void)seat;
    return true;
}

static int monitor_read_vector_state(void *seat, struct tcb *tcb, void *ret_xsave, size_t size,
                                     size_t *ret_size)
{
    return seat_debug_read_vector_state(seat, tcb, ret_xsave, size, ret_size);
}

static int monitor_write_vector_state(void *seat, struct tcb *tcb, const void *xsave, size_t size)
{
    return seat_debug_write_vector_state(seat, tcb, xsave, size);
}

static struct seat *monitor_debug(void *seat)
{
    return seat;
}

const struct seat_ops monitor_seat_ops = {
    .name = "monitor",
    .run = monitor_run,
    .close = monitor_close,
    .interrupt = monitor_interrupt,
    .thread_cpu_time = monitor_thread_cpu_time,
    .process_of = monitor_process_of,
    .separate_threads = monitor_separate_threads,
    .read_vector_state = monitor_read_vector_state,
    .write_vector_state = monitor_write_vector_state,
    .debug = monitor_debug,
};
