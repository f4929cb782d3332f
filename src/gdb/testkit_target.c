/* SPDX-License-Identifier: BSD-2-Clause */
#include <gdb/testkit_target.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition) ((condition) ? (void)0 : abort())

/* --- what is there ------------------------------------------------------------------------- */

static struct testkit_process *find_process(struct testkit_target *t, int32_t pid)
{
    for (unsigned i = 0; i < TESTKIT_PROCESSES; i++) {
        if (pid > 0 && t->processes[i].pid == pid && !t->processes[i].is_killed)
            return &t->processes[i];
    }
    return NULL;
}

static struct testkit_thread_state *find_thread(struct testkit_target *t, struct gdb_thread_id id)
{
    for (unsigned i = 0; i < TESTKIT_THREADS; i++) {
        struct testkit_thread_state *thread = &t->threads[i];

        if (id.tid > 0 && thread->id.tid == id.tid && thread->id.pid == id.pid &&
            thread->is_alive && find_process(t, id.pid) && find_process(t, id.pid)->is_shown)
            return thread;
    }
    return NULL;
}

static bool next_thread(void *context, struct gdb_thread_id after, struct gdb_thread_id *ret_thread)
{
    struct testkit_target *t = context;
    struct testkit_thread_state *last = find_thread(t, after);
    unsigned i = last ? (unsigned)(last - t->threads) + 1 : 0;

    if (after.tid && !last)
        return false;
    for (; i < TESTKIT_THREADS; i++) {
        if (find_thread(t, t->threads[i].id) == &t->threads[i]) {
            *ret_thread = t->threads[i].id;
            return true;
        }
    }
    return false;
}

static bool is_alive(void *context, struct gdb_thread_id thread)
{
    return find_thread(context, thread) != NULL;
}

static struct gdb_thread_id current_thread(void *context)
{
    return ((struct testkit_target *)context)->current;
}

static void thread_name(void *context, struct gdb_thread_id id, char *buffer, size_t size)
{
    struct testkit_thread_state *thread = find_thread(context, id);

    snprintf(buffer, size, "%s", thread ? thread->name : "");
}

static void thread_state(void *context, struct gdb_thread_id id, char *buffer, size_t size)
{
    struct testkit_thread_state *thread = find_thread(context, id);

    snprintf(buffer, size, "%s", thread ? thread->state : "");
}

static const char *process_file(void *context, int32_t pid)
{
    struct testkit_process *process = find_process(context, pid);

    return process ? process->file : NULL;
}

/* --- state --------------------------------------------------------------------------------- */

static int read_registers(void *context, struct gdb_thread_id id,
                          struct gdb_registers *ret_registers)
{
    struct testkit_thread_state *thread = find_thread(context, id);

    if (!thread)
        return -ESRCH;
    *ret_registers = thread->registers;
    return 0;
}

static int write_registers(void *context, struct gdb_thread_id id,
                           const struct gdb_registers *registers)
{
    struct testkit_thread_state *thread = find_thread(context, id);

    if (!thread)
        return -ESRCH;
    thread->registers = *registers;
    return 0;
}

/* The bytes at an address and how many follow; NULL if there are none. */
static uint8_t *bytes_at(struct testkit_target *t, int32_t pid, vaddr_t address, size_t *ret_size)
{
    struct testkit_process *process = find_process(t, pid);

    for (unsigned i = 0; process && i < TESTKIT_SEGMENTS; i++) {
        struct testkit_segment *segment = &process->segments[i];

        if (segment->bytes && address >= segment->start &&
            address - segment->start < segment->size) {
            *ret_size = segment->size - (address - segment->start);
            return segment->bytes + (address - segment->start);
        }
    }
    return NULL;
}

static size_t read_memory(void *context, int32_t pid, vaddr_t address, void *ret_bytes, size_t size)
{
    size_t done = 0, there;
    uint8_t *bytes;

    while (done < size && (bytes = bytes_at(context, pid, address + done, &there)) != NULL) {
        size_t piece = size - done < there ? size - done : there;

        memcpy((char *)ret_bytes + done, bytes, piece);
        done += piece;
    }
    return done;
}

static int write_memory(void *context, int32_t pid, vaddr_t address, const void *bytes, size_t size)
{
    for (size_t i = 0, there; i < size; i++) {
        uint8_t *byte = bytes_at(context, pid, address + i, &there);

        if (!byte)
            return -EFAULT;
        *byte = ((const uint8_t *)bytes)[i];
    }
    return 0;
}

/* --- breakpoints --------------------------------------------------------------------------- */

static struct testkit_breakpoint *find_breakpoint(struct testkit_target *t, int32_t pid,
                                                  enum gdb_breakpoint_kind kind, vaddr_t address,
                                                  uint64_t size)
{
    for (unsigned i = 0; i < TESTKIT_BREAKPOINTS; i++) {
        struct testkit_breakpoint *point = &t->breakpoints[i];

        if (point->pid == pid &&
            (pid == 0 || (point->kind == kind && point->address == address && point->size == size)))
            return point;
    }
    return NULL;
}

/* As on x86: there are no watchpoints for reads alone. */
static int insert(void *context, int32_t pid, enum gdb_breakpoint_kind kind, vaddr_t address,
                  uint64_t size)
{
    struct testkit_target *t = context;
    struct testkit_breakpoint *point = find_breakpoint(t, pid, kind, address, size);

    MUST(kind < GDB_BREAKPOINT_KINDS && pid > 0 && size > 0);
    if (kind == GDB_WATCH_READ)
        return -ENOTSUP;
    if (point)
        return 0;
    point = find_breakpoint(t, 0, kind, 0, 0);
    if (!point)
        return -ENOSPC;
    *point = (struct testkit_breakpoint){pid, kind, address, size};
    return 0;
}

static int take_out(void *context, int32_t pid, enum gdb_breakpoint_kind kind, vaddr_t address,
                    uint64_t size)
{
    struct testkit_breakpoint *point = find_breakpoint(context, pid, kind, address, size);

    MUST(kind < GDB_BREAKPOINT_KINDS && pid > 0);
    if (point)
        point->pid = 0;
    return 0;
}

unsigned testkit_breakpoint_count(const struct testkit_target *t)
{
    unsigned count = 0;

    for (unsigned i = 0; i < TESTKIT_BREAKPOINTS; i++)
        count += t->breakpoints[i].pid != 0;
    return count;
}

/* --- running ------------------------------------------------------------------------------- */

static void freeze(void *context)
{
    ((struct testkit_target *)context)->is_frozen = true;
}

static void run(void *context)
{
    ((struct testkit_target *)context)->is_frozen = false;
}

static void set_action(void *context, struct gdb_thread_id id, enum gdb_action action)
{
    struct testkit_thread_state *thread = find_thread(context, id);

    MUST(action == GDB_CONTINUE || action == GDB_STEP || action == GDB_HOLD);
    if (thread)
        thread->action = action;
}

static bool is_held(void *context, struct gdb_thread_id id)
{
    struct testkit_thread_state *thread = find_thread(context, id);

    return thread && thread->action == GDB_HOLD;
}

static void release(struct testkit_target *t, struct testkit_process *process)
{
    for (unsigned i = 0; i < TESTKIT_BREAKPOINTS; i++) {
        if (t->breakpoints[i].pid == process->pid)
            t->breakpoints[i].pid = 0;
    }
    for (unsigned i = 0; i < TESTKIT_THREADS; i++) {
        if (t->threads[i].id.pid == process->pid)
            t->threads[i].action = GDB_CONTINUE;
    }
    process->is_shown = false;
}

static void detach(void *context, int32_t pid)
{
    struct testkit_target *t = context;

    for (unsigned i = 0; i < TESTKIT_PROCESSES; i++) {
        if (t->processes[i].pid && (pid == GDB_ALL || t->processes[i].pid == pid))
            release(t, &t->processes[i]);
    }
    if (pid == GDB_ALL) {
        memset(t->breakpoints, 0, sizeof(t->breakpoints)); /* those of processes that are not */
        t->detached++;
        t->is_frozen = false;
    }
}

static int kill_process(void *context, int32_t pid)
{
    struct testkit_target *t = context;
    struct testkit_process *process = find_process(t, pid);

    MUST(pid > 0 || pid == GDB_ALL);
    if (pid == GDB_ALL)
        t->is_killed = true;
    else if (!process)
        return -ESRCH;
    else
        process->is_killed = true;
    return 0;
}

static int monitor(void *context, const char *line, gdb_text_sink *write, void *sink)
{
    struct testkit_target *t = context;
    char text[3000];

    snprintf(t->monitor_line, sizeof(t->monitor_line), "%s", line);
    if (strncmp(line, "say ", 4) == 0) {
        write(sink, line + 4, strlen(line + 4));
        write(sink, "\n", 1);
        return 0;
    }
    if (strcmp(line, "much") == 0) {
        memset(text, 'm', sizeof(text));
        write(sink, text, sizeof(text));
        return 0;
    }
    return -ENOENT;
}

static const struct gdb_target_ops ops = {
    .next_thread = next_thread,
    .is_alive = is_alive,
    .current_thread = current_thread,
    .thread_name = thread_name,
    .thread_state = thread_state,
    .process_file = process_file,
    .read_registers = read_registers,
    .write_registers = write_registers,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .insert = insert,
    .remove = take_out,
    .freeze = freeze,
    .run = run,
    .set_action = set_action,
    .is_held = is_held,
    .detach = detach,
    .kill = kill_process,
    .monitor = monitor,
};

/* One byte of text; at the end of it the text begins again. Whether the thread stopped. */
static void step(struct testkit_target *t, struct testkit_thread_state *thread)
{
    struct testkit_process *process = find_process(t, thread->id.pid);
    struct gdb_stop stop = {.kind = GDB_STOP_STEPPED};
    word_t *rip = &thread->registers.word[UREG_RIP];
    bool stepped = thread->action == GDB_STEP;

    t->current = thread->id;
    *rip = *rip + 1 >= process->text_end ? process->text : *rip + 1;
    thread->registers.word[UREG_RAX]++;
    if (find_breakpoint(t, process->pid, GDB_SOFTWARE_BREAKPOINT, *rip, 1))
        stop.kind = GDB_STOP_SOFTWARE_BREAKPOINT;
    else if (find_breakpoint(t, process->pid, GDB_HARDWARE_BREAKPOINT, *rip, 1))
        stop.kind = GDB_STOP_HARDWARE_BREAKPOINT;
    else if (!stepped)
        return;
    gdb_server_stopped(t->server, thread->id, &stop);
}

void testkit_run(struct testkit_target *t, unsigned rounds)
{
    for (; rounds; rounds--) {
        for (unsigned i = 0; i < TESTKIT_THREADS; i++) {
            struct testkit_thread_state *thread = &t->threads[i];
            struct testkit_process *process = find_process(t, thread->id.pid);

            if (t->is_frozen || t->is_killed)
                return;
            if (thread->is_alive && process && thread->action != GDB_HOLD)
                step(t, thread);
        }
    }
}

void testkit_stop(struct testkit_target *t, int32_t pid, int64_t tid, enum gdb_stop_kind kind,
                  enum gdb_signal signal)
{
    t->current = (struct gdb_thread_id){pid, tid};
    gdb_server_stopped(t->server, t->current,
                       &(struct gdb_stop){.kind = kind,
                                          .signal = signal,
                                          .watch = GDB_WATCH_WRITE,
                                          .address = TESTKIT_DATA,
                                          .status = 3});
}

/* --- making one ---------------------------------------------------------------------------- */

struct testkit_process *testkit_add_process(struct testkit_target *t, int32_t pid)
{
    struct testkit_process *process = t->processes;

    while (process->pid)
        process++;
    *process = (struct testkit_process){.pid = pid,
                                        .is_shown = true,
                                        .text = TESTKIT_TEXT,
                                        .text_end = TESTKIT_TEXT + TESTKIT_TEXT_BYTES};
    return process;
}

void testkit_add_segment(struct testkit_process *process, vaddr_t start, const void *bytes,
                         size_t size, size_t memory_size)
{
    struct testkit_segment *segment = process->segments;

    while (segment->bytes)
        segment++;
    *segment = (struct testkit_segment){start, memory_size, calloc(1, memory_size)};
    MUST(segment->bytes);
    if (size)
        memcpy(segment->bytes, bytes, size);
}

struct testkit_thread_state *testkit_add_thread(struct testkit_target *t, int32_t pid, int64_t tid,
                                                const char *name)
{
    struct testkit_thread_state *thread = t->threads;

    while (thread->id.tid)
        thread++;
    thread->id = (struct gdb_thread_id){pid, tid};
    thread->is_alive = true;
    thread->registers.word[UREG_RIP] = find_process(t, pid)->text;
    thread->registers.word[UREG_RSP] = TESTKIT_DATA + 0x800;
    thread->registers.word[UREG_RBP] = TESTKIT_DATA + 0x800;
    snprintf(thread->name, sizeof(thread->name), "%s", name);
    snprintf(thread->state, sizeof(thread->state), "running");
    return thread;
}

struct testkit_thread_state *testkit_thread(struct testkit_target *t, int32_t pid, int64_t tid)
{
    return find_thread(t, (struct gdb_thread_id){pid, tid});
}

bool testkit_is_held(struct testkit_target *t, int32_t pid, int64_t tid)
{
    return is_held(t, (struct gdb_thread_id){pid, tid});
}

static void add_plain_process(struct testkit_target *t, int32_t pid)
{
    struct testkit_process *process = testkit_add_process(t, pid);
    uint8_t data[TESTKIT_DATA_BYTES];

    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 + (unsigned)pid);
    testkit_add_segment(process, TESTKIT_TEXT, NULL, 0, TESTKIT_TEXT_BYTES);
    testkit_add_segment(process, TESTKIT_DATA, data, sizeof(data), sizeof(data));
}

void testkit_target_init_empty(struct testkit_target *t)
{
    memset(t, 0, offsetof(struct testkit_target, sent)); /* the largest part is not looked at */
    t->sent[0] = 0;
    t->target = (struct gdb_target){.ops = &ops, .context = t};
}

void testkit_target_init(struct testkit_target *t)
{
    testkit_target_init_empty(t);
    add_plain_process(t, 1);
    add_plain_process(t, 2);
    testkit_add_thread(t, 1, 1, "rootserver");
    testkit_add_thread(t, 1, 2, "helper");
    testkit_add_thread(t, 2, 5, "child");
    t->current = (struct gdb_thread_id){1, 1};
}

/* --- the connection ------------------------------------------------------------------------ */

static void send_bytes(void *context, const uint8_t *bytes, size_t size)
{
    struct testkit_target *t = context;

    if (t->forward) {
        t->forward(t->forward_context, bytes, size);
        return;
    }
    if (t->sent_size + size > TESTKIT_SENT_BYTES)
        t->sent_size = 0; /* nobody reads on */
    MUST(size <= TESTKIT_SENT_BYTES);
    memcpy(t->sent + t->sent_size, bytes, size);
    t->sent_size += size;
    t->sent[t->sent_size] = 0;
}

void testkit_target_connect(struct testkit_target *t)
{
    MUST(gdb_server_create(&t->target, send_bytes, t, &t->server) == 0);
}

void testkit_target_free(struct testkit_target *t)
{
    gdb_server_destroy(t->server);
    for (unsigned i = 0; i < TESTKIT_PROCESSES; i++) {
        for (unsigned j = 0; j < TESTKIT_SEGMENTS; j++)
            free(t->processes[i].segments[j].bytes);
    }
}

void testkit_input(struct testkit_target *t, const char *bytes, size_t size)
{
    t->sent_size = 0;
    t->sent[0] = 0;
    gdb_server_input(t->server, (const uint8_t *)bytes, size);
}

const char *testkit_ask_bytes(struct testkit_target *t, const void *packet, size_t size)
{
    char *frame = malloc(size + 5);
    unsigned sum = 0;

    MUST(frame);
    frame[0] = '$';
    memcpy(frame + 1, packet, size);
    for (size_t i = 0; i < size; i++)
        sum += ((const uint8_t *)packet)[i];
    snprintf(frame + 1 + size, 4, "#%02x", sum & 0xff);
    testkit_input(t, frame, size + 4);
    free(frame);
    return testkit_sent(t, 0);
}

const char *testkit_ask(struct testkit_target *t, const char *packet)
{
    return testkit_ask_bytes(t, packet, strlen(packet));
}

/* Binary data has no 0 in the packets that tests look at as text. */
const char *testkit_sent(struct testkit_target *t, unsigned index)
{
    static char text[TESTKIT_SENT_BYTES + 1];
    const uint8_t *at = t->sent, *end = t->sent + t->sent_size;

    for (; at < end; at++) {
        const uint8_t *start = at + 1;

        if (*at != '$' && *at != '%')
            continue;
        while (at < end && *at != '#')
            at++;
        MUST(end - at >= 3);
        if (index-- == 0) {
            snprintf(text, sizeof(text), "%.*s", (int)(at - start), (const char *)start);
            return text;
        }
    }
    return "";
}
