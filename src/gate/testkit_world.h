/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world for tests of the seat: a booted kernel, the monitor gate with real processes, and a
 * client that counts. The initial thread runs pieces of assembler; page tables are written by the
 * test where that is shorter than making the calls.
 */
#ifndef GATE_TESTKIT_WORLD_H
#define GATE_TESTKIT_WORLD_H

#include <abi/object.h>
#include <abi/syscall.h>
#include <base/bits.h>
#include <gate/monitor.h>
#include <gate/seat_state.h>
#include <host/memory.h>
#include <model/testkit_guest.h>

#define MEMORY_BYTES (UINT64_C(64) << 20)
#define DEVICE       UINT64_C(0xfed00000)
#define NOTHING      UINT64_C(0xfd000000) /* neither memory nor device */
#define PAGE(n)      (GUEST_IMAGE_START + (n)*PAGE_BYTES)
#define EXTRA_PAGE   PAGE(64) /* in the image's page table, not mapped at first */

struct world {
    struct host_memory memory;
    struct kernel *k;
    paddr_t root; /* the initial thread's VSpace */
    struct gate *gate;
    struct seat *seat;
    struct seat_result result;
    char text[8192];
    size_t length;
    uint64_t device[512];
    unsigned reads, writes, waits, armed, entered, left;
    nanoseconds_t start, stop_at;
    unsigned maps, unmaps; /* the seat's edits */
    uint64_t mapped_bytes;
    int map_error;   /* for the next map; 0: none */
    vaddr_t refused; /* a page that Linux refuses to map; 0: none */
    void (*on_wait)(struct world *world);
};

/*
 * A piece of guest code: r12 and r13 hold the numbers of DebugPutChar and DebugHalt, r14 and r15
 * what the test likes.
 */
struct piece {
    const uint8_t *start, *end;
};
#define PIECE(name, text)                                                                          \
    extern const uint8_t name##_start[], name##_end[];                                             \
    __asm__(".pushsection .rodata\n" #name "_start:\n" text "\n" #name "_end:\n.popsection\n");    \
    static const struct piece name = {name##_start, name##_end}
#define PUT_CHAR "movq %r12, %rdx; syscall;"
#define PRINT(c) "movl $" #c ", %edi;" PUT_CHAR
#define HALT     "movq %r13, %rdx; syscall;"

/* A booted kernel and an open seat. Checks as it goes. */
bool world_open(struct world *world);
void world_close(struct world *world); /* and checks that no process is left */

/* The gate's operations as the seat uses them: edits are counted. */
extern struct gate_ops world_ops;
/* Gives the world another gate, with its own page at `hole`. */
void world_reopen_gate(struct world *world, vaddr_t hole);

/* Loads the piece as the initial thread's code; runs the seat to its end. */
void world_load(struct world *world, const struct piece *piece, word_t r14, word_t r15);
enum seat_end world_run(struct world *world, const struct piece *piece, word_t r14, word_t r15);

struct tcb *world_thread(struct world *world);
/* A page of the image, or guest memory, as the machine sees it. */
void *world_image_page(struct world *world, unsigned n);
void *world_memory(struct world *world, paddr_t paddr);

/* Maps any physical page in the image's page table; flags: of enum pte_bits, 0 takes it out. */
enum { READ_ONLY = PTE_PRESENT | PTE_USER, READ_WRITE = READ_ONLY | PTE_WRITE };
void world_map(struct world *world, vaddr_t vaddr, paddr_t paddr, uint64_t flags);

/* Checks that the kernel has reported a VM fault that nobody handled. */
void world_check_vm_fault(struct world *world, vaddr_t address, word_t fsr);

nanoseconds_t world_now(void *context);

#endif
