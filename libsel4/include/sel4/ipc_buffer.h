/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IPC buffer: 1024 bytes that user level and kernel share, one per thread. The first four
 * message registers travel in machine registers; the stubs copy them to and from msg[0..3], so that
 * seL4_GetMR() and seL4_SetMR() reach all of them alike.
 */
#ifndef SEL4_IPC_BUFFER_H
#define SEL4_IPC_BUFFER_H

#include <sel4/types.h>

#define seL4_MsgMaxLength         120
#define seL4_MsgMaxExtraCaps      3
#define seL4_FastMessageRegisters 4
#define seL4_IPCBufferSizeBits    10

typedef struct seL4_IPCBuffer_ {
    seL4_MessageInfo_t tag; /* for user level alone: the kernel neither reads nor writes it */
    seL4_Word msg[seL4_MsgMaxLength];
    seL4_Word userData;
    seL4_Word caps_or_badges[seL4_MsgMaxExtraCaps];
    seL4_CPtr receiveCNode;
    seL4_CPtr receiveIndex;
    seL4_Word receiveDepth;
} __attribute__((aligned(1 << seL4_IPCBufferSizeBits))) seL4_IPCBuffer;

_Static_assert(sizeof(seL4_IPCBuffer) == 1 << seL4_IPCBufferSizeBits, "the kernel's layout");

/* Each thread sets its own before its first message. Needs a thread pointer (FS base). */
extern __thread seL4_IPCBuffer *__sel4_ipc_buffer;

static inline void seL4_SetIPCBuffer(seL4_IPCBuffer *buffer)
{
    __sel4_ipc_buffer = buffer;
}

static inline seL4_IPCBuffer *seL4_GetIPCBuffer(void)
{
    return __sel4_ipc_buffer;
}

static inline seL4_Word seL4_GetMR(int i)
{
    return seL4_GetIPCBuffer()->msg[i];
}

static inline void seL4_SetMR(int i, seL4_Word word)
{
    seL4_GetIPCBuffer()->msg[i] = word;
}

static inline seL4_Word seL4_GetUserData(void)
{
    return seL4_GetIPCBuffer()->userData;
}

static inline void seL4_SetUserData(seL4_Word word)
{
    seL4_GetIPCBuffer()->userData = word;
}

/* The badge of the i-th capability of a message, where it came unwrapped. */
static inline seL4_Word seL4_GetBadge(int i)
{
    return seL4_GetIPCBuffer()->caps_or_badges[i];
}

/* The i-th extra capability to send. */
static inline void seL4_SetCap(int i, seL4_CPtr cap)
{
    seL4_GetIPCBuffer()->caps_or_badges[i] = cap;
}

/* The slot that the next received capability goes to. */
static inline void seL4_SetCapReceivePath(seL4_CPtr cnode, seL4_CPtr index, seL4_Word depth)
{
    seL4_GetIPCBuffer()->receiveCNode = cnode;
    seL4_GetIPCBuffer()->receiveIndex = index;
    seL4_GetIPCBuffer()->receiveDepth = depth;
}

#endif
