/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A carrier runs one TCB, on a Linux thread of its own, or on one that all carriers of the VSpace
 * share. Between turns a thread waits inside its own signal handler, so that its frame has the
 * guest's vector state, and a debugger finds the guest's stack below the runtime's; or it has come
 * by a jump, and the processor's is the guest's.
 *
 * All that a carrier leaves behind when another one goes on with its thread is its TCB's registers
 * and its vector state: no stack.
 */
#ifndef RUNTIME_CARRIER_H
#define RUNTIME_CARRIER_H

#include <model/kernel.h>
#include <runtime/frame.h>
#include <runtime/places.h>

/* Of guest code that runs one instruction (runtime/step.h). */
struct carrier_step {
    bool is_under_way;
    bool is_wanted;              /* by a debugger: the next run is one instruction */
    bool is_told;                /* to it, when it has ended */
    enum runtime_step_kind kind; /* of that instruction */
    word_t changed,
        guest_flags; /* which of its flags are not the guest's, and what the guest's are */
};

/* The last page of its slot: private to its process. */
struct carrier_page {
    /* Of guest code that came by a jump (runtime/jump.h): as it came, or is to go on. */
    word_t reg[USER_REGISTER_COUNT];
    /* In a linked process: the thread's own stack, its word for the TCB's IPC buffer; that word. */
    void *host_stack;
    vaddr_t *ipc_buffer_word;
    vaddr_t ipc_buffer;
    uint32_t thread, vspace; /* indices in struct runtime_shared */
    uint32_t is_inside;      /* the runtime: what traps then is a bug of ours */
    uint32_t has_begun;      /* its first run of guest code */
    /* Of guest code, while inside. NULL: it came by a jump; and the core carrier has none. */
    struct frame *frame;
    bool is_converted; /* it came by a jump, and goes on by a frame, which is about to come */
    bool is_left; /* it came by a frame, and goes on by a jump: the frame is not gone back to */
    bool may_try; /* the guest's next calls, before the kernel is entered (turn_try_call()) */
    struct carrier_step step;
};

static inline struct runtime_thread *thread_of(const struct carrier_page *page)
{
    return &runtime_shared()->threads[page->thread];
}

/* That has the turn: the caller's. */
static inline uint32_t carrier_index(void)
{
    return runtime_shared()->control.current;
}

static inline struct runtime_carrier *carrier_current(void)
{
    return &runtime_shared()->carriers[carrier_index()];
}

/* Of the calling thread: it runs on one of its slot's stacks. */
static inline struct carrier_page *carrier_page_here(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return (struct carrier_page *)((here & ~(uintptr_t)(CARRIER_SLOT_BYTES - 1)) + CARRIER_PAGE);
}

/* Whether the calling thread is a carrier's at all. */
static inline bool carrier_is_here(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return here - (uintptr_t)runtime_at(REGION_CARRIERS) < REGION_WINDOW - REGION_CARRIERS;
}

/* A new thread of the process, with that index; by its edit thread. Returns its tid or -errno. */
int64_t carrier_thread_start(uint32_t index);

#endif
