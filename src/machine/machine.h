/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine: kernel, seat, gate, devices and console wired together, from the image to the end
 * of the guest. One at a time per process: it owns the terminal and the process's signals while it
 * runs, and gives them back.
 *
 * Guest console: standard output, and standard input once something reads it. Everything else that
 * is said goes to standard error.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include <machine/lateness.h>
#include <machine/options.h>

/* Why it ended. */
enum machine_end {
    MACHINE_END_UNTIL,            /* the text of `until` was printed */
    MACHINE_END_FAIL_ON,          /* one of `fail_on` was */
    MACHINE_END_TIMEOUT,          /* `timeout` passed */
    MACHINE_END_HALTED,           /* the guest halted the machine */
    MACHINE_END_IDLE,             /* every thread waits and nothing can wake one */
    MACHINE_END_FAULTED,          /* the same, and one of them for a fault that nobody handles */
    MACHINE_END_QUIT,             /* the user typed Ctrl-A x */
    MACHINE_END_INTERRUPTED,      /* `signal` came, or the user typed Ctrl-C (SIGINT) */
    MACHINE_END_REFUSED,          /* this image or configuration cannot be run: `message` */
    MACHINE_END_HOST_UNSUPPORTED, /* the host lacks what it takes: `message` */
    MACHINE_END_HOST_FAILED,      /* a host call failed: `message` and `error` */
};

struct machine_report {
    int signal; /* of MACHINE_END_INTERRUPTED */
    int error;  /* negative errno of MACHINE_END_HOST_*, or 0 */
    /* Virtual time: how often guest code was taken to spin, and its time at the first of these. */
    uint64_t spins;
    nanoseconds_t first_spin;
    struct lateness lateness; /* real time */
    char message[512]; /* one line without newline for people: what, on what, what to do; or "" */
};

/*
 * Runs the guest to its end. When it returns no process, no descriptor and no mapping of the guest
 * is left, the terminal is as before, and what the guest printed has been written. *ret_report is
 * always filled.
 */
enum machine_end machine_run(const struct machine_options *options,
                             struct machine_report *ret_report);

#endif
