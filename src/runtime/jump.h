/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate that is a jump: from a patched `syscall` instruction (runtime/patch.h) to the carrier's
 * gate stack, and back. Nothing traps, and Linux knows nothing of it: vector state stays in the
 * processor, and a signal that comes meanwhile interrupts the runtime, not the guest.
 *
 * The way in, up to where the guest's stack pointer is given up, changes nothing but rcx and r11,
 * which the instruction destroys anyway: whatever stops it there is taken for something at the
 * instruction. The way out reads `attention` first and memory alone after that, so that a kick has
 * it begin anew.
 */
#ifndef RUNTIME_JUMP_H
#define RUNTIME_JUMP_H

#include <runtime/carrier.h>

/*
 * Of both ways in, this one and a linked program's call: the flags go to the page in r11, rax is
 * lost. The runtime runs without the trap flag and without the alignment flag.
 */
#define JUMP_TAKE_FLAGS                                                                            \
    "    pushfq\n"                                                                                 \
    "    .cfi_adjust_cfa_offset 8\n"                                                               \
    "    cld\n"                                                                                    \
    "    pop %rax\n"                                                                               \
    "    .cfi_adjust_cfa_offset -8\n"                                                              \
    "    and $~0x100, %rax\n"                                                                      \
    "    mov %rax, 16(%r11)\n"                                                                     \
    "    test $0x40000, %eax\n"                                                                    \
    "    jz 1f\n"                                                                                  \
    "    and $~0x40000, %rax\n"                                                                    \
    "    push %rax\n"                                                                              \
    "    .cfi_adjust_cfa_offset 8\n"                                                               \
    "    popfq\n"                                                                                  \
    "    .cfi_adjust_cfa_offset -8\n"

/* Where stubs jump to: index of the site in rcx. */
extern const char bases_jump_in[] __attribute__((visibility("hidden")));
/* The first instruction behind the part that may be taken back. */
extern const char bases_jump_in_end[] __attribute__((visibility("hidden")));

/*
 * Where a linked libsel4 jumps by the gate word (runtime/word.h), and r14 says where it goes on:
 * one of two, of which the first traps. And the end of the part of both that may be taken back.
 */
extern const char bases_word_trap[] __attribute__((visibility("hidden")));
extern const char bases_word_in[] __attribute__((visibility("hidden")));
extern const char bases_word_in_end[] __attribute__((visibility("hidden")));

static inline bool jump_is_beginning(word_t rip)
{
    return rip - (word_t)bases_jump_in < (word_t)(bases_jump_in_end - bases_jump_in);
}

static inline bool jump_is_beginning_by_word(word_t rip)
{
    return rip - (word_t)bases_word_trap < (word_t)(bases_word_in_end - bases_word_trap);
}

/* Guest code was stopped there: rip is at the jump again, and true. */
bool jump_take_back(word_t reg[USER_REGISTER_COUNT]);

/* Whether that is possible with these registers: not with some flags. */
bool jump_can_write(const word_t reg[USER_REGISTER_COUNT]);

/*
 * The guest of this carrier, which came by a jump, goes on with reg[] when the gate is left; with
 * flags that are no result of arithmetic, by a signal's frame (page->is_converted).
 */
void jump_write(struct carrier_page *page, const word_t reg[USER_REGISTER_COUNT]);

/*
 * What the gate's way in calls: of a call from the site with that index (or TURN_LINKED_CALL); all
 * but rip, rcx and r11 are in page->reg[].
 */
void jump_taken(struct carrier_page *page, uint32_t index) __attribute__((visibility("hidden")));

/* The kick has come while the runtime was at `rip`: where it is to go on. */
word_t jump_after_kick(word_t rip);

#endif
