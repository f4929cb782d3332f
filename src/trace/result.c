/* SPDX-License-Identifier: BSD-2-Clause */
/* Results in words: errors, messages, signals. */
#include <trace/origins.h>

#include <abi/error.h>
#include <base/bits.h>
#include <cap/lookup.h>
#include <inspect/words.h>
#include <ipc/ipc.h>

/* An answer: the message of the kernel or of another thread, now in the thread's registers. */
struct answer_reader {
    struct line *line;
    struct message_source message;
    struct trace_call *call;
    const char *why; /* what the kernel said, or NULL */
};

static word_t word(const struct answer_reader *r, unsigned i)
{
    return i < r->message.length ? message_word(r->message.tcb, r->message.buffer, i) : 0;
}

static word_t badge(const struct answer_reader *r)
{
    return r->message.tcb->context.reg[UREG_BADGE];
}

/* --- errors --------------------------------------------------------------------------------- */

static void explain_argument(const struct answer_reader *r)
{
    line_add(r->line, "argument %lu", word(r, 0));
}

static void explain_capability(const struct answer_reader *r)
{
    const char *list = abi_invocation_info(&r->message.k->config, r->call->method).caps;
    struct invocation_argument argument;
    word_t number = word(r, 0);

    if (number == 0) {
        line_add(r->line, "the invoked one%s", r->call->origin ? ", " : "");
        if (r->call->origin)
            origin_add(r->line, r->call->origin);
        return;
    }
    line_add(r->line, "number %lu", number);
    for (word_t i = 1; abi_invocation_next_argument(&list, &argument); i++) {
        if (i == number)
            line_add(r->line, ", %.*s", argument.name_length, argument.name);
    }
}

static void explain_range(const struct answer_reader *r)
{
    line_add(r->line, "not within ");
    line_add_number(r->line, word(r, 0));
    line_add(r->line, "..");
    line_add_number(r->line, word(r, 1));
}

static void explain_lookup(const struct answer_reader *r)
{
    struct lookup_failure failure = {
        .type = (uint8_t)word(r, 1),
        .bits_left = (uint8_t)word(r, 2),
        .bits_found = (uint8_t)word(r, 3),
    };
    if (failure.type == LOOKUP_GUARD_MISMATCH) {
        failure.guard_found = word(r, 3);
        failure.bits_found = (uint8_t)word(r, 4);
    }
    line_add(r->line, "%s: ", word(r, 0) ? "source" : "destination");
    lookup_failure_add(r->line, failure);
}

/* The arguments in the same line say what is missing. */
static void explain_truncated(const struct answer_reader *r)
{
    struct message_info sent = message_info_decode(r->call->message_info);
    line_add(r->line, "%u words and %u caps are too few", sent.length, sent.extra_caps);
}

static void explain_delete_first(const struct answer_reader *r)
{
    line_add(r->line, "what is there already is in the way");
}

static void explain_revoke_first(const struct answer_reader *r)
{
    line_add(r->line, "it has children");
}

static void explain_memory(const struct answer_reader *r)
{
    line_add(r->line, "%lu bytes left", word(r, 0));
}

static void (*const explanations[SEL4_ERROR_COUNT])(const struct answer_reader *) = {
    [SEL4_INVALID_ARGUMENT] = explain_argument,   [SEL4_INVALID_CAPABILITY] = explain_capability,
    [SEL4_RANGE_ERROR] = explain_range,           [SEL4_FAILED_LOOKUP] = explain_lookup,
    [SEL4_TRUNCATED_MESSAGE] = explain_truncated, [SEL4_DELETE_FIRST] = explain_delete_first,
    [SEL4_REVOKE_FIRST] = explain_revoke_first,   [SEL4_NOT_ENOUGH_MEMORY] = explain_memory,
};

/* " (argument 0; the kernel's words)": what there is of both. */
static void add_explanation(const struct answer_reader *r,
                            void (*explain)(const struct answer_reader *))
{
    if (!explain && !r->why)
        return;
    line_add(r->line, " (");
    if (explain)
        explain(r);
    line_add(r->line, "%s%s)", explain && r->why ? "; " : "", r->why ? r->why : "");
}

static void add_error(const struct answer_reader *r)
{
    uint64_t error = r->message.info.label;
    line_add(r->line, "%s", abi_error_name(error));
    r->call->failed = true;
    if (error >= SEL4_ERROR_COUNT)
        line_add(r->line, " %lu", error);
    else
        add_explanation(r, explanations[error]);
}

/* --- messages ------------------------------------------------------------------------------- */

static void add_badge(const struct answer_reader *r)
{
    line_add(r->line, "badge ");
    line_add_number(r->line, badge(r));
}

/* ", caps [badge 7, received]": what came, or the badge it was unwrapped to. */
static void add_received_caps(const struct answer_reader *r)
{
    const struct message_info *info = &r->message.info;
    if (!r->message.buffer || !info->extra_caps)
        return;
    line_add(r->line, ", caps [");
    for (unsigned i = 0; i < info->extra_caps; i++) {
        line_add(r->line, "%s", i ? ", " : "");
        if (info->caps_unwrapped >> i & 1) {
            line_add(r->line, "badge ");
            line_add_number(r->line, r->message.buffer[IPC_BUFFER_CAPS_OR_BADGES + i]);
        } else {
            line_add(r->line, "received");
        }
    }
    line_add(r->line, "]");
}

/* MCS: through the reply object that the thread received with. */
static const struct tcb *caller_through_reply_object(struct kernel *k, const struct tcb *tcb)
{
    struct resolution found =
        lookup_resolve(k, tcb->slots[TCB_SLOT_CTABLE].cap, tcb->context.reg[UREG_REPLY], WORD_BITS);
    if (!found.slot || cap_type(found.slot->cap) != CAP_REPLY_OBJECT)
        return NULL;
    const struct tcb *caller = tcb_at(k, reply_at(k, found.slot->cap.reply_object.object)->tcb);
    return caller && caller->state == THREAD_BLOCKED_ON_REPLY ? caller : NULL;
}

/* Whoever waits for this thread's reply: the sender, if it made a Call or has a fault. */
static const struct tcb *caller_of(struct kernel *k, const struct tcb *tcb)
{
    if (k->config.mcs)
        return caller_through_reply_object(k, tcb);
    union cap cap = tcb->slots[TCB_SLOT_CALLER].cap;
    bool has_caller = cap_type(cap) == CAP_REPLY && !cap.reply.is_master;
    return has_caller ? tcb_at(k, cap.reply.tcb) : NULL;
}

static void add_reply(const struct answer_reader *r)
{
    message_add(r->line, &r->message);
    add_received_caps(r);
}

static void add_received(const struct answer_reader *r)
{
    const struct tcb *caller = caller_of(r->message.k, r->message.tcb);
    char label[LABEL_BYTES];

    add_badge(r);
    line_add(r->line, ", ");
    if (!caller) {
        add_reply(r);
        return;
    }
    words_thread(caller, label, sizeof(label));
    if (caller->fault.type != FAULT_NONE)
        fault_add(r->line, r->message.k, caller, &caller->fault);
    else
        add_reply(r);
    line_add(r->line, ", from %s", label);
}

/*
 * A signal sets nothing but the badge. A message without content that arrives where the very same
 * message info stood before, and from no Call, cannot be told from it.
 */
static void add_either(const struct answer_reader *r)
{
    bool is_message = r->message.tcb->context.reg[UREG_MESSAGE_INFO] != r->call->message_info ||
                      caller_of(r->message.k, r->message.tcb);
    if (is_message)
        add_received(r);
    else
        add_badge(r);
}

/* --- by form -------------------------------------------------------------------------------- */

static void add_ok(const struct answer_reader *r)
{
    line_add(r->line, "ok");
}

static void add_value(const struct answer_reader *r)
{
    line_add_number(r->line, badge(r));
}

/* The thread is told nothing; what the kernel said of it was an error. */
static void add_no_answer(const struct answer_reader *r)
{
    r->call->failed = r->why;
    line_add(r->line, r->why ? "(no answer: %s)" : "(no answer)", r->why);
}

static void add_dropped(const struct answer_reader *r)
{
    line_add(r->line, "(dropped: nobody receives)");
}

static void add_nothing(const struct answer_reader *r)
{
    line_add(r->line, "nothing");
}

static void add_invocation(const struct answer_reader *r)
{
    if (r->message.info.label != SEL4_NO_ERROR) {
        add_error(r);
        return;
    }
    line_add(r->line, "ok");
    results_add(r->line, &r->message, r->call->method);
}

static void add_restarted(const struct answer_reader *r)
{
    vaddr_t ip = r->message.tcb->context.next_ip;
    line_add(r->line, "handled");
    if (ip != r->call->ip)
        line_add(r->line, ", goes on at 0x%lx", ip);
}

static void (*const forms[RESULT_FORM_COUNT])(const struct answer_reader *) = {
    [RESULT_OK] = add_ok,
    [RESULT_VALUE] = add_value,
    [RESULT_NO_ANSWER] = add_no_answer,
    [RESULT_DROPPED] = add_dropped,
    [RESULT_NOTHING] = add_nothing,
    [RESULT_INVOCATION] = add_invocation,
    [RESULT_REPLY] = add_reply,
    [RESULT_MESSAGE] = add_received,
    [RESULT_SIGNAL] = add_badge,
    [RESULT_EITHER] = add_either,
    [RESULT_RESTARTED] = add_restarted,
};

void result_add(struct line *line, struct kernel *k, const struct tcb *tcb, struct trace_call *call,
                enum result_form form, const char *why)
{
    struct answer_reader reader = {
        .line = line,
        .message = message_source(k, tcb, tcb->context.reg[UREG_MESSAGE_INFO]),
        .call = call,
        .why = why,
    };
    forms[form](&reader);
}
