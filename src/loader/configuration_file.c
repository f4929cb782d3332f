/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings out of files: gen_config.json, lines of NAME=VALUE, and what tells the release. */
#include <base/bits.h>
#include <loader/build_directory.h>
#include <loader/configuration_internal.h>

#include <abi/invocation.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LIMIT (UINT64_C(4) << 20)

/* --- gen_config.json ----------------------------------------------------------------------- */

/* The generated file has true, false and numbers as strings; plain numbers are accepted too. */
static bool json_text(const cJSON *item, char *ret_text, size_t size)
{
    if (cJSON_IsBool(item)) {
        snprintf(ret_text, size, "%s", cJSON_IsTrue(item) ? "ON" : "OFF");
        return true;
    }
    if (cJSON_IsString(item)) {
        snprintf(ret_text, size, "%s", item->valuestring);
        return true;
    }
    if (cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= 0x1p53) {
        snprintf(ret_text, size, "%.0f", item->valuedouble);
        return true;
    }
    return false;
}

static bool check_architecture(const cJSON *object, struct loader_error *ret_error)
{
    const cJSON *architecture = cJSON_GetObjectItemCaseSensitive(object, "SEL4_ARCH");

    if (cJSON_IsString(architecture) && strcmp(architecture->valuestring, "x86_64") != 0) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "configuration of a kernel for %.32s: sel4emu runs x86_64 images; "
                           "rebuild with -DPLATFORM=x86_64",
                           architecture->valuestring);
    }
    return true;
}

static bool assign_object(struct configuration *c, const cJSON *object, enum setting_source source,
                          struct loader_error *ret_error)
{
    unsigned known = 0;

    if (!check_architecture(object, ret_error)) {
        return false;
    }
    for (size_t i = 0; i < configuration_setting_count; i++) {
        const struct configuration_setting *setting = &configuration_settings[i];
        const cJSON *item;
        char text[64];

        item = setting->key == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(object, setting->key);
        if (item == NULL) {
            continue;
        }
        if (!json_text(item, text, sizeof(text))) {
            return loader_fail(ret_error, LOADER_BAD_FILE, "%s has no value that can be read",
                               setting->key);
        }
        if (!configuration_assign(c, setting, text, source, ret_error)) {
            return false;
        }
        known++;
    }
    if (known == 0) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "no kernel setting in it (KERNEL_MCS, ...); the kernel's file is "
                           "kernel/gen_config/kernel/gen_config.json");
    }
    return true;
}

static unsigned line_of(const char *text, const char *position)
{
    unsigned line = 1;

    for (; text < position && *text != '\0'; text++) {
        line += *text == '\n';
    }
    return line;
}

static bool assign_json(struct configuration *c, const char *text, enum setting_source source,
                        struct loader_error *ret_error)
{
    const char *end = NULL;
    cJSON *object = cJSON_ParseWithOpts(text, &end, true);
    bool good;

    if (object == NULL) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "not JSON: error in line %u",
                           end == NULL ? 1 : line_of(text, end));
    }
    good = cJSON_IsObject(object)
               ? assign_object(c, object, source, ret_error)
               : loader_fail(ret_error, LOADER_BAD_FILE, "JSON, but not an object of settings");
    cJSON_Delete(object);
    return good;
}

/* --- lines of NAME=VALUE ------------------------------------------------------------------- */

static void trim_end(char *line)
{
    size_t length = strlen(line);

    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL) {
        line[--length] = '\0';
    }
}

static bool assign_line(struct configuration *c, const char *start, size_t length, unsigned number,
                        enum setting_source source, struct loader_error *ret_error)
{
    char line[256], prefix[32];
    const char *text = line;

    if (length >= sizeof(line)) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "line %u is too long", number);
    }
    memcpy(line, start, length);
    line[length] = '\0';
    line[strcspn(line, "#")] = '\0';
    trim_end(line);
    text += strspn(text, " \t");
    if (*text == '\0' || configuration_assign_text(c, text, source, ret_error)) {
        return true;
    }
    snprintf(prefix, sizeof(prefix), "line %u", number);
    return loader_fail_prefix(ret_error, prefix);
}

static bool assign_lines(struct configuration *c, const char *text, enum setting_source source,
                         struct loader_error *ret_error)
{
    for (unsigned number = 1; *text != '\0'; number++) {
        size_t length = strcspn(text, "\n");

        if (!assign_line(c, text, length, number, source, ret_error)) {
            return false;
        }
        text += length;
        text += *text == '\n';
    }
    return true;
}

/* A file with an error changes nothing. */
bool configuration_from_text(struct configuration *c, const char *name, const char *text,
                             enum setting_source source, struct loader_error *ret_error)
{
    struct configuration changed = *c;
    const char *start = text + strspn(text, " \t\r\n");
    bool good = *start == '{' || *start == '[' ? assign_json(&changed, start, source, ret_error)
                                               : assign_lines(&changed, text, source, ret_error);

    if (!good) {
        return loader_fail_prefix(ret_error, name);
    }
    *c = changed;
    return true;
}

/* --- the release --------------------------------------------------------------------------- */

unsigned configuration_release(unsigned i)
{
    for (unsigned release = SEL4_RELEASE_12_0; release <= SEL4_RELEASE_16_0; release++) {
        if (kernel_config_release_name(release) != NULL && i-- == 0) {
            return release;
        }
    }
    return 0;
}

static uint64_t all_releases(void)
{
    unsigned count = 0;

    while (configuration_release(count) != 0) {
        count++;
    }
    return mask(count);
}

/* "TCB_SetFlags" is "TCBSetFlags" in invocations_all.json; a few methods have quite other names. */
static const cJSON *find_label(const cJSON *object, const char *method)
{
    char name[64];
    size_t length = 0;

    for (; *method != '\0' && length < sizeof(name) - 1; method++) {
        if (*method != '_') {
            name[length++] = *method;
        }
    }
    name[length] = '\0';
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool labels_fit(const struct kernel_config *config, const cJSON *object)
{
    int count = 0, known = 0;

    for (unsigned inv = INV_INVALID + 1; inv < INVOCATION_COUNT; inv++) {
        uint64_t label = abi_invocation_label(config, (enum invocation)inv);
        struct invocation_info info = abi_invocation_info(config, (enum invocation)inv);
        const cJSON *item = find_label(object, info.name);

        if (item != NULL &&
            (!cJSON_IsNumber(item) || label == 0 || item->valuedouble != (double)label)) {
            return false;
        }
        count += label != 0;
        known += item != NULL;
    }
    return count == cJSON_GetArraySize(object) && known > 0;
}

/* Narrows `releases` to those in which the methods have the labels that the file says. */
static bool releases_by_labels(const char *path, const struct kernel_config *config,
                               uint64_t *releases, struct loader_error *ret_error)
{
    struct kernel_config candidate = *config;
    uint64_t fitting = 0, size;
    uint8_t *text;
    cJSON *object;

    if (!file_read(path, TEXT_LIMIT, &text, &size, ret_error)) {
        return false;
    }
    object = cJSON_Parse((const char *)text);
    free(text);
    if (!cJSON_IsObject(object)) {
        cJSON_Delete(object);
        return loader_fail(ret_error, LOADER_BAD_FILE, "%s: not a JSON object of labels", path);
    }
    for (unsigned i = 0; (candidate.release = configuration_release(i)) != 0; i++) {
        fitting |= labels_fit(&candidate, object) ? bit(i) : 0;
    }
    cJSON_Delete(object);
    if (fitting == 0) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "%s: the labels are those of no release that sel4emu knows (12.0 to "
                           "16.0); to try it all the same, give --set release=NUMBER",
                           path);
    }
    *releases &= fitting;
    return true;
}

/* Release 16.0 brought a system call; the generated header lists all, whatever is configured. */
static void releases_by_syscalls(const char *path, uint64_t *releases)
{
    struct loader_error ignored;
    uint64_t size;
    uint8_t *text;
    bool has_it;

    if (!file_read(path, TEXT_LIMIT, &text, &size, &ignored)) {
        return;
    }
    has_it = strstr((const char *)text, "DebugGetThreadAffinity") != NULL;
    free(text);
    for (unsigned i = 0; configuration_release(i) != 0; i++) {
        if ((configuration_release(i) >= SEL4_RELEASE_16_0) != has_it) {
            *releases &= ~bit(i);
        }
    }
}

/* The version of the sources, if what else is known allows it. */
static void releases_by_version(const char *path, uint64_t *releases)
{
    struct loader_error ignored;
    struct configuration c;
    uint64_t size;
    uint8_t *text;
    char assignment[64];

    if (!file_read(path, 256, &text, &size, &ignored)) {
        return;
    }
    configuration_init(&c);
    snprintf(assignment, sizeof(assignment), "release=%.32s", (const char *)text);
    free(text);
    assignment[strcspn(assignment, "\r\n")] = '\0';
    if (!configuration_set(&c, assignment, &ignored)) {
        return;
    }
    for (unsigned i = 0; configuration_release(i) != 0; i++) {
        if (configuration_release(i) == c.kernel.release && (*releases & bit(i)) != 0) {
            *releases = bit(i);
            return;
        }
    }
}

/*
 * The release of the build that `path` configures: by its labels, its system calls, the VERSION of
 * its sources; of several that fit, the newest. A setting of a higher source needs none of this.
 */
static bool find_release(struct configuration *c, const char *path,
                         const struct kernel_config *built, enum setting_source source,
                         struct loader_error *ret_error)
{
    size_t row = configuration_row("release");
    uint64_t releases = all_releases();
    char file[FILE_PATH_BYTES];

    if (c->source[row] >= source) {
        return true;
    }
    if (build_directory_find_invocations(path, file) &&
        !releases_by_labels(file, built, &releases, ret_error)) {
        return false;
    }
    if (build_directory_find_syscalls(path, file)) {
        releases_by_syscalls(file, &releases);
    }
    if (build_directory_find_version(path, file)) {
        releases_by_version(file, &releases);
    }
    if (releases != 0 && releases != all_releases()) {
        c->kernel.release = configuration_release(highest_bit(releases));
        c->source[row] = source;
    }
    return true;
}

/* --- files --------------------------------------------------------------------------------- */

static bool read_file(struct configuration *c, const char *path, enum setting_source source,
                      struct loader_error *ret_error)
{
    struct configuration built;
    uint64_t size;
    uint8_t *text;
    bool good;

    if (!file_read(path, TEXT_LIMIT, &text, &size, ret_error)) {
        return false;
    }
    /* The labels of the build follow from its own settings, not from those that override them. */
    configuration_init(&built);
    good = configuration_from_text(&built, path, (const char *)text, source, ret_error) &&
           configuration_from_text(c, path, (const char *)text, source, ret_error) &&
           find_release(c, path, &built.kernel, source, ret_error);
    free(text);
    if (good && strlen(path) < sizeof(c->found_in)) {
        strcpy(c->found_in, path);
    }
    return good;
}

bool configuration_from_file(struct configuration *c, const char *path,
                             struct loader_error *ret_error)
{
    char file[FILE_PATH_BYTES];

    if (!file_is_directory(path)) {
        return read_file(c, path, SETTING_FILE, ret_error);
    }
    return build_directory_find_configuration(path, file)
               ? read_file(c, file, SETTING_FILE, ret_error)
               : loader_fail(ret_error, LOADER_NO_FILE,
                             "%s: no gen_config.json in it, as a kernel's build directory and a "
                             "board of a Microkit SDK have",
                             path);
}

bool configuration_from_build(struct configuration *c, const char *path,
                              struct loader_error *ret_error)
{
    char file[FILE_PATH_BYTES];

    return !build_directory_find_configuration(path, file) ||
           read_file(c, file, SETTING_BUILD, ret_error);
}
