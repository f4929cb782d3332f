/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words and capabilities of messages; for invocations named by the lists of
 * abi/invocations.def.
 */
#include <trace/call.h>

#include <abi/object.h>
#include <abi/registers.h>
#include <base/bits.h>
#include <base/text.h>
#include <cap/lookup.h>
#include <cap/object_type.h>
#include <ipc/ipc.h>

struct message_source message_source(struct kernel *k, const struct tcb *tcb, word_t message_info)
{
    const word_t *buffer = ipc_buffer(k, tcb, false);
    struct message_info info = message_info_decode(message_info);
    return (struct message_source){
        .k = k,
        .tcb = tcb,
        .buffer = buffer,
        .info = info,
        .length = buffer ? info.length : (unsigned)min_u64(info.length, MESSAGE_REGISTER_COUNT),
    };
}

static word_t source_word(const struct message_source *message, unsigned i)
{
    return message_word(message->tcb, message->buffer, i);
}

/* --- values --------------------------------------------------------------------------------- */

static void add_address(struct line *line, const struct message_source *message, word_t value)
{
    (void)message;
    line_add(line, "0x%lx", value);
}

/* seL4_CapRights */
static void add_rights(struct line *line, const struct message_source *message, word_t value)
{
    (void)message;
    line_add(line, "%s%s%s%s", value & RIGHT_READ ? "r" : "", value & RIGHT_WRITE ? "w" : "",
             value & RIGHT_GRANT ? "g" : "", value & RIGHT_GRANT_REPLY ? "p" : "");
    if (!(value & RIGHTS_ALL))
        line_add(line, "none");
}

static void add_object_type(struct line *line, const struct message_source *message, word_t value)
{
    enum object_kind kind = abi_object_kind(&message->k->config, value);
    if (kind == OBJECT_INVALID)
        line_add_number(line, value);
    else
        line_add(line, "%s", abi_object_name(kind));
}

static void add_number(struct line *line, const struct message_source *message, word_t value)
{
    (void)message;
    line_add_number(line, value);
}

/* Arguments that a plain number would not do justice. method INV_INVALID: of any method. */
static const struct value_format {
    const char *name;
    enum invocation method;
    void (*add)(struct line *line, const struct message_source *message, word_t value);
} value_formats[] = {
    {"rights", INV_INVALID, add_rights},     {"type", INV_UNTYPED_RETYPE, add_object_type},
    {"vaddr", INV_INVALID, add_address},     {"paddr", INV_INVALID, add_address},
    {"ioaddr", INV_INVALID, add_address},    {"gpa", INV_INVALID, add_address},
    {"buffer", INV_INVALID, add_address},    {"tls_base", INV_INVALID, add_address},
    {"port", INV_INVALID, add_address},      {"first_port", INV_INVALID, add_address},
    {"last_port", INV_INVALID, add_address},
};

static bool is_named(const struct invocation_argument *argument, const char *name)
{
    for (unsigned i = 0; i < argument->name_length; i++) {
        if (argument->name[i] != name[i])
            return false;
    }
    return name[argument->name_length] == '\0';
}

static void add_value(struct line *line, const struct message_source *message,
                      enum invocation method, const struct invocation_argument *argument,
                      word_t value)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(value_formats); i++) {
        const struct value_format *format = &value_formats[i];
        bool is_method = format->method == INV_INVALID || format->method == method;
        if (is_method && is_named(argument, format->name)) {
            format->add(line, message, value);
            return;
        }
    }
    add_number(line, message, value);
}

/* --- words ---------------------------------------------------------------------------------- */

/*
 * What the kernel takes for the argument. It reads a field that starts at bit 0 as the whole word;
 * only flags are single bits.
 */
static word_t argument_value(const struct invocation_argument *argument, word_t word)
{
    bool is_whole_word = argument->low_bit == 0 && argument->bits > 1;
    return is_whole_word ? word : word >> argument->low_bit & mask(argument->bits);
}

/* Registers that are zero say nothing. */
static void add_registers(struct line *line, const struct message_source *message, unsigned first,
                          unsigned count)
{
    const char *separator = "";
    line_add(line, "{");
    for (unsigned i = 0; i < count && first + i < message->length; i++) {
        word_t value = source_word(message, first + i);
        if (!value)
            continue;
        line_add(line, "%s%s=0x%lx", separator, abi_register_name(i), value);
        separator = " ";
    }
    line_add(line, "}");
}

static void add_array(struct line *line, const struct message_source *message, unsigned first,
                      unsigned count)
{
    const char *separator = "";
    line_add(line, "[");
    for (unsigned i = first; i < first + count && i < message->length; i++) {
        line_add(line, "%s", separator);
        line_add_number(line, source_word(message, i));
        separator = ", ";
    }
    line_add(line, "]");
}

void message_add(struct line *line, const struct message_source *message)
{
    line_add(line, "label ");
    line_add_number(line, message->info.label);
    line_add(line, ", length %u", message->info.length);
    if (!message->length)
        return;
    line_add(line, " ");
    add_array(line, message, 0, MESSAGE_REGISTER_COUNT);
    if (message->length > MESSAGE_REGISTER_COUNT)
        line_add(line, " and %u more", message->length - MESSAGE_REGISTER_COUNT);
}

/* False if the message is too short for it. */
static bool add_argument(struct line *line, const struct message_source *message,
                         enum invocation method, const struct invocation_argument *argument)
{
    if (argument->word >= message->length)
        return false;
    line_add(line, " %.*s=", argument->name_length, argument->name);
    if (argument->words == USER_REGISTER_COUNT)
        add_registers(line, message, argument->word, argument->words);
    else if (argument->words > 1)
        add_array(line, message, argument->word, argument->words);
    else
        add_value(line, message, method, argument,
                  argument_value(argument, source_word(message, argument->word)));
    return true;
}

static void add_words(struct line *line, const struct message_source *message,
                      enum invocation method, const char *list)
{
    struct invocation_argument argument;
    while (abi_invocation_next_argument(&list, &argument)) {
        if (!add_argument(line, message, method, &argument)) {
            line_add(line, " <%.*s missing>", argument.name_length, argument.name);
            return;
        }
    }
}

/* --- capabilities --------------------------------------------------------------------------- */

union cap cap_add(struct line *line, struct kernel *k, const struct tcb *tcb, const char *word,
                  cptr_t cptr)
{
    struct resolution found = lookup_resolve(k, tcb->slots[TCB_SLOT_CTABLE].cap, cptr, WORD_BITS);
    line_add(line, "%s", word);
    line_add_number(line, cptr);
    if (!found.slot) {
        line_add(line, " <not found>");
        return cap_null();
    }
    line_add(line, " \"%s\"", cap_object_type(found.slot->cap)->name);
    return found.slot->cap;
}

static void add_caps(struct line *line, const struct message_source *message, const char *list)
{
    struct invocation_argument argument;
    for (unsigned i = 0; abi_invocation_next_argument(&list, &argument); i++) {
        if (!message->buffer || i >= message->info.extra_caps) {
            line_add(line, " <%.*s missing>", argument.name_length, argument.name);
            return;
        }
        line_add(line, " %.*s=", argument.name_length, argument.name);
        cap_add(line, message->k, message->tcb, "", message->buffer[IPC_BUFFER_CAPS_OR_BADGES + i]);
    }
}

/* --- the lists ------------------------------------------------------------------------------ */

void arguments_add(struct line *line, const struct message_source *message, enum invocation method)
{
    struct invocation_info info = abi_invocation_info(&message->k->config, method);
    if (info.arguments[0] || info.caps[0])
        line_add(line, ":");
    add_words(line, message, method, info.arguments);
    add_caps(line, message, info.caps);
}

void results_add(struct line *line, const struct message_source *message, enum invocation method)
{
    struct invocation_info info = abi_invocation_info(&message->k->config, method);
    add_words(line, message, method, info.results);
}
