/* SPDX-License-Identifier: BSD-2-Clause */
#include <cap/answer.h>

#include <base/assert.h>
#include <model/user_error.h>
#include <stdarg.h>

static struct answer answer_make(enum sel4_error label, unsigned length, word_t w0, word_t w1)
{
    return (struct answer){
        .kind = ANSWER_REPLY,
        .label = (uint8_t)label,
        .length = (uint8_t)length,
        .word = {w0, w1},
    };
}

struct answer answer_ok(void)
{
    return answer_make(SEL4_NO_ERROR, 0, 0, 0);
}

struct answer answer_word(word_t word)
{
    return answer_make(SEL4_NO_ERROR, 1, word, 0);
}

struct answer answer_words(unsigned count, const word_t *words)
{
    struct answer answer = answer_make(SEL4_NO_ERROR, count, 0, 0);
    for (unsigned i = 0; i < count && i < ANSWER_MAX_WORDS; i++)
        answer.word[i] = words[i];
    return answer;
}

struct answer answer_written(unsigned length)
{
    struct answer answer = answer_make(SEL4_NO_ERROR, length, 0, 0);
    answer.kind = ANSWER_WRITTEN;
    return answer;
}

struct answer answer_kind_only(enum answer_kind kind)
{
    return (struct answer){.kind = kind};
}

struct answer answer_invalid_argument(unsigned argument)
{
    return answer_make(SEL4_INVALID_ARGUMENT, 1, argument, 0);
}

struct answer answer_invalid_capability(unsigned capability)
{
    return answer_make(SEL4_INVALID_CAPABILITY, 1, capability, 0);
}

struct answer answer_illegal_operation(void)
{
    return answer_make(SEL4_ILLEGAL_OPERATION, 0, 0, 0);
}

struct answer answer_range_error(word_t min, word_t max)
{
    return answer_make(SEL4_RANGE_ERROR, 2, min, max);
}

struct answer answer_alignment_error(void)
{
    return answer_make(SEL4_ALIGNMENT_ERROR, 0, 0, 0);
}

struct answer answer_failed_lookup(bool was_source, struct lookup_failure failure)
{
    struct answer answer = answer_make(SEL4_FAILED_LOOKUP, 2, was_source, failure.type);
    answer.length = (uint8_t)(answer.length + lookup_failure_words(failure, &answer.word[2]));
    return answer;
}

struct answer answer_truncated_message(void)
{
    return answer_make(SEL4_TRUNCATED_MESSAGE, 0, 0, 0);
}

struct answer answer_delete_first(void)
{
    return answer_make(SEL4_DELETE_FIRST, 0, 0, 0);
}

struct answer answer_revoke_first(void)
{
    return answer_make(SEL4_REVOKE_FIRST, 0, 0, 0);
}

struct answer answer_not_enough_memory(word_t free_bytes)
{
    return answer_make(SEL4_NOT_ENOUGH_MEMORY, 1, free_bytes, 0);
}

struct answer answer_with_reason(struct answer answer, struct reason reason)
{
    answer.reason = reason;
    return answer;
}

struct answer answer_because(struct answer answer, const char *where, const char *why, ...)
{
    struct reason reason = {.where = where, .why = why};
    unsigned count = 0;
    va_list arguments;
    va_start(arguments, why);
    for (const char *c = why; *c; c++) {
        if (*c != '%')
            continue;
        ASSERT(c[1] == 'l' && count < REASON_MAX_ARGUMENTS);
        reason.argument[count++] = va_arg(arguments, word_t);
    }
    va_end(arguments);
    return answer_with_reason(answer, reason);
}

void answer_report(struct kernel *k, const struct answer *answer)
{
    const struct reason *r = &answer->reason;
    _Static_assert(REASON_MAX_ARGUMENTS == 4, "each is handed on");
    if (r->why)
        user_error(k, r->where, r->why, r->argument[0], r->argument[1], r->argument[2],
                   r->argument[3]);
}

struct lookup_failure lookup_invalid_root(void)
{
    return (struct lookup_failure){.type = LOOKUP_INVALID_ROOT};
}

struct lookup_failure lookup_missing_capability(unsigned bits_left)
{
    return (struct lookup_failure){
        .type = LOOKUP_MISSING_CAPABILITY,
        .bits_left = (uint8_t)bits_left,
    };
}

struct lookup_failure lookup_depth_mismatch(unsigned bits_left, unsigned bits_found)
{
    return (struct lookup_failure){
        .type = LOOKUP_DEPTH_MISMATCH,
        .bits_left = (uint8_t)bits_left,
        .bits_found = (uint8_t)bits_found,
    };
}

struct lookup_failure lookup_guard_mismatch(unsigned bits_left, word_t guard_found,
                                            unsigned guard_size)
{
    return (struct lookup_failure){
        .type = LOOKUP_GUARD_MISMATCH,
        .bits_left = (uint8_t)bits_left,
        .bits_found = (uint8_t)guard_size,
        .guard_found = guard_found,
    };
}

unsigned lookup_failure_words(struct lookup_failure failure, word_t ret_words[3])
{
    switch (failure.type) {
    case LOOKUP_MISSING_CAPABILITY:
        ret_words[0] = failure.bits_left;
        return 1;
    case LOOKUP_DEPTH_MISMATCH:
        ret_words[0] = failure.bits_left;
        ret_words[1] = failure.bits_found;
        return 2;
    case LOOKUP_GUARD_MISMATCH:
        ret_words[0] = failure.bits_left;
        ret_words[1] = failure.guard_found;
        ret_words[2] = failure.bits_found;
        return 3;
    default:
        return 0;
    }
}
