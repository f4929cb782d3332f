/* SPDX-License-Identifier: BSD-2-Clause */
#include "generator.h"

#include <abi/invocation.h>
#include <base/bits.h>
#include <inttypes.h>
#include <string.h>

#define MAX_PARAMETERS 16
#define FAST_WORDS     4

struct parameter {
    struct invocation_argument argument; /* words == 0: a capability */
    unsigned cap;                        /* which extra capability */
};

struct method {
    const char *name; /* "CNode_Copy" */
    uint64_t label;
    struct parameter parameters[MAX_PARAMETERS]; /* in the order of the message */
    unsigned parameter_count;
    unsigned cap_count;
    unsigned message_words;
    struct invocation_argument result;
    bool has_result;
    bool result_is_context; /* the registers of a thread: goes to a pointer parameter */
};

static bool is_context(const struct invocation_argument *argument)
{
    return argument->words > 1;
}

static struct method method_describe(const struct kernel_config *config, enum invocation inv)
{
    const struct invocation_info info = abi_invocation_info(config, inv);
    struct method method = {.name = info.name, .label = abi_invocation_label(config, inv)};
    struct invocation_argument argument;
    const char *list = info.caps;

    while (abi_invocation_next_argument(&list, &argument))
        method.parameters[method.parameter_count++] =
            (struct parameter){.argument = argument, .cap = method.cap_count++};
    list = info.arguments;
    while (abi_invocation_next_argument(&list, &argument)) {
        const unsigned end = argument.word + argument.words;

        method.parameters[method.parameter_count++] = (struct parameter){.argument = argument};
        if (end > method.message_words)
            method.message_words = end;
    }
    list = info.results;
    method.has_result = abi_invocation_next_argument(&list, &method.result);
    method.result_is_context = method.has_result && is_context(&method.result);
    return method;
}

static const struct parameter *method_find(const struct method *method, const char *name,
                                           size_t length)
{
    for (unsigned i = 0; i < method->parameter_count; i++) {
        const struct invocation_argument *argument = &method->parameters[i].argument;

        if (argument->name_length == length && memcmp(argument->name, name, length) == 0)
            return &method->parameters[i];
    }
    return NULL;
}

static const char *argument_type(const struct method *method,
                                 const struct invocation_argument *argument)
{
    if (argument->words == 0)
        return "seL4_CPtr";
    return parameter_type(method->name, argument->name, argument->name_length, argument->bits);
}

static void write_parameter(FILE *out, const struct method *method,
                            const struct parameter *parameter)
{
    const struct invocation_argument *argument = &parameter->argument;
    const char *type = argument_type(method, argument);
    const size_t length = strlen(type);

    fprintf(out, ",\n    %s%s%.*s", type, type[length - 1] == '*' ? "" : " ", argument->name_length,
            argument->name);
}

/* Parameters after the invoked capability; false if the order does not name each of them once. */
static bool write_parameters(FILE *out, const struct method *method, bool mcs)
{
    const char *order = prototype_order(method->name, mcs);
    unsigned written = 0;

    if (order == NULL) {
        for (; written < method->parameter_count; written++)
            write_parameter(out, method, &method->parameters[written]);
        return true;
    }
    while (*order != '\0') {
        const size_t length = strcspn(order, " ");
        const struct parameter *parameter = method_find(method, order, length);

        if (parameter == NULL) {
            fprintf(stderr, "seL4_%s has no argument '%.*s'\n", method->name, (int)length, order);
            return false;
        }
        write_parameter(out, method, parameter);
        written++;
        order += length + (order[length] == ' ');
    }
    if (written != method->parameter_count)
        fprintf(stderr, "seL4_%s: its prototype lacks an argument\n", method->name);
    return written == method->parameter_count;
}

/* The expression for message register `word`: the arguments that share it, each in its bits. */
static void write_word(FILE *out, const struct method *method, unsigned word)
{
    const char *separator = "";

    for (unsigned i = 0; i < method->parameter_count; i++) {
        const struct invocation_argument *argument = &method->parameters[i].argument;

        if (argument->words != 1 || argument->word != word)
            continue;
        fprintf(out, "%s", separator);
        separator = " | ";
        if (strcmp(argument_type(method, argument), "seL4_CapRights_t") == 0)
            fprintf(out, "%.*s.words[0]", argument->name_length, argument->name);
        else if (argument->bits == WORD_BITS)
            fprintf(out, "(seL4_Word)%.*s", argument->name_length, argument->name);
        else
            fprintf(out, "((seL4_Word)%.*s & 0x%" PRIx64 "ul) << %u", argument->name_length,
                    argument->name, mask(argument->bits), argument->low_bit);
    }
    if (separator[0] == '\0')
        fprintf(out, "0");
}

/* TCB_WriteRegisters: the thread's registers follow the arguments. */
static void write_context_words(FILE *out, const struct method *method)
{
    for (unsigned i = 0; i < method->parameter_count; i++) {
        const struct invocation_argument *argument = &method->parameters[i].argument;

        if (argument->words <= 1)
            continue;
        for (unsigned word = argument->word; word < FAST_WORDS; word++)
            fprintf(out, "    mr%u = ((const seL4_Word *)%.*s)[%u];\n", word, argument->name_length,
                    argument->name, word - argument->word);
        fprintf(out,
                "    for (int i = %u; i < %u; i++)\n"
                "        seL4_SetMR(i, ((const seL4_Word *)%.*s)[i - %u]);\n",
                FAST_WORDS, argument->word + argument->words, argument->name_length, argument->name,
                argument->word);
    }
}

static void write_body(FILE *out, const struct method *method)
{
    unsigned plain_words = method->message_words;
    char label[64];

    label_name(method->name, label, sizeof(label));
    for (unsigned i = 0; i < method->parameter_count; i++)
        if (is_context(&method->parameters[i].argument))
            plain_words = method->parameters[i].argument.word;

    for (unsigned word = 0; word < FAST_WORDS; word++) {
        fprintf(out, "    seL4_Word mr%u = ", word);
        if (word < plain_words)
            write_word(out, method, word);
        else
            fprintf(out, "0");
        fprintf(out, ";\n");
    }
    for (unsigned i = 0; i < method->parameter_count; i++)
        if (method->parameters[i].argument.words == 0)
            fprintf(out, "    seL4_SetCap(%u, %.*s);\n", method->parameters[i].cap,
                    method->parameters[i].argument.name_length,
                    method->parameters[i].argument.name);
    for (unsigned word = FAST_WORDS; word < plain_words; word++) {
        fprintf(out, "    seL4_SetMR(%u, ", word);
        write_word(out, method, word);
        fprintf(out, ");\n");
    }
    write_context_words(out, method);
    fprintf(out,
            "    seL4_MessageInfo_t info = seL4_CallWithMRs(\n        _service, "
            "seL4_MessageInfo_new(%s, 0, %u, %u), &mr0, &mr1, &mr2, &mr3);\n"
            "    seL4_Error error = (seL4_Error)seL4_MessageInfo_get_label(info);\n"
            "    seL4_method_done(error, mr0, mr1, mr2, mr3);\n",
            label, method->cap_count, method->message_words);
}

/* A struct that carries the error and the results, as libsel4 returns it. */
static bool has_result_type(const struct method *method)
{
    return method->has_result && !method->result_is_context;
}

/* Methods with a result type that came with a release; the others with results are older. */
static bool release_has(const struct kernel_config *config, enum invocation inv)
{
    return inv != INV_TCB_SET_FLAGS || abi_invocation_label(config, inv) != 0;
}

/* Of every method that the release knows, whether or not the configuration has it. */
static void write_result_types(FILE *out, const struct kernel_config *config)
{
    for (enum invocation inv = INV_INVALID + 1; inv < INVOCATION_COUNT; inv++) {
        const struct method method = method_describe(config, inv);
        struct invocation_argument result;
        const char *list = abi_invocation_info(config, inv).results;

        if (!has_result_type(&method) || !release_has(config, inv))
            continue;
        fprintf(out, "struct seL4_%s {\n    int error;\n", method.name);
        while (abi_invocation_next_argument(&list, &result))
            fprintf(out, "    %s %.*s;\n", argument_type(&method, &result), result.name_length,
                    result.name);
        fprintf(out, "};\ntypedef struct seL4_%s seL4_%s_t;\n\n", method.name, method.name);
    }
}

/* After an error only that is set. */
static void write_results(FILE *out, const struct method *method,
                          const struct invocation_info *info)
{
    struct invocation_argument result;
    const char *list = info->results;

    fprintf(out,
            "    seL4_%s_t results;\n\n    results.error = (int)error;\n"
            "    if (error != seL4_NoError)\n        return results;\n",
            method->name);
    while (abi_invocation_next_argument(&list, &result)) {
        fprintf(out, "    results.%.*s = (%s)(", result.name_length, result.name,
                argument_type(method, &result));
        if (result.word < FAST_WORDS)
            fprintf(out, "mr%u", result.word);
        else
            fprintf(out, "seL4_GetMR(%u)", result.word);
        if (result.bits < WORD_BITS)
            fprintf(out, " >> %u & 0x%" PRIx64, result.low_bit, mask(result.bits));
        fprintf(out, ");\n");
    }
    fprintf(out, "    return results;\n");
}

static void write_context_result(FILE *out, const struct method *method)
{
    fprintf(out, "    if (error != seL4_NoError)\n        return error;\n\n");
    for (unsigned word = 0; word < FAST_WORDS; word++)
        fprintf(out, "    ((seL4_Word *)%.*s)[%u] = mr%u;\n", method->result.name_length,
                method->result.name, word, word);
    fprintf(out,
            "    for (int i = %u; i < %u; i++)\n"
            "        ((seL4_Word *)%.*s)[i] = seL4_GetMR(i);\n    return error;\n",
            FAST_WORDS, method->result.words, method->result.name_length, method->result.name);
}

static bool write_method(FILE *out, const struct kernel_config *config, enum invocation inv)
{
    const struct invocation_info info = abi_invocation_info(config, inv);
    const struct method method = method_describe(config, inv);
    const bool has_struct = has_result_type(&method);
    char service[64];

    service_type(method.name, service, sizeof(service));
    fprintf(out, "LIBSEL4_INLINE seL4_%s%s seL4_%s(\n    %s _service",
            has_struct ? method.name : "Error", has_struct ? "_t" : "", method.name, service);
    if (!write_parameters(out, &method, config->mcs))
        return false;
    if (method.result_is_context)
        fprintf(out, ",\n    seL4_UserContext *%.*s", method.result.name_length,
                method.result.name);
    fprintf(out, ")\n{\n");
    write_body(out, &method);
    if (has_struct)
        write_results(out, &method, &info);
    else if (method.result_is_context)
        write_context_result(out, &method);
    else
        fprintf(out, "    return error;\n");
    fprintf(out, "}\n\n");
    return true;
}

/* What all methods do when the call is back. */
static const char after_call[] =
    "/* What an error says about itself is left for seL4_GetMR(). */\n"
    "static inline void seL4_method_done(seL4_Error error, seL4_Word mr0, seL4_Word mr1,\n"
    "                                    seL4_Word mr2, seL4_Word mr3)\n{\n"
    "#ifndef CONFIG_LIB_SEL4_STUBS_USE_IPC_BUFFER_ONLY\n"
    "    if (error == seL4_NoError) {\n        return;\n    }\n"
    "#endif\n"
    "    seL4_SetMR(0, mr0);\n    seL4_SetMR(1, mr1);\n"
    "    seL4_SetMR(2, mr2);\n    seL4_SetMR(3, mr3);\n"
    "#ifdef CONFIG_KERNEL_INVOCATION_REPORT_ERROR_IPC\n"
    "    if (error != seL4_NoError && seL4_CanPrintError()) {\n"
    "        seL4_DebugPutString(seL4_GetDebugError());\n    }\n"
    "#endif\n}\n\n";

/* Results of a method that no kernel for x86_64 has; programs for x86 name the type. */
static const char of_other_widths[] =
    "struct seL4_X86_PageDirectory_GetStatusBits {\n    int error;\n"
    "    seL4_Word accessed;\n    seL4_Word dirty;\n};\n"
    "typedef struct seL4_X86_PageDirectory_GetStatusBits\n"
    "    seL4_X86_PageDirectory_GetStatusBits_t;\n\n";

bool write_client(FILE *out, const struct kernel_config *config)
{
    fprintf(out, "#include <sel4/invocation.h>\n#include <sel4/syscalls.h>\n\n%s%s", after_call,
            of_other_widths);
    write_result_types(out, config);
    for (enum invocation inv = INV_INVALID + 1; inv < INVOCATION_COUNT; inv++)
        if (abi_invocation_label(config, inv) != 0 && !write_method(out, config, inv))
            return false;
    return true;
}
