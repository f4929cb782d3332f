/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A target made up for tests: processes with a few bytes of memory each, threads that run through
 * their process' text byte by byte and start again at its end. It has real breakpoints, steps and
 * holds, notes what it was asked, and asserts what a server must keep to.
 */
#ifndef GDB_TESTKIT_TARGET_H
#define GDB_TESTKIT_TARGET_H

#include <gdb/gdb_server.h>

#define TESTKIT_PROCESSES   8
#define TESTKIT_THREADS     32
#define TESTKIT_BREAKPOINTS 64
#define TESTKIT_SEGMENTS    8
#define TESTKIT_SENT_BYTES  (1 << 18)

#define TESTKIT_TEXT       0x401000 /* where processes have their text, unless changed */
#define TESTKIT_TEXT_BYTES 0x100
#define TESTKIT_DATA       0x500000
#define TESTKIT_DATA_BYTES 0x3000

struct testkit_segment {
    vaddr_t start;
    size_t size;
    uint8_t *bytes;
};

struct testkit_process {
    int32_t pid;   /* 0: unused */
    bool is_shown; /* threads of others are passed over */
    bool is_killed;
    const char *file;
    vaddr_t text, text_end;
    struct testkit_segment segments[TESTKIT_SEGMENTS];
};

struct testkit_thread_state {
    struct gdb_thread_id id; /* tid 0: unused */
    bool is_alive;
    enum gdb_action action;
    struct gdb_registers registers;
    char name[64];
    char state[64];
};

struct testkit_breakpoint {
    int32_t pid; /* 0: unused */
    enum gdb_breakpoint_kind kind;
    vaddr_t address;
    uint64_t size;
};

struct testkit_target {
    struct gdb_target target; /* for gdb_server_create() */
    struct gdb_server *server;
    bool is_frozen;
    bool is_killed;
    unsigned detached; /* how often from everything */
    struct gdb_thread_id current;
    struct testkit_process processes[TESTKIT_PROCESSES];
    struct testkit_thread_state threads[TESTKIT_THREADS];
    struct testkit_breakpoint breakpoints[TESTKIT_BREAKPOINTS];
    char monitor_line[1024]; /* the last one */
    size_t sent_size;
    void (*forward)(void *context, const uint8_t *bytes, size_t size); /* instead, if not NULL */
    void *forward_context;
    uint8_t sent[TESTKIT_SENT_BYTES + 1]; /* with a 0 */
};

/* Two processes: 1 with the threads 1 and 2, 2 with the thread 5. Then a server on it. */
void testkit_target_init(struct testkit_target *t);
/* No process at all. */
void testkit_target_init_empty(struct testkit_target *t);
void testkit_target_connect(struct testkit_target *t);
void testkit_target_free(struct testkit_target *t); /* and the server */

struct testkit_process *testkit_add_process(struct testkit_target *t, int32_t pid);
void testkit_add_segment(struct testkit_process *process, vaddr_t start, const void *bytes,
                         size_t size, size_t memory_size);
struct testkit_thread_state *testkit_add_thread(struct testkit_target *t, int32_t pid, int64_t tid,
                                                const char *name);
struct testkit_thread_state *testkit_thread(struct testkit_target *t, int32_t pid, int64_t tid);
bool testkit_is_held(struct testkit_target *t, int32_t pid, int64_t tid);
unsigned testkit_breakpoint_count(const struct testkit_target *t);

/* Lets each thread that may run make one step, `rounds` times, until the machine is frozen. */
void testkit_run(struct testkit_target *t, unsigned rounds);
/* Says that a thread stopped. */
void testkit_stop(struct testkit_target *t, int32_t pid, int64_t tid, enum gdb_stop_kind kind,
                  enum gdb_signal signal);

/* Gives the server bytes; what it sends begins anew. */
void testkit_input(struct testkit_target *t, const char *bytes, size_t size);
/* Sends a packet and returns the text of the one that answers it, "" if there is none. */
const char *testkit_ask(struct testkit_target *t, const char *packet);
const char *testkit_ask_bytes(struct testkit_target *t, const void *packet, size_t size);
/* The text between $ (or %) and # of what was sent from `index` on (0: the first packet). */
const char *testkit_sent(struct testkit_target *t, unsigned index);

#endif
