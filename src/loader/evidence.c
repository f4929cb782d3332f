/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/evidence.h>

#include <string.h>

/* --- collecting ---------------------------------------------------------------------------- */

#define SITE_LOOK_BACK 96 /* bytes before a call site in which its constants stand */
#define MAX_NUMBER     40 /* no release has more system calls */
#define WRAPPER_BYTES  4096

static const uint8_t site[] = {0x48, 0x89, 0xe3, 0x0f, 0x05, 0x48, 0x89, 0xdc};

static int32_t read_i32(const uint8_t *bytes)
{
    int32_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

/* The last `mov $number,%rdx` (or `or $-1,%rdx`) of the bytes before a site; 0 if there is none. */
static int32_t number_before(const uint8_t *start, const uint8_t *end)
{
    for (const uint8_t *at = end - 4; at >= start; at--) {
        if (end - at >= 7 && at[0] == 0x48 && at[1] == 0xc7 && at[2] == 0xc2) {
            int32_t number = read_i32(at + 3);

            return number < 0 && number > -MAX_NUMBER ? number : 0;
        }
        if (memcmp(at, "\x48\x83\xca\xff", 4) == 0) {
            return -1;
        }
    }
    return 0;
}

/* The last `mov $tag,%esi`; 0 if there is none. */
static uint32_t tag_before(const uint8_t *start, const uint8_t *end)
{
    for (const uint8_t *at = end - 5; at >= start; at--) {
        if (at[0] == 0xbe) {
            return (uint32_t)read_i32(at + 1);
        }
    }
    return 0;
}

static void add_tag(struct evidence *evidence, uint32_t tag)
{
    for (unsigned i = 0; i < evidence->tag_count; i++) {
        if (evidence->tags[i] == tag) {
            return;
        }
    }
    if (evidence->tag_count < EVIDENCE_MAX_TAGS) {
        evidence->tags[evidence->tag_count++] = tag;
    }
}

static void collect_site(struct evidence *evidence, const uint8_t *text, const uint8_t *at)
{
    const uint8_t *start = at - text > SITE_LOOK_BACK ? at - SITE_LOOK_BACK : text;
    int32_t number;
    uint32_t tag;

    if (at - start < 8) {
        return;
    }
    number = number_before(start, at);
    if (number == 0) {
        return;
    }
    evidence->numbers |= bit((unsigned)-number);
    tag = number == -1 ? tag_before(start, at) : 0;
    if (tag >> 12 != 0) {
        add_tag(evidence, tag);
    }
}

/* wrfsbase of any register: f3 [REX] 0f ae, register field 2. */
static bool is_wrfsbase(const uint8_t *at, uint64_t size)
{
    uint64_t skip = size > 1 && (at[1] & 0xf0) == 0x40 ? 2 : 1;

    return size >= skip + 3 && at[0] == 0xf3 && at[skip] == 0x0f && at[skip + 1] == 0xae &&
           (at[skip + 2] & 0xf8) == 0xd0;
}

static void collect_text(struct evidence *evidence, const uint8_t *text, uint64_t size)
{
    const uint8_t *end = text + size;

    for (const uint8_t *at = text; (at = memchr(at, 0xf3, (size_t)(end - at))) != NULL; at++) {
        evidence->wrfsbase |= is_wrfsbase(at, (uint64_t)(end - at));
    }
    for (const uint8_t *at = text;
         (at = memmem(at, (size_t)(end - at), site, sizeof(site))) != NULL; at++) {
        collect_site(evidence, text, at);
    }
}

/* `mov $imm32` to a register: b8+r, [REX.B] b8+r, or REX.W c7 /0. */
static void collect_constants(struct evidence_wrapper *wrapper, const uint8_t *code, uint64_t size)
{
    for (uint64_t i = 0; i + 5 <= size && wrapper->count < EVIDENCE_MAX_CONSTANTS; i++) {
        if ((code[i] & 0xf8) == 0xb8) {
            wrapper->constants[wrapper->count++] = read_i32(code + i + 1);
        } else if (i + 7 <= size && (code[i] & 0xfa) == 0x48 && code[i + 1] == 0xc7 &&
                   (code[i + 2] & 0xf8) == 0xc0) {
            wrapper->constants[wrapper->count++] = read_i32(code + i + 3);
        }
    }
}

static struct evidence_wrapper *wrapper_of(struct evidence *evidence, const char *name)
{
    struct kernel_config config = kernel_config_default();
    size_t length = strlen(name), suffix = strlen("WithMRs");

    if (length > suffix && strcmp(name + length - suffix, "WithMRs") == 0) {
        length -= suffix;
    }
    for (unsigned i = SYSCALL_UNKNOWN + 1; i < SYSCALL_COUNT; i++) {
        const char *syscall = abi_syscall_name((enum syscall)i);

        if (strlen(syscall) == length && strncmp(syscall, name, length) == 0) {
            return &evidence->syscalls[i];
        }
    }
    for (unsigned i = INV_INVALID + 1; i < INVOCATION_COUNT; i++) {
        struct invocation_info info = abi_invocation_info(&config, (enum invocation)i);

        if (strcmp(info.name, name) == 0) {
            return &evidence->invocations[i];
        }
    }
    return NULL;
}

/* Of the many copies of a static wrapper the first is as good as any. */
static void collect_wrappers(struct evidence *evidence, const struct image *image)
{
    struct image_symbol symbol;
    uint64_t index = 0;

    while (image_symbol_next(image, &index, &symbol)) {
        struct evidence_wrapper *wrapper;
        const uint8_t *code;

        if (!symbol.function || strncmp(symbol.name, "seL4_", 5) != 0) {
            continue;
        }
        wrapper = wrapper_of(evidence, symbol.name + 5);
        code = image_bytes(image, symbol.value, symbol.size);
        if (wrapper != NULL && wrapper->count == 0 && code != NULL) {
            collect_constants(wrapper, code, min_u64(symbol.size, WRAPPER_BYTES));
        }
    }
}

void evidence_collect(const struct image *image, struct evidence *ret_evidence)
{
    *ret_evidence = (struct evidence){0};
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];

        if (segment->executable) {
            collect_text(ret_evidence, image->data + segment->file_offset, segment->file_size);
        }
    }
    collect_wrappers(ret_evidence, image);
}

bool evidence_is_empty(const struct evidence *evidence)
{
    unsigned wrappers = 0;

    for (unsigned i = 0; i < SYSCALL_COUNT; i++) {
        wrappers += evidence->syscalls[i].count;
    }
    for (unsigned i = 0; i < INVOCATION_COUNT; i++) {
        wrappers += evidence->invocations[i].count;
    }
    return evidence->numbers == 0 && wrappers == 0;
}

/* --- judging ------------------------------------------------------------------------------- */

/* How likely a program is to make a call at all; those not named, not very. */
static const int8_t likelihood[SYSCALL_COUNT] = {
    [SYSCALL_UNKNOWN] = -6,     [SYSCALL_CALL] = 3,
    [SYSCALL_REPLY_RECV] = 3,   [SYSCALL_NB_SEND_RECV] = 1,
    [SYSCALL_NB_SEND_WAIT] = 0, [SYSCALL_SEND] = 3,
    [SYSCALL_NB_SEND] = 1,      [SYSCALL_RECV] = 3,
    [SYSCALL_REPLY] = 2,        [SYSCALL_YIELD] = 2,
    [SYSCALL_NB_RECV] = 2,      [SYSCALL_WAIT] = 2,
    [SYSCALL_NB_WAIT] = 1,      [SYSCALL_DEBUG_PUT_CHAR] = 3,
    [SYSCALL_DEBUG_HALT] = 1,   [SYSCALL_DEBUG_NAME_THREAD] = 2,
    [SYSCALL_SET_TLS_BASE] = 4,
};

/* With every call that a kernel of this kind may have. */
static struct kernel_config with_all_syscalls(const struct kernel_config *config)
{
    struct kernel_config all = *config;

    all.debug_build = all.printing = all.dangerous_code_injection = all.dangerous_msr = true;
    all.fsgsbase_inst = false;
    all.benchmarks = BENCHMARKS_TRACK_UTILISATION;
    all.vtx = true;
    all.max_cores = 2;
    return all;
}

static int score_numbers(const struct evidence *evidence, const struct kernel_config *all)
{
    int score = 0;

    for (int number = 1; number < MAX_NUMBER; number++) {
        if ((evidence->numbers & bit((unsigned)number)) != 0) {
            score += likelihood[abi_syscall(all, -number)];
        }
    }
    return score;
}

static bool has_constant(const struct evidence_wrapper *wrapper, int64_t value)
{
    for (unsigned i = 0; i < wrapper->count; i++) {
        if (wrapper->constants[i] == value) {
            return true;
        }
    }
    return false;
}

static int score_syscall_wrappers(const struct evidence *evidence, const struct kernel_config *all)
{
    int score = 0;

    for (unsigned i = SYSCALL_UNKNOWN + 1; i < SYSCALL_COUNT; i++) {
        if (evidence->syscalls[i].count == 0) {
            continue; /* most are not there, and to count numbers for each takes long */
        }
        int64_t number = abi_syscall_number(all, (enum syscall)i);
        if (number != 0) {
            score += has_constant(&evidence->syscalls[i], number) ? 2 : -2;
        }
    }
    return score;
}

/* As an argument of seL4_MessageInfo_new(), or folded into the message info. */
static bool has_label(const struct evidence_wrapper *wrapper, uint64_t label)
{
    for (unsigned i = 0; i < wrapper->count; i++) {
        if ((uint32_t)wrapper->constants[i] == label ||
            (uint32_t)wrapper->constants[i] >> 12 == label) {
            return true;
        }
    }
    return false;
}

static int score_invocation_wrappers(const struct evidence *evidence,
                                     const struct kernel_config *config)
{
    int score = 0;

    for (unsigned i = INV_INVALID + 1; i < INVOCATION_COUNT; i++) {
        if (evidence->invocations[i].count == 0) {
            continue;
        }
        uint64_t label = abi_invocation_label(config, (enum invocation)i);
        score += label != 0 && has_label(&evidence->invocations[i], label) ? 1 : -1;
    }
    return score;
}

static unsigned count_words(const char *list)
{
    struct invocation_argument ignored;
    unsigned count = 0;

    while (abi_invocation_next_argument(&list, &ignored)) {
        count++;
    }
    return count;
}

/* Whether libsel4's wrapper for the method sends such a message. */
static bool tag_fits(const struct kernel_config *config, uint32_t tag)
{
    enum invocation inv = abi_invocation(config, tag >> 12);
    struct invocation_info info;
    struct invocation_argument argument;
    unsigned words = 0, length = tag & 0x7f;
    bool variable = false;
    const char *list;

    if (inv == INV_INVALID) {
        return false;
    }
    info = abi_invocation_info(config, inv);
    for (list = info.arguments; abi_invocation_next_argument(&list, &argument);) {
        if (argument.words > 1) {
            variable = true;
        } else {
            words = (unsigned)max_u64(words, argument.word + 1u);
        }
    }
    return count_words(info.caps) == (tag >> 7 & 3) &&
           (variable ? length >= words : length == words);
}

static int score_tags(const struct evidence *evidence, const struct kernel_config *config)
{
    int score = 0;

    for (unsigned i = 0; i < evidence->tag_count; i++) {
        score += tag_fits(config, evidence->tags[i]) ? 1 : -1;
    }
    return score;
}

int evidence_score(const struct evidence *evidence, const struct kernel_config *config)
{
    struct kernel_config all = with_all_syscalls(config);

    return score_numbers(evidence, &all) + score_syscall_wrappers(evidence, &all) +
           score_invocation_wrappers(evidence, config) + score_tags(evidence, config);
}

bool evidence_has_syscall(const struct evidence *evidence, const struct kernel_config *config,
                          enum syscall syscall)
{
    struct kernel_config all = with_all_syscalls(config);
    int64_t number = abi_syscall_number(&all, syscall);

    return number != 0 && ((number > -MAX_NUMBER && (evidence->numbers & bit((unsigned)-number))) ||
                           has_constant(&evidence->syscalls[syscall], number));
}
