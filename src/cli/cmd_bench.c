/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures sel4emu, the real kernel under QEMU and bare Linux against each other. */
#include <base/bits.h>
#include <bench/json.h>
#include <bench/limits.h>
#include <bench/report.h>
#include <bench/runner.h>
#include <cli/bench_kernel.h>
#include <cli/commands.h>
#include <cli/inject.h>
#include <cli/say.h>
#include <cli/status.h>
#include <host/host.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEFAULT_COLUMNS "linux,in-place,monitor"
#define MAX_QEMU        4
#define BASELINE_BYTES  (UINT64_C(16) << 20)
#define NOTICED_PERCENT 10

struct bench_options {
    struct bench_setup setups[BENCH_MAX_COLUMNS]; /* in the order of the table */
    unsigned setup_count;
    char names[BENCH_MAX_COLUMNS][BENCH_NAME_BYTES]; /* of those that are not sel4emu's */
    struct bench_kernel_file kernels[MAX_QEMU];
    unsigned kernel_count;
    unsigned runs;
    nanoseconds_t timeout;
    const char *baseline; /* --compare */
    const char *shown;    /* --show: nothing is measured */
    bool json, markdown, limits;
};

/* --- options --------------------------------------------------------------------------------- */

static bool add_setup(struct bench_options *options, const struct bench_setup *setup,
                      struct command_error *ret_error)
{
    for (unsigned i = 0; i < options->setup_count; i++) {
        if (strcmp(options->setups[i].name, setup->name) == 0) {
            return command_fail(ret_error, "there are two columns %s", setup->name);
        }
    }
    if (options->setup_count == BENCH_MAX_COLUMNS) {
        return command_fail(ret_error, "more than %d columns", BENCH_MAX_COLUMNS);
    }
    options->setups[options->setup_count++] = *setup;
    return true;
}

/* Those of `list`; Linux, where the limits come from, is the first in any case. */
static bool add_listed(struct bench_options *options, const char *list,
                       struct command_error *ret_error)
{
    if (!add_setup(options, &bench_setups[0], ret_error)) {
        return false;
    }
    while (*list != '\0') {
        const size_t length = strcspn(list, ",");
        const struct bench_setup *setup = bench_setup_find(list, length);

        if (setup == NULL) {
            return command_fail(ret_error, "--columns: there is no column %.*s", (int)length, list);
        }
        if (setup != &bench_setups[0] && !add_setup(options, setup, ret_error)) {
            return false;
        }
        list += length + (list[length] == ',');
    }
    return true;
}

static bool set_columns(void *target, const char *value, struct command_error *ret_error)
{
    struct bench_options *options = target;

    if (options->setup_count > 0) {
        return command_fail(ret_error, "--columns comes once, before --column and --qemu");
    }
    return add_listed(options, value, ret_error);
}

/* NAME=REST: the name for *setup, and the rest. */
static bool add_named(struct bench_options *options, const char *option, const char *value,
                      struct bench_setup *setup, const char **ret_rest,
                      struct command_error *ret_error)
{
    const char *equals = strchr(value, '=');
    const size_t length = equals == NULL ? 0 : (size_t)(equals - value);
    char *name = options->names[options->setup_count % BENCH_MAX_COLUMNS];

    if (length == 0 || equals[1] == '\0') {
        return command_fail(ret_error, "%s %s: must be NAME=...", option, value);
    }
    if (length >= BENCH_NAME_BYTES) {
        return command_fail(ret_error, "%s %s: the name is too long", option, value);
    }
    memcpy(name, value, length);
    name[length] = '\0';
    setup->name = name;
    *ret_rest = equals + 1;
    return true;
}

static bool begin(struct bench_options *options, struct command_error *ret_error)
{
    return options->setup_count > 0 || add_listed(options, DEFAULT_COLUMNS, ret_error);
}

static bool set_column(void *target, const char *value, struct command_error *ret_error)
{
    struct bench_options *options = target;
    struct bench_setup setup = {.kind = BENCH_SEL4EMU};

    return begin(options, ret_error) &&
           add_named(options, "--column", value, &setup, &setup.options, ret_error) &&
           add_setup(options, &setup, ret_error);
}

static bool add_qemu(struct bench_options *options, const char *option, const char *value,
                     enum bench_accelerator accelerator, struct command_error *ret_error)
{
    struct bench_kernel_file *file = &options->kernels[options->kernel_count];
    struct bench_setup setup = {.kind = BENCH_QEMU};
    struct loader_error error;
    const char *path;

    if (options->kernel_count == MAX_QEMU) {
        return command_fail(ret_error, "more than %d kernels for QEMU", MAX_QEMU);
    }
    if (!begin(options, ret_error) ||
        !add_named(options, option, value, &setup, &path, ret_error)) {
        return false;
    }
    if (!bench_kernel_find(path, accelerator, file, &error)) {
        return command_fail(ret_error, "%s %s", option, error.message);
    }
    options->kernel_count++;
    setup.kernel = file->kernel;
    setup.options = file->qemu_options;
    setup.qemu_kernel = file->path;
    return add_setup(options, &setup, ret_error);
}

static bool set_qemu(void *target, const char *value, struct command_error *ret_error)
{
    return add_qemu(target, "--qemu", value, BENCH_TCG, ret_error);
}

static bool set_kvm(void *target, const char *value, struct command_error *ret_error)
{
    if (access("/dev/kvm", R_OK | W_OK) != 0) {
        return command_fail(ret_error, "--kvm: /dev/kvm: %s", strerror(errno));
    }
    return add_qemu(target, "--kvm", value, BENCH_KVM, ret_error);
}

static bool set_runs(void *target, const char *value, struct command_error *ret_error)
{
    char *end;
    const unsigned long runs = strtoul(value, &end, 10);

    if (*value < '0' || *value > '9' || *end != '\0' || runs < 1 || runs > BENCH_MAX_RUNS) {
        return command_fail(ret_error, "--runs %s: must be 1 to %d", value, BENCH_MAX_RUNS);
    }
    ((struct bench_options *)target)->runs = (unsigned)runs;
    return true;
}

static bool set_timeout(void *target, const char *value, struct command_error *ret_error)
{
    return command_parse_duration(value, &((struct bench_options *)target)->timeout) ||
           command_fail(ret_error, "--timeout %s: a time is a number of seconds, as in 90", value);
}

static bool set_compare(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct bench_options *)target)->baseline = value;
    return true;
}

static bool set_show(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct bench_options *)target)->shown = value;
    return true;
}

static bool set_json(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct bench_options *)target)->json = true;
    return true;
}

static bool set_markdown(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct bench_options *)target)->markdown = true;
    return true;
}

static bool set_limits(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct bench_options *)target)->limits = true;
    return true;
}

static const struct command_option options[] = {
    {"runs", "N", "runs of each column, in turn (default 5)", 'n', set_runs},
    {"columns", "NAME,...", "what is measured beside linux (default in-place,monitor)", 0,
     set_columns},
    {"column", "NAME=OPTIONS", "one more: sel4emu run with these options", 0, set_column},
    {"qemu", "NAME=KERNEL", "one more: QEMU with that kernel, a build directory or a file", 0,
     set_qemu},
    {"kvm", "NAME=KERNEL", "one more: the same on the host's processor, by KVM", 0, set_kvm},
    {"json", NULL, "all figures as JSON, instead of the table", 0, set_json},
    {"markdown", NULL, "the table for a page, and no plot", 0, set_markdown},
    {"compare", "BASELINE", "also against a file that --json has written", 0, set_compare},
    {"show", "FILE", "what --json has written there; nothing is measured", 0, set_show},
    {"timeout", "SECONDS", "of one run (default 120)", 0, set_timeout},
    {"limits", NULL, "only what bare Linux takes, once, in a guest's form", 0, set_limits},
    INJECT_OPTION,
};

static void prepare(void *target)
{
    struct bench_options *bench = target;

    bench->runs = 5;
    bench->timeout = 120 * UINT64_C(1000000000);
}

/* --- what it ran on -------------------------------------------------------------------------- */

/* "4 x Some Processor, Linux 6.1; load 0.1 at the start": nothing that names the machine. */
static void describe_machine(char *text, size_t size)
{
    char model[128] = "unknown processor", line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    struct utsname system = {0};
    char load[16] = "unknown";

    while (file != NULL && fgets(line, sizeof(line), file) != NULL &&
           sscanf(line, "model name : %127[^\n]", model) != 1) {
    }
    if (file != NULL) {
        fclose(file);
    }
    file = fopen("/proc/loadavg", "r");
    if (file != NULL) {
        if (fscanf(file, "%15s", load) != 1) {
            load[0] = '\0';
        }
        fclose(file);
    }
    uname(&system);
    snprintf(text, size, "%ld x %s, %s %s; load %s at the start", sysconf(_SC_NPROCESSORS_ONLN),
             model, system.sysname, system.release, load);
}

/* --- the command ----------------------------------------------------------------------------- */

/* STATUS_OK, or another, with the reason said. */
static int read_figures(const char *option, const char *path, struct bench_figures *ret_figures)
{
    struct loader_error error;
    const char *problem;
    uint8_t *text;
    uint64_t size;

    if (!file_read(path, BASELINE_BYTES, &text, &size, &error)) {
        say("%s %s", option, error.message);
        return STATUS_USAGE;
    }
    problem = bench_json_read((const char *)text, size, ret_figures);
    free(text);
    if (problem != NULL) {
        say("%s %s: %s", option, path, problem);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

static void print_comparison(const struct bench_figures *before, const struct bench_figures *now,
                             FILE *out)
{
    fprintf(out, "\nbefore: %s\nnow:    %s\n", before->machine, now->machine);
    fprintf(out, "%u rows are slower by %d%% and more, beyond the spread of both\n",
            bench_report_compare(before, now, NOTICED_PERCENT, out), NOTICED_PERCENT);
}

static void print_all(const struct bench_options *bench, const struct bench_figures *baseline,
                      const struct bench_figures *figures)
{
    if (bench->json) {
        bench_json_write(figures, stdout);
    } else if (bench->markdown) {
        bench_report_table(figures, BENCH_MARKDOWN, stdout);
    } else {
        bench_report_table(figures, BENCH_TEXT, stdout);
        fputc('\n', stdout);
        bench_report_plot(figures, stdout);
    }
    if (bench->baseline != NULL) {
        print_comparison(baseline, figures, bench->json ? stderr : stdout);
    }
}

/* STATUS_OK if every column has at least one run. */
static int judge(const struct bench_figures *figures)
{
    int status = STATUS_OK;

    for (unsigned i = 0; i < figures->column_count; i++) {
        if (figures->columns[i].problem[0] != '\0') {
            say("column %s: %s", figures->columns[i].name, figures->columns[i].problem);
            status = STATUS_HOST;
        }
    }
    return status;
}

static int measure(const struct bench_options *bench, struct bench_figures *figures)
{
    const struct bench_plan plan = {
        .setups = bench->setups,
        .setup_count = bench->setup_count,
        .runs = bench->runs,
        .timeout = bench->timeout,
    };
    int error;

    describe_machine(figures->machine, sizeof(figures->machine));
    error = bench_run(&plan, figures);
    if (error < 0) {
        say("%s", strerror(-error));
        return STATUS_HOST;
    }
    return STATUS_OK;
}

/* The baseline is read first, so that nothing is measured in vain. */
static int measure_or_read(const struct bench_options *bench, struct bench_figures *baseline,
                           struct bench_figures *figures)
{
    int status =
        bench->baseline == NULL ? STATUS_OK : read_figures("--compare", bench->baseline, baseline);

    if (status == STATUS_OK) {
        status = bench->shown != NULL ? read_figures("--show", bench->shown, figures)
                                      : measure(bench, figures);
    }
    if (status == STATUS_OK) {
        print_all(bench, baseline, figures);
        status = judge(figures);
    }
    return status;
}

static int run_limits(void)
{
    const int error = limits_print(STDOUT_FILENO);

    if (error < 0) {
        say("%s", strerror(-error));
        return STATUS_HOST;
    }
    return STATUS_OK;
}

static int run(void *target, const char *const *operands, unsigned operand_count)
{
    struct bench_options *bench = target;
    struct bench_figures baseline = {0}, figures = {0};
    struct command_error error;
    int status = STATUS_HOST;

    (void)operands;
    (void)operand_count;
    if (bench->limits) {
        return run_limits();
    }
    if (!begin(bench, &error)) {
        say("%s", error.message);
        return STATUS_USAGE;
    }
    if (!bench_figures_create(&baseline) || !bench_figures_create(&figures)) {
        say("no memory");
    } else {
        status = measure_or_read(bench, &baseline, &figures);
    }
    bench_figures_destroy(&baseline);
    bench_figures_destroy(&figures);
    return status;
}

static void print_columns(void)
{
    printf("\nColumns for --columns:\n");
    for (unsigned i = 0; i < bench_setup_count; i++) {
        printf("  %-10s %s\n", bench_setups[i].name, bench_setups[i].help);
    }
}

const struct command command_bench = {
    .verb = "bench",
    .operands = "",
    .summary = "measure what sel4emu's operations cost, beside Linux and QEMU",
    .details =
        "Prints a table and a plot. docs/performance.md says what the rows are, how to read them\n"
        "and how a kernel for --qemu is built.\n",
    .print_more = print_columns,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .target_size = sizeof(struct bench_options),
    .prepare = prepare,
    .run = run,
};
