/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/command.h>
#include <cli/say.h>
#include <cli/script.h>
#include <cli/status.h>
#include <loader/nearest.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool command_fail(struct command_error *ret_error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(ret_error->message, sizeof(ret_error->message), format, arguments);
    va_end(arguments);
    return false;
}

const struct command *command_find(const char *verb)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(command_table[i]->verb, verb) == 0) {
            return command_table[i];
        }
    }
    return NULL;
}

/* --- options ------------------------------------------------------------------------------- */

/* The command's own options first, then its base's. NULL behind the last. */
static const struct command_option *option_at(const struct command *command, size_t index)
{
    while (command != NULL && index >= command->option_count) {
        index -= command->option_count;
        command = command->base;
    }
    return command == NULL ? NULL : &command->options[index];
}

static const struct command_option *find_option(const struct command *command, const char *name,
                                                size_t length)
{
    const struct command_option *option;

    for (size_t i = 0; (option = option_at(command, i)) != NULL; i++) {
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) {
            break;
        }
    }
    return option;
}

static const struct command_option *find_letter(const struct command *command, char letter)
{
    const struct command_option *option;

    for (size_t i = 0; (option = option_at(command, i)) != NULL; i++) {
        if (option->letter == letter) {
            break;
        }
    }
    return option;
}

static bool unknown_option(const struct command *command, const char *typed,
                           struct command_error *ret_error)
{
    const struct command_option *option;
    struct nearest nearest = {0};
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
    for (size_t i = 0; (option = option_at(command, i)) != NULL; i++) {
        if (option->help != NULL) {
            nearest_offer(&nearest, name, option->name);
        }
    }
    nearest_offer(&nearest, name, "help");
    nearest_offer(&nearest, name, "version");
    if (nearest.word == NULL) {
        return command_fail(ret_error, "unknown option --%s; see sel4emu %s --help", name,
                            command->verb);
    }
    return command_fail(ret_error, "unknown option --%s; did you mean --%s?", name, nearest.word);
}

/* What is left of the command line. */
struct parser {
    const struct command *command;
    int argc, next;
    char **argv;
    void *target;
};

static bool apply_option(struct parser *parser, const struct command_option *option,
                         const char *attached, struct command_error *ret_error)
{
    const char *value = attached;

    if (option->value == NULL && attached != NULL) {
        return command_fail(ret_error, "--%s takes no value", option->name);
    }
    if (option->value != NULL && value == NULL) {
        if (parser->next == parser->argc) {
            return command_fail(ret_error, "--%s wants a value: --%s %s", option->name,
                                option->name, option->value);
        }
        value = parser->argv[parser->next++];
    }
    return option->set(parser->target, value, ret_error);
}

static bool parse_long(struct parser *parser, const char *typed, bool *help,
                       struct command_error *ret_error)
{
    size_t length = strcspn(typed + 2, "=");
    const char *attached = typed[2 + length] == '=' ? typed + 2 + length + 1 : NULL;
    const struct command_option *option = find_option(parser->command, typed + 2, length);

    if (strcmp(typed, "--help") == 0) {
        *help = true;
        return true;
    }
    if (option == NULL) {
        return unknown_option(parser->command, typed, ret_error);
    }
    return apply_option(parser, option, attached, ret_error);
}

static bool parse_letters(struct parser *parser, const char *typed, bool *help,
                          struct command_error *ret_error)
{
    for (const char *letter = typed + 1; *letter != '\0'; letter++) {
        const struct command_option *option = find_letter(parser->command, *letter);

        if (*letter == 'h' && option == NULL) {
            *help = true;
            continue;
        }
        if (option == NULL) {
            return command_fail(ret_error, "unknown option -%c; see sel4emu %s --help", *letter,
                                parser->command->verb);
        }
        if (option->value != NULL) {
            return apply_option(parser, option, letter[1] == '\0' ? NULL : letter + 1, ret_error);
        }
        if (!apply_option(parser, option, NULL, ret_error)) {
            return false;
        }
    }
    return true;
}

static bool add_operand(struct parser *parser, struct command_line *line, const char *operand,
                        struct command_error *ret_error)
{
    if (line->operand_count == parser->command->max_operands) {
        return command_fail(ret_error, "unexpected argument %s; usage: sel4emu %s [OPTION...] %s",
                            operand, parser->command->verb, parser->command->operands);
    }
    line->operands[line->operand_count++] = operand;
    return true;
}

bool command_parse(const struct command *command, int argc, char **argv, void *target,
                   struct command_line *ret_line, struct command_error *ret_error)
{
    struct parser parser = {.command = command, .argc = argc, .argv = argv, .target = target};
    struct command_line line = {0};
    bool options_ended = false, good = true;

    while (good && parser.next < argc) {
        const char *typed = argv[parser.next++];

        if (options_ended || typed[0] != '-' || typed[1] == '\0') {
            good = add_operand(&parser, &line, typed, ret_error);
        } else if (strcmp(typed, "--") == 0 && command->set_rest != NULL) {
            command->set_rest(target, argv + parser.next, argc - parser.next);
            parser.next = argc;
        } else if (strcmp(typed, "--") == 0) {
            options_ended = true;
        } else if (typed[1] == '-') {
            good = parse_long(&parser, typed, &line.help, ret_error);
        } else {
            good = parse_letters(&parser, typed, &line.help, ret_error);
        }
        if (line.help) {
            break;
        }
    }
    if (good) {
        *ret_line = line;
    }
    return good;
}

/* --- values -------------------------------------------------------------------------------- */

static bool parse_digits(const char **text, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (**text < '0' || **text > '9') {
        return false;
    }
    for (; **text >= '0' && **text <= '9'; ++*text) {
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(**text - '0'), &value)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

bool command_parse_size(const char *text, uint64_t *ret_bytes)
{
    static const char units[] = "KMGT";
    uint64_t value;
    unsigned shift = 0;

    if (!parse_digits(&text, &value)) {
        return false;
    }
    for (unsigned i = 0; units[i] != '\0'; i++) {
        if (*text == units[i] || *text == (units[i] | 0x20)) {
            shift = 10 * (i + 1);
            text++;
            break;
        }
    }
    if (shift != 0 && strcmp(text, "iB") == 0) {
        text += 2;
    }
    if (*text != '\0' || value > UINT64_MAX >> shift) {
        return false;
    }
    *ret_bytes = value << shift;
    return true;
}

bool command_parse_duration(const char *text, nanoseconds_t *ret_duration)
{
    static const struct {
        const char *name;
        uint64_t nanoseconds;
    } units[] = {{"", 1000000000}, {"s", 1000000000}, {"ms", 1000000}, {"m", 60000000000}};
    uint64_t whole, numerator = 0, denominator = 1, duration;

    if (!parse_digits(&text, &whole)) {
        return false;
    }
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9' && denominator < 1000000000; text++) {
            numerator = numerator * 10 + (uint64_t)(*text - '0');
            denominator *= 10;
        }
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text, units[i].name) == 0) {
            if (__builtin_mul_overflow(whole, units[i].nanoseconds, &duration) ||
                __builtin_add_overflow(
                    duration,
                    (uint64_t)((unsigned __int128)numerator * units[i].nanoseconds / denominator),
                    &duration)) {
                return false;
            }
            *ret_duration = duration;
            return true;
        }
    }
    return false;
}

/* --- help ---------------------------------------------------------------------------------- */

static void print_option(const struct command_option *option)
{
    char left[64];

    if (option->help == NULL) {
        return;
    }
    snprintf(left, sizeof(left), "%s--%s%s%s", option->letter != 0 ? "-X, " : "    ", option->name,
             option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
    if (option->letter != 0) {
        left[1] = option->letter;
    }
    printf("  %-26s %s\n", left, option->help);
}

static bool has_shown_options(const struct command *command)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].help != NULL) {
            return true;
        }
    }
    return false;
}

static void print_options(const struct command *command)
{
    for (size_t i = 0; i < command->option_count; i++) {
        print_option(&command->options[i]);
    }
}

void command_print_help(const struct command *command)
{
    printf("sel4emu %s%s%s%s: %s\n", command->verb,
           has_shown_options(command) ? " [OPTION...]" : "",
           command->operands[0] != '\0' ? " " : "", command->operands, command->summary);
    if (has_shown_options(command)) {
        printf("\n");
        print_options(command);
    }
    for (const struct command *base = command->base; base != NULL; base = base->base) {
        printf("\nThe options of sel4emu %s:\n", base->verb);
        print_options(base);
    }
    if (command->details != NULL) {
        printf("\n%s", command->details);
    }
    if (command->print_more != NULL) {
        command->print_more();
    }
}

static void print_statuses(void)
{
    static const struct {
        int status;
        const char *meaning;
    } rows[] = {
#define STATUS_ROW(name, value, meaning) {STATUS_##name, meaning},
        STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
    };

    printf("\nExit status:\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("  %-4d %s\n", rows[i].status, rows[i].meaning);
    }
}

void command_print_overview(void)
{
    printf("sel4emu runs x86_64 seL4 systems as Linux processes.\n\n"
           "sel4emu [run] [OPTION...] IMAGE|BUILD_DIR\n\n"
           "Commands (each has --help):\n");
    for (size_t i = 0; i < command_count; i++) {
        printf("  %-10s %s\n", command_table[i]->verb, command_table[i]->summary);
    }
    print_statuses();
}

/* --- the command line ---------------------------------------------------------------------- */

static int refuse(const struct command_error *error)
{
    say("%s", error->message);
    return STATUS_USAGE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct command_line line;
    struct command_error error;
    void *target;
    int status;

    if (command->is_script) {
        return script_run(command->verb, argc, argv);
    }
    target = calloc(1, command->target_size + 1);
    if (target == NULL) {
        say("no memory");
        return STATUS_HOST;
    }
    if (command->prepare != NULL) {
        command->prepare(target);
    }
    if (!command_parse(command, argc, argv, target, &line, &error)) {
        status = refuse(&error);
    } else if (line.help) {
        command_print_help(command);
        status = STATUS_OK;
    } else {
        status = command->run(target, line.operands, line.operand_count);
    }
    free(target);
    return say_end(status);
}

/* What stands where a verb does, without its own dashes; "run" needs none. */
static const struct {
    const char *typed, *verb;
} aliases[] = {{"--help", "help"}, {"-h", "help"}, {"--version", "version"}, {"-V", "version"}};

int command_main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        fprintf(stderr, "usage: sel4emu [run] [OPTION...] IMAGE|BUILD_DIR, or sel4emu help\n");
        return STATUS_USAGE;
    }
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcmp(argv[1], aliases[i].typed) == 0) {
            return run_command(command_find(aliases[i].verb), argc - 2, argv + 2);
        }
    }
    command = command_find(argv[1]);
    if (command != NULL) {
        return run_command(command, argc - 2, argv + 2);
    }
    return run_command(command_table[0], argc - 1, argv + 1);
}
