/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <cli/cmd_run.h>
#include <cli/commands.h>
#include <cli/debug_options.h>
#include <cli/inject.h>
#include <cli/linked.h>
#include <cli/say.h>
#include <cli/status.h>
#include <device/pc.h>
#include <inspect/views.h>
#include <loader/build_directory.h>
#include <loader/microkit.h>
#include <loader/nearest.h>
#include <machine/control.h>
#include <machine/machine.h>
#include <machine/watch.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- options ------------------------------------------------------------------------------- */

#define MEMORY_MINIMUM (UINT64_C(4) << 20)
#define MEMORY_MAXIMUM (UINT64_C(1) << 40)

bool run_set_memory(struct run_options *options, const char *value, struct command_error *ret_error)
{
    uint64_t bytes;

    if (!command_parse_size(value, &bytes)) {
        return command_fail(ret_error, "--memory %s: a size is a number with K, M or G, as in 512M",
                            value);
    }
    if (bytes < MEMORY_MINIMUM || bytes > MEMORY_MAXIMUM || bytes % PAGE_BYTES != 0) {
        return command_fail(ret_error, "--memory %s: must be 4M to 1T, in whole pages of 4K",
                            value);
    }
    options->machine.memory_bytes = bytes;
    return true;
}

static bool set_memory(void *target, const char *value, struct command_error *ret_error)
{
    return run_set_memory(target, value, ret_error);
}

static bool set_config(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;

    (void)ret_error;
    options->config_file = value;
    return true;
}

static bool set_setting(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;
    struct loader_error error;

    if (!configuration_set(&options->configuration, value, &error)) {
        return command_fail(ret_error, "--set %s", error.message);
    }
    return true;
}

static bool set_cores(void *target, const char *value, struct command_error *ret_error)
{
    (void)target;
    if (strcmp(value, "1") == 0) {
        return true;
    }
    if (value[0] < '0' || value[0] > '9' || value[strspn(value, "0123456789")] != '\0' ||
        value[strspn(value, "0")] == '\0') {
        return command_fail(ret_error, "--cores %s: must be a number of cores", value);
    }
    return command_fail(ret_error,
                        "--cores %s: several cores do not work yet; leave --cores out (an image "
                        "for an SMP kernel runs on one core)",
                        value);
}

static bool check_text(const char *option, const char *value, struct command_error *ret_error)
{
    struct watch watch;

    if (!watch_init(&watch, value)) {
        return command_fail(ret_error, "--%s: the text must have 1 to %d bytes", option,
                            WATCH_MAX_TEXT);
    }
    return true;
}

static bool set_until(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;

    if (options->machine.until != NULL) {
        return command_fail(ret_error, "--until may be given once");
    }
    options->machine.until = value;
    return check_text("until", value, ret_error);
}

static bool set_fail_on(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;

    if (options->machine.fail_on_count == MACHINE_MAX_FAIL_ON) {
        return command_fail(ret_error, "--fail-on may be given %d times", MACHINE_MAX_FAIL_ON);
    }
    options->machine.fail_on[options->machine.fail_on_count++] = value;
    return check_text("fail-on", value, ret_error);
}

static bool set_timeout(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;
    nanoseconds_t timeout;

    if (!command_parse_duration(value, &timeout) || timeout == 0) {
        return command_fail(ret_error, "--timeout %s: must be seconds, as in 30 or 0.5 or 500ms",
                            value);
    }
    options->machine.timeout = timeout;
    return true;
}

static bool set_on_idle(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;

    if (strcmp(value, "report") == 0) {
        options->machine.on_idle = ON_IDLE_REPORT;
    } else if (strcmp(value, "exit") == 0) {
        options->machine.on_idle = ON_IDLE_EXIT;
    } else if (strcmp(value, "wait") == 0) {
        options->machine.on_idle = ON_IDLE_WAIT;
    } else {
        return command_fail(ret_error, "--on-idle %s: must be report, wait or exit", value);
    }
    return true;
}

static bool check_views(const char *list, struct command_error *ret_error)
{
    char request[VIEW_REQUEST_BYTES], problem[VIEW_PROBLEM_BYTES];

    for (const char *rest = list; *rest != '\0';) {
        int length = (int)strcspn(rest, ",");

        snprintf(request, sizeof(request), "%.*s", length, rest);
        if (!view_check(request, problem)) {
            return command_fail(ret_error, "--at-end %s: %s", list, problem);
        }
        rest += length + (rest[length] == ',');
    }
    return true;
}

static bool set_name(void *target, const char *value, struct command_error *ret_error)
{
    char clean[CONTROL_NAME_BYTES];

    control_clean_name(value, clean);
    if (strcmp(clean, value) != 0 || strlen(value) + 1 == sizeof(clean)) {
        return command_fail(ret_error,
                            "--name %s: must be 1 to %d characters, without blanks and slashes",
                            value, CONTROL_NAME_BYTES - 2);
    }
    ((struct run_options *)target)->machine.name = value;
    return true;
}

static bool set_at_end(void *target, const char *value, struct command_error *ret_error)
{
    ((struct run_options *)target)->machine.at_end = value;
    return check_views(value, ret_error);
}

static bool set_state_file(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct run_options *)target)->machine.state_file = value;
    return true;
}

static bool set_post_mortem(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct run_options *)target)->machine.post_mortem = value;
    return true;
}

static bool set_boot_log(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.boot_log = true;
    return true;
}

static bool has_stdio(const struct machine_options *machine)
{
    for (unsigned i = 0; i < machine->serial_count; i++) {
        if (machine->serial[i].kind == SERIAL_STDIO) {
            return true;
        }
    }
    return false;
}

bool run_add_serial(struct run_options *options, const char *text, struct command_error *ret_error)
{
    struct machine_options *machine = &options->machine;
    struct serial_spec spec;
    const char *problem = serial_spec_parse(text, &spec);

    if (problem != NULL) {
        return command_fail(ret_error, "--serial %s: %s", text, problem);
    }
    if (machine->serial_count == MACHINE_MAX_SERIAL) {
        return command_fail(ret_error, "--serial may be given %d times: for COM1 and COM2",
                            MACHINE_MAX_SERIAL);
    }
    if (spec.kind == SERIAL_STDIO && has_stdio(machine)) {
        return command_fail(ret_error, "--serial stdio may be given once");
    }
    machine->serial[machine->serial_count++] = spec;
    return true;
}

static bool set_serial(void *target, const char *value, struct command_error *ret_error)
{
    return run_add_serial(target, value, ret_error);
}

static bool set_hpet_messages(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.hpet_messages = true;
    return true;
}

static bool set_iommu(void *target, const char *value, struct command_error *ret_error)
{
    static const char *const names[] = {
        [IOMMU_AUTO] = "auto", [IOMMU_OFF] = "off", [IOMMU_39] = "39", [IOMMU_48] = "48"};
    struct run_options *options = target;

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            options->machine.iommu = (enum machine_iommu)i;
            return true;
        }
    }
    return command_fail(ret_error, "--iommu %s: must be auto, off, 39 or 48", value);
}

static bool set_device(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;

    if (!pc_has_device(value)) {
        return command_fail(ret_error, "--device %s: there is edu only", value);
    }
    if (options->machine.device_count == MACHINE_MAX_DEVICES) {
        return command_fail(ret_error, "--device may be given %d times", MACHINE_MAX_DEVICES);
    }
    options->machine.devices[options->machine.device_count++] = value;
    return true;
}

static bool set_in_place(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.seat = MACHINE_SEAT_IN_PLACE;
    return true;
}

static bool set_isolate(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.seat = MACHINE_SEAT_ISOLATED;
    return true;
}

static bool set_time(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;

    if (strcmp(value, "real") == 0) {
        options->machine.time = MACHINE_TIME_REAL;
    } else if (strcmp(value, "virtual") == 0) {
        options->machine.time = MACHINE_TIME_VIRTUAL;
    } else {
        return command_fail(ret_error, "--time %s: must be real or virtual", value);
    }
    return true;
}

static bool set_seed(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;
    char *end;

    errno = 0;
    options->machine.seed = strtoull(value, &end, 10);
    options->has_seed = true;
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0) {
        return command_fail(ret_error, "--seed %s: must be a number below 2^64", value);
    }
    return true;
}

static bool set_no_patch(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.no_patches = true;
    return true;
}

static bool set_carriers(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;

    if (strcmp(value, "own") == 0) {
        options->machine.carriers = MACHINE_CARRIERS_OWN;
    } else if (strcmp(value, "shared") == 0) {
        options->machine.carriers = MACHINE_CARRIERS_SHARED;
    } else {
        return command_fail(ret_error, "--carriers %s: must be own or shared", value);
    }
    return true;
}

static bool set_trace(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.trace = true;
    return true;
}

static bool set_lateness(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.lateness = true;
    return true;
}

static bool set_verbose(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    (void)ret_error;
    ((struct run_options *)target)->machine.verbose = true;
    return true;
}

static const struct command_option options[] = {
    {"memory", "SIZE", "guest memory: K, M or G (default 512M)", 'm', set_memory},
    {"config", "FILE", "the kernel's gen_config.json, or lines NAME=VALUE", 'c', set_config},
    {"set", "NAME=VALUE", "one setting of the kernel, as in KernelIsMCS=ON", 0, set_setting},
    {"cores", "N", "cores of the machine (only 1 works yet)", 0, set_cores},
    {"serial", "END", "COM1 (then COM2): stdio, null, pty, file:, unix:PATH, tcp:PORT", 0,
     set_serial},
    {"hpet-messages", NULL, "the HPET can send messages (MSI); off by default, as on QEMU", 0,
     set_hpet_messages},
    {"iommu", "auto|off|39|48", "address bits of the VT-d unit (default auto)", 0, set_iommu},
    {"device", "NAME", "a device in the next PCI slot: edu, QEMU's educational one", 0, set_device},
    {"isolate", NULL, "keep the kernel out of the guest's processes: slower, by ptrace", 0,
     set_isolate},
    {"in-place", NULL, "the kernel runs in the guest's processes (default where it can)", 0,
     set_in_place},
    {"time", "real|virtual", "virtual: a function of the guest; waits take no time (docs/time.md)",
     0, set_time},
    {"seed", "N", "of virtual time: vary how long the guest's code takes (default 0: not)", 0,
     set_seed},
    {"lateness", NULL, "of real time: a line whenever the host is more than 1 ms late", 0,
     set_lateness},
    {"no-patch", NULL, "in place: leave the guest's system calls as they are; slower", 0,
     set_no_patch},
    {"carriers", "own|shared", "in place: a Linux thread for each TCB (default), or one a VSpace",
     0, set_carriers},
    {"until", "TEXT", "end with status 0 when the guest prints TEXT", 0, set_until},
    {"fail-on", "TEXT", "end with status 1 when the guest prints TEXT", 0, set_fail_on},
    {"timeout", "SECONDS", "end with status 124 after that time", 0, set_timeout},
    {"on-idle", "report|wait|exit", "when nothing can run any more (default report)", 0,
     set_on_idle},
    {"name", "NAME", "what sel4emu ps and others call the guest (default: the image)", 0, set_name},
    {"at-end", "VIEWS", "show views of the inspector when it ends: ps,untyped (see docs)", 0,
     set_at_end},
    {"state-file", "FILE", "write the state at the end, for sel4emu ps --state FILE", 0,
     set_state_file},
    {"post-mortem", "DIR", "if it ends badly, write the state and a core file per VSpace", 0,
     set_post_mortem},
    {"boot-log", NULL, "print what the kernel says while it boots", 0, set_boot_log},
    {"trace", NULL, "show each call and fault of the guest", 't', set_trace},
    {"gdb", "PORT|unix:PATH", "serve a debugger there; a port on 127.0.0.1", 0,
     debug_set_gdb_option},
    {"gdb-default", NULL, "the same as --gdb=1234", 's', debug_set_default_port},
    {"freeze", NULL, "let no code run before the debugger says so", 'S', debug_set_freeze},
    {"host-calls", "all|none", "what a linked program's TCBs may ask Linux for (default all)", 0,
     linked_set_host_calls},
    {"linked", "WHERE", NULL, 0, linked_set_option},
    {"verbose", NULL, "show image, configuration and what is done", 'v', set_verbose},
    INJECT_OPTION,
};

static void prepare(void *target)
{
    struct run_options *run = target;

    configuration_init(&run->configuration);
    run->machine.memory_bytes = MACHINE_MEMORY_DEFAULT;
    run->machine.timeout = NANOSECONDS_NEVER;
}

/* --- the image and its configuration ------------------------------------------------------- */

static int refuse(const struct loader_error *error)
{
    say("%s", error->message);
    return error->problem == LOADER_BAD_ASSIGNMENT ? STATUS_USAGE : STATUS_IMAGE;
}

/* A word that names neither a file nor a command was meant as the one or the other. */
static int refuse_operand(const char *operand, const struct loader_error *error)
{
    struct nearest nearest = {0};

    if (error->problem == LOADER_NO_FILE && strchr(operand, '/') == NULL) {
        for (size_t i = 0; i < command_count; i++) {
            nearest_offer(&nearest, operand, command_table[i]->verb);
        }
    }
    if (nearest.word == NULL) {
        return refuse(error);
    }
    say("%s (did you mean the command %s?)", error->message, nearest.word);
    return STATUS_IMAGE;
}

static bool find_configuration(struct run_options *run, const char *place,
                               struct loader_error *ret_error)
{
    if (run->config_file != NULL
            ? !configuration_from_file(&run->configuration, run->config_file, ret_error)
            : !configuration_from_build(&run->configuration, place, ret_error)) {
        return false;
    }
    if (run->machine.linked.pid != 0) {
        return configuration_check(&run->configuration, ret_error);
    }
    if (!microkit_configure(&run->configuration, run->machine.image, run->machine.image_path,
                            getenv("MICROKIT_SDK"), ret_error)) {
        return false;
    }
    configuration_infer(&run->configuration, run->machine.image);
    return configuration_check(&run->configuration, ret_error);
}

/*
 * " NAME=VALUE" of each setting that comes from `source`, into `text`; with changes_only those that
 * have the default's value are left out.
 */
static void list_settings(const struct configuration *configuration, enum setting_source source,
                          bool changes_only, char *text, size_t size)
{
    struct configuration plain;
    size_t length = 0;

    configuration_init(&plain);
    text[0] = '\0';
    for (size_t i = 0; i < configuration_setting_count && length < size; i++) {
        char value[CONFIGURATION_VALUE_BYTES], other[CONFIGURATION_VALUE_BYTES];

        configuration_value(&configuration->kernel, i, value);
        configuration_value(&plain.kernel, i, other);
        if (configuration->source[i] == source && (!changes_only || strcmp(value, other) != 0)) {
            length += (size_t)snprintf(text + length, size - length, " %s=%s",
                                       configuration_settings[i].name, value);
        }
    }
}

/* A guess that changes something is said without being asked for. */
static void report_guess(const struct configuration *configuration)
{
    char text[512];

    list_settings(configuration, SETTING_INFERRED, true, text, sizeof(text));
    if (text[0] != '\0') {
        say("inferred from the image:%s (to be sure, give --config FILE)", text);
    }
}

static void describe(const struct run_options *run)
{
    const struct image *image = run->machine.image;
    const char *entry = image_symbol_at(image, image->entry);
    char text[1800];

    say("image %s: 0x%" PRIx64 " to 0x%" PRIx64 ", %u segments, entry 0x%" PRIx64 " (%s)",
        run->machine.image_path, image->start, image->end, image->segment_count, image->entry,
        entry == NULL ? "no symbol" : entry);
    say("configuration: %s",
        run->configuration.found_in[0] == '\0' ? "none found" : run->configuration.found_in);
    for (int source = SETTING_FLAG; source >= SETTING_DEFAULT; source--) {
        list_settings(&run->configuration, (enum setting_source)source, false, text, sizeof(text));
        if (text[0] != '\0') {
            say("%s:%s", configuration_source_name((enum setting_source)source), text);
        }
    }
}

/* --- the end ------------------------------------------------------------------------------- */

static const struct {
    enum status status;
    bool is_guest_end; /* with --until that was not seen it came too early */
    const char *what;  /* said if the machine has no message; NULL: nothing */
} ends[] = {
    [MACHINE_END_UNTIL] = {STATUS_OK, false, NULL},
    [MACHINE_END_FAIL_ON] = {STATUS_FAIL_ON, false, "a --fail-on text was printed"},
    [MACHINE_END_TIMEOUT] = {STATUS_TIMEOUT, false, "timeout"},
    [MACHINE_END_HALTED] = {STATUS_OK, true, NULL},
    [MACHINE_END_IDLE] = {STATUS_IDLE, true, "every thread waits and nothing can wake one"},
    [MACHINE_END_FAULTED] = {STATUS_FAULTED, true, "a thread has a fault that nobody handles"},
    [MACHINE_END_QUIT] = {STATUS_OK, true, NULL},
    [MACHINE_END_INTERRUPTED] = {STATUS_SIGNAL, false, NULL},
    [MACHINE_END_REFUSED] = {STATUS_IMAGE, false, "the image cannot be run"},
    [MACHINE_END_HOST_UNSUPPORTED] = {STATUS_UNSUPPORTED, false,
                                      "this host lacks what it takes; see sel4emu doctor"},
    [MACHINE_END_HOST_FAILED] = {STATUS_HOST, false, "the host failed"},
};

int run_status(const struct machine_options *machine, enum machine_end end,
               const struct machine_report *report)
{
    if (end == MACHINE_END_INTERRUPTED) {
        return STATUS_SIGNAL + report->signal;
    }
    if (end == MACHINE_END_IDLE && machine->on_idle == ON_IDLE_EXIT) {
        return machine->until == NULL ? STATUS_OK : STATUS_EARLY;
    }
    if (ends[end].is_guest_end && ends[end].status == STATUS_OK && machine->until != NULL) {
        return STATUS_EARLY;
    }
    return (int)ends[end].status;
}

/* From there on Linux says when guest code is stopped. */
static void report_spins(const struct machine_report *report)
{
    if (report->spins == 0) {
        return;
    }
    say("virtual time: guest code ran for 20 ms without entering the kernel (%" PRIu64
        " times, first at %" PRIu64 ".%06" PRIu64
        " s): from there on the run may not repeat exactly; for that a host would need a counter "
        "of retired branches",
        report->spins, report->first_spin / 1000000000, report->first_spin / 1000 % 1000000);
}

/* A guest that measures time may have failed for it. */
static void report_lateness(const struct machine_options *machine,
                            const struct machine_report *report, int status)
{
    const struct lateness *lateness = &report->lateness;

    if (lateness->count == 0 || (!machine->lateness && status == STATUS_OK)) {
        return;
    }
    say("the host was late by more than 1 ms %" PRIu64 " times, at most by %" PRIu64 ".%03" PRIu64
        " ms, at %" PRIu64 ".%06" PRIu64 " s",
        lateness->count, lateness->most / 1000000, lateness->most / 1000 % 1000,
        lateness->most_at / 1000000000, lateness->most_at / 1000 % 1000000);
}

static int report_end(const struct machine_options *machine, enum machine_end end,
                      const struct machine_report *report)
{
    int status = run_status(machine, end, report);

    report_spins(report);
    report_lateness(machine, report, status);
    if (report->message[0] != '\0') {
        say("%s", report->message);
    } else if (ends[end].what != NULL && status != STATUS_OK) {
        say("%s", ends[end].what);
    }
    if (status == STATUS_EARLY) {
        say("the guest ended before it printed \"%s\"", machine->until);
    }
    return status;
}

int run_image(struct run_options *run, const char *place, const char *path)
{
    struct machine_report report = {0};
    struct command_error problem;
    struct loader_error error;
    struct image image;
    int status;

    if (run->machine.linked.pid != 0) {
        image = linked_image(run);
    } else if (!image_open(path, &image, &error)) {
        return refuse_operand(path, &error);
    }
    run->machine.image = &image;
    run->machine.image_path = path;
    run->machine.configuration = &run->configuration;
    if (run->machine.serial_count == 0) {
        run->machine.serial[run->machine.serial_count++] =
            (struct serial_spec){.kind = SERIAL_STDIO, .text = "stdio"};
    }
    if (run->has_seed && run->machine.time != MACHINE_TIME_VIRTUAL) {
        say("--seed is of virtual time: give --time=virtual, too");
        status = STATUS_USAGE;
    } else if (!linked_check(run, &problem) || !debug_options_check(&run->machine, &problem)) {
        say("%s", problem.message);
        status = STATUS_USAGE;
    } else if (!find_configuration(run, place, &error)) {
        status = refuse(&error);
    } else {
        if (run->machine.verbose) {
            describe(run);
        } else {
            report_guess(&run->configuration);
        }
        status = report_end(&run->machine, machine_run(&run->machine, &report), &report);
        if (run->machine.verbose) {
            inject_describe();
        }
    }
    if (run->machine.linked.pid != 0) {
        linked_end(&run->machine.linked, status);
    } else {
        image_close(&image);
    }
    return status;
}

int run_operand(void *target, const char *const *operands, unsigned operand_count)
{
    char path[FILE_PATH_BYTES];
    struct loader_error error;

    if (operand_count == 0) {
        say("no image given; usage: sel4emu run [OPTION...] IMAGE|BUILD_DIR");
        return STATUS_USAGE;
    }
    if (!file_is_directory(operands[0])) {
        return run_image(target, operands[0], operands[0]);
    }
    if (!build_directory_find_image(operands[0], path, &error)) {
        return refuse(&error);
    }
    return run_image(target, operands[0], path);
}

static void print_settings(void)
{
    struct configuration plain;
    char value[CONFIGURATION_VALUE_BYTES];

    configuration_init(&plain);
    printf("\nSettings for --set, with their defaults:\n");
    for (size_t i = 0; i < configuration_setting_count; i++) {
        configuration_value(&plain.kernel, i, value);
        printf("  %s=%s\n", configuration_settings[i].name, value);
    }
}

const struct command command_run = {
    .verb = "run",
    .operands = "IMAGE|BUILD_DIR",
    .summary = "start an image; its console is this terminal",
    .details =
        "IMAGE is the root server's ELF file, BUILD_DIR a build directory of seL4's with\n"
        "images/*-image-x86_64-pc99. The kernel's configuration is taken from --config, else\n"
        "from gen_config.json in the build directory, else from what the image shows. An\n"
        "image of Microkit's tool has its kernel beside it; the SDK in MICROKIT_SDK knows that.\n"
        "On a terminal, Ctrl-C or Ctrl-A x ends the guest, Ctrl-A h shows the other keys.\n",
    .print_more = print_settings,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .max_operands = 1,
    .target_size = sizeof(struct run_options),
    .prepare = prepare,
    .run = run_operand,
};
