/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/build_directory.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_SUFFIX "-image-x86_64-pc99"

/* How far above the image a configuration still counts as its own. */
#define LEVELS_UP 6

bool build_directory_find_image(const char *directory, char ret_path[FILE_PATH_BYTES],
                                struct loader_error *ret_error)
{
    char images[FILE_PATH_BYTES], name[FILE_PATH_BYTES];
    unsigned count;

    if (!file_join(directory, "images", images) || !file_is_directory(images)) {
        if (!file_join(directory, "", images)) {
            return loader_fail(ret_error, LOADER_NO_FILE, "%s: path too long", directory);
        }
    }
    count = file_find(images, IMAGE_SUFFIX, true, name);
    if (count == 1 && file_join(images, name, ret_path)) {
        return true;
    }
    if (count > 1) {
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: %u images in it; name one, as in %s%s%s",
                           directory, count, images, images[strlen(images) - 1] == '/' ? "" : "/",
                           name);
    }
    if (file_find(images, "-image-", false, name) != 0) {
        return loader_fail(ret_error, LOADER_NO_FILE,
                           "%s: no image for x86_64 pc99 in it, but %s: rebuild with "
                           "-DPLATFORM=x86_64, or name the file",
                           directory, name);
    }
    return loader_fail(ret_error, LOADER_NO_FILE,
                       "%s: no image in it (images/*" IMAGE_SUFFIX "); build it, or name the file",
                       directory);
}

/* Without "x/..", where the names allow it. */
static void go_up(char directory[FILE_PATH_BYTES])
{
    const char *name = strrchr(directory, '/');

    name = name == NULL ? directory : name + 1;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        file_join(directory, "..", directory);
    } else {
        file_directory_of(directory, directory);
    }
}

static bool find_image_in(const char *directory, const char *below, char ret_path[FILE_PATH_BYTES])
{
    char place[FILE_PATH_BYTES], name[FILE_PATH_BYTES];

    return file_join(directory, below, place) &&
           (file_find(place, IMAGE_SUFFIX, true, name) != 0 ||
            file_find(place, "-image-", false, name) != 0) &&
           file_join(place, name, ret_path);
}

bool build_directory_guess_image(const char *kernel_path, char ret_path[FILE_PATH_BYTES])
{
    char directory[FILE_PATH_BYTES];

    file_directory_of(kernel_path, directory);
    if (find_image_in(directory, "", ret_path)) {
        return true;
    }
    for (unsigned level = 0; level < 3; level++) {
        if (find_image_in(directory, "images", ret_path)) {
            return true;
        }
        go_up(directory);
    }
    return false;
}

static bool find_below(const char *directory, const char *const *places, size_t count,
                       char ret_path[FILE_PATH_BYTES])
{
    for (size_t i = 0; i < count; i++) {
        char path[FILE_PATH_BYTES];

        if (file_join(directory, places[i], path) && file_is_regular(path)) {
            strcpy(ret_path, path);
            return true;
        }
    }
    return false;
}

bool build_directory_find_configuration(const char *path, char ret_path[FILE_PATH_BYTES])
{
    static const char *const places[] = {
        "gen_config/kernel/gen_config.json",        /* a kernel's own build */
        "kernel/gen_config/kernel/gen_config.json", /* a project's */
        "gen_config.json",                          /* gen_config/kernel itself */
        "include/kernel/gen_config.json",           /* a Microkit board, an installed libsel4 */
        "libsel4/include/kernel/gen_config.json",   /* an installed kernel */
        "install/libsel4/include/kernel/gen_config.json",
    };
    char *real = realpath(path, NULL);
    char directory[FILE_PATH_BYTES];
    bool found = false;

    if (real == NULL) {
        return false;
    }
    if (!file_is_directory(real) || !file_join(real, "", directory)) {
        file_directory_of(real, directory);
    }
    free(real);
    for (unsigned level = 0; !found && level <= LEVELS_UP; level++) {
        found = find_below(directory, places, ARRAY_LENGTH(places), ret_path);
        if (strcmp(directory, "/") == 0) {
            break;
        }
        file_directory_of(directory, directory);
    }
    return found;
}

bool build_directory_find_invocations(const char *configuration, char ret_path[FILE_PATH_BYTES])
{
    static const char *const places[] = {
        "../../generated/invocations_all.json", "invocations_all.json",
        "../../../../../generated/invocations_all.json", /* from install/libsel4/include/kernel */
        "../../invocations_all.json", /* from include/kernel of a Microkit board */
    };
    char directory[FILE_PATH_BYTES];

    file_directory_of(configuration, directory);
    return find_below(directory, places, ARRAY_LENGTH(places), ret_path);
}

bool build_directory_find_syscalls(const char *configuration, char ret_path[FILE_PATH_BYTES])
{
    static const char *const places[] = {
        "../../gen_headers/arch/api/syscall.h",
        "../sel4/syscall.h",
        "../../libsel4/include/sel4/syscall.h",
    };
    char directory[FILE_PATH_BYTES];

    file_directory_of(configuration, directory);
    return find_below(directory, places, ARRAY_LENGTH(places), ret_path);
}

bool build_directory_find_kernel(const char *configuration, char ret_path[FILE_PATH_BYTES])
{
    static const char *const places[] = {
        "../../kernel.elf",          /* a kernel's own build, or a project's */
        "../../elf/sel4.elf",        /* from include/kernel of a Microkit board */
        "sel4.elf",                  /* beside a Microkit image */
        "../../../bin/kernel.elf",   /* from libsel4/include/kernel of an installed kernel */
        "../../../../../kernel.elf", /* from install/libsel4/include/kernel */
    };
    char directory[FILE_PATH_BYTES];

    file_directory_of(configuration, directory);
    return find_below(directory, places, ARRAY_LENGTH(places), ret_path);
}

/* The line "NAME:TYPE=value" of a CMakeCache.txt. */
static bool read_cache_entry(const char *path, const char *name, char ret_value[FILE_PATH_BYTES])
{
    char line[FILE_PATH_BYTES];
    size_t length = strlen(name);
    bool found = false;
    FILE *stream = fopen(path, "re");

    if (stream == NULL) {
        return false;
    }
    while (!found && fgets(line, sizeof(line), stream) != NULL) {
        char *value = strchr(line, '=');

        if (strncmp(line, name, length) == 0 && line[length] == ':' && value != NULL) {
            value[strcspn(value, "\r\n")] = '\0';
            strcpy(ret_value, value + 1);
            found = true;
        }
    }
    fclose(stream);
    return found;
}

bool build_directory_find_version(const char *configuration, char ret_path[FILE_PATH_BYTES])
{
    static const char *const caches[] = {"../../CMakeCache.txt", "../../../CMakeCache.txt"};
    static const char *const versions[] = {"VERSION"};
    char directory[FILE_PATH_BYTES], cache[FILE_PATH_BYTES], source[FILE_PATH_BYTES];

    file_directory_of(configuration, directory);
    return find_below(directory, caches, ARRAY_LENGTH(caches), cache) &&
           read_cache_entry(cache, "seL4_SOURCE_DIR", source) &&
           find_below(source, versions, ARRAY_LENGTH(versions), ret_path);
}
