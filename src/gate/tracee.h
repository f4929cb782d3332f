/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One Linux thread under ptrace (seized): stops, resuming, registers, vector state, and system
 * calls made on its behalf from the injection page. Everything that depends on the processor is in
 * gate/x86_64.c, everything else in gate/tracee.c.
 *
 * A tracee is always stopped when one of these functions is called and when it returns, except
 * between tracee_resume() and tracee_wait(). Only the thread that seized it may call.
 */
#ifndef GATE_TRACEE_H
#define GATE_TRACEE_H

#include <abi/registers.h>
#include <base/types.h>
#include <gate/decode.h>
#include <gate/gate.h>

struct injection_page;

struct tracee {
    struct injection_page *injection;
    int pid, tid;
    int group;               /* of the process, whose first thread it is; 0: it is another thread */
    int early_tid;           /* of its clone() that has stopped before it did itself; 0: none */
    bool is_gone;            /* reaped: no more calls */
    word_t fs_base, gs_base; /* as Linux holds them for the thread */
    bool has_id_flag;        /* the same */
    word_t debug_control;    /* the same of its debug control register; 0: no breakpoint */
    vaddr_t debug_address[HARDWARE_BREAKPOINTS];
};

enum stop_kind {
    STOP_GONE,    /* the thread has ended, and was reaped */
    STOP_SYSCALL, /* at a system call that SYSEMU skips */
    STOP_SIGNAL,  /* `signal` is about to be delivered; resuming suppresses it */
    STOP_CHILD,   /* a clone() of its own succeeded */
    STOP_EVENT,   /* PTRACE_INTERRUPT, a group stop or its end */
};

struct stop {
    enum stop_kind kind;
    int signal;
    int exit_status; /* STOP_GONE */
};

/* request: PTRACE_CONT or PTRACE_SYSEMU. -ESRCH: the thread is being killed. */
int tracee_resume(struct tracee *tracee, int request);
/*
 * A signal handler that runs meanwhile does not end the wait. Of a process that is killed Linux
 * reports the first thread once the others are reaped: whoever waits for it reaps them.
 */
int tracee_wait(struct tracee *tracee, struct stop *ret_stop);

/* Kills the whole process and reaps this thread. */
void tracee_kill(struct tracee *tracee);

/* Code of the injection page, and where calls find strings and structs. */
enum injection_offset {
    INJECTION_SYSCALL = 0,
    INJECTION_SYSCALL_END = 2, /* rip as the seccomp filter sees it */
    INJECTION_WRFSBASE = 8,    /* from rax */
    INJECTION_WRGSBASE = 16,
    INJECTION_POPF = 24,   /* from the stack at rdi */
    INJECTION_DATA = 2048, /* wiped after each use */
    INJECTION_DATA_BYTES = 2048,
};
void injection_page_fill(uint8_t data[PAGE_BYTES]);

/*
 * The page as a file that all processes map. Hidden, it is empty: an access raises SIGBUS, which is
 * a page fault to the guest. Hiding costs more than a map edit, so only a guest that has something
 * of its own at the page's address makes it necessary. `data` is there while it is shown.
 */
struct injection_page {
    int fd;
    uint8_t *data; /* writable, in the machine */
    bool is_hidden;
};
int injection_page_open(struct injection_page *page); /* on failure close() is due as well */
void injection_page_close(struct injection_page *page);
int injection_page_show(struct injection_page *page);
int injection_page_hide(struct injection_page *page);

/*
 * Makes one system call in the tracee from the injection page at `page`. Returns its result: 0 or
 * more, or a negative errno value, its own or ptrace's. ret_child: the tid that a clone() made; may
 * be NULL. The tracee's general registers are lost.
 */
long tracee_call(struct tracee *tracee, vaddr_t page, long number, const word_t argument[6],
                 int *ret_child);

/* Runs other code of the page, up to its int3. Returns rax; -EFAULT: the code faulted. */
long tracee_run_code(struct tracee *tracee, vaddr_t page, enum injection_offset offset, long rax,
                     const word_t argument[6], int *ret_child);

/* --- gate/debug_registers.c ---------------------------------------------------------------- */

int tracee_set_breakpoints(struct tracee *tracee,
                           const struct breakpoint list[HARDWARE_BREAKPOINTS]);
/* Turns those of `control` (tracee->debug_control) on; 0: all off. Addresses stay. */
int tracee_set_debug_control(struct tracee *tracee, word_t control);
/* The instruction breakpoints on `rip`, as bits. */
uint8_t tracee_breakpoints_at(const struct tracee *tracee, vaddr_t rip);
/* The breakpoints that the last SIGTRAP came from. */
int tracee_read_hits(const struct tracee *tracee, uint8_t *ret_breakpoints);

/* --- gate/x86_64.c ------------------------------------------------------------------------- */

int tracee_read_registers(struct tracee *tracee, word_t ret_reg[USER_REGISTER_COUNT]);
int tracee_write_registers(struct tracee *tracee, vaddr_t page,
                           const word_t reg[USER_REGISTER_COUNT]);

/* What tracee_run_code() needs. Whether the code has come to its int3: 1 and its rax, 0, or a
 * negative errno. */
int tracee_begin_code(struct tracee *tracee, vaddr_t code, long rax, const word_t argument[6]);
int tracee_end_code(struct tracee *tracee, vaddr_t page, long *ret_rax);

/* Vector state as the processor has it after a reset; `from`'s. buffer: of VECTOR_STATE_MAX. */
#define VECTOR_STATE_MAX 16384
int tracee_clear_vector_state(struct tracee *tracee, void *buffer);
int tracee_copy_vector_state(struct tracee *from, struct tracee *to, void *buffer);
/* The XSAVE area, into the buffer; its first `size` bytes, to which the buffer adds the rest. */
int tracee_read_vector_state(struct tracee *tracee, void *buffer, size_t *ret_size);
int tracee_write_vector_state(struct tracee *tracee, const void *xsave, size_t size, void *buffer);

/*
 * What a STOP_SYSCALL or STOP_SIGNAL means to the guest, and its registers. Returns 1 and the
 * trap; 0 if the guest has nothing to do with it and is to be resumed; negative errno: the host
 * failed the guest.
 */
int tracee_decode_stop(struct tracee *tracee, vaddr_t page, const struct stop *stop,
                       word_t ret_reg[USER_REGISTER_COUNT], struct trap *ret_trap);

/* Clears the trap flag in the flags that an instruction has just stored at `rsp`. */
int tracee_hide_trap_flag(struct tracee *tracee, vaddr_t rsp);

/* Up to 15 bytes of code at `address`; returns how many could be read. */
unsigned tracee_read_code(const struct tracee *tracee, vaddr_t address,
                          uint8_t ret_code[INSTRUCTION_MAX]);

#endif
