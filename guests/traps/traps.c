/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that traps with known values in all of its registers and goes on when its handler has
 * answered: nothing has changed. With the x87 registers empty and the control words as they are at
 * first, and with all of them in use; the handler, in the same VSpace, uses vector registers as
 * well.
 */
#include "thread.h"

#define PAGE   UINT64_C(0x40000000)
#define ROUNDS 50 /* of each: after the first few, calls come another way */

#define GENERAL_COUNT 16
#define FLAGS         (0x202 | 0x8d5) /* the result of arithmetic, all of it */

/* Both in live.S; general: rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8 to r15. */
struct registers {
    uint64_t general[GENERAL_COUNT];
    uint64_t flags;
    uint64_t below[4]; /* the stack pointer */
    uint64_t unused[3];
    struct {
        uint16_t control, status;
        uint32_t tags;
        uint64_t last[2];
        uint32_t mxcsr, mxcsr_mask;
        uint64_t x87[8][2], vectors[16][2], more[12];
    } legacy;
};

extern struct registers live_in, live_out;
void live_write(void);
void live_invalid(void);
void live_disturb(void);

static seL4_CPtr endpoint;

static uint64_t pattern(unsigned i)
{
    static uint64_t state = 1;

    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407) + i;
    return state;
}

static void fill(bool uses_all)
{
    live_in = (struct registers){.flags = FLAGS, .legacy = {.control = 0x37f, .mxcsr = 0x1f80}};
    for (unsigned i = 0; i < GENERAL_COUNT; i++)
        live_in.general[i] = pattern(i);
    live_in.general[1] = PAGE;
    for (unsigned i = 0; i < ARRAY_LENGTH(live_in.below); i++)
        live_in.below[i] = pattern(i);
    for (unsigned i = 0; i < 16; i++)
        live_in.legacy.vectors[i][i % 2] = pattern(i);
    if (!uses_all)
        return;
    live_in.legacy.control = 0x27f;
    live_in.legacy.mxcsr = 0x9f80;
    live_in.legacy.tags = 0xff;
    for (unsigned i = 0; i < 8; i++) {
        live_in.legacy.x87[i][0] = pattern(i) | UINT64_C(1) << 63;
        live_in.legacy.x87[i][1] = 0x3fff;
    }
}

static unsigned differences(void)
{
    const uint64_t *in = (const uint64_t *)&live_in, *out = (const uint64_t *)&live_out;
    unsigned count = 0;

    live_out.legacy.mxcsr_mask = live_in.legacy.mxcsr_mask; /* the processor's, not the thread's */
    live_out.legacy.tags &= 0xff;
    for (unsigned i = 0; i < offsetof(struct registers, legacy.more) / sizeof(uint64_t); i++)
        count += in[i] != out[i];
    return count;
}

static void trap(const char *name, void (*live)(void), bool uses_all)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        fill(uses_all);
        live();
        count += differences();
    }
    print("%s, %s: %u traps, %u words of registers changed\n", name,
          uses_all ? "all registers in use" : "x87 registers empty", ROUNDS, count);
}

static void live_main(void *unused)
{
    (void)unused;
    for (unsigned uses_all = 0; uses_all < 2; uses_all++) {
        trap("page fault", live_write, uses_all);
        trap("invalid instruction", live_invalid, uses_all);
    }
    seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
}

/* What the thread goes on with, until the next fault; false: it calls, for it has done. */
static bool serve(seL4_MessageInfo_t *info, seL4_CPtr frame)
{
    switch (seL4_MessageInfo_get_label(*info)) {
    case seL4_Fault_VMFault:
        must(seL4_X86_Page_Map(frame, root_vspace.pml4, PAGE, seL4_ReadWrite,
                               seL4_X86_Default_VMAttributes),
             "Page_Map");
        *info = seL4_MessageInfo_new(0, 0, 0, 0);
        break;
    case seL4_Fault_UserException:
        seL4_SetMR(seL4_UserException_FaultIP, seL4_GetMR(seL4_UserException_FaultIP) + 2);
        *info = seL4_MessageInfo_new(0, 0, 0, 3);
        break;
    default:
        return false;
    }
    live_disturb();
    *info = ipc_reply_recv(endpoint, *info, NULL);
    return true;
}

void guest_main(void)
{
    static struct thread thread;
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);

    endpoint = object_new(seL4_EndpointObject, 0);
    vspace_make_tables(&root_vspace, PAGE);
    thread_create(&thread, &(struct thread_options){.name = "live",
                                                    .priority = seL4_MaxPrio - 1,
                                                    .entry = live_main,
                                                    .fault_ep = endpoint});
    thread_resume(&thread);
    for (seL4_MessageInfo_t info = ipc_recv(endpoint, NULL); serve(&info, frame);)
        seL4_X86_Page_Unmap(frame);
    print("Goodbye.\n");
}
