/* SPDX-License-Identifier: BSD-2-Clause */
/* What bytes choose among a guest's capabilities and threads, and other values. */
#ifndef KERNEL_TESTKIT_CHOICE_H
#define KERNEL_TESTKIT_CHOICE_H

#include <base/bits.h>
#include <kernel/testkit_random.h>

static inline unsigned take(struct byte_source *bytes, unsigned limit)
{
    unsigned byte = bytes->at < bytes->end ? *bytes->at++ : 0;
    return byte % limit;
}

/* True once in `times`. */
static inline bool rarely(struct byte_source *bytes, unsigned times)
{
    return take(bytes, times) == times - 1;
}

static inline bool is_any(union cap cap)
{
    return !cap_is_null(cap);
}

/* For a page, or many smaller objects. */
static inline bool has_room(union cap cap)
{
    return cap_type(cap) == CAP_UNTYPED && !cap.untyped.is_device &&
           cap.untyped.free_index + PAGE_BYTES <= bit(cap.untyped.size_bits);
}

/* For a page of any size, and for nothing else. */
static inline bool is_large_device(union cap cap)
{
    return cap_type(cap) == CAP_UNTYPED && cap.untyped.is_device &&
           cap.untyped.size_bits >= HUGE_PAGE_BITS;
}

static inline bool is_page_untyped(union cap cap)
{
    return cap_type(cap) == CAP_UNTYPED && cap.untyped.size_bits == 12 && !cap.untyped.is_device &&
           cap.untyped.free_index == 0;
}

static inline bool is_new_vspace(union cap cap)
{
    return cap_type(cap) == CAP_PML4 && !cap.pml4.is_mapped;
}

/* Any at all: small ones, limits, addresses. */
word_t choose_word(struct byte_source *bytes);
cptr_t choose_cptr(struct byte_source *bytes);

/* What is in a slot of the initial CNode. */
union cap root_cap(const struct replay *r, cptr_t cptr);

/*
 * The next slot of it from a random one on that fits, if there is one; behind what boot made, most
 * of the time. type: CAP_TYPE_COUNT is any; fits: NULL is always.
 */
cptr_t choose_fitting(const struct replay *r, struct byte_source *bytes, enum cap_type type,
                      bool (*fits)(union cap));
cptr_t choose_slot(const struct replay *r, struct byte_source *bytes, bool (*fits)(union cap));
cptr_t choose_type(const struct replay *r, struct byte_source *bytes, enum cap_type type);

/* Whether there is one behind what boot made, and whether few slots there are empty. */
bool root_has(const struct replay *r, enum cap_type type, bool (*fits)(union cap));
bool root_is_crowded(const struct replay *r);

/* A slot of a CNode, by its number in there: empty or full, if there is one within 256. */
unsigned choose_place(const struct replay *r, struct byte_source *bytes, union cap cnode,
                      bool wants_empty);

/* The place in the list of all threads of one that can make calls, if there is one. */
word_t choose_thread(const struct replay *r, struct byte_source *bytes);

#endif
