/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What operations of the kernel cost. Root task, at the highest priority: nothing interrupts it
 * that it does not ask for, but the kernel's tick.
 */
#include "measure.h"

unsigned guest_pool_bits = 25;

void guest_main(void)
{
    print("bench\n");
    bench_calls();
    bench_ipc();
    bench_faults();
    bench_memory();
    scratch_begin(); /* it needs many slots */
    bench_objects();
    scratch_end();
    bench_time();
    bench_footprint();
    print("bench: end\n");
}
