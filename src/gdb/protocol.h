/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the server: its state, and what the files of this layer offer each other.
 *
 * A packet's handler writes the answer to `reply`; it is sent when the handler is back, unless that
 * said by `no_answer` that there is none now. Nothing written is the answer "not supported".
 */
#ifndef GDB_PROTOCOL_H
#define GDB_PROTOCOL_H

#include <gdb/gdb_server.h>
#include <gdb/text.h>

/* Of a packet, without frame: gdb takes no more. */
#define GDB_PACKET_BYTES 0x4000

#define GDB_RANGES     16 /* threads that step through a range at a time */
#define GDB_OPEN_FILES 64 /* gdb keeps two for each program */

enum gdb_frame_state {
    GDB_FRAME_NONE, /* between packets */
    GDB_FRAME_BODY,
    GDB_FRAME_CHECKSUM,
    GDB_FRAME_CHECKSUM_LOW,
};

struct gdb_frame {
    enum gdb_frame_state state;
    bool is_too_long;
    uint8_t digits[2];
    size_t size;
    uint8_t bytes[GDB_PACKET_BYTES];
};

/* Stops not yet told, oldest first. Non-stop: the first has been told and is not confirmed yet. */
struct gdb_stops {
    struct gdb_untold_stop {
        struct gdb_thread_id thread;
        struct gdb_stop stop;
    } * entries;
    size_t count, capacity;
    bool is_told;
    bool one_only; /* the first was told as the answer to '?' */
};

/* A thread steps until it leaves [start, end), or a step changes nothing: it waits in the kernel.
 */
struct gdb_range {
    struct gdb_thread_id thread; /* {0, 0}: unused */
    vaddr_t start, end;
    word_t word[USER_REGISTER_COUNT]; /* after its last step */
};

/* Text that the debugger reads piece by piece (qXfer). */
struct gdb_document {
    const char *kind; /* whose text it is; NULL: none */
    uint8_t *text;
    size_t size, capacity;
};

struct gdb_server {
    struct gdb_target target;
    gdb_send *send;
    void *send_context;

    struct gdb_frame in;
    uint8_t out[GDB_PACKET_BYTES + 4]; /* '$', what `reply` writes, '#', checksum */
    size_t out_size;                   /* of the last packet, for sending it again */
    struct gdb_writer reply;
    bool no_answer;
    bool no_ack;

    bool knows_processes, knows_swbreak, knows_hwbreak, knows_no_resumed; /* the debugger */
    bool non_stop;
    bool is_running;  /* all-stop: the debugger waits for a stop */
    bool is_detached; /* from everything: there is nothing left to do for the target */
    bool is_finished;

    struct gdb_thread_id general; /* of Hg: whose registers, whose process' memory */
    struct gdb_thread_id resumed; /* of Hc: for the packets c and s */
    struct gdb_thread_id listed;  /* qfThreadInfo, qsThreadInfo: the last one told */
    struct gdb_thread_id last;    /* all-stop: the last stop told, for '?' */
    struct gdb_stop last_stop;
    struct gdb_stops stops;
    struct gdb_range ranges[GDB_RANGES];

    struct gdb_document document;
    int files[GDB_OPEN_FILES]; /* host's descriptors, -1: unused */
};

static inline bool gdb_stop_is_exit(const struct gdb_stop *stop)
{
    return stop->kind == GDB_STOP_EXITED || stop->kind == GDB_STOP_KILLED;
}

/* --- gdb_server.c -------------------------------------------------------------------------- */

void gdb_reply_ok(struct gdb_server *server);
/* `error` is a negative errno. */
void gdb_reply_error(struct gdb_server *server, int error);
void gdb_reply_result(struct gdb_server *server, int result);
/* Sends what `reply` holds as a packet of its own, and empties it. */
void gdb_send_reply(struct gdb_server *server);
/* Text for the debugger's console, where that is an answer or the debugger waits for a stop. */
void gdb_send_output(struct gdb_server *server, const char *text, size_t size);
/* A packet that the debugger need not confirm; `text` is all that stands between % and #. */
void gdb_send_notification(struct gdb_server *server, const struct gdb_writer *text);

/* --- packets.c ----------------------------------------------------------------------------- */

typedef void gdb_handler(struct gdb_server *server, struct gdb_reader *arguments);

struct gdb_packet {
    const char *name; /* how it begins */
    gdb_handler *handle;
    const char *what; /* for docs/gdb-server.md */
};

extern const struct gdb_packet gdb_packets[];
extern const unsigned gdb_packet_count;

/* The row that a packet's text belongs to; *ret_arguments is what follows the name. Or NULL. */
const struct gdb_packet *gdb_find_packet(const uint8_t *bytes, size_t size,
                                         struct gdb_reader *ret_arguments);

/* --- threads.c: who is meant --------------------------------------------------------------- */

/* Whether `pattern` (of a packet) means `thread`. */
bool gdb_thread_matches(struct gdb_thread_id pattern, struct gdb_thread_id thread);
bool gdb_thread_equal(struct gdb_thread_id a, struct gdb_thread_id b);
/* The first thread that `pattern` means, the current one if it means that as well. */
bool gdb_find_thread(struct gdb_server *server, struct gdb_thread_id pattern,
                     struct gdb_thread_id *ret_thread);
/* The thread that packets with registers are about, the process of those with memory. */
bool gdb_general_thread(struct gdb_server *server, struct gdb_thread_id *ret_thread);
bool gdb_general_process(struct gdb_server *server, int32_t *ret_pid);

gdb_handler gdb_handle_set_thread, gdb_handle_is_alive, gdb_handle_current,
    gdb_handle_first_threads, gdb_handle_next_threads, gdb_handle_extra_info, gdb_handle_attached;

/* --- running.c: resumption, kill, detach --------------------------------------------------- */

/* Whether a step that has ended is to be followed by another one. */
bool gdb_steps_on(struct gdb_server *server, struct gdb_thread_id thread);
void gdb_forget_range(struct gdb_server *server, struct gdb_thread_id thread);
void gdb_detach_all(struct gdb_server *server);
/* The debugger's Ctrl-C. */
void gdb_interrupt(struct gdb_server *server);

gdb_handler gdb_handle_actions, gdb_handle_actions_known, gdb_handle_continue,
    gdb_handle_continue_signal, gdb_handle_step, gdb_handle_step_signal, gdb_handle_interrupt,
    gdb_handle_set_non_stop, gdb_handle_detach, gdb_handle_kill_all, gdb_handle_kill;

/* --- stops.c: telling what stopped --------------------------------------------------------- */

/* False: no memory, and the connection is given up. */
bool gdb_stops_add(struct gdb_server *server, struct gdb_thread_id thread,
                   const struct gdb_stop *stop);
/* Whether a stop of this thread, not of its process, waits to be told or confirmed. */
bool gdb_stops_hold(const struct gdb_server *server, struct gdb_thread_id thread);
/* Forgets the stops of threads, or those and the exits, that `pattern` means. */
void gdb_stops_drop(struct gdb_server *server, struct gdb_thread_id pattern, bool with_exits);
/* All-stop: tells the oldest stop. False: there is none. */
bool gdb_stops_tell_first(struct gdb_server *server);
/* Non-stop: tells that there are stops, if the debugger does not know that yet. */
void gdb_stops_notify(struct gdb_server *server);

gdb_handler gdb_handle_why, gdb_handle_next_stop;

/* --- registers.c, memory.c, queries.c, documents.c, files.c -------------------------------- */

gdb_handler gdb_handle_read_registers, gdb_handle_write_registers, gdb_handle_read_register,
    gdb_handle_write_register;
/* Adds pieces of the target description to `sink`. */
void gdb_describe_target(bool has_avx, gdb_text_sink *write, void *sink);
/* NUMBER:DIGITS; for the registers that each stop shows. */
void gdb_write_stop_registers(struct gdb_writer *writer, const struct gdb_registers *registers);

gdb_handler gdb_handle_read_memory, gdb_handle_write_memory, gdb_handle_write_binary,
    gdb_handle_search, gdb_handle_insert, gdb_handle_remove;

gdb_handler gdb_handle_supported, gdb_handle_no_ack, gdb_handle_monitor, gdb_handle_refuse,
    gdb_handle_nothing;

gdb_handler gdb_handle_features, gdb_handle_threads, gdb_handle_exec_file;
void gdb_document_free(struct gdb_document *document);

gdb_handler gdb_handle_file_root, gdb_handle_file_open, gdb_handle_file_status,
    gdb_handle_file_read, gdb_handle_file_close;
void gdb_files_close(struct gdb_server *server);

#endif
