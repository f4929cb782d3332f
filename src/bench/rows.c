/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <bench/rows.h>

#include <string.h>

#define TIME   BENCH_NANOSECONDS
#define MEMORY BENCH_BYTES

const struct bench_row bench_rows[] = {
    {"start", "start to first output", {"start"}, TIME},
    {"null", "null system call", {"empty-call"}, TIME},
    {"signal", "Signal, nobody waits", {"empty-call"}, TIME},
    {"yield", "Yield, no other thread", {"empty-call"}, TIME},
    {"yield-thread", "Yield to a thread and back", {"futex-threads"}, TIME},
    {"copy-delete", "CNode_Copy and Delete", {NULL}, TIME},
    {"signal-here", "Signal to a waiter and back, one VSpace", {"futex-threads"}, TIME},
    {"signal-away", "Signal to a waiter and back, two VSpaces", {"futex-processes"}, TIME},
    {"call-here-0", "Call and ReplyRecv, one VSpace", {"futex-threads"}, TIME},
    {"call-here-4", "the same, 4 words each way", {"futex-threads"}, TIME},
    {"call-here-8", "8 words", {"futex-threads"}, TIME},
    {"call-here-120", "120 words", {"futex-threads"}, TIME},
    {"call-here-cap", "a capability, and its Delete", {"futex-threads"}, TIME},
    {"call-away-0", "Call and ReplyRecv, two VSpaces", {"futex-processes"}, TIME},
    {"call-away-4", "the same, 4 words each way", {"futex-processes"}, TIME},
    {"call-away-8", "8 words", {"futex-processes"}, TIME},
    {"call-away-120", "120 words", {"futex-processes"}, TIME},
    {"call-away-cap", "a capability, and its Delete", {"futex-processes"}, TIME},
    {"fault-here", "fault to a handler and back, one VSpace", {"sigsegv", "futex-threads"}, TIME},
    {"fault-map-here", "fault, Page_Map, and back", {"sigsegv-map", "futex-threads"}, TIME},
    {"fault-away",
     "fault to a handler and back, two VSpaces",
     {"sigsegv", "futex-processes"},
     TIME},
    {"fault-map-away", "fault, Page_Map, and back", {"sigsegv-map", "futex-processes"}, TIME},
    {"map-unmap", "Page_Map and Unmap", {"map-unmap"}, TIME},
    {"map-touch-unmap", "Page_Map, a write, Unmap", {"map-touch-unmap"}, TIME},
    {"map-512-fresh", "512 new pages mapped and written to, each", {"map-512-fresh"}, TIME},
    {"map-512-warm", "the same again, each", {"map-512-warm"}, TIME},
    {"retype-endpoint", "Retype and Delete: endpoint", {NULL}, TIME},
    {"retype-notification", "notification", {NULL}, TIME},
    {"retype-tcb", "TCB", {NULL}, TIME},
    {"retype-cnode", "CNode of 16", {NULL}, TIME},
    {"retype-untyped", "untyped of 4 KiB", {NULL}, TIME},
    {"retype-page", "page", {NULL}, TIME},
    {"retype-large-page", "large page", {NULL}, TIME},
    {"retype-page-table", "page table", {NULL}, TIME},
    {"retype-page-directory", "page directory", {NULL}, TIME},
    {"retype-pdpt", "PDPT", {NULL}, TIME},
    {"retype-pml4", "PML4", {NULL}, TIME},
    {"retype-sched-context", "scheduling context", {NULL}, TIME},
    {"retype-reply", "reply object", {NULL}, TIME},
    {"revoke-1000", "Revoke of 1000, each", {NULL}, TIME},
    {"device-read", "read of a device's register", {NULL}, TIME},
    {"timer", "timer to its handler", {"timer"}, TIME},
    {"compute", "computation, 200,000 steps", {"compute"}, TIME},
    {"threads-10", "memory of 10 threads", {"threads-10"}, MEMORY},
    {"threads-100", "100 threads", {"threads-100"}, MEMORY},
    {"threads-1000", "1000 threads", {"threads-1000"}, MEMORY},
    {"vspaces-100", "100 VSpaces with a thread each", {"vspaces-100"}, MEMORY},
    /* of Linux only */
    {"empty-call", "call of an empty function", {NULL}, TIME},
    {"getppid", "system call of Linux (getppid)", {NULL}, TIME},
    {"user-switch", "user-level switch and back, with xsave", {NULL}, TIME},
    {"futex-threads", "futex round trip, threads", {NULL}, TIME},
    {"futex-processes", "futex round trip, processes", {NULL}, TIME},
    {"socket-processes", "socket round trip, processes", {NULL}, TIME},
    {"sigsegv", "SIGSEGV and return", {NULL}, TIME},
    {"sigsegv-map", "SIGSEGV, mmap and retry", {NULL}, TIME},
};
const unsigned bench_row_count = ARRAY_LENGTH(bench_rows);
_Static_assert(ARRAY_LENGTH(bench_rows) <= BENCH_MAX_ROWS, "no room in the figures");

unsigned bench_row_find(const char *name)
{
    unsigned row = 0;

    while (row < bench_row_count && strcmp(bench_rows[row].name, name) != 0) {
        row++;
    }
    return row;
}
