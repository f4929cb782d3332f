/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patched system calls (docs/decisions/0007-patched-gates.md). A `syscall` instruction with seL4's
 * `mov %rbx, %rsp` behind it becomes a jump to a stub, which says which site it is and jumps to the
 * runtime:
 *
 *     0f 05  48 89 dc   ->   e9 rel32
 *
 * The page that it lies in becomes a private copy that cannot be written; guest memory keeps what
 * it has. A page that the guest can write elsewhere gets none, and one that is written loses them.
 * Guest code sees the kernel's addresses: a call that has been made goes on behind the `syscall`,
 * where there is no instruction now, so patch_mend() takes it over the `mov`.
 *
 * A guest that copies code by reading it copies jumps. Where they run at the same address in
 * another VSpace, as of a process that is cloned, they are found out, and what was copied becomes
 * what it was: so a number means the same address in all processes, for ever.
 */
#ifndef RUNTIME_PATCH_H
#define RUNTIME_PATCH_H

#include <abi/registers.h>
#include <base/bits.h>
#include <base/types.h>
#include <model/translation.h>

/* The instruction, and with it what lies behind it: what is patched. */
#define PATCH_CALL_BYTES 2
#define PATCH_SITE_BYTES 5

/* The stubs, and what all of them jump to; in whole pages. */
#define PATCH_STUBS_BYTES (2 * PAGE_BYTES)
#define PATCH_STUB_BYTES  10
#define PATCH_END_BYTES   16
#define PATCH_SITES       ((PATCH_STUBS_BYTES - PATCH_END_BYTES) / PATCH_STUB_BYTES)

#define PATCH_BUCKETS    256
#define PATCH_PLACES     32
#define PATCH_SEEN       256
#define PATCH_LEFT_ALONE 32

/* Of all processes. Sites are named by their number + 1; 0: none. */
struct patch_sites {
    vaddr_t site[PATCH_SITES]; /* address of the `syscall` */
    uint16_t next[PATCH_SITES + 3], buckets[PATCH_BUCKETS];
    uint64_t count, place_count;
    vaddr_t place[PATCH_PLACES]; /* where stubs have been; the last one: where they are */
};

/* Of one process. All zero: no patches. */
struct patches {
    vaddr_t stubs; /* where this process has mapped them; 0: not yet */
    bool has_ended;
    uint32_t vspace;                           /* index of this process's */
    vaddr_t start, end;                        /* all patched pages lie there */
    uint64_t is_here[(PATCH_SITES + 63) / 64]; /* sites that are patched */
    /* Calls that trapped, and how often: what is called once is not worth a patch. */
    struct {
        vaddr_t site;
        uint64_t count;
    } seen[PATCH_SEEN];
    uint64_t left_alone_count;
    vaddr_t left_alone[PATCH_LEFT_ALONE]; /* pages that get no patches any more */
};

/* A system call of the guest has trapped there, in this process's VSpace. */
void patch_note_call(uint32_t vspace, paddr_t root, vaddr_t site);

/* The site with that index, if it is patched in this process; else 0. */
vaddr_t patch_site(uint32_t index);

/*
 * Guest code has jumped from the site with that index. True: of a patch, which is at *ret_site.
 * False: of a copy, which is mended, and guest code is to try again there; or (0) it has found the
 * stub by itself.
 */
bool patch_is_taken(paddr_t root, uint32_t index, vaddr_t *ret_site);

/* The same of a jump to where there are no stubs in this process: true if rip is to be *ret_site.
 */
bool patch_mend_copy(paddr_t root, vaddr_t address, vaddr_t *ret_site);

/*
 * Guest code was stopped behind a patched site, before it became a call: rip is at the site again,
 * and true.
 */
bool patch_take_back(word_t reg[USER_REGISTER_COUNT]);

/* Guest code is to go on with reg[]. */
void patch_mend(paddr_t root, word_t reg[USER_REGISTER_COUNT]);

/* Linux has unmapped pages of this process. */
void patch_forget(vaddr_t start, vaddr_t end);

/* Linux is going to map that run, of this process: patches of pages that it lets be written end. */
void patch_make_way(const struct translation_run *run);

/*
 * Of the calling process: nothing is mapped there any more, no patches are, and of stubs there is
 * neither. By whoever has the turn, or the edit thread for it. Returns 0 or -errno.
 */
long patch_undo(vaddr_t start, vaddr_t end);

/* The same in each process, by whoever has the turn. */
void patch_undo_everywhere(vaddr_t start, vaddr_t end);

/* A private copy of guest memory, which can be written until it is closed. Return 0 or -errno. */
long patch_open_copy(vaddr_t start, uint64_t bytes, paddr_t paddr);
long patch_close_copy(vaddr_t start, uint64_t bytes);

/*
 * By the edit thread: nothing of the guest's is mapped any more, for the process is another
 * VSpace's. That is likely to run the same program: what was worth a patch needs to trap but once.
 */
long patch_begin_again(void);

/*
 * The guest has mapped something where the stubs are: no process has patches any more, and where it
 * gets new ones its stubs are elsewhere.
 */
void patch_move(void);

/* The process of that VSpace is no more. */
void patch_process_ended(uint32_t vspace);

#endif
