/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/assert.h>
#include <base/bits.h>
#include <loader/configuration_internal.h>
#include <loader/nearest.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROW(name, key, field, ...)                                                                 \
    {                                                                                              \
        name, key, #field, offsetof(struct kernel_config, field), __VA_ARGS__                      \
    }
#define FLAG(name, key, field)   ROW(name, key, field, SETTING_BOOL, NULL)
#define NUMBER(name, key, field) ROW(name, key, field, SETTING_UNSIGNED, NULL)

const struct configuration_setting configuration_settings[] = {
    ROW("release", NULL, release, SETTING_RELEASE, NULL),
    FLAG("KernelIsMCS", "KERNEL_MCS", mcs),
    NUMBER("KernelMaxNumNodes", "MAX_NUM_NODES", max_cores),
    FLAG("KernelIOMMU", "IOMMU", iommu),
    FLAG("KernelVTX", "VTX", vtx),
    FLAG("KernelX86_64VTX64BitGuests", "X86_64_VTX_64BIT_GUESTS", vtx_64bit_guests),
    FLAG("HardwareDebugAPI", "HARDWARE_DEBUG_API", hardware_debug_api),
    FLAG("KernelHugePage", "HUGE_PAGE", huge_pages),
    ROW("KernelFSGSBase", "KERNEL_FSGS_BASE", fsgsbase_inst, SETTING_WORD, "inst msr gdt"),
    ROW("KernelSyscall", "KERNEL_X86_SYSCALL", syscall_sysenter, SETTING_WORD, "sysenter syscall"),
    FLAG("KernelDebugBuild", "DEBUG_BUILD", debug_build),
    FLAG("KernelPrinting", "PRINTING", printing),
    FLAG("KernelDangerousCodeInjection", "DANGEROUS_CODE_INJECTION", dangerous_code_injection),
    FLAG("KernelX86DangerousMSR", "KERNEL_X86_DANGEROUS_MSR", dangerous_msr),
    FLAG("KernelInvocationReportErrorIPC", "KERNEL_INVOCATION_REPORT_ERROR_IPC", report_error_ipc),
    ROW("KernelIRQController", "KERNEL_IRQ_CONTROLLER", irq_pic, SETTING_WORD, "PIC IOAPIC"),
    ROW("KernelBenchmarks", "KERNEL_BENCHMARK", benchmarks, SETTING_ENUM,
        "none generic track_kernel_entries tracepoints track_utilisation"),
    NUMBER("KernelXSaveSize", "XSAVE_SIZE", xsave_size),
    ROW("KernelXSaveFeatureSet", "XSAVE_FEATURE_SET", xsave_features, SETTING_U64, NULL),
    NUMBER("KernelNumDomains", "NUM_DOMAINS", num_domains),
    NUMBER("KernelNumDomainSchedules", "NUM_DOMAIN_SCHEDULES", num_domain_schedules),
    NUMBER("KernelNumPriorities", "NUM_PRIORITIES", num_priorities),
    NUMBER("KernelRootCNodeSizeBits", "ROOT_CNODE_SIZE_BITS", root_cnode_size_bits),
    NUMBER("KernelMaxNumBootinfoUntypedCaps", "MAX_NUM_BOOTINFO_UNTYPED_CAPS",
           max_num_bootinfo_untyped_caps),
    NUMBER("KernelRetypeFanOutLimit", "RETYPE_FAN_OUT_LIMIT", retype_fan_out_limit),
    NUMBER("KernelMaxNumWorkUnitsPerPreemption", "MAX_NUM_WORK_UNITS_PER_PREEMPTION",
           max_num_work_units_per_preemption),
    NUMBER("KernelResetChunkBits", "RESET_CHUNK_BITS", reset_chunk_bits),
    NUMBER("KernelTimerTickMS", "TIMER_TICK_MS", timer_tick_ms),
    NUMBER("KernelTimeSlice", "TIME_SLICE", time_slice),
    NUMBER("KernelBootThreadTimeSlice", "BOOT_THREAD_TIME_SLICE", boot_thread_time_slice),
    NUMBER("KernelWcetScale", "KERNEL_WCET_SCALE", wcet_scale),
    ROW("KernelStaticMaxPeriodUs", "KERNEL_STATIC_MAX_PERIOD_US", static_max_period_us, SETTING_U64,
        NULL),
};
const size_t configuration_setting_count = ARRAY_LENGTH(configuration_settings);

_Static_assert(ARRAY_LENGTH(configuration_settings) <= CONFIGURATION_MAX_SETTINGS,
               "struct configuration has a source for each row");

void configuration_init(struct configuration *c)
{
    *c = (struct configuration){.kernel = kernel_config_default()};
}

/* --- values -------------------------------------------------------------------------------- */

static bool parse_bool(const char *text, uint64_t *ret_value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"on", true},   {"true", true},   {"yes", true}, {"1", true},
                 {"off", false}, {"false", false}, {"no", false}, {"0", false}};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            *ret_value = words[i].value;
            return true;
        }
    }
    return false;
}

static bool parse_number(const char *text, uint64_t maximum, uint64_t *ret_value)
{
    char *end;
    uint64_t value;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    value = strtoull(text, &end, 0);
    if (errno != 0 || *end != '\0' || value > maximum) {
        return false;
    }
    *ret_value = value;
    return true;
}

static bool parse_choice(const char *text, const char *choices, uint64_t *ret_value)
{
    size_t length = strlen(text);

    for (uint64_t index = 0; *choices != '\0'; index++) {
        size_t word = strcspn(choices, " ");

        if (word == length && strncasecmp(text, choices, length) == 0) {
            *ret_value = index;
            return true;
        }
        choices += word;
        choices += strspn(choices, " ");
    }
    return false;
}

/* "16.0", "16.0.0", "16.0.0-dev": a development version counts as the release it follows. */
static bool parse_release(const char *text, uint64_t *ret_value)
{
    unsigned major, minor;
    int length = 0;

    if (sscanf(text, "%3u.%2u%n", &major, &minor, &length) != 2 ||
        (text[length] != '\0' && text[length] != '.' && text[length] != '-') ||
        kernel_config_release_name(major * 100 + minor) == NULL) {
        return false;
    }
    *ret_value = major * 100 + minor;
    return true;
}

static bool parse_value(const struct configuration_setting *setting, const char *text,
                        uint64_t *ret_value)
{
    switch (setting->type) {
    case SETTING_BOOL:
        return parse_bool(text, ret_value);
    case SETTING_UNSIGNED:
        return parse_number(text, UINT_MAX, ret_value);
    case SETTING_U64:
        return parse_number(text, UINT64_MAX, ret_value);
    case SETTING_ENUM:
        return parse_choice(text, setting->choices, ret_value);
    case SETTING_RELEASE:
        return parse_release(text, ret_value);
    case SETTING_WORD:
        if (parse_choice(text, setting->choices, ret_value)) {
            *ret_value = *ret_value == 0;
            return true;
        }
        return parse_bool(text, ret_value);
    }
    UNREACHABLE("a setting type");
}

static const char *wanted_values(const struct configuration_setting *setting)
{
    switch (setting->type) {
    case SETTING_BOOL:
        return "ON or OFF";
    case SETTING_UNSIGNED:
    case SETTING_U64:
        return "a number";
    case SETTING_RELEASE:
        return "12.0, 12.1, 13.0, 14.0, 15.0 or 16.0";
    case SETTING_ENUM:
    case SETTING_WORD:
        return setting->choices;
    }
    UNREACHABLE("a setting type");
}

static bool is_bool(enum setting_type type)
{
    return type == SETTING_BOOL || type == SETTING_WORD;
}

void configuration_store(struct kernel_config *config, size_t row, uint64_t value)
{
    const struct configuration_setting *setting = &configuration_settings[row];
    uint8_t *field = (uint8_t *)config + setting->offset;

    if (is_bool(setting->type)) {
        *(bool *)field = value != 0;
    } else if (setting->type == SETTING_U64) {
        memcpy(field, &value, sizeof(value));
    } else {
        unsigned number = (unsigned)value;

        memcpy(field, &number, sizeof(number));
    }
}

static uint64_t load_value(const struct kernel_config *config,
                           const struct configuration_setting *setting)
{
    const uint8_t *field = (const uint8_t *)config + setting->offset;
    uint64_t value;
    unsigned number;

    if (is_bool(setting->type)) {
        return *(const bool *)field;
    }
    if (setting->type == SETTING_U64) {
        memcpy(&value, field, sizeof(value));
        return value;
    }
    memcpy(&number, field, sizeof(number));
    return number;
}

static void print_choice(const char *choices, uint64_t index, char *ret_text)
{
    while (index-- > 0) {
        choices += strcspn(choices, " ");
        choices += strspn(choices, " ");
    }
    snprintf(ret_text, CONFIGURATION_VALUE_BYTES, "%.*s", (int)strcspn(choices, " "), choices);
}

void configuration_value(const struct kernel_config *config, size_t setting,
                         char ret_text[CONFIGURATION_VALUE_BYTES])
{
    const struct configuration_setting *row = &configuration_settings[setting];
    uint64_t value = load_value(config, row);
    const char *release;

    switch (row->type) {
    case SETTING_BOOL:
        strcpy(ret_text, value != 0 ? "ON" : "OFF");
        break;
    case SETTING_UNSIGNED:
    case SETTING_U64:
        snprintf(ret_text, CONFIGURATION_VALUE_BYTES, "%" PRIu64, value);
        break;
    case SETTING_ENUM:
        print_choice(row->choices, value, ret_text);
        break;
    case SETTING_WORD:
        print_choice(row->choices, value == 0, ret_text);
        break;
    case SETTING_RELEASE:
        release = kernel_config_release_name((unsigned)value);
        strcpy(ret_text, release == NULL ? "?" : release);
        break;
    }
}

const char *configuration_source_name(enum setting_source source)
{
    static const char *const names[] = {
        [SETTING_DEFAULT] = "default",       [SETTING_INFERRED] = "inferred",
        [SETTING_BUILD] = "build directory", [SETTING_FILE] = "configuration file",
        [SETTING_FLAG] = "command line",
    };

    return names[source];
}

/* --- settings by name ---------------------------------------------------------------------- */

/* Letters' case aside, and '-' for '_'. */
static bool same_name(const char *typed, size_t length, const char *name)
{
    if (name == NULL || strlen(name) != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = typed[i] == '-' ? '_' : typed[i];

        if (strncasecmp(&c, &name[i], 1) != 0) {
            return false;
        }
    }
    return true;
}

static const struct configuration_setting *find_setting(const char *name, size_t length)
{
    if (length > strlen("CONFIG_") && strncmp(name, "CONFIG_", strlen("CONFIG_")) == 0) {
        name += strlen("CONFIG_");
        length -= strlen("CONFIG_");
    }
    for (size_t i = 0; i < configuration_setting_count; i++) {
        const struct configuration_setting *setting = &configuration_settings[i];

        if (same_name(name, length, setting->name) || same_name(name, length, setting->key) ||
            same_name(name, length, setting->field)) {
            return setting;
        }
    }
    return NULL;
}

size_t configuration_row(const char *field)
{
    const struct configuration_setting *setting = find_setting(field, strlen(field));

    ASSERT(setting != NULL);
    return (size_t)(setting - configuration_settings);
}

static bool unknown_setting(const char *name, struct loader_error *ret_error)
{
    struct nearest nearest = {0};

    for (size_t i = 0; i < configuration_setting_count; i++) {
        nearest_offer(&nearest, name, configuration_settings[i].name);
        nearest_offer(&nearest, name, configuration_settings[i].field);
        if (configuration_settings[i].key != NULL) {
            nearest_offer(&nearest, name, configuration_settings[i].key);
        }
    }
    if (nearest.word == NULL) {
        return loader_fail(ret_error, LOADER_BAD_ASSIGNMENT,
                           "unknown setting %s; sel4emu run --help lists them", name);
    }
    return loader_fail(ret_error, LOADER_BAD_ASSIGNMENT, "unknown setting %s; did you mean %s?",
                       name, nearest.word);
}

bool configuration_assign(struct configuration *c, const struct configuration_setting *setting,
                          const char *text, enum setting_source source,
                          struct loader_error *ret_error)
{
    enum setting_source *current = &c->source[setting - configuration_settings];
    uint64_t value;

    if (!parse_value(setting, text, &value)) {
        return loader_fail(ret_error, LOADER_BAD_ASSIGNMENT, "%s=%s: the value must be %s",
                           setting->name, text, wanted_values(setting));
    }
    if (source >= *current) {
        configuration_store(&c->kernel, (size_t)(setting - configuration_settings), value);
        *current = source;
    }
    return true;
}

bool configuration_assign_text(struct configuration *c, const char *assignment,
                               enum setting_source source, struct loader_error *ret_error)
{
    const struct configuration_setting *setting;
    const char *equals = strchr(assignment, '=');
    char name[64];
    size_t length;

    if (equals == NULL || equals == assignment) {
        return loader_fail(ret_error, LOADER_BAD_ASSIGNMENT,
                           "%s: a setting is NAME=VALUE, as in KernelIsMCS=ON", assignment);
    }
    /* CMake's cache writes NAME:TYPE=VALUE. */
    length = strcspn(assignment, ":= \t");
    setting = find_setting(assignment, length);
    if (setting == NULL) {
        snprintf(name, sizeof(name), "%.*s", (int)length, assignment);
        return unknown_setting(name, ret_error);
    }
    equals++;
    return configuration_assign(c, setting, equals + strspn(equals, " \t"), source, ret_error);
}

bool configuration_set(struct configuration *c, const char *assignment,
                       struct loader_error *ret_error)
{
    return configuration_assign_text(c, assignment, SETTING_FLAG, ret_error);
}

bool configuration_check(const struct configuration *c, struct loader_error *ret_error)
{
    const char *problem = kernel_config_problem(&c->kernel);

    if (problem == NULL) {
        return true;
    }
    if (c->found_in[0] == '\0') {
        return loader_fail(ret_error, LOADER_BAD_ASSIGNMENT, "no such kernel: %s", problem);
    }
    return loader_fail(ret_error, LOADER_BAD_ASSIGNMENT, "no such kernel: %s (settings from %s)",
                       problem, c->found_in);
}
