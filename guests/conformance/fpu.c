/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x87, SSE and AVX state: what a new thread has, and that each thread keeps its own. Bare TCBs run
 * three pieces of code; each ends in ud2, so that the root task can look and start the next.
 */
#include "check.h"

/* AVX is there if the kernel saves it. */
#if CONFIG_XSAVE_FEATURE_SET & 4
#define VECTOR_BYTES 32
#define VECTOR_MOVE  "vmovups"
#define VECTOR       "ymm"
#else
#define VECTOR_BYTES 16
#define VECTOR_MOVE  "movups"
#define VECTOR       "xmm"
#endif
#define VECTORS 16

/* At rdi: the FXSAVE image, then the vector registers in full. */
#define MOVE_ALL(from, to)                                                                         \
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n" VECTOR_MOVE " " from ", " to  \
    "\n.endr\n"
#define IN_MEMORY   "512 + \\n * %c[bytes](%%rdi)"
#define IN_REGISTER "%%" VECTOR "\\n"

__attribute__((naked)) static void fpu_load(void)
{
    __asm__("fxrstor64 (%%rdi)\n" MOVE_ALL(IN_MEMORY, IN_REGISTER) "ud2"
            :
            : [bytes] "i"(VECTOR_BYTES));
}

__attribute__((naked)) static void fpu_dump(void)
{
    __asm__("fxsave64 (%%rdi)\n" MOVE_ALL(IN_REGISTER, IN_MEMORY) "ud2"
            :
            : [bytes] "i"(VECTOR_BYTES));
}

__attribute__((naked)) static void fpu_stop(void)
{
    __asm__("ud2");
}

struct fpu_state {
    union {
        struct {
            uint16_t fcw, fsw, ftw;
        };
        struct {
            uint32_t skipped[6];
            uint32_t mxcsr;
        };
        unsigned char legacy[512];
    };
    unsigned char vectors[VECTORS * VECTOR_BYTES];
};

static _Alignas(64) struct fpu_state state;

/* --- threads --------------------------------------------------------------------------------- */

static struct event event;

static void configure(seL4_CPtr tcb)
{
    must(tcb_configure(tcb, worker_endpoint(0), ROOT, 0, seL4_CapInitThreadVSpace, 0, 0),
         "TCB_Configure");
    must(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, WORKER_PRIORITY), "SetPriority");
    sched_context_new(tcb);
}

static seL4_CPtr new_thread(void)
{
    const seL4_CPtr tcb = object_new(seL4_TCBObject, 0);

    configure(tcb);
    return tcb;
}

/* Lets the thread run the piece, to its ud2 or whatever comes before. */
static void run(seL4_CPtr tcb, void (*piece)(void))
{
    seL4_UserContext registers = {
        .rip = (seL4_Word)piece, .rflags = 0x202, .rdi = (seL4_Word)&state};

    must(seL4_TCB_WriteRegisters(tcb, 1, 0, sizeof(registers) / sizeof(seL4_Word), &registers),
         "WriteRegisters");
    event_wait(&event);
}

static unsigned char pattern(unsigned seed, unsigned i)
{
    return (unsigned char)(seed * 37 + i * 5 + 1);
}

/* Fills every register with what `seed` makes; the control words with rarely used values. */
static void load(seL4_CPtr tcb, unsigned seed)
{
    run(tcb, fpu_dump);
    state.fcw = 0x27f;
    state.mxcsr = 0x9f80;
    for (unsigned i = 0; i < sizeof(state.vectors); i++)
        state.vectors[i] = pattern(seed, i);
    run(tcb, fpu_load);
}

static void say_state(seL4_CPtr tcb, unsigned seed)
{
    bool zero = true, kept = true;

    run(tcb, fpu_dump);
    if (event.mr[seL4_UserException_Number] != 6) {
        say("exception %lu/%lu;", event.mr[seL4_UserException_Number],
            event.mr[seL4_UserException_Code]);
        return;
    }
    for (unsigned i = 0; i < sizeof(state.vectors); i++) {
        zero &= state.vectors[i] == 0;
        kept &= state.vectors[i] == pattern(seed, i);
    }
    say("fcw=0x%x fsw=0x%x ftw=0x%x mxcsr=0x%x vectors: %s;", state.fcw, state.fsw,
        state.ftw & 0xff, state.mxcsr,
        zero   ? "zero"
        : kept ? "its own"
               : "others");
}

static void end_thread(seL4_CPtr tcb)
{
    must(delete_cap(tcb), "Delete");
}

/* --- checks ---------------------------------------------------------------------------------- */

static void new_state(void)
{
    const seL4_CPtr tcb = new_thread();

    say_state(tcb, 0);
    end_thread(tcb);
}

static void made_again(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, seL4_TCBBits), tcb = slot_new();

    for (unsigned i = 0; i < 2; i++) {
        must(seL4_Untyped_Retype(untyped, seL4_TCBObject, 0, ROOT, 0, 0, tcb, 1), "Retype");
        configure(tcb);
        say_state(tcb, 5);
        load(tcb, 5);
        say_state(tcb, 5);
        end_thread(tcb);
    }
}

static void each_its_own(void)
{
    const seL4_CPtr first = new_thread(), second = new_thread();

    load(first, 1);
    load(second, 2);
    say_state(first, 1);
    say_state(second, 2);
    end_thread(first);
    end_thread(second);
}

static void copied_registers(void)
{
    const seL4_CPtr from = new_thread(), to = new_thread();

    load(from, 3);
    say_error(seL4_TCB_CopyRegisters(to, from, 1, 0, 1, 1, 0));
    say_state(to, 3);
    say_state(from, 3);
    end_thread(from);
    end_thread(to);
}

static void set_space(seL4_CPtr tcb, seL4_CPtr vspace)
{
    must(seL4_TCB_SetSpace(tcb, worker_endpoint(0), ROOT, 0, vspace, 0), "SetSpace");
}

/* There it does not touch them. */
static void through_another_vspace(void)
{
    const seL4_CPtr tcb = new_thread();
    struct vspace vspace;

    vspace_create(&vspace);
    vspace_copy_image(&vspace, false);
    load(tcb, 4);
    set_space(tcb, vspace.pml4);
    run(tcb, fpu_stop);
    set_space(tcb, seL4_CapInitThreadVSpace);
    say_state(tcb, 4);
    end_thread(tcb);
}

#ifdef Label_TCB_SetFlags
static void switched_off(void)
{
    const seL4_CPtr tcb = new_thread(), other = new_thread();

    load(tcb, 6);
    must((seL4_Error)seL4_TCB_SetFlags(tcb, 0, 1).error, "SetFlags");
    say_state(tcb, 6);
    load(other, 7);
    must((seL4_Error)seL4_TCB_SetFlags(tcb, 1, 0).error, "SetFlags");
    say_state(tcb, 6);
    end_thread(tcb);
    end_thread(other);
}
#endif

static const struct check checks[] = {
    {"FPU0001", "state of a new thread", new_state},
    {"FPU0002", "a TCB that is used, deleted and made again at its place, twice", made_again},
    {"FPU0003", "two threads in turn", each_its_own},
    {"FPU0004", "CopyRegisters takes none along", copied_registers},
    {"FPU0005", "a thread that was in another VSpace", through_another_vspace},
#ifdef Label_TCB_SetFlags
    {"FPU0006", "the FPU switched off, and on again", switched_off},
#endif
};

const struct check_table fpu_checks = CHECK_TABLE(checks);
