/* SPDX-License-Identifier: BSD-2-Clause */
#include <gdb/protocol.h>

#include <base/bits.h>
#include <base/text.h>

/*
 * A name of one character, or one that ends in a separator, is followed by arguments; another one
 * stands alone. docs/gdb-server.md has the same rows (tests/style/gdb-packets).
 */
const struct gdb_packet gdb_packets[] = {
    /* the connection */
    {"qSupported", gdb_handle_supported, "what both sides can do; the debugger says nothing"},
    {"qSupported:", gdb_handle_supported, "what both sides can do"},
    {"QStartNoAckMode", gdb_handle_no_ack, "packets are confirmed no more"},
    {"QNonStop:", gdb_handle_set_non_stop, "1: a stop holds its thread alone; 0: everything"},
    {"vMustReplyEmpty", gdb_handle_nothing, "what is not known gets an empty answer"},

    /* processes and threads */
    {"H", gdb_handle_set_thread, "whose registers and memory (g), which one runs (c)"},
    {"T", gdb_handle_is_alive, "whether a thread exists"},
    {"qC", gdb_handle_current, "the thread of Hg"},
    {"qfThreadInfo", gdb_handle_first_threads, "all threads"},
    {"qsThreadInfo", gdb_handle_next_threads, "more of them, or none"},
    {"qThreadExtraInfo,", gdb_handle_extra_info, "a thread's name and seL4 state"},
    {"qAttached", gdb_handle_attached, "1: to quit is to detach; 0, of `sel4emu debug`: to kill"},
    {"qAttached:", gdb_handle_attached, "1: to quit is to detach; 0, of `sel4emu debug`: to kill"},
    {"qXfer:threads:read:", gdb_handle_threads, "all threads with names and states (XML)"},
    {"qXfer:exec-file:read:", gdb_handle_exec_file, "the ELF file of a process"},

    /* registers */
    {"qXfer:features:read:", gdb_handle_features, "the target description (XML)"},
    {"g", gdb_handle_read_registers, "all registers"},
    {"G", gdb_handle_write_registers, "all registers"},
    {"p", gdb_handle_read_register, "one register"},
    {"P", gdb_handle_write_register, "one register"},

    /* memory */
    {"m", gdb_handle_read_memory, "read; as much as there is"},
    {"M", gdb_handle_write_memory, "write"},
    {"X", gdb_handle_write_binary, "write, in bytes"},
    {"qSearch:memory:", gdb_handle_search, "find a pattern"},

    /* breakpoints and watchpoints, in the process of Hg */
    {"Z", gdb_handle_insert, "insert: 0 software, 1 hardware, 2 write, 3 read, 4 access"},
    {"z", gdb_handle_remove, "remove"},

    /* running */
    {"?", gdb_handle_why, "the last stop; non-stop: of all threads that are stopped"},
    {"vCont?", gdb_handle_actions_known, "which actions vCont knows"},
    {"vCont;", gdb_handle_actions, "c, C, s, S, r, t for threads, processes or everything"},
    {"c", gdb_handle_continue, "continue (older than vCont)"},
    {"C", gdb_handle_continue_signal, "continue; the signal goes nowhere"},
    {"s", gdb_handle_step, "step (older than vCont)"},
    {"S", gdb_handle_step_signal, "step; the signal goes nowhere"},
    {"vCtrlC", gdb_handle_interrupt, "interrupt, as the byte 0x03 does"},
    {"vStopped", gdb_handle_next_stop, "non-stop: the next stop, after %Stop"},

    /* the end */
    {"D", gdb_handle_detach, "from everything, or from one process (D;pid)"},
    {"k", gdb_handle_kill_all, "end the machine"},
    {"vKill;", gdb_handle_kill, "end a process"},
    {"vAttach;", gdb_handle_refuse, "refused: every process is attached to"},
    {"vRun;", gdb_handle_refuse, "refused: processes are the guest's"},

    /* files: those that qXfer:exec-file names, and no others */
    {"vFile:setfs:", gdb_handle_file_root, "whose view of the files"},
    {"vFile:open:", gdb_handle_file_open, "for reading"},
    {"vFile:pread:", gdb_handle_file_read, "a piece"},
    {"vFile:fstat:", gdb_handle_file_status, "its size and times"},
    {"vFile:close:", gdb_handle_file_close, "the end"},

    /* and then */
    {"qRcmd,", gdb_handle_monitor, "the debugger's `monitor` command"},
    {"qOffsets", gdb_handle_nothing, "not supported: programs lie where their ELF files say"},
    {"qTStatus", gdb_handle_nothing, "not supported: no tracepoints"},
    {"qSymbol::", gdb_handle_nothing, "not supported: the server needs no symbols of gdb's"},
};

const unsigned gdb_packet_count = ARRAY_LENGTH(gdb_packets);

static bool takes_arguments(const char *name)
{
    size_t length = text_length(name);
    char last = name[length - 1];

    return length == 1 ? last != '?' : last == ':' || last == ';' || last == ',';
}

const struct gdb_packet *gdb_find_packet(const uint8_t *bytes, size_t size,
                                         struct gdb_reader *ret_arguments)
{
    for (unsigned i = 0; i < gdb_packet_count; i++) {
        const struct gdb_packet *packet = &gdb_packets[i];
        struct gdb_reader reader = {bytes, bytes + size};

        if (!gdb_read_text(&reader, packet->name) ||
            (!takes_arguments(packet->name) && gdb_bytes_left(&reader)))
            continue;
        *ret_arguments = reader;
        return packet;
    }
    return NULL;
}
