/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test seat: a booted kernel in plain memory, without processes. The initial thread has an
 * image of two pages and its IPC buffer; tests make calls in its name.
 */
#ifndef MODEL_TESTKIT_GUEST_H
#define MODEL_TESTKIT_GUEST_H

#include <abi/invocation.h>
#include <abi/object.h>
#include <cap/answer.h>
#include <kernel/kernel_api.h>

#define GUEST_MEMORY_END  UINT64_C(0x1ffe0000) /* a PC with 512 MiB, as QEMU makes it */
#define GUEST_IMAGE_START UINT64_C(0x400000)
#define GUEST_IMAGE_PAGES 6

struct guest {
    struct kernel *k;
    const char *problem; /* what kernel_boot() said; NULL: booted */
    size_t size;
    word_t first_untyped, next_slot; /* of the initial CNode */
    paddr_t root;                    /* TCB of the initial thread */
    nanoseconds_t now;
    struct boot_info boot;
    cptr_t reply; /* MCS: the reply object that receiving threads name */
};

/* Boots with `config` and RAM up to `memory_end`; the caller ends it with guest_end(). */
struct guest guest_boot(struct kernel_config config, paddr_t memory_end);
/* The same with the default configuration and 512 MiB. */
struct guest guest_boot_default(void);
/* The same with MCS; g.reply is a reply object. */
struct guest guest_boot_mcs(void);
/* Fills in what guest_boot() would boot with, for tests that change it. */
struct boot_info guest_boot_info(const struct kernel_config *config, paddr_t memory_end);
struct guest guest_boot_with(const struct boot_info *boot, paddr_t memory_end);
void guest_end(struct guest *g);

struct slot *guest_slot(const struct guest *g, cptr_t cptr);
union cap guest_cap(const struct guest *g, cptr_t cptr);
struct tcb *guest_root(const struct guest *g);

/* BootInfo of the initial thread; the word at a byte offset of it. */
void *guest_bootinfo(const struct guest *g);
word_t guest_bootinfo_word(const struct guest *g, unsigned offset);

/* A call by the initial thread on the capability at `cap`. */
struct guest_call {
    cptr_t cap;
    enum invocation method;
    unsigned length;
    word_t words[24];
    unsigned caps;
    cptr_t extra[3];
};
#define WORDS(...)                                                                                 \
    .length = sizeof((word_t[]){__VA_ARGS__}) / sizeof(word_t), .words = {__VA_ARGS__}
#define EXTRA(...) .caps = sizeof((cptr_t[]){__VA_ARGS__}) / sizeof(cptr_t), .extra = {__VA_ARGS__}

/* Straight to the object's table: no lookup, no reply, no scheduling. */
struct answer guest_invoke(struct guest *g, struct guest_call call);

/* Makes an object of `kind` in the next free slot and returns that; 0 if Retype fails. `untyped`:
 * of which; else one with room. */
cptr_t guest_make_in(struct guest *g, cptr_t untyped, enum object_kind kind, unsigned size_bits);
cptr_t guest_make(struct guest *g, enum object_kind kind, unsigned size_bits);
/*
 * MCS: a scheduling context of 2^8 bytes with these microseconds, sporadic, with as many refills as
 * it has room for, badge 0x5c; round robin if budget and period are the same.
 */
cptr_t guest_make_sched_context(struct guest *g, word_t budget, word_t period);
/* Copies with all rights to the next free slot; 0 if that fails. */
cptr_t guest_copy(struct guest *g, cptr_t cptr);

/* A CNode with a capability in its last slot: to delete it takes a unit of work for each slot. */
cptr_t guest_make_used_cnode(struct guest *g, unsigned radix);
void guest_delete(struct guest *g, cptr_t cptr);

/* The expected answer: CHECK_ANSWER(answer, answer_range_error(0, 7)). */
#define CHECK_ANSWER(got, expected)                                                                \
    do {                                                                                           \
        struct answer got_ = (got), expected_ = (expected);                                        \
        CHECK_EQ(got_.kind, expected_.kind);                                                       \
        CHECK_STR(abi_error_name(got_.label), abi_error_name(expected_.label));                    \
        CHECK_EQ(got_.length, expected_.length);                                                   \
        CHECK_MEM(got_.word, expected_.word, expected_.length * sizeof(word_t));                   \
    } while (0)

#endif
