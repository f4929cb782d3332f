/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame that Linux puts on the signal stack (x86_64: struct rt_sigframe from its second word
 * on): the registers of guest code, its vector state behind them. What it holds when the handler
 * returns is what the guest goes on with.
 */
#ifndef RUNTIME_FRAME_H
#define RUNTIME_FRAME_H

#include <abi/registers.h>
#include <base/types.h>

enum frame_register {
    FRAME_R8,
    FRAME_R9,
    FRAME_R10,
    FRAME_R11,
    FRAME_R12,
    FRAME_R13,
    FRAME_R14,
    FRAME_R15,
    FRAME_RDI,
    FRAME_RSI,
    FRAME_RBP,
    FRAME_RBX,
    FRAME_RDX,
    FRAME_RAX,
    FRAME_RCX,
    FRAME_RSP,
    FRAME_RIP,
    FRAME_RFLAGS,
    FRAME_SEGMENTS, /* cs, gs, fs, ss: 16 bits each */
    FRAME_ERROR_CODE,
    FRAME_VECTOR,
    FRAME_OLD_MASK,
    FRAME_CR2,
    FRAME_REGISTER_COUNT_ALL,
};

/* Linux's struct ucontext. */
struct frame {
    uint64_t flags, link;
    uint64_t stack[3];
    uint64_t reg[FRAME_REGISTER_COUNT_ALL];
    void *vector; /* XSAVE area of standard form */
    uint64_t reserved[8];
    uint64_t mask;
};

/* Linux's siginfo_t, as far as it is read. */
struct signal_info {
    int32_t signal, error, code, unused;
    union {
        vaddr_t address;
        struct {
            vaddr_t behind; /* the instruction */
            int32_t number;
            uint32_t architecture;
        } call;
    };
};

/* enum user_register; the bases come from the thread. */
void frame_read(const struct frame *frame, word_t ret_reg[USER_REGISTER_COUNT]);
void frame_write(struct frame *frame, const word_t reg[USER_REGISTER_COUNT]);

/*
 * The vector state from and to an area of RUNTIME_VECTOR_BYTES. frame NULL: of the calling thread,
 * which came by a jump and has it still.
 */
void frame_save_vector(const struct frame *frame, void *area);
void frame_load_vector(struct frame *frame, const void *area);

/*
 * One goes to the area `from`, the other comes from `to`. tells_use: the processor has XGETBV 1.
 * Where nothing but SSE is in use this takes a fifth of the time of XSAVE and XRSTOR, or of two
 * copies.
 */
void frame_switch_vector(struct frame *frame, void *from, const void *to, bool tells_use);

/* The calling thread gets the vector state of its frame, which it does not go back to. */
void frame_leave(const struct frame *frame);

/* What a processor has at first goes to such an area. */
void frame_begin_vector(void *ret_area);

#endif
