/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/commands.h>
#include <cli/debug_options.h>
#include <cli/qemu_options.h>

#include <base/bits.h>
#include <stdio.h>
#include <string.h>

/* What QEMU's options of one name do. `value` is NULL if it takes none. */
struct qemu_option {
    const char *names; /* "machine M" */
    bool takes_value;
    bool (*apply)(struct qemu_line *line, const char *name, const char *value,
                  struct command_error *ret_error);
};

/* --- what options do ----------------------------------------------------------------------- */

static bool ignore(struct qemu_line *line, const char *name, const char *value,
                   struct command_error *ret_error)
{
    size_t length = strlen(line->ignored), room = sizeof(line->ignored) - length;

    (void)ret_error;
    snprintf(line->ignored + length, room, value == NULL ? " -%s" : " -%s %s", name, value);
    return true;
}

/* What holds without it: there is no window, a reset ends the guest. */
static bool holds_anyway(struct qemu_line *line, const char *name, const char *value,
                         struct command_error *ret_error)
{
    (void)line;
    (void)name;
    (void)value;
    (void)ret_error;
    return true;
}

static bool set_gdb(struct qemu_line *line, const char *name, const char *value,
                    struct command_error *ret_error)
{
    return value == NULL ? debug_set_default_port(&line->run, name, ret_error)
                         : debug_set_gdb(&line->run, value, ret_error);
}

static bool set_freeze(struct qemu_line *line, const char *name, const char *value,
                       struct command_error *ret_error)
{
    (void)name;
    return debug_set_freeze(&line->run, value, ret_error);
}

static bool refuse_state(struct qemu_line *line, const char *name, const char *value,
                         struct command_error *ret_error)
{
    (void)line;
    (void)value;
    return command_fail(ret_error, "-%s does not work here: run it under QEMU", name);
}

static bool set_version(struct qemu_line *line, const char *name, const char *value,
                        struct command_error *ret_error)
{
    line->asks_version = true;
    return holds_anyway(line, name, value, ret_error);
}

static bool set_kernel(struct qemu_line *line, const char *name, const char *value,
                       struct command_error *ret_error)
{
    (void)name;
    (void)ret_error;
    line->kernel = value;
    return true;
}

/* "IMAGE ARGUMENTS,MODULE...": a comma that is doubled stands for itself. */
static bool set_initrd(struct qemu_line *line, const char *name, const char *value,
                       struct command_error *ret_error)
{
    size_t length = 0;

    for (; *value != '\0' && *value != ' '; value++) {
        if (*value == ',' && *++value != ',') {
            value--;
            break;
        }
        if (length + 1 == sizeof(line->image)) {
            return command_fail(ret_error, "-initrd: the path is too long");
        }
        line->image[length++] = *value;
    }
    line->image[length] = '\0';
    /* The kernel starts the first module and gives it no command line. */
    return *value == '\0' || ignore(line, name, value, ret_error);
}

/* "3G", "size=3G,slots=1", "512": mebibytes if there is no unit. */
static bool set_memory(struct qemu_line *line, const char *name, const char *value,
                       struct command_error *ret_error)
{
    static const char key[] = "size=";
    const char *size = strncmp(value, key, sizeof(key) - 1) == 0 ? value + sizeof(key) - 1 : value;
    size_t length = strcspn(size, ",");
    char text[32];
    bool has_unit;

    if (length == 0 || length + 2 > sizeof(text)) {
        return command_fail(ret_error, "-%s %s: must be a size, as in 512M", name, value);
    }
    has_unit = size[length - 1] < '0' || size[length - 1] > '9';
    snprintf(text, sizeof(text), "%.*s%s", (int)length, size, has_unit ? "" : "M");
    return run_set_memory(&line->run, text, ret_error) &&
           (size[length] == '\0' || ignore(line, name, size + length, ret_error));
}

static bool set_cores(struct qemu_line *line, const char *name, const char *value,
                      struct command_error *ret_error)
{
    static const char key[] = "cpus=";
    const char *count = strncmp(value, key, sizeof(key) - 1) == 0 ? value + sizeof(key) - 1 : value;

    (void)line;
    if (strcspn(count, ",") == 1 && count[0] == '1') {
        return true;
    }
    return command_fail(ret_error,
                        "-%s %s: several cores do not work yet; build for one core, or run it "
                        "under QEMU",
                        name, value);
}

/* "pc" is what this machine is; of "pc,accel=kvm" the rest has no meaning here. */
static bool set_machine(struct qemu_line *line, const char *name, const char *value,
                        struct command_error *ret_error)
{
    const char *type = strncmp(value, "type=", 5) == 0 ? value + 5 : value;

    return strcmp(type, "pc") == 0 || ignore(line, name, value, ret_error);
}

/* The one property of a device that this machine has. */
static bool set_property(struct qemu_line *line, const char *name, const char *value,
                         struct command_error *ret_error)
{
    if (strcmp(value, "hpet.msi=on") == 0) {
        line->run.machine.hpet_messages = true;
        return true;
    }
    return ignore(line, name, value, ret_error);
}

static bool is_nothing(const char *value)
{
    return strcmp(value, "none") == 0 || strcmp(value, "null") == 0;
}

/* Of a device that this machine has not got anyway: nothing to say if it is not wanted. */
static bool ignore_unless_none(struct qemu_line *line, const char *name, const char *value,
                               struct command_error *ret_error)
{
    return is_nothing(value) || ignore(line, name, value, ret_error);
}

/* A socket listens here, and the guest does not wait for a client: its output does. */
static bool set_socket(struct qemu_line *line, const char *value, struct command_error *ret_error)
{
    char *text = line->serial[line->serial_count];
    char *options = strchr(text, ',');

    if (options == NULL ||
        (strcmp(options, ",server") != 0 && strncmp(options, ",server,", 8) != 0 &&
         strncmp(options, ",server=on", 10) != 0)) {
        return command_fail(ret_error, "-serial %s: sockets listen here; give it the option server",
                            value);
    }
    *options = '\0';
    return true;
}

static bool set_serial(struct qemu_line *line, const char *name, const char *value,
                       struct command_error *ret_error)
{
    const char *end = strncmp(value, "mon:", 4) == 0 ? value + 4 : value;
    char *text = line->serial[line->serial_count % MACHINE_MAX_SERIAL];

    if (line->serial_count == MACHINE_MAX_SERIAL) {
        return is_nothing(value) || ignore(line, name, value, ret_error);
    }
    if (strlen(end) >= QEMU_TEXT_BYTES) {
        return command_fail(ret_error, "-serial: the path is too long");
    }
    strcpy(text, is_nothing(end) ? "null" : end);
    if ((strncmp(end, "unix:", 5) == 0 || strncmp(end, "tcp:", 4) == 0) &&
        !set_socket(line, value, ret_error)) {
        return false;
    }
    line->serial_count++;
    return run_add_serial(&line->run, text, ret_error);
}

/* --- the table ----------------------------------------------------------------------------- */

static const struct qemu_option options[] = {
    {"kernel", true, set_kernel},
    {"initrd", true, set_initrd},
    {"m", true, set_memory},
    {"serial", true, set_serial},
    {"smp", true, set_cores},
    {"machine M", true, set_machine},
    {"global", true, set_property},
    {"version", false, set_version},

    {"nographic no-reboot nodefaults no-user-config no-fd-bootchk", false, holds_anyway},
    {"display monitor vga net nic parallel", true, ignore_unless_none},

    {"s", false, set_gdb},
    {"S", false, set_freeze},
    {"gdb", true, set_gdb},
    {"daemonize preconfig", false, refuse_state},
    {"loadvm incoming", true, refuse_state},

    {"enable-kvm no-shutdown no-acpi no-hpet singlestep snapshot usb full-screen mem-prealloc "
     "win2k-hack portrait",
     false, ignore},
    {"cpu append accel numa add-fd set boot mem-path k audio audiodev device name uuid fda "
     "fdb hda hdb hdc hdd cdrom blockdev drive mtdblock sd fsdev virtfs usbdevice rotate g vnc "
     "spice acpitable smbios netdev chardev tpmdev dtb fw_cfg compat qmp qmp-pretty mon debugcon "
     "pidfile overcommit d dfilter D seed L action option-rom rtc icount watchdog "
     "watchdog-action echr sandbox readconfig trace plugin runas object msg bios",
     true, ignore},
};

static bool is_named(const char *names, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = names; *at != '\0'; at += strspn(at, " ")) {
        size_t here = strcspn(at, " ");

        if (here == length && strncmp(at, name, length) == 0) {
            return true;
        }
        at += here;
    }
    return false;
}

static const struct qemu_option *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
        if (is_named(options[i].names, name)) {
            return &options[i];
        }
    }
    return NULL;
}

/* --- the line ------------------------------------------------------------------------------ */

/* The words that are sel4emu's own. */
struct own_words {
    char *words[64];
    int count;
};

/* How many words of an option of sel4emu's own stand at argv[0]; 0: it is none. */
static int own_option_words(int argc, char **argv)
{
    const char *name = argv[0] + 2;
    size_t length = strcspn(name, "=");

    if (strncmp(argv[0], "--", 2) != 0) {
        return 0;
    }
    for (size_t i = 0; i < command_run.option_count; i++) {
        const struct command_option *option = &command_run.options[i];

        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) {
            return option->value != NULL && name[length] == '\0' && argc > 1 ? 2 : 1;
        }
    }
    return 0;
}

static bool take_own(struct own_words *own, int count, char **argv, struct command_error *ret_error)
{
    if (own->count + count > (int)ARRAY_LENGTH(own->words)) {
        return command_fail(ret_error, "too many options");
    }
    memcpy(own->words + own->count, argv, (size_t)count * sizeof(argv[0]));
    own->count += count;
    return true;
}

/* Applies one option of QEMU's; *ret_words: how many words it took. */
static bool apply(struct qemu_line *line, int argc, char **argv, int *ret_words,
                  struct command_error *ret_error)
{
    const char *name = argv[0] + (strncmp(argv[0], "--", 2) == 0 ? 2 : 1);
    const struct qemu_option *option = argv[0][0] == '-' ? find(name) : NULL;

    if (argv[0][0] != '-') {
        return command_fail(ret_error, "unexpected argument %s: disks do not work here", argv[0]);
    }
    if (option == NULL) {
        return command_fail(ret_error, "unknown option %s: neither QEMU's nor sel4emu's", argv[0]);
    }
    if (option->takes_value && argc == 1) {
        return command_fail(ret_error, "%s wants a value", argv[0]);
    }
    *ret_words = option->takes_value ? 2 : 1;
    return option->apply(line, name, option->takes_value ? argv[1] : NULL, ret_error);
}

bool qemu_options_parse(int argc, char **argv, struct qemu_line *line,
                        struct command_error *ret_error)
{
    struct own_words own = {.count = 0};
    struct command_line rest;

    for (int i = 0, words; i < argc; i += words) {
        words = own_option_words(argc - i, argv + i);
        if (words != 0 ? !take_own(&own, words, argv + i, ret_error)
                       : !apply(line, argc - i, argv + i, &words, ret_error)) {
            return false;
        }
    }
    return command_parse(&command_run, own.count, own.words, &line->run, &rest, ret_error);
}
