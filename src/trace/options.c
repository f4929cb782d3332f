/* SPDX-License-Identifier: BSD-2-Clause */
#include <trace/options.h>

#include <abi/fault.h>
#include <abi/invocation.h>
#include <abi/syscall.h>
#include <base/bits.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const kind_names[TRACE_KIND_COUNT] = {
    [TRACE_OTHER] = "other", [TRACE_IPC] = "ipc",     [TRACE_INVOCATION] = "invocation",
    [TRACE_FAULT] = "fault", [TRACE_DEBUG] = "debug",
};

static char problem[160];

/* --- names ---------------------------------------------------------------------------------- */

/* The same in every configuration: only arguments differ. */
static const char *invocation_name(unsigned index)
{
    const struct kernel_config config = kernel_config_default();
    return abi_invocation_info(&config, (enum invocation)index).name;
}

static const char *syscall_name(unsigned index)
{
    return abi_syscall_name((enum syscall)index);
}

static const char *fault_name(unsigned index)
{
    return abi_fault_name((enum fault_type)index);
}

const char *trace_call_name(unsigned index)
{
    /* number 0 names nothing in each */
    static const struct {
        unsigned count;
        const char *(*name)(unsigned index);
    } lists[] = {
        {SYSCALL_COUNT - 1, syscall_name},
        {INVOCATION_COUNT - 1, invocation_name},
        {FAULT_TYPE_COUNT - 1, fault_name},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (index < lists[i].count)
            return lists[i].name(index + 1);
        index -= lists[i].count;
    }
    return NULL;
}

/* --- patterns ------------------------------------------------------------------------------- */

static bool fits(const char *pattern, const char *word)
{
    return fnmatch(pattern, word, FNM_CASEFOLD) == 0;
}

static bool patterns_pass(const struct trace_patterns *patterns, const char *word)
{
    for (unsigned i = 0; i < patterns->count; i++) {
        if (fits(patterns->text[i], word))
            return true;
    }
    return patterns->count == 0;
}

static const char *add_pattern(struct trace_patterns *patterns, const char *what, const char *value)
{
    size_t length = strlen(value);
    if (patterns->count == TRACE_MAX_PATTERNS)
        snprintf(problem, sizeof(problem), "may be given %d times", TRACE_MAX_PATTERNS);
    else if (length == 0 || length >= TRACE_PATTERN_BYTES)
        snprintf(problem, sizeof(problem), "must be %s of 1 to %d letters", what,
                 TRACE_PATTERN_BYTES - 1);
    else
        return memcpy(patterns->text[patterns->count++], value, length + 1), NULL;
    return problem;
}

/* --- options -------------------------------------------------------------------------------- */

static const char *add_thread(struct trace_options *options, const char *value)
{
    return add_pattern(&options->threads, "the name of a thread", value);
}

/* A pattern that fits no call at all is a slip. */
static const char *add_call(struct trace_options *options, const char *value)
{
    const char *name;
    for (unsigned i = 0; (name = trace_call_name(i)); i++) {
        if (fits(value, name))
            return add_pattern(&options->calls, "the name of a call", value);
    }
    return "no system call, invocation or fault is called so; as in Recv, TCB_*, VMFault";
}

static const char *add_kinds(struct trace_options *options, const char *value)
{
    while (*value) {
        size_t length = strcspn(value, ",");
        unsigned kind = 0;
        while (kind < TRACE_KIND_COUNT && (strlen(kind_names[kind]) != length ||
                                           strncasecmp(kind_names[kind], value, length) != 0))
            kind++;
        if (kind == TRACE_KIND_COUNT)
            return "must be of ipc, invocation, fault, debug, other";
        options->kinds |= UINT32_C(1) << kind;
        value += length + (value[length] == ',');
    }
    return NULL;
}

static const char *set_errors(struct trace_options *options, const char *value)
{
    (void)value;
    options->errors_only = true;
    return NULL;
}

static const char *set_summary(struct trace_options *options, const char *value)
{
    (void)value;
    options->summary = true;
    return NULL;
}

const char *trace_option_set(struct trace_options *options, const char *name, const char *value)
{
    static const struct {
        const char *name;
        bool has_value;
        const char *(*set)(struct trace_options *options, const char *value);
    } rows[] = {
        {"thread", true, add_thread},  {"call", true, add_call},        {"kind", true, add_kinds},
        {"errors", false, set_errors}, {"summary", false, set_summary},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (rows[i].has_value != (value != NULL))
            return rows[i].has_value ? "wants a value" : "takes no value";
        return rows[i].set(options, value);
    }
    return "is no option of the trace: there are thread, call, kind, errors, summary";
}

/* --- as text -------------------------------------------------------------------------------- */

struct words {
    char *text;
    size_t size, length;
    bool is_cut;
};

static void add_word(struct words *words, const char *format, const char *value)
{
    size_t room = words->size - words->length;
    char *start = words->text + words->length;
    int length = snprintf(start, room, format, value);
    if (length < 0 || (size_t)length >= room) {
        words->is_cut = true;
        return;
    }
    words->length += (size_t)length;
    for (char *c = start + 1; (c = strpbrk(c, " \t\n"));)
        *c = '?';
}

bool trace_options_format(const struct trace_options *options, char *ret_text, size_t size)
{
    struct words words = {.text = ret_text, .size = size};
    ret_text[0] = '\0';
    for (unsigned i = 0; i < options->threads.count; i++)
        add_word(&words, " thread=%s", options->threads.text[i]);
    for (unsigned i = 0; i < options->calls.count; i++)
        add_word(&words, " call=%s", options->calls.text[i]);
    for (unsigned i = 0; i < TRACE_KIND_COUNT; i++) {
        if (options->kinds >> i & 1)
            add_word(&words, " kind=%s", kind_names[i]);
    }
    if (options->errors_only)
        add_word(&words, " %s", "errors");
    if (options->summary)
        add_word(&words, " %s", "summary");
    return !words.is_cut;
}

const char *trace_options_parse(const char *text, struct trace_options *ret_options)
{
    enum { WORD_BYTES = 128 };
    *ret_options = (struct trace_options){0};
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        char word[WORD_BYTES];
        size_t length = strcspn(text, " ");
        if (length >= sizeof(word))
            return "has a word that is too long";
        memcpy(word, text, length);
        word[length] = '\0';
        char *value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        const char *wrong = trace_option_set(ret_options, word, value);
        if (wrong)
            return wrong;
        text += length;
    }
    return NULL;
}

bool trace_options_pass(const struct trace_options *options, const struct trace_event *event)
{
    return (event->failed || !options->errors_only) &&
           (!options->kinds || options->kinds >> event->kind & 1) &&
           patterns_pass(&options->calls, event->call) &&
           patterns_pass(&options->threads, event->thread);
}
