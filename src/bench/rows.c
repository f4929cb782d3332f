/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <bench/rows.h>

#include <string.h>

/* Both to a thread of the same VSpace and to another VSpace. */
#define HERE_AND_AWAY(id, text)                                                                    \
    {id "-here", text ", one VSpace", {"futex-threads"}},                                          \
    {                                                                                              \
        id "-away", text ", two VSpaces",                                                          \
        {                                                                                          \
            "futex-processes"                                                                      \
        }                                                                                          \
    }
#define CALLS(where, text, limit)                                                                  \
    {"call-" where "-0", "Call and ReplyRecv, " text, {limit}},                                    \
        {"call-" where "-4", "the same, 4 words each way", {limit}},                               \
        {"call-" where "-8", "8 words", {limit}}, {"call-" where "-120", "120 words", {limit}},    \
    {                                                                                              \
        "call-" where "-cap", "a capability, and its Delete",                                      \
        {                                                                                          \
            limit                                                                                  \
        }                                                                                          \
    }

const struct bench_row bench_rows[] = {
    {"start", "start to first output", {"start"}},
    {"null", "null system call", {"empty-call"}},
    {"signal", "Signal, nobody waits", {"empty-call"}},
    {"yield", "Yield, no other thread", {"empty-call"}},
    {"yield-thread", "Yield to a thread and back", {"futex-threads"}},
    {"copy-delete", "CNode_Copy and Delete", {NULL}},
    HERE_AND_AWAY("signal", "Signal to a waiter and back"),
    CALLS("here", "one VSpace", "futex-threads"),
    CALLS("away", "two VSpaces", "futex-processes"),
    {"fault-here", "fault to a handler and back, one VSpace", {"sigsegv", "futex-threads"}},
    {"fault-map-here", "fault, Page_Map, and back", {"sigsegv-map", "futex-threads"}},
    {"fault-away", "fault to a handler and back, two VSpaces", {"sigsegv", "futex-processes"}},
    {"fault-map-away", "fault, Page_Map, and back", {"sigsegv-map", "futex-processes"}},
    {"map-unmap", "Page_Map and Unmap", {"map-unmap"}},
    {"map-touch-unmap", "Page_Map, a write, Unmap", {"map-touch-unmap"}},
    {"map-512-fresh", "512 new pages mapped and written to, each", {"map-512-fresh"}},
    {"map-512-warm", "the same again, each", {"map-512-warm"}},
    {"retype-endpoint", "Retype and Delete: endpoint", {NULL}},
    {"retype-notification", "notification", {NULL}},
    {"retype-tcb", "TCB", {NULL}},
    {"retype-cnode", "CNode of 16", {NULL}},
    {"retype-untyped", "untyped of 4 KiB", {NULL}},
    {"retype-page", "page", {NULL}},
    {"retype-large-page", "large page", {NULL}},
    {"retype-page-table", "page table", {NULL}},
    {"retype-page-directory", "page directory", {NULL}},
    {"retype-pdpt", "PDPT", {NULL}},
    {"retype-pml4", "PML4", {NULL}},
    {"retype-sched-context", "scheduling context", {NULL}},
    {"retype-reply", "reply object", {NULL}},
    {"revoke-1000", "Revoke of 1000, each", {NULL}},
    {"device-read", "read of a device's register", {NULL}},
    {"timer", "timer to its handler", {"timer"}},
    {"compute", "computation, 200,000 steps", {"compute"}},
    /* of Linux only */
    {"empty-call", "call of an empty function", {NULL}},
    {"getppid", "system call of Linux (getppid)", {NULL}},
    {"user-switch", "user-level switch and back, with xsave", {NULL}},
    {"futex-threads", "futex round trip, threads", {NULL}},
    {"futex-processes", "futex round trip, processes", {NULL}},
    {"socket-processes", "socket round trip, processes", {NULL}},
    {"sigsegv", "SIGSEGV and return", {NULL}},
    {"sigsegv-map", "SIGSEGV, mmap and retry", {NULL}},
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
