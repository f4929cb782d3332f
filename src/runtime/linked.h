/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A linked process: an ordinary program of Linux's that has the runtime region beside its own
 * memory, and is the process of a VSpace. Nothing in it traps: system calls are calls of the gate
 * here. Its carriers are threads of its libc, so FS and GS are libc's, and their bases as the guest
 * sets them are values of the TCB alone. What the guest has not mapped belongs to Linux: a fault
 * there is the guest's if the thread has a fault handler, and else ends the program as any other.
 *
 * libsel4-emu (libsel4/linked/) is what the program brings along; this file is all it knows of us.
 */
#ifndef RUNTIME_LINKED_H
#define RUNTIME_LINKED_H

#include <base/types.h>
#include <runtime/landing.h>

struct carrier_page;

/*
 * From the machine, by the program's socket, when its VSpace is to have a process; with the
 * descriptors image, state, memory, wake, in this order. A part's fd is an index among these, or
 * -1.
 */
enum { LINKED_IMAGE, LINKED_STATE, LINKED_MEMORY, LINKED_WAKE, LINKED_FD_COUNT };

#define LINKED_CPU_BYTES 128

struct linked_place {
    uint32_t vspace; /* index of its struct runtime_vspace */
    uint32_t cpu_bytes;
    uint32_t forbids_host_calls; /* 1: --host-calls=none */
    vaddr_t base;
    struct region_part parts[REGION_PART_COUNT];
    uint8_t cpus[LINKED_CPU_BYTES]; /* where its threads are to run: a mask as Linux has it */
};

/* Afterwards, once: the machine has ended, and the program is to end with that status. */
struct linked_end {
    int32_t status;
};

/* The page that stands for the program's image in BootInfo; IPC buffer and BootInfo follow. */
#define LINKED_IMAGE_START UINT64_C(0x100000)
#define LINKED_IMAGE_END   UINT64_C(0x101000)

/* A fault that ends the program. */
struct linked_crash {
    const char *thread; /* the TCB's name; "": it has none */
    vaddr_t instruction;
    bool is_page_fault, is_write, is_fetch;
    vaddr_t address; /* of a page fault; else the processor's vector */
    unsigned vector;
};

#define LINKED_SIGNALS 6

/* What the program tells the runtime in its process. */
struct linked_program {
    vaddr_t text, text_end; /* its own code: elsewhere (libc) a TCB is not preempted */
    /* Descriptors of guest memory and of the eventfd, in this process. */
    int32_t memory_fd, wake_fd;
    /* Starts a thread that calls carry(); returns its tid or a negative errno. */
    int64_t (*start)(struct carrier_page *page);
    /* Says so; in a signal handler. */
    void (*tell_crash)(const struct linked_crash *crash);
};

/* What the runtime offers, at `linked` of its header; these addresses are of the region. */
struct linked_calls {
    /* Before all others: from now on signals of the processor come to us. Returns 0 or -errno. */
    int64_t (*install)(const struct linked_program *program);
    /* The edit thread: lands, then serves. Does not return. */
    void (*serve)(uint32_t vspace);
    /*
     * By the thread that start() has made, its alternate signal stack at `signal_stack`, with the
     * kick not blocked: runs the TCB. Returns when the thread is to end; then, when it uses that
     * stack no more, it calls left(). ipc_buffer: the thread's own word, which always has the
     * address of its TCB's IPC buffer.
     */
    void (*carry)(struct carrier_page *page, void *ipc_buffer);
    void (*left)(struct carrier_page *page);
    /* Whether the page is a frame of the guest, for its TCBs. */
    bool (*has_frame)(vaddr_t page);
    vaddr_t (*signal_stack)(const struct carrier_page *page, uint64_t *ret_bytes);
    /*
     * The gate. Called with what a `syscall` instruction takes, by an instruction of two bytes as
     * that is: what the kernel restarts is made again.
     */
    void (*gate)(void);
};

#endif
