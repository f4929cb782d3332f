/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The in-place seat's own state, shared by its files:
 *
 *     inplace.c            its life: region, kernel and clock; the run's loop, the kick
 *     inplace_requests.c   what runtimes ask for
 *     inplace_processes.c  guest processes: how they begin and end
 *     inplace_linked.c     a program that is the process of the root VSpace
 *     inplace_debug.c      a debugger: what it asks of processes, what the runtime asks of it
 *     inplace_carriers.c   their threads: vector state, CPU time, the processor's breakpoints
 */
#ifndef GATE_INPLACE_STATE_H
#define GATE_INPLACE_STATE_H

#include <gate/breakpoint_events.h>
#include <gate/inplace.h>
#include <host/cpu.h>
#include <runtime/shared.h>
#include <seat/thread_name.h>
#include <stdatomic.h>

struct inplace {
    struct seat_client client;
    struct seat_result *result;
    bool ended;

    struct runtime_image image;
    struct region_contents contents;
    vaddr_t base;                   /* of the region, in guest processes */
    vaddr_t stubs;                  /* of patched system calls; 0: there are none */
    bool shares_threads, separates; /* it did when it began; they are to be separate */

    /* Kernel, shared words and window in this process, as far from each other as in a region. */
    void *view;
    uint64_t view_bytes;
    struct kernel *k;
    struct runtime_shared *shared;
    /*
     * Only config, num_cores, memory[], memory_offset, irq_slots, irqs[] and irq_pins[]: checked
     * copies.
     */
    struct kernel *trusted;

    struct runtime_clock clock;
    struct host_cpu_set previous_cpus;
    int pids[RUNTIME_MAX_VSPACES];                /* of the guest's processes; 0: there is none */
    uint32_t pids_used;                           /* entries beyond were never used */
    nanoseconds_t cpu_times[RUNTIME_MAX_VSPACES]; /* of these processes, when asked last */
    nanoseconds_t cpu_time;                       /* of all that there ever were */
    uint32_t answered;                            /* the number of the last request */

    char names[RUNTIME_MAX_THREADS][THREAD_NAME_BYTES]; /* of the guest's threads */
    /* Of those that ever had breakpoints. */
    struct breakpoint_events *breakpoints[RUNTIME_MAX_CARRIERS];

    struct seat *debugged; /* what a debugger is served by, or NULL */

    struct linked_guest linked;
    int linked_pidfd;
    uint32_t linked_vspace; /* index; 0: the program has not been told yet */

    atomic_bool poked; /* by a signal: a process may have ended */

    /* The carrier that runs has been told to ask for events, and has not done so yet. */
    bool is_kicked;
    bool is_stopping;             /* the client wants the end */
    nanoseconds_t stopping_until; /* host time: then the guest is ended wherever it is */
    /* Its deadline when it last asked, if that had passed: it knows. */
    nanoseconds_t known_deadline, known_at;
};

void inplace_end(struct inplace *seat, enum seat_end why);
/* Ends the run. error: of the host's failure; 0: there is nothing more to say. */
__attribute__((format(printf, 3, 4))) void inplace_fail(struct inplace *seat, int error,
                                                        const char *what, ...);

/* A copy of what the machine finds its way by, before guest code can change it. */
void inplace_copy_trusted(struct inplace *seat);
/*
 * Gives it back to the kernel's state, for code that finds its way by that. Guest code of a process
 * that stands still, as it should, cannot undo it; other references there may be forged still.
 */
void inplace_repair(struct inplace *seat);

/* In virtual time: of the carrier that has the turn; NULL: the guest has written what cannot be. */
uint32_t *inplace_has_spun(struct inplace *seat);

/* --- inplace_requests.c -------------------------------------------------------------------- */

bool inplace_has_request(const struct inplace *seat);
/* Answers it, or ends the run. */
void inplace_serve(struct inplace *seat);
/* What guest and kernel printed and nobody has taken yet. */
void inplace_drain_console(struct inplace *seat);

/* --- inplace_processes.c ------------------------------------------------------------------- */

/* Makes the process of shared->vspaces[index]; name: as ps has it. False: the run has ended. */
bool inplace_process_start(struct inplace *seat, uint32_t index, const char *name);
/* That process is another VSpace's from now on, and called so. */
void inplace_process_reuse(struct inplace *seat, uint32_t index, const char *name);
void inplace_process_end(struct inplace *seat, uint32_t index);
void inplace_processes_end(struct inplace *seat);
/* A process that has ended by itself ends the run. */
void inplace_processes_check(struct inplace *seat);
/* struct seat_ops */
bool inplace_process_of(void *context, paddr_t root, int *ret_pid);
/* Whoever waits for a change of the word; false: it cannot be, and the run has ended. */
bool inplace_wake(struct inplace *seat, uint32_t *word);
/* Asks the edit thread of a process (runtime/edit.h). False: the run has ended. */
bool inplace_edit(struct inplace *seat, uint32_t index, uint32_t operation, uint64_t argument,
                  int64_t *ret_result);

/* --- inplace_linked.c ---------------------------------------------------------------------- */

/* Whether the VSpace's process is, or is to be, the linked program. */
bool inplace_is_linked(const struct inplace *seat, uint32_t index);
int inplace_linked_open(struct inplace *seat);
void inplace_linked_close(struct inplace *seat);
/* Tells it to land; 0 or a negative errno. */
int inplace_linked_start(struct inplace *seat, uint32_t index);
bool inplace_linked_has_ended(const struct inplace *seat);

/* --- inplace_carriers.c -------------------------------------------------------------------- */

/* Where a carrier's thread is, by what the runtime says. */
struct inplace_place {
    uint32_t vspace; /* index */
    int pid, tid;    /* 0: there is no process; no thread that can be */
    vaddr_t slot;    /* in the process */
    bool is_shared;  /* the thread has other carriers, too */
};

/* carrier: index. False: the runtime says what cannot be. */
bool inplace_find_place(const struct inplace *seat, uint32_t carrier,
                        struct inplace_place *ret_place);

/* Whether the host has another CPU for a guest's thread, and the guest a counter to measure by. */
bool inplace_may_move_threads(const struct inplace *seat);
struct pair inplace_new_pair(const struct inplace *seat);
/* shared->threads[index], there or back to the machine's CPU: 0 or -errno. */
int inplace_move_thread(const struct inplace *seat, uint32_t index, bool goes);

/* struct seat_ops */
bool inplace_separate_threads(void *context);
bool inplace_thread_cpu_time(void *context, const struct tcb *tcb, nanoseconds_t *ret_time);
int inplace_read_vector_state(void *context, struct tcb *tcb, void *ret_xsave, size_t size,
                              size_t *ret_size);
int inplace_write_vector_state(void *context, struct tcb *tcb, const void *xsave, size_t size);

/* Of the carrier's thread from now on; false: the run has ended. */
bool inplace_set_breakpoints(struct inplace *seat, uint32_t carrier,
                             const struct breakpoint list[HARDWARE_BREAKPOINTS]);
/* Bit n: breakpoint n was hit since the last call. */
uint8_t inplace_take_hits(struct inplace *seat, uint32_t carrier);
void inplace_forget_breakpoints(struct inplace *seat);

/* --- inplace_debug.c ----------------------------------------------------------------------- */

struct seat *inplace_debug(void *context); /* struct seat_ops */
bool inplace_is_debugged(const struct inplace *seat);
void inplace_debug_end(struct inplace *seat);

/* What the debugger leaves of a trap of the carrier's. */
void inplace_debug_take_trap(struct inplace *seat, uint32_t carrier, struct tcb *tcb,
                             word_t reg[USER_REGISTER_COUNT], struct trap *trap);
/*
 * Serves the debugger: guest code of `outcome` would be next. Of DEBUG_HOLD and DEBUG_UNHOLD
 * *ret_tcb is the thread.
 */
enum runtime_debug_answer inplace_debug_run(struct inplace *seat, uint32_t carrier,
                                            struct outcome outcome, paddr_t *ret_tcb);
/* The process has mapped pages; true: they are to stay so for one instruction. */
bool inplace_debug_mapped(struct inplace *seat, uint32_t vspace, vaddr_t start, vaddr_t end,
                          vaddr_t address, bool write);

#endif
