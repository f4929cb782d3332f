/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the debugger server asks of the system it debugs: one table of operations. Whoever fills it
 * in knows nothing of packets, nor of all-stop and non-stop: it obeys, and tells each stop to
 * gdb_server_stopped().
 *
 * Every operation is called by the owner's own calls of gdb_server_*(), on its thread, while no
 * code of the guest runs; each has taken effect when it returns. Ids come from the debugger, that
 * is from anybody: an operation answers for a process or a thread that is not there with an error,
 * false or nothing, as its result allows. Results of type int are 0 or a negative errno.
 */
#ifndef GDB_GDB_TARGET_H
#define GDB_GDB_TARGET_H

#include <abi/registers.h>
#include <base/types.h>

/* A process is a VSpace, a thread a TCB. Numbers are positive; a thread's is unique on its own. */
struct gdb_thread_id {
    int32_t pid;
    int64_t tid;
};

#define GDB_ALL (-1) /* as pid or tid */
#define GDB_ANY 0    /* as pid or tid; both: no thread */

/* Signals have the debugger's own numbers. */
enum gdb_signal {
    GDB_SIGNAL_NONE = 0,
    GDB_SIGNAL_INT = 2,
    GDB_SIGNAL_ILL = 4,
    GDB_SIGNAL_TRAP = 5,
    GDB_SIGNAL_FPE = 8,
    GDB_SIGNAL_KILL = 9,
    GDB_SIGNAL_BUS = 10,
    GDB_SIGNAL_SEGV = 11,
    GDB_SIGNAL_CHLD = 20,
};

/* As the Z packets number them. */
enum gdb_breakpoint_kind {
    GDB_SOFTWARE_BREAKPOINT,
    GDB_HARDWARE_BREAKPOINT,
    GDB_WATCH_WRITE,
    GDB_WATCH_READ,
    GDB_WATCH_ACCESS,
    GDB_BREAKPOINT_KINDS
};

enum gdb_stop_kind {
    GDB_STOP_SIGNAL,              /* `signal` says why: a fault, an event asked for */
    GDB_STOP_SOFTWARE_BREAKPOINT, /* rip is the breakpoint's address, not the one behind it */
    GDB_STOP_HARDWARE_BREAKPOINT,
    GDB_STOP_WATCHPOINT, /* `watch` and `address` say which */
    GDB_STOP_STEPPED,
    GDB_STOP_STARTED,      /* about to run the first instruction of a process not yet reported */
    GDB_STOP_EXITED,       /* the process of the thread is gone; `status` */
    GDB_STOP_KILLED,       /* the same, but by `signal` */
    GDB_STOP_NOTHING_RUNS, /* of the threads that were to run none is left; of no thread */
    GDB_STOP_KINDS
};

struct gdb_stop {
    enum gdb_stop_kind kind;
    enum gdb_signal signal;
    enum gdb_breakpoint_kind watch;
    vaddr_t address;
    uint8_t status;
};

/* What a thread does when the machine runs. */
enum gdb_action {
    GDB_CONTINUE,
    GDB_STEP, /* one instruction, then a stop of kind STEPPED (or of a better reason); it has ended
                 as well where the thread waits in the kernel and no other one may run */
    GDB_HOLD, /* does not run, whatever its own state */
};

/* Registers of a thread. Vector state is an XSAVE area of standard form, as far as AVX. */
#define GDB_VECTOR_BYTES 832

struct gdb_registers {
    word_t word[USER_REGISTER_COUNT]; /* by enum user_register */
    bool has_vector;                  /* false: not known; a write leaves it as it is */
    uint8_t vector[GDB_VECTOR_BYTES];
};

/* Takes a piece of an answer in words; `text` ends at `size`. */
typedef void gdb_text_sink(void *sink, const char *text, size_t size);

struct gdb_target_ops {
    /* --- what is there ----------------------------------------------------------------------- */

    /*
     * The thread after `after` ({0, 0}: the first) in an order of the target's choice that does not
     * change while the threads do not. False: there is none, or `after` is gone.
     */
    bool (*next_thread)(void *context, struct gdb_thread_id after,
                        struct gdb_thread_id *ret_thread);
    bool (*is_alive)(void *context, struct gdb_thread_id thread);
    /* The thread that ran last or runs; {0, 0} if there is none. */
    struct gdb_thread_id (*current_thread)(void *context);
    /* At most size - 1 characters and a 0. */
    void (*thread_name)(void *context, struct gdb_thread_id thread, char *buffer, size_t size);
    /* In words: "blocked on receive, endpoint 0x1234". At most size - 1 characters and a 0. */
    void (*thread_state)(void *context, struct gdb_thread_id thread, char *buffer, size_t size);
    /* Absolute path of the process' ELF file, valid until the next operation; NULL: not known. */
    const char *(*process_file)(void *context, int32_t pid);

    /* --- state ------------------------------------------------------------------------------- */

    int (*read_registers)(void *context, struct gdb_thread_id thread,
                          struct gdb_registers *ret_registers);
    int (*write_registers)(void *context, struct gdb_thread_id thread,
                           const struct gdb_registers *registers);
    /*
     * The guest's own bytes, without breakpoints planted in them. Returns how many could be read
     * from the start of the range; it may wrap.
     */
    size_t (*read_memory)(void *context, int32_t pid, vaddr_t address, void *ret_bytes,
                          size_t size);
    /* Breakpoints planted in the range stay. On failure some bytes may have been written. */
    int (*write_memory)(void *context, int32_t pid, vaddr_t address, const void *bytes,
                        size_t size);

    /* --- breakpoints and watchpoints --------------------------------------------------------- */

    /*
     * `size` is 1 for breakpoints. -ENOTSUP: never possible for this kind, whatever the address:
     * the debugger tries no more of it, and writes int3 into memory instead; -EFAULT: not at this
     * address; -ENOSPC: debug registers are used up. The debugger inserts the same one again after
     * a lost answer, and may remove what is not there: both succeed. `pid` may be a process without
     * a thread at present.
     */
    int (*insert)(void *context, int32_t pid, enum gdb_breakpoint_kind kind, vaddr_t address,
                  uint64_t size);
    int (*remove)(void *context, int32_t pid, enum gdb_breakpoint_kind kind, vaddr_t address,
                  uint64_t size);

    /* --- running ----------------------------------------------------------------------------- */

    /* From now on no code of the guest runs and its time stands still. Forgets unfinished steps. */
    void (*freeze)(void *context);
    /* Each thread does from now on what set_action() said of it last. Not frozen: nothing. */
    void (*run)(void *context);
    /*
     * Holds until it is said again or the thread is reported as stopped. A thread that never got an
     * action continues. Takes effect at once where the machine is not frozen.
     */
    void (*set_action)(void *context, struct gdb_thread_id thread, enum gdb_action action);
    /* Whether the thread's action is GDB_HOLD. */
    bool (*is_held)(void *context, struct gdb_thread_id thread);

    /* --- the end ----------------------------------------------------------------------------- */

    /*
     * Takes breakpoints, holds and steps from the process and shows it to this debugger no more:
     * next_thread() passes its threads over, its stops are not told. So for one whose exit was
     * told, too. GDB_ALL: from every process, and the machine runs.
     */
    void (*detach)(void *context, int32_t pid);
    /* Ends the process, or with GDB_ALL the machine. */
    int (*kill)(void *context, int32_t pid);

    /*
     * `monitor LINE`: writes what there is to say, messages on errors included. -ENOENT: there is
     * no such command.
     */
    int (*monitor)(void *context, const char *line, gdb_text_sink *write, void *sink);
};

struct gdb_target {
    const struct gdb_target_ops *ops; /* complete */
    void *context;
    bool has_avx;    /* the upper halves of ymm registers are in the vector state */
    bool is_private; /* made for this debugger: to quit is to kill */
};

#endif
