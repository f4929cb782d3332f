/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words that user level and kernel exchange: message info, capability rights, CNode data and the
 * IPC buffer. Manual, "Message Passing (IPC)".
 */
#ifndef ABI_MESSAGE_H
#define ABI_MESSAGE_H

#include <abi/registers.h>
#include <base/bits.h>

#define MESSAGE_MAX_LENGTH     120
#define MESSAGE_MAX_EXTRA_CAPS 3

struct message_info {
    uint64_t label;          /* 52 bits */
    unsigned caps_unwrapped; /* bit i: the i-th capability came as a badge */
    unsigned extra_caps;     /* 0..3 */
    unsigned length;         /* 0..120 */
};

/* Lengths over the maximum are clamped, as the kernel does. */
static inline struct message_info message_info_decode(word_t w)
{
    return (struct message_info){
        .label = w >> 12,
        .caps_unwrapped = (unsigned)(w >> 9 & 7),
        .extra_caps = (unsigned)(w >> 7 & 3),
        .length = (unsigned)min_u64(w & 0x7f, MESSAGE_MAX_LENGTH),
    };
}

/* All that it has is in registers: no words in the IPC buffer, no capabilities. */
static inline bool message_info_is_short(word_t w)
{
    return (w & 0x1ff) <= MESSAGE_REGISTER_COUNT;
}

static inline word_t message_info_encode(struct message_info info)
{
    return info.label << 12 | (word_t)(info.caps_unwrapped & 7) << 9 |
           (word_t)(info.extra_caps & 3) << 7 | (info.length & 0x7f);
}

enum cap_rights {
    RIGHT_WRITE = 1,
    RIGHT_READ = 2,
    RIGHT_GRANT = 4,
    RIGHT_GRANT_REPLY = 8,
    RIGHTS_ALL = 15,
};

/* seL4_CNode_CapData */
static inline unsigned cnode_data_guard_size(word_t data)
{
    return (unsigned)(data & 0x3f);
}

static inline word_t cnode_data_guard(word_t data)
{
    return data >> 6;
}

/* seL4_IPCBuffer: 1024 bytes, 1024-aligned; fields as indices of words. */
enum ipc_buffer_word {
    IPC_BUFFER_TAG = 0,
    IPC_BUFFER_MSG = 1,
    IPC_BUFFER_USER_DATA = 121,
    IPC_BUFFER_CAPS_OR_BADGES = 122,
    IPC_BUFFER_RECEIVE_CNODE = 125,
    IPC_BUFFER_RECEIVE_INDEX = 126,
    IPC_BUFFER_RECEIVE_DEPTH = 127,
    IPC_BUFFER_WORDS = 128,
};
#define IPC_BUFFER_BITS 10

/* KernelInvocationReportErrorIPC: message registers of an error that hold a text. */
#define IPC_ERROR_TEXT_START 6
#define IPC_ERROR_TEXT_WORDS 50

#endif
