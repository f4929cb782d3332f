/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kernel an image was built for: from the build directory it lies in (gen_config.json,
 * invocations_all.json), from --config, from single settings, else from what the image shows. Each
 * setting remembers where it comes from; a guess is reported as a guess.
 *
 * Sources may be asked in any order: a setting is replaced only by one of a source that ranks at
 * least as high.
 */
#ifndef LOADER_CONFIGURATION_H
#define LOADER_CONFIGURATION_H

#include <abi/kernel_config.h>
#include <loader/file.h>
#include <loader/image.h>

/* In ascending rank. */
enum setting_source {
    SETTING_DEFAULT,
    SETTING_INFERRED, /* from the image: symbols, instructions */
    SETTING_BUILD,    /* from the build directory */
    SETTING_FILE,     /* from --config FILE */
    SETTING_FLAG,     /* from the command line */
};

enum setting_type {
    SETTING_BOOL,
    SETTING_UNSIGNED,
    SETTING_U64,
    SETTING_ENUM,    /* `choices` in the order of the values */
    SETTING_WORD,    /* a bool: the first of `choices` means true, the others false */
    SETTING_RELEASE, /* "16.0", "16.0.0-dev" */
};

/* One row per field of struct kernel_config that a user can set. */
struct configuration_setting {
    const char *name;  /* the kernel's own option name: "KernelIsMCS" */
    const char *key;   /* its key in gen_config.json: "KERNEL_MCS"; NULL if it has none */
    const char *field; /* of struct kernel_config: "mcs" */
    size_t offset;     /* of that field */
    enum setting_type type;
    const char *choices; /* separated by spaces, or NULL */
};
extern const struct configuration_setting configuration_settings[];
extern const size_t configuration_setting_count;

#define CONFIGURATION_MAX_SETTINGS 48

struct configuration {
    struct kernel_config kernel;
    enum setting_source source[CONFIGURATION_MAX_SETTINGS]; /* per row of configuration_settings */
    char found_in[FILE_PATH_BYTES];                         /* file the settings came from, or "" */
};

void configuration_init(struct configuration *c);

/*
 * path: the image, or a build directory. Finds gen_config.json near it; false only if one is there
 * and is broken or for another architecture.
 */
bool configuration_from_build(struct configuration *c, const char *path,
                              struct loader_error *ret_error);

/* A gen_config.json, a directory with one, or lines of NAME=VALUE; '#' starts a comment. */
bool configuration_from_file(struct configuration *c, const char *path,
                             struct loader_error *ret_error);

/* The same on text in memory; `name` stands before sentences. What the fuzzer calls. */
bool configuration_from_text(struct configuration *c, const char *name, const char *text,
                             enum setting_source source, struct loader_error *ret_error);

/* "KernelIsMCS=ON", "KERNEL_MCS=1", "mcs=yes", "release=13.0"; the name's case does not count. */
bool configuration_set(struct configuration *c, const char *assignment,
                       struct loader_error *ret_error);

/* Fills settings that are still SETTING_DEFAULT from what the image shows. */
void configuration_infer(struct configuration *c, const struct image *image);

/* False with a sentence if no kernel has this configuration. */
bool configuration_check(const struct configuration *c, struct loader_error *ret_error);

/* How --set would write the value of row `setting` of `config`. */
#define CONFIGURATION_VALUE_BYTES 32
void configuration_value(const struct kernel_config *config, size_t setting,
                         char ret_text[CONFIGURATION_VALUE_BYTES]);

/* "default", "inferred", "build directory", "configuration file", "command line" */
const char *configuration_source_name(enum setting_source source);

/* The row of that field of struct kernel_config; it must be one. */
size_t configuration_row(const char *field);

#endif
