/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libsel4-generate DIRECTORY [NAME=VALUE | FILE]...
 * Writes DIRECTORY/abi.h and DIRECTORY/invocations.h for a kernel: the default one, with the given
 * settings, or those of a gen_config.json.
 */
#include "generator.h"

#include <base/assert.h>
#include <errno.h>
#include <limits.h>
#include <loader/configuration.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void assertion_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "libsel4-generate: assertion failed: %s, %s:%d\n", what, file, line);
    abort();
}

static FILE *open_header(const char *directory, const char *name)
{
    char path[PATH_MAX];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    out = fopen(path, "w");
    if (out == NULL)
        fprintf(stderr, "libsel4-generate: %s: %s\n", path, strerror(errno));
    return out;
}

static bool write_headers(const char *directory, const struct kernel_config *config)
{
    FILE *abi = open_header(directory, "abi.h");
    FILE *invocations = open_header(directory, "invocations.h");
    bool good = abi != NULL && invocations != NULL;

    if (good) {
        write_abi_header(abi, config);
        good = write_invocations_header(invocations, config);
    }
    if (abi != NULL)
        good &= fclose(abi) == 0;
    if (invocations != NULL)
        good &= fclose(invocations) == 0;
    return good;
}

int main(int argc, char **argv)
{
    struct configuration configuration;
    struct loader_error error;

    if (argc < 2) {
        fprintf(stderr, "usage: libsel4-generate DIRECTORY [NAME=VALUE | FILE]...\n");
        return 2;
    }
    configuration_init(&configuration);
    for (int i = 2; i < argc; i++) {
        const bool good = strchr(argv[i], '=') != NULL
                              ? configuration_set(&configuration, argv[i], &error)
                              : configuration_from_file(&configuration, argv[i], &error);
        if (!good) {
            fprintf(stderr, "libsel4-generate: %s\n", error.message);
            return 1;
        }
    }
    if (!configuration_check(&configuration, &error)) {
        fprintf(stderr, "libsel4-generate: %s\n", error.message);
        return 1;
    }
    return write_headers(argv[1], &configuration.kernel) ? 0 : 1;
}
