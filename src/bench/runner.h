/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts what is to be measured, in turn, and fills the figures. */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include <bench/setup.h>

struct bench_plan {
    const struct bench_setup *setups; /* one per column */
    unsigned setup_count;
    unsigned runs;
    nanoseconds_t timeout; /* of one of them */
};

/*
 * `runs` times each column after the other, one process at a time. A column that fails says why in
 * its `problem` and is not tried again. 0, or a negative errno if nothing could be started.
 */
int bench_run(const struct bench_plan *plan, struct bench_figures *figures);

#endif
