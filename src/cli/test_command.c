/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/command.h>
#include <cli/commands.h>
#include <cli/status.h>
#include <test.h>

#include <stdio.h>
#include <string.h>

struct target {
    const char *value;
    unsigned flags;
};

static bool set_value(void *target, const char *value, struct command_error *ret_error)
{
    ((struct target *)target)->value = value;
    return value[0] != '!' || command_fail(ret_error, "--value %s: no", value);
}

static bool set_flag(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct target *)target)->flags += value == NULL;
    return true;
}

static const struct command_option options[] = {
    {"value", "TEXT", "a value", 'x', set_value},
    {"flag", NULL, "a flag", 'f', set_flag},
    {"hidden", NULL, NULL, 0, set_flag},
};

static const struct command command = {
    .verb = "try",
    .operands = "FILE",
    .options = options,
    .option_count = 3,
    .max_operands = 1,
};

static const struct command_option more_options[] = {{"more", NULL, "more", 'm', set_flag}};

static const struct command derived = {
    .verb = "derived",
    .operands = "FILE",
    .options = more_options,
    .option_count = 1,
    .base = &command,
    .max_operands = 1,
};

static struct target target;
static struct command_line line;
static struct command_error error;

static bool parse_for(const struct command *which, const char *words)
{
    static char text[256], *argv[16];
    int argc = 0;

    memset(&target, 0, sizeof(target));
    memset(&line, 0, sizeof(line));
    snprintf(text, sizeof(text), "%s", words);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    return command_parse(which, argc, argv, &target, &line, &error);
}

static bool parse(const char *words)
{
    return parse_for(&command, words);
}

static bool is_refused(const char *words, const char *part)
{
    if (parse(words) || strstr(error.message, part) == NULL) {
        printf("%s: %s\n", words, error.message);
        return false;
    }
    return true;
}

TEST(command_takes_options_in_all_forms)
{
    CHECK(parse("--value one file"));
    CHECK_STR(target.value, "one");
    CHECK_EQ(line.operand_count, 1);
    CHECK_STR(line.operands[0], "file");
    CHECK(parse("file --value=two=2 --flag"));
    CHECK_STR(target.value, "two=2");
    CHECK_EQ(target.flags, 1);
    CHECK(parse("-x three"));
    CHECK_STR(target.value, "three");
    CHECK(parse("-ffxfour"));
    CHECK_STR(target.value, "four");
    CHECK_EQ(target.flags, 2);
    CHECK(parse("--value= --hidden"));
    CHECK_STR(target.value, "");
    CHECK_EQ(target.flags, 1);
    CHECK(parse("-- --flag"));
    CHECK_STR(line.operands[0], "--flag");
    CHECK(parse("-"));
    CHECK_STR(line.operands[0], "-");
}

TEST(command_takes_the_options_of_its_base)
{
    CHECK(parse_for(&derived, "-m --value one --more file"));
    CHECK_STR(target.value, "one");
    CHECK_EQ(target.flags, 2);
    CHECK(!parse_for(&derived, "--vlaue 1"));
    CHECK(strstr(error.message, "did you mean --value?") != NULL);
    CHECK(!parse("--more"));
}

TEST(command_help_wins)
{
    CHECK(parse("--help --nonsense") && line.help);
    CHECK(parse("-h") && line.help);
    CHECK(parse("-fh") && line.help);
    CHECK(parse("file") && !line.help);
}

TEST(command_refuses_with_a_hint)
{
    CHECK(is_refused("--vlaue 1", "unknown option --vlaue; did you mean --value?"));
    CHECK(is_refused("--flags=1", "did you mean --flag?"));
    CHECK(is_refused("--hiden", "see sel4emu try --help"));
    CHECK(is_refused("--zzz", "see sel4emu try --help"));
    CHECK(is_refused("-q", "unknown option -q"));
    CHECK(is_refused("--value", "--value TEXT"));
    CHECK(is_refused("-x", "--value TEXT"));
    CHECK(is_refused("--flag=1", "takes no value"));
    CHECK(is_refused("--value !", "--value !: no"));
    CHECK(is_refused("one two", "unexpected argument two"));
}

TEST(command_reads_sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } rows[] = {{"0", 0},
                {"4096", 4096},
                {"1K", 1024},
                {"512M", UINT64_C(512) << 20},
                {"3g", UINT64_C(3) << 30},
                {"3GiB", UINT64_C(3) << 30},
                {"1T", UINT64_C(1) << 40},
                {"18446744073709551615", UINT64_MAX}};
    static const char *const wrong[] = {"",
                                        "M",
                                        "-1",
                                        "1.5G",
                                        "1X",
                                        "1MB",
                                        "1KK",
                                        " 1",
                                        "1 ",
                                        "0x10",
                                        "18446744073709551616",
                                        "16777216T"};
    uint64_t bytes;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bytes = 1;
        CHECK(command_parse_size(rows[i].text, &bytes));
        CHECK_EQ(bytes, rows[i].bytes);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(!command_parse_size(wrong[i], &bytes));
    }
}

TEST(command_reads_durations)
{
    static const struct {
        const char *text;
        uint64_t nanoseconds;
    } rows[] = {{"1", 1000000000},  {"30s", UINT64_C(30000000000)},
                {"0.5", 500000000}, {"500ms", 500000000},
                {"1.5ms", 1500000}, {"2m", UINT64_C(120000000000)},
                {"0.000000001", 1}, {"1.", 1000000000}};
    static const char *const wrong[] = {
        "", ".5", "s", "1h", "-1", "1s ", "99999999999999999999", "18446744074", "1..5"};
    nanoseconds_t duration;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK(command_parse_duration(rows[i].text, &duration));
        CHECK_EQ(duration, rows[i].nanoseconds);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(!command_parse_duration(wrong[i], &duration));
    }
}

TEST(command_table_is_sound)
{
    CHECK_STR(command_table[0]->verb, "run");
    CHECK(command_find("doctor") == &command_doctor);
    CHECK(command_find("docter") == NULL);
    for (size_t i = 0; i < command_count; i++) {
        CHECK((command_table[i]->run != NULL) != command_table[i]->is_script);
        CHECK(command_table[i]->summary != NULL);
        CHECK(command_table[i]->max_operands <= COMMAND_MAX_OPERANDS);
    }
}
