/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime region: where the kernel's code and state lie in the processes of the in-place seat.
 * The same base in all processes of a guest, 1 GiB aligned; everything else is an offset from it.
 *
 *     offset       what                                          rights      shared
 *     0            guard
 *     IMAGE        runtime image: code; then constants           r-x; r--    a sealed memfd
 *     SYMBOLS      an ELF file: symbols of the image, for debuggers  r--     the same
 *     KERNEL       struct kernel and its map of open pages       rw-         state memfd
 *     SHARED       struct runtime_shared                         rw-         state memfd
 *     VECTORS      vector state of carriers (runtime_vector())   rw-         state memfd
 *     PROCESS      what one process knows of itself              rw-         private
 *     EDIT_STACK   of the thread that makes map edits            rw-         private
 *     CARRIERS     slots, one a carrier of this process          rw-, guards private
 *     WINDOW       guest physical memory                         rw-         guest memfd
 *                  guard, up to the next GiB
 *
 * The whole region is reserved without rights first, so that every hole in it is a guard and Linux
 * never places anything there. The window comes last: only it grows with the guest.
 */
#ifndef RUNTIME_REGION_H
#define RUNTIME_REGION_H

#include <base/bits.h>

#define REGION_ALIGNMENT_BITS 30

#define REGION_IMAGE      UINT64_C(0x00200000)
#define REGION_SYMBOLS    UINT64_C(0x00800000)
#define REGION_KERNEL     UINT64_C(0x01000000)
#define REGION_SHARED     UINT64_C(0x01c00000)
#define REGION_VECTORS    UINT64_C(0x02000000)
#define REGION_PROCESS    UINT64_C(0x06000000)
#define REGION_EDIT_STACK UINT64_C(0x06040000)
#define REGION_CARRIERS   UINT64_C(0x08000000)
#define REGION_WINDOW     UINT64_C(0x1fe00000)

/* Of a carrier's vector state: a standard-form XSAVE area without AMX. */
#define RUNTIME_VECTOR_BYTES UINT64_C(0x1000)

/* At both ends of the region: what runs over its own memory's end does not reach us at once. */
#define REGION_GUARD_BYTES UINT64_C(0x200000)

#define REGION_STATE_BYTES      (REGION_PROCESS - REGION_KERNEL) /* of the state memfd */
#define REGION_PROCESS_BYTES    UINT64_C(0x20000)
#define REGION_EDIT_STACK_BYTES UINT64_C(0x4000)

/*
 * A carrier's slot. Its signal stack holds signal frames and nothing else, for Linux takes it as
 * empty at each signal from guest code; gates that are jumps have the other one. From either,
 * (rsp | (CARRIER_SLOT_BYTES - 1)) is the last byte of the carrier's page.
 */
#define CARRIER_SLOT_BITS          18
#define CARRIER_SLOT_BYTES         UINT64_C(0x40000)
#define CARRIER_GATE_STACK         UINT64_C(0x10000) /* behind a guard */
#define CARRIER_GATE_STACK_BYTES   UINT64_C(0x10000)
#define CARRIER_SIGNAL_STACK       UINT64_C(0x30000) /* behind a guard */
#define CARRIER_SIGNAL_STACK_BYTES UINT64_C(0x0f000)
#define CARRIER_PAGE               UINT64_C(0x3f000)
#define CARRIER_MAX                ((REGION_WINDOW - REGION_CARRIERS) / CARRIER_SLOT_BYTES)

/*
 * Where the page of stubs of patched system calls may lie (runtime/patch.h), outside of the region:
 * jumps reach it from wherever programs are linked, and allocators begin below.
 */
#define REGION_STUBS       UINT64_C(0x40000000)
#define REGION_STUBS_BYTES UINT64_C(0x3fff0000)

/* No base lies below: guests begin there, and grow upward. */
#define REGION_LOWEST_BASE (UINT64_C(1) << 36)
/* Every region ends at or below: in the last 1 GiB there is an IPC buffer of Microkit's. */
#define REGION_HIGHEST_END UINT64_C(0x7fffc0000000)

_Static_assert(REGION_IMAGE == REGION_GUARD_BYTES, "the first guard");
_Static_assert(REGION_IMAGE < REGION_SYMBOLS && REGION_SYMBOLS < REGION_KERNEL &&
                   REGION_KERNEL < REGION_SHARED && REGION_SHARED < REGION_VECTORS &&
                   REGION_VECTORS < REGION_PROCESS &&
                   REGION_PROCESS + REGION_PROCESS_BYTES < REGION_EDIT_STACK &&
                   REGION_EDIT_STACK + REGION_EDIT_STACK_BYTES < REGION_CARRIERS &&
                   REGION_CARRIERS < REGION_WINDOW,
               "parts ascend, and a stack has a guard below");
_Static_assert((REGION_IMAGE | REGION_SYMBOLS | REGION_KERNEL | REGION_SHARED | REGION_PROCESS |
                REGION_EDIT_STACK) %
                       PAGE_BYTES ==
                   0,
               "parts are mappings");
_Static_assert(CARRIER_SLOT_BYTES == UINT64_C(1) << CARRIER_SLOT_BITS &&
                   REGION_CARRIERS % CARRIER_SLOT_BYTES == 0,
               "a slot is found by rounding an address in it");
_Static_assert(CARRIER_GATE_STACK + CARRIER_GATE_STACK_BYTES < CARRIER_SIGNAL_STACK &&
                   CARRIER_SIGNAL_STACK + CARRIER_SIGNAL_STACK_BYTES == CARRIER_PAGE &&
                   CARRIER_PAGE + PAGE_BYTES == CARRIER_SLOT_BYTES,
               "the page is on top of the signal stack, each stack behind a guard");
_Static_assert(REGION_LOWEST_BASE % (UINT64_C(1) << REGION_ALIGNMENT_BITS) == 0 &&
                   REGION_HIGHEST_END % (UINT64_C(1) << REGION_ALIGNMENT_BITS) == 0,
               "the ends are bases, too");

/* Of the whole region, for physical memory of that size. */
static inline uint64_t region_bytes(uint64_t memory_bytes)
{
    return align_up(REGION_WINDOW + memory_bytes + REGION_GUARD_BYTES, REGION_ALIGNMENT_BITS);
}

#endif
