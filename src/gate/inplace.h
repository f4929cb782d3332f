/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The in-place seat, the machine's side (docs/in-place-seat.md): guest processes run the kernel
 * themselves, in the runtime region; the machine makes these processes, answers what they ask for
 * (runtime/request.h), and kicks whoever runs when time or input is due.
 *
 * Guest code can write all state of the kernel. What the machine needs to find its way, it keeps
 * for itself.
 */
#ifndef GATE_INPLACE_H
#define GATE_INPLACE_H

#include <gate/region.h>
#include <gate/seat.h>

struct host_watcher;
struct inplace;

/*
 * A program that is the process of the root VSpace itself (runtime/linked.h): our parent, at the
 * other end of `socket`. The region is to lie in [low, high) of it.
 */
struct linked_guest {
    int socket;
    int pid; /* 0: there is none */
    vaddr_t low, high;
    bool forbids_host_calls; /* of its TCBs' own code */
};

/* What the region has to be made for. */
struct inplace_guest {
    int memory_fd;
    uint64_t memory_bytes;
    const struct address_range *used; /* where the image lies: the region stays clear of it */
    unsigned used_count;
    bool is_virtual;     /* its time: it cannot read the time-stamp counter */
    uint64_t seed;       /* of virtual time: what is up to chance otherwise follows from it */
    bool shares_threads; /* TCBs of a VSpace run on one Linux thread, not on one each */
    bool has_patches;    /* system calls become jumps (docs/decisions/0007-patched-gates.md) */
    struct linked_guest linked;
};

/* Why such a guest cannot run in place, for people; NULL: it can. */
const char *inplace_obstacle(const struct inplace_guest *guest);

/*
 * For a guest without obstacle. No process is made yet. Pins the calling thread, which alone may
 * use the seat from now on, to a CPU. On failure nothing is left behind.
 */
int inplace_open(const struct inplace_guest *guest, struct inplace **ret_seat);

/* Zeroed, memory_offset set: to be booted, then left alone but while a request is served. */
struct kernel *inplace_kernel(struct inplace *seat);
/*
 * For whoever must not believe a guest: config, where RAM is, irq_slots, and irqs[] and irq_pins[]
 * as the guest last told them. Nothing else of it is there; what lies in RAM is the guest's.
 */
struct kernel *inplace_trusted(struct inplace *seat);
/* Before it runs. */
void inplace_set_client(struct inplace *seat, const struct seat_client *client);

/*
 * The eventfd by which processes, and interrupt(), wake the machine: client->sleep() and
 * client->wait() come back when it can be read. Reading it is the seat's.
 */
int inplace_wake_fd(const struct inplace *seat);

/* When a linked program ends, the watcher's signal comes: interrupt() is to be called then. */
int inplace_linked_watch(const struct inplace *seat, struct host_watcher *watcher);

/* --- kernel time (runtime/clock.h) --------------------------------------------------------- */

/*
 * While the guest stands still: it was `time` at `tsc`. multiplier: nanoseconds a cycle of the
 * time-stamp counter, times 2^32. Nothing is charged any more.
 */
void inplace_set_clock(struct inplace *seat, uint64_t tsc, nanoseconds_t time, uint64_t multiplier,
                       nanoseconds_t room);
/* The guest, which stands still, was told nothing later than `time`. Set the clock then. */
void inplace_rewind(struct inplace *seat, nanoseconds_t time);
/*
 * Virtual time instead, which the seat keeps itself: it begins with 0; somebody else than the
 * kernel is entered; it goes on to `time`, if that is still to come. While the guest stands still.
 */
void inplace_set_virtual_clock(struct inplace *seat, uint64_t seed);
void inplace_enter_virtual(struct inplace *seat);
void inplace_go_on_to(struct inplace *seat, nanoseconds_t time);
nanoseconds_t inplace_now(struct inplace *seat);
/* The same, but nobody is told: it may be corrected. */
nanoseconds_t inplace_peek(const struct inplace *seat);
/* The latest time that anybody was told. */
nanoseconds_t inplace_told(const struct inplace *seat);
/* What the kernel's work was charged since the clock was set. */
nanoseconds_t inplace_charged(const struct inplace *seat);

/* CPU time of all guest processes so far. One that Linux does not tell counts as last time. */
nanoseconds_t inplace_cpu_time(struct inplace *seat);

/* Of a struct inplace. */
extern const struct seat_ops inplace_seat_ops;

#endif
