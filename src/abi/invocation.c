/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/condition.h>
#include <abi/invocation.h>
#include <base/bits.h>

#define SIGNATURE(name, words, caps, arguments, capabilities, results)                             \
    {                                                                                              \
        name, arguments, capabilities, results, words, caps                                        \
    }

static const struct invocation_info signatures[INVOCATION_COUNT] = {
    [INV_INVALID] = SIGNATURE("Invalid", 0, 0, "", "", ""),
#define INVOCATION(id, ...) [INV_##id] = SIGNATURE(__VA_ARGS__),
#include <abi/invocations.def>
};

/* In the order of the enum. */
static const struct {
    uint8_t inv;
    uint8_t condition;
} optional[] = {
#define INVOCATION(id, ...)
#define INVOCATION_IF(condition, id, ...) {INV_##id, CONDITION_##condition},
#include <abi/invocations.def>
};

static const struct {
    uint8_t inv;
    uint8_t condition;
    struct invocation_info signature;
} variants[] = {
#define INVOCATION(id, ...)
#define INVOCATION_VARIANT(condition, id, ...)                                                     \
    {INV_##id, CONDITION_##condition, SIGNATURE(__VA_ARGS__)},
#include <abi/invocations.def>
};

/*
 * A label is the method's place in the enum, less the optional ones before it that are missing.
 * So only these are visited, on a path that each invocation takes.
 */
enum invocation abi_invocation(const struct kernel_config *config, uint64_t label)
{
    const uint32_t conditions = abi_conditions(config);
    uint64_t inv = label;

    if (label >= INVOCATION_COUNT)
        return INV_INVALID;
    for (unsigned i = 0; i < ARRAY_LENGTH(optional) && inv >= optional[i].inv; i++)
        inv += !condition_holds(conditions, optional[i].condition);
    return inv < INVOCATION_COUNT ? (enum invocation)inv : INV_INVALID;
}

uint64_t abi_invocation_label(const struct kernel_config *config, enum invocation inv)
{
    const uint32_t conditions = abi_conditions(config);
    uint64_t label = inv;

    if (inv >= INVOCATION_COUNT)
        return 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(optional) && optional[i].inv <= inv; i++) {
        if (condition_holds(conditions, optional[i].condition))
            continue;
        if (optional[i].inv == inv)
            return 0;
        label--;
    }
    return label;
}

struct invocation_info abi_invocation_info(const struct kernel_config *config, enum invocation inv)
{
    const uint32_t conditions = abi_conditions(config);
    const struct invocation_info *info = &signatures[inv < INVOCATION_COUNT ? inv : INV_INVALID];

    for (unsigned i = 0; i < ARRAY_LENGTH(variants); i++)
        if (variants[i].inv == inv && condition_holds(conditions, variants[i].condition))
            info = &variants[i].signature;
    return *info;
}

static uint8_t take_number(const char **text)
{
    unsigned number = 0;

    for (; **text >= '0' && **text <= '9'; ++*text)
        number = number * 10 + (unsigned)(**text - '0');
    return (uint8_t)number;
}

/* If `mark` follows: skips it, and says so. */
static bool take(const char **text, const char *mark)
{
    const char *at = *text;

    for (; *mark != '\0'; at++, mark++)
        if (*at != *mark)
            return false;
    *text = at;
    return true;
}

/* name | name:word | name:word[bit] | name:word[low:high] | name:first..last */
bool abi_invocation_next_argument(const char **list, struct invocation_argument *ret_argument)
{
    struct invocation_argument argument = {.bits = WORD_BITS};
    const char *at = *list;

    while (take(&at, " "))
        ;
    if (*at == '\0')
        return false;

    for (argument.name = at; *at != '\0' && *at != ' ' && *at != ':'; at++)
        argument.name_length++;
    if (take(&at, ":")) {
        argument.word = take_number(&at);
        argument.words = 1;
    }
    if (take(&at, "..")) {
        argument.words = (uint8_t)(take_number(&at) - argument.word + 1);
    } else if (take(&at, "[")) {
        argument.low_bit = take_number(&at);
        argument.bits = take(&at, ":") ? (uint8_t)(take_number(&at) - argument.low_bit + 1) : 1;
        take(&at, "]");
    }

    *list = at;
    *ret_argument = argument;
    return true;
}
