/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's parts, between machine.c (their lives) and client.c (what the seat asks for). */
#ifndef MACHINE_STATE_H
#define MACHINE_STATE_H

#include <device/pc.h>
#include <gate/inplace.h>
#include <gate/seat.h>
#include <host/clock.h>
#include <host/host.h>
#include <host/memory.h>
#include <host/watcher.h>
#include <machine/control.h>
#include <machine/debugger.h>
#include <machine/guest_clock.h>
#include <machine/input.h>
#include <machine/machine.h>
#include <machine/output.h>
#include <machine/ports.h>
#include <machine/time.h>
#include <machine/tracing.h>
#include <machine/vspace_programs.h>
#include <stdatomic.h>

struct machine {
    const struct machine_options *options;
    struct machine_report *report;
    enum machine_end end;

    nanoseconds_t start; /* host time */
    const struct machine_time_ops *time;
    struct guest_clock clock; /* real time */
    struct host_tsc_sample tsc;
    uint64_t tsc_multiplier;   /* nanoseconds a cycle, times 2^32 */
    nanoseconds_t look_length; /* CPU time that the last look at CPU times took, in place */
    struct virtual_time virtual_time;
    struct pc_memory_layout layout;
    struct host_memory memory;
    struct kernel *kernel;
    paddr_t image_paddr; /* where the image was put */
    struct vspace_programs programs;
    struct inplace *inplace; /* NULL: the guest runs in the monitor seat */
    struct gate *gate;       /* of the monitor seat */
    const struct seat_ops *seat_ops;
    void *seat; /* struct seat or struct inplace */
    struct tracing tracing;
    struct debugger *debugger; /* NULL: none was asked for */

    struct pc *pc;
    struct port ports[MACHINE_MAX_SERIAL];
    struct host_stream *console; /* COM1's UART: through `output` to its port */
    struct output output;
    struct input input;
    bool input_is_watched;

    struct control control;
    struct host_watcher *watcher;
    struct host_deadline deadline;
    struct sigaction old_deadline_action, old_input_action, old_child_action;

    atomic_bool poked; /* by a signal: time, input or the end may have come */
    int wake_fd;       /* an eventfd: a signal that asks for the end makes an idle wait come back */

    bool dma_refused; /* and said so */
    bool powered_off;
    bool quit;        /* Ctrl-A x */
    bool interrupted; /* Ctrl-C typed */
    bool timed_out;
};

extern const struct host_stream_ops machine_console_ops; /* context: struct machine */

/* What the seat asks for; context: struct machine. */
struct seat_client machine_client(struct machine *machine);

/* --- the others ---------------------------------------------------------------------------- */

/* Watches `fd` (-1: nothing) for `wanted` (enum host_watch) from now on, if *watched differs. */
void machine_watch(struct machine *machine, int fd, unsigned wanted, unsigned *watched);
/* Reads what was typed: the machine's own keys act at once, the guest's wait for it. */
void machine_read_keys(struct machine *machine);
/* Waits for something to happen on the host while the guest stands still. */
void machine_wait_frozen(struct machine *machine);
/* Whether something has asked for the end. */
bool machine_is_ending(struct machine *machine);

/* Puts the image into memory and boots the kernel. NULL, or why that cannot be (boot.c). */
const char *boot_guest(struct machine *machine);

#endif
