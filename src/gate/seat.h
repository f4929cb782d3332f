/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor seat: runs the kernel in this process and the guest's threads through a gate. It
 * keeps the gate's processes a cache of what the kernel says: VSpace processes by {root, serial},
 * carriers by {TCB, serial}; maps lazily on faults, in runs; makes queued losses before guest code
 * of that VSpace runs again.
 *
 * Everything outside (time, devices, console) is asked of the client, one table given at start.
 */
#ifndef GATE_SEAT_H
#define GATE_SEAT_H

#include <gate/gate.h>
#include <kernel/kernel_api.h>
#include <runtime/posted.h>

enum memory_kind {
    MEMORY_BACKED, /* in the memfd at its physical address: RAM and ROM */
    MEMORY_DEVICE, /* a device model answers each access */
    MEMORY_OPEN,   /* nothing there: reads give ones, writes are lost */
};

/* Why the guest ended. */
enum seat_end {
    SEAT_END_HALTED,      /* the guest halted the machine */
    SEAT_END_STOPPED,     /* the client asked for it */
    SEAT_END_IDLE,        /* every thread waits and the client knows nothing that could wake one */
    SEAT_END_REFUSED,     /* the guest does what this seat cannot carry out: `what` */
    SEAT_END_HOST_FAILED, /* `error` and `what` say which host call and on what */
};

struct seat_result {
    enum seat_end end;
    int error;      /* negative errno; 0: `what` says it all */
    char what[160]; /* one line, for people, without the errno's text */
};

struct seat_client {
    void *context;
    nanoseconds_t (*now)(void *context);
    /* The kernel has done that many units of work (KernelMaxNumWorkUnitsPerPreemption). */
    void (*worked)(void *context, unsigned units);
    /* The guest has entered the kernel, or its processor has been slow: virtual time goes on. */
    void (*entered)(void *context);
    /*
     * Guest code that was to be in the kernel by `deadline` is stopped where it is. If it has run
     * for so long that it is taken to spin, virtual time goes on to what comes next; so it does
     * much earlier if the thread has spun before and not entered the kernel since. Returns whether
     * it spins.
     */
    bool (*stopped)(void *context, nanoseconds_t deadline, bool has_spun);
    void (*console)(void *context, const char *text, uint32_t length);
    uint64_t (*port_in)(void *context, uint16_t port, unsigned size);
    void (*port_out)(void *context, uint16_t port, unsigned size, uint64_t value);
    /*
     * In place: promises, as many as there is room for, of ports that answer so until something
     * else is asked of the client; returns how many. NULL: there are none.
     */
    unsigned (*promise_ports)(void *context, struct port_promise ret_promises[POSTED_PROMISES]);
    enum memory_kind (*memory_kind)(void *context, paddr_t paddr);
    uint64_t (*mmio_read)(void *context, paddr_t paddr, unsigned size);
    void (*mmio_write)(void *context, paddr_t paddr, unsigned size, uint64_t value);
    /* Interrupt masks or routes changed: kernel->irqs. */
    void (*irqs_changed)(void *context, struct kernel *k);
    /*
     * Does what is due (timers, host input). Returns the vector of an interrupt to deliver or -1;
     * called again until it returns -1.
     */
    int (*pending_interrupt)(void *context, nanoseconds_t now);
    /* When pending_interrupt has something to do by itself (device timers); may be NEVER. */
    nanoseconds_t (*next_event)(void *context);
    /*
     * The core is idle: waits until `deadline` or an event. time_wakes: sched_time_can_wake().
     * Returns false if nothing can ever come (no time that matters, no event, no input that an
     * interrupt waits for).
     */
    bool (*wait)(void *context, nanoseconds_t deadline, bool time_wakes);
    /* Before the guest runs until `deadline`: the client will call the gate's interrupt() then, and
     * whenever host input arrives. */
    void (*arm)(void *context, nanoseconds_t deadline);
    bool (*should_stop)(void *context);
    /*
     * In place, where nobody calls arm() and the guest runs beside the machine. has_event: whether
     * pending_interrupt() has something to do. sleep: until `deadline`, host input or a signal;
     * whoever wakes the seat ends it, too.
     */
    bool (*has_event)(void *context, nanoseconds_t now);
    void (*sleep)(void *context, nanoseconds_t deadline);
    /* Whether stopped() is worth calling. */
    bool (*spins)(void *context, nanoseconds_t deadline, bool has_spun);
    /* Virtual time at which there will be an event; 0: it is not asked for by time. */
    nanoseconds_t (*event_at)(void *context);
    void (*look)(void *context);      /* the guest stands still: its clock can be corrected */
    bool (*is_traced)(void *context); /* the trace hooks would do something now */
    /* The function of the image that starts at or covers `address`, or NULL. */
    const char *(*symbol_at)(void *context, vaddr_t address);
    /* Trace hooks; NULL when off. */
    void (*trace_enter)(void *context, struct kernel *k, struct tcb *tcb, const struct trap *trap);
    void (*trace_leave)(void *context, struct kernel *k, struct outcome outcome);
};

/*
 * What the machine does with a seat, whichever it is. interrupt: something has come (a signal, the
 * end of a process); async-signal-safe, from the thread that calls run only.
 */
struct seat_ops {
    const char *name;
    void (*run)(void *seat, struct seat_result *ret_result);
    void (*close)(void *seat);
    void (*interrupt)(void *seat);
    /* CPU time that the thread's carrier has used; false: it has none, or Linux does not tell. */
    bool (*thread_cpu_time)(void *seat, const struct tcb *tcb, nanoseconds_t *ret_time);
    /* The process that runs the VSpace's code, if debuggers can attach to it; else false. */
    bool (*process_of)(void *seat, paddr_t root, int *ret_pid);
    /* Each TCB that has run is to have a Linux thread of its own; whether all have. */
    bool (*separate_threads)(void *seat);
    /* As XSAVE area of standard form, `size` bytes of it at most; a negative errno. */
    int (*read_vector_state)(void *seat, struct tcb *tcb, void *ret_xsave, size_t size,
                             size_t *ret_size);
    int (*write_vector_state)(void *seat, struct tcb *tcb, const void *xsave, size_t size);
    /* The struct seat that a debugger is served by; NULL: no memory. */
    struct seat *(*debug)(void *seat);
};

struct seat;

/* Of a struct seat. */
extern const struct seat_ops monitor_seat_ops;

int seat_open(const struct gate_ops *ops, struct gate *gate, struct kernel *k,
              const struct seat_client *client, struct seat **ret_seat);
void seat_run(struct seat *seat, struct seat_result *ret_result);
void seat_close(struct seat *seat);

/* CPU time that the thread's carrier has used; false: it has none, or Linux does not tell. */
bool seat_thread_cpu_time(struct seat *seat, const struct tcb *tcb, nanoseconds_t *ret_time);

#endif
