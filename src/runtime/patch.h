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
 */
#ifndef RUNTIME_PATCH_H
#define RUNTIME_PATCH_H

#include <abi/registers.h>
#include <base/types.h>
#include <model/translation.h>

/* The page of stubs ends with what all of them jump to. */
#define PATCH_STUB_BYTES 10
#define PATCH_SITES      408

#define PATCH_BUCKETS    256
#define PATCH_SEEN       256
#define PATCH_LEFT_ALONE 32

/* Of one process. Sites are named by their number + 1; 0: none. All zero: no patches. */
struct patches {
    vaddr_t stubs; /* where this process has mapped them; 0: not yet */
    bool has_ended;
    uint32_t vspace;           /* index of this process's, once there is a patch */
    vaddr_t start, end;        /* all patched pages lie there */
    vaddr_t site[PATCH_SITES]; /* address of the `syscall`; 0: free */
    uint16_t next[PATCH_SITES], buckets[PATCH_BUCKETS];
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

/* The site with that index, or 0. */
vaddr_t patch_site(uint32_t index);

/*
 * Guest code was stopped behind a patched site, before it became a call: rip is at the site again,
 * and true.
 */
bool patch_take_back(word_t reg[USER_REGISTER_COUNT]);

/* Guest code is to go on with reg[]. */
void patch_mend(word_t reg[USER_REGISTER_COUNT]);

/* Linux has unmapped pages of this process. */
void patch_forget(vaddr_t start, vaddr_t end);

/* Linux is going to map that run, of this process: patches of pages that it lets be written end. */
void patch_make_way(const struct translation_run *run);

/*
 * Of the calling process: nothing is mapped there any more, no patches are, and of stubs there is
 * neither. By whoever has the turn, or the edit thread for it. Returns 0 or -errno.
 */
long patch_undo(vaddr_t start, vaddr_t end);

/* The guest has mapped something where the stubs are: no process has patches from now on. */
void patch_end(void);

/* The process of that VSpace is no more. */
void patch_process_ended(uint32_t vspace);

#endif
