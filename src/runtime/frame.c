/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/frame.h>

#include <base/bits.h>
#include <base/memory.h>
#include <runtime/bases.h>
#include <runtime/region.h>

/* of 64-bit user code */
#define CODE_SEGMENT  UINT64_C(0x33)
#define STACK_SEGMENT UINT64_C(0x2b)
#define SEGMENTS      (CODE_SEGMENT | STACK_SEGMENT << 48)

/* What Linux takes from the running thread, not from its frame. */
#define RFLAGS_OF_THREAD (RFLAGS_NESTED | RFLAGS_ID)

/* Where in an XSAVE area what lies. */
enum {
    XSAVE_MXCSR = 24,
    XSAVE_X87 = 32, /* its registers; before them its other state, 24 bytes */
    XSAVE_XMM = 160,
    XSAVE_XMM_BYTES = 256,
    XSAVE_SOFTWARE = 464, /* Linux's own: sizes, which are right in each frame already */
    XSAVE_USED = 512,     /* components that do not have their first values */
    SOFTWARE_BYTES_AT = XSAVE_SOFTWARE + 16, /* 32 bits: of the whole area */
    SOFTWARE_MAGIC = 0x46505853,
    XSAVE_HEADER_BYTES = 64,
    MXCSR_INITIAL = 0x1f80,
    X87_CONTROL_INITIAL = 0x37f,
};

static const uint8_t place[USER_REGISTER_COUNT] = {
    [UREG_RIP] = FRAME_RIP, [UREG_RSP] = FRAME_RSP, [UREG_RFLAGS] = FRAME_RFLAGS,
    [UREG_RAX] = FRAME_RAX, [UREG_RBX] = FRAME_RBX, [UREG_RCX] = FRAME_RCX,
    [UREG_RDX] = FRAME_RDX, [UREG_RSI] = FRAME_RSI, [UREG_RDI] = FRAME_RDI,
    [UREG_RBP] = FRAME_RBP, [UREG_R8] = FRAME_R8,   [UREG_R9] = FRAME_R9,
    [UREG_R10] = FRAME_R10, [UREG_R11] = FRAME_R11, [UREG_R12] = FRAME_R12,
    [UREG_R13] = FRAME_R13, [UREG_R14] = FRAME_R14, [UREG_R15] = FRAME_R15,
};

void frame_read(const struct frame *frame, word_t ret_reg[USER_REGISTER_COUNT])
{
    for (unsigned i = 0; i < UREG_FS_BASE; i++)
        ret_reg[i] = frame->reg[place[i]];
    /* set by every fault; who wants the instruction to pass its breakpoint says so */
    ret_reg[UREG_RFLAGS] &= ~RFLAGS_RESUME;
    bases_get(ret_reg);
}

void frame_write(struct frame *frame, const word_t reg[USER_REGISTER_COUNT])
{
    for (unsigned i = 0; i < UREG_FS_BASE; i++)
        frame->reg[place[i]] = reg[i];
    frame->reg[FRAME_SEGMENTS] = SEGMENTS;
    bases_set(reg);
    word_t changes = (bases_read_flags() ^ reg[UREG_RFLAGS]) & RFLAGS_OF_THREAD;
    if (changes)
        bases_write_flags((bases_read_flags() ^ changes) & ~RFLAGS_TRAP); /* a debugger's */
}

/* 0: the frame is none of Linux's own but valgrind's, and has no more than FXSAVE stores. */
static uint64_t vector_bytes(const struct frame *frame)
{
    const char *software = (const char *)frame->vector + XSAVE_SOFTWARE;
    uint32_t magic, bytes;

    mem_copy(&magic, software, sizeof(magic));
    mem_copy(&bytes, (const char *)frame->vector + SOFTWARE_BYTES_AT, sizeof(bytes));
    return magic == SOFTWARE_MAGIC ? min_u64(bytes, RUNTIME_VECTOR_BYTES) : 0;
}

static void copy_xmm(void *to, const void *from)
{
    mem_copy((char *)to + XSAVE_MXCSR, (const char *)from + XSAVE_MXCSR, sizeof(uint32_t));
    mem_copy((char *)to + XSAVE_XMM, (const char *)from + XSAVE_XMM, XSAVE_XMM_BYTES);
}

void frame_save_vector(const struct frame *frame, void *area)
{
    uint64_t bytes = frame ? vector_bytes(frame) : 0;

    if (bytes) {
        mem_copy(area, frame->vector, bytes);
    } else if (frame) {
        frame_begin_vector(area);
        copy_xmm(area, frame->vector);
    } else {
        bases_xsave(area);
    }
}

void frame_load_vector(struct frame *frame, const void *area)
{
    if (frame && vector_bytes(frame) == 0) {
        copy_xmm(frame->vector, area);
    } else if (frame) {
        mem_copy(frame->vector, area, XSAVE_SOFTWARE);
        mem_copy((char *)frame->vector + XSAVE_USED, (const char *)area + XSAVE_USED,
                 vector_bytes(frame) - XSAVE_USED);
    } else {
        bases_xrstor(area);
    }
}

/* States that are not the first ones; of the others of an area nothing is said. */
static word_t *states_of(const void *area)
{
    return (word_t *)((char *)area + XSAVE_USED);
}

/* Protection keys are nobody's: seL4 does not turn them on. */
#define STATE_X87  UINT64_C(1)
#define STATE_SSE  UINT64_C(2)
#define STATE_KEYS (UINT64_C(1) << 9)

static bool is_sse_alone(word_t states)
{
    return (states & ~STATE_KEYS) == STATE_SSE;
}

/* Of a frame's, where Linux says that it is in use whether it is or not. */
static bool is_x87_initial(const void *area)
{
    const word_t *word = area;
    word_t others = word[1] | word[2];

    for (unsigned i = XSAVE_X87 / sizeof(word_t); i < XSAVE_XMM / sizeof(word_t); i++)
        others |= word[i];
    return word[0] == X87_CONTROL_INITIAL && others == 0;
}

static bool has_sse_alone(const struct frame *frame)
{
    return vector_bytes(frame) && is_sse_alone(*states_of(frame->vector) & ~STATE_X87) &&
           is_x87_initial(frame->vector);
}

/* True: it is done. */
static bool switch_sse(struct frame *frame, void *from, const void *to, bool tells_use)
{
    if (!is_sse_alone(*states_of(to)))
        return false;
    if (frame && has_sse_alone(frame)) {
        copy_xmm(from, frame->vector);
        copy_xmm(frame->vector, to);
    } else if (!frame && tells_use && !(bases_states_in_use() & ~STATE_KEYS & ~STATE_SSE)) {
        bases_save_sse(from);
        bases_load_sse(to);
    } else {
        return false;
    }
    *states_of(from) = STATE_SSE;
    return true;
}

void frame_switch_vector(struct frame *frame, void *from, const void *to, bool tells_use)
{
    if (switch_sse(frame, from, to, tells_use))
        return;
    frame_save_vector(frame, from);
    frame_load_vector(frame, to);
}

/* Linux gives a handler all states as they are at first. */
void frame_leave(const struct frame *frame)
{
    if (has_sse_alone(frame))
        bases_load_sse(frame->vector);
    else
        bases_xrstor(frame->vector);
}

/* SSE's are said to be in use, which they are sooner or later. */
void frame_begin_vector(void *ret_area)
{
    static const uint32_t mxcsr = MXCSR_INITIAL;

    mem_zero(ret_area, XSAVE_USED + XSAVE_HEADER_BYTES);
    mem_copy((char *)ret_area + XSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
    *states_of(ret_area) = STATE_SSE;
}
