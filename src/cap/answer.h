/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a method answers: a label (enum sel4_error) and up to five words. Decoding builds it by
 * value; whether it is sent is the business of kernel/invocation.c.
 */
#ifndef CAP_ANSWER_H
#define CAP_ANSWER_H

#include <abi/error.h>
#include <model/kernel.h>

enum answer_kind {
    ANSWER_REPLY,     /* label and words go to the caller, if it made a Call */
    ANSWER_WRITTEN,   /* the method wrote `length` message registers of the caller itself */
    ANSWER_PREEMPTED, /* not finished: the call is made again */
    ANSWER_DEVICE,    /* finished by kernel_device_answer() */
};

#define ANSWER_MAX_WORDS     5
#define REASON_MAX_ARGUMENTS 4

/* What a debug kernel says of an answer (model/user_error.h). why NULL: nothing, and often so. */
struct reason {
    const char *where; /* the function of the real kernel that says it */
    const char *why;   /* a format; it takes words only: %lu, %lx */
    word_t argument[REASON_MAX_ARGUMENTS];
};

struct answer {
    enum answer_kind kind;
    uint8_t label; /* enum sel4_error */
    uint8_t length;
    word_t word[ANSWER_MAX_WORDS];
    struct reason reason;
};

static inline bool answer_is_error(struct answer a)
{
    return a.kind != ANSWER_REPLY || a.label != SEL4_NO_ERROR;
}

struct answer answer_ok(void);
struct answer answer_word(word_t word);
struct answer answer_words(unsigned count, const word_t *words);
struct answer answer_written(unsigned length); /* the method set the message registers itself */
struct answer answer_kind_only(enum answer_kind kind);

struct answer answer_invalid_argument(unsigned argument);
struct answer answer_invalid_capability(unsigned capability); /* 0: the invoked one */
struct answer answer_illegal_operation(void);
struct answer answer_range_error(word_t min, word_t max);
struct answer answer_alignment_error(void);
struct answer answer_failed_lookup(bool was_source, struct lookup_failure failure);
struct answer answer_truncated_message(void);
struct answer answer_delete_first(void);
struct answer answer_revoke_first(void);
struct answer answer_not_enough_memory(word_t free_bytes);

/* `answer` with that reason, in place of what a lookup or a derivation may have given already. */
struct answer answer_because(struct answer answer, const char *where, const char *why, ...)
    __attribute__((format(printf, 3, 4)));
struct answer answer_with_reason(struct answer answer, struct reason reason);

/*
 * The argument for what is a %d in the real kernel: cut to 32 bits, its sign extended, and then
 * printed without a sign like every number there.
 */
static inline word_t reason_int(word_t value)
{
    return (word_t)(int32_t)value;
}

/* Says the reason, if there is one. Whoever invokes a method does that for the method's answer. */
void answer_report(struct kernel *k, const struct answer *answer);

struct lookup_failure lookup_invalid_root(void);
struct lookup_failure lookup_missing_capability(unsigned bits_left);
struct lookup_failure lookup_depth_mismatch(unsigned bits_left, unsigned bits_found);
struct lookup_failure lookup_guard_mismatch(unsigned bits_left, word_t guard_found,
                                            unsigned guard_size);

/* The words that describe `failure` in faults and errors; returns how many (0 to 3). */
unsigned lookup_failure_words(struct lookup_failure failure, word_t ret_words[3]);

#endif
