/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a debugger and a guest together can do to the server: any bytes, any packets of the table
 * with any arguments, threads that stop, appear and die in between, memory that runs out. What is
 * sent must be packets all through; after the end nothing may be set or held.
 *
 * Input: records {operation, selector, size, bytes}. In arguments a byte above 0x7f stands for a
 * piece of text that packets often have.
 */
#include <gdb/protocol.h>
#include <gdb/testkit_target.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())

#define PACKET_BYTES 4096

enum operation { OP_BYTES, OP_PACKET, OP_RUN, OP_STOP, OP_THREAD, OP_NO_MEMORY, OPERATIONS };

static const char *const pieces[] = {
    "p1.1",
    "p1.2",
    "p2.5",
    "p1.-1",
    "p2",
    "p-1.-1",
    "p0.0",
    "-1",
    "0",
    "1",
    "p3.9",
    ";c",
    ";s:",
    ";t:",
    ";r",
    "401000,",
    "401010,1",
    "0,401010,1",
    "1,401020,1",
    "2,500000,8",
    "3,500000,4",
    "500000",
    ",1000",
    ",4",
    ":",
    ";",
    "c",
    "s",
    "t",
    "r401000,401020",
    "=",
    "g",
    "multiprocess+;",
    "swbreak+;hwbreak+;",
    "no-resumed+",
    "target.xml:0,",
    "ffffffffffffffff",
    "10",
    "11223344",
    "0,1000",
    "73617920",
    "xxxxxxxx",
    "2f",
    ",0,0",
};

/* --- what is sent -------------------------------------------------------------------------- */

static size_t check_packet(const uint8_t *at, size_t left)
{
    size_t size = 1;
    char digits[3];

    while (size < left && at[size] != '#') {
        MUST(at[size] != '$' && (at[0] == '%' || at[size] != '*'));
        size++;
    }
    MUST(size + 3 <= left && size <= GDB_PACKET_BYTES + 1);
    gdb_checksum(at + 1, size - 1, digits);
    MUST(at[size + 1] == (uint8_t)digits[0] && at[size + 2] == (uint8_t)digits[1]);
    return size + 3;
}

static void check_sent(struct testkit_target *t)
{
    for (size_t at = 0; at < t->sent_size;) {
        uint8_t byte = t->sent[at];

        if (byte == '+' || byte == '-') {
            at++;
            continue;
        }
        MUST(byte == '$' || byte == '%');
        at += check_packet(t->sent + at, t->sent_size - at);
    }
    t->sent_size = 0;
}

/* --- operations ---------------------------------------------------------------------------- */

static void send_packet(struct testkit_target *t, unsigned selector, const uint8_t *bytes,
                        size_t size)
{
    static char packet[PACKET_BYTES];
    size_t length;

    length = (size_t)snprintf(packet, sizeof(packet), "%s",
                              gdb_packets[selector % gdb_packet_count].name);
    for (size_t i = 0; i < size && length + 32 < sizeof(packet); i++) {
        if (bytes[i] < 0x80)
            packet[length++] = (char)bytes[i];
        else
            length += (size_t)snprintf(packet + length, 32, "%s",
                                       pieces[(bytes[i] - 0x80) % ARRAY_LENGTH(pieces)]);
    }
    testkit_ask_bytes(t, packet, length);
}

static struct testkit_thread_state *some_thread(struct testkit_target *t, unsigned selector)
{
    return &t->threads[selector % 8];
}

static void stop_thread(struct testkit_target *t, unsigned selector, unsigned kind)
{
    const struct testkit_thread_state *thread = some_thread(t, selector);
    struct gdb_stop stop = {.kind = (enum gdb_stop_kind)(kind % GDB_STOP_KINDS),
                            .signal = GDB_SIGNAL_SEGV,
                            .watch = (enum gdb_breakpoint_kind)(kind / 16 % GDB_BREAKPOINT_KINDS),
                            .address = TESTKIT_DATA};

    if (!t->is_frozen && thread->id.tid)
        gdb_server_stopped(t->server, thread->id, &stop);
    gdb_server_say(t->server, "said");
}

/* One dies or, where there was none, one appears: also those of a process that is not there. */
static void change_thread(struct testkit_target *t, unsigned selector)
{
    struct testkit_thread_state *thread = some_thread(t, selector);

    if (thread->id.tid) {
        thread->is_alive = !thread->is_alive;
        return;
    }
    thread->id = (struct gdb_thread_id){selector & 8 ? 1 : 2, 100 + selector % 8};
    thread->is_alive = true;
    thread->registers.has_vector = selector & 16;
    thread->registers.word[UREG_RIP] = TESTKIT_TEXT;
    memset(thread->name, selector & 32 ? '<' : 0xff, sizeof(thread->name) - 1);
}

static void run_record(struct testkit_target *t, uint8_t operation, uint8_t selector,
                       const uint8_t *bytes, size_t size)
{
    switch ((enum operation)(operation % OPERATIONS)) {
    case OP_BYTES:
        testkit_input(t, (const char *)bytes, size);
        break;
    case OP_PACKET:
        send_packet(t, selector, bytes, size);
        break;
    case OP_RUN:
        testkit_run(t, selector % 16);
        break;
    case OP_STOP:
        stop_thread(t, selector, size ? bytes[0] : 0);
        break;
    case OP_THREAD:
        change_thread(t, selector);
        break;
    default:
        host_inject("allocate", 1u + selector % 4, ENOMEM);
        break;
    }
}

/* After the end the guest runs on, unless it was killed. */
static void check_end(struct testkit_target *t)
{
    if (t->is_killed)
        return;
    MUST(!t->is_frozen && testkit_breakpoint_count(t) == 0);
    for (unsigned i = 0; i < TESTKIT_THREADS; i++)
        MUST(t->threads[i].action == GDB_CONTINUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct testkit_target t;

    host_inject("allocate", 1, 0);
    testkit_target_init(&t);
    t.target.has_avx = size & 1;
    t.processes[0].file = "/proc/self/exe";
    testkit_target_connect(&t);
    while (size >= 3 && !gdb_server_is_finished(t.server)) {
        size_t bytes = min_u64(data[2], size - 3);

        run_record(&t, data[0], data[1], data + 3, bytes);
        check_sent(&t);
        data += 3 + bytes;
        size -= 3 + bytes;
    }
    host_inject("allocate", 1, 0);
    gdb_server_destroy(t.server);
    t.server = NULL;
    check_end(&t);
    testkit_target_free(&t);
    return 0;
}
