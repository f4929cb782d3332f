/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/file.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool file_is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool file_is_regular(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool check_file(const char *path, uint64_t limit, uint64_t *ret_size,
                       struct loader_error *ret_error)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: is a directory; a file is wanted", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: not a regular file", path);
    }
    if ((uint64_t)status.st_size > limit) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "%s: too large: more than %" PRIu64 " MiB",
                           path, limit >> 20);
    }
    *ret_size = (uint64_t)status.st_size;
    return true;
}

/* The file may shrink or grow meanwhile: what was read is what counts. */
bool file_read(const char *path, uint64_t limit, uint8_t **ret_data, uint64_t *ret_size,
               struct loader_error *ret_error)
{
    uint64_t size = 0;
    uint8_t *data;
    FILE *stream;
    int error;

    if (!check_file(path, limit, &size, ret_error)) {
        return false;
    }
    data = malloc(size + 1);
    if (data == NULL) {
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: no memory to read it", path);
    }
    stream = fopen(path, "rb");
    if (stream == NULL) {
        error = errno;
        free(data);
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: %s", path, strerror(error));
    }
    errno = 0;
    size = fread(data, 1, size, stream);
    error = ferror(stream) ? errno : 0;
    fclose(stream);
    if (error != 0) {
        free(data);
        return loader_fail(ret_error, LOADER_NO_FILE, "%s: %s", path, strerror(error));
    }
    data[size] = 0;
    *ret_data = data;
    *ret_size = size;
    return true;
}

void file_directory_of(const char *path, char ret_directory[FILE_PATH_BYTES])
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);

    if (slash == path) {
        length = 1;
    }
    if (length == 0 || length >= FILE_PATH_BYTES) {
        strcpy(ret_directory, ".");
        return;
    }
    memmove(ret_directory, path, length); /* callers shorten in place */
    ret_directory[length] = '\0';
}

bool file_join(const char *directory, const char *name, char ret_path[FILE_PATH_BYTES])
{
    char path[FILE_PATH_BYTES];
    int length;

    if (strcmp(directory, ".") == 0 && name[0] != '\0') {
        length = snprintf(path, sizeof(path), "%s", name);
    } else {
        bool slash = directory[0] != '\0' && directory[strlen(directory) - 1] == '/';

        length = snprintf(path, sizeof(path), "%s%s%s", directory,
                          slash || name[0] == '\0' ? "" : "/", name);
    }
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return false;
    }
    memcpy(ret_path, path, (size_t)length + 1);
    return true;
}

static bool name_matches(const char *name, const char *part, bool ends_with)
{
    size_t length = strlen(name), part_length = strlen(part);

    if (!ends_with) {
        return strstr(name, part) != NULL;
    }
    return length >= part_length && strcmp(name + length - part_length, part) == 0;
}

unsigned file_find(const char *directory, const char *part, bool ends_with,
                   char ret_name[FILE_PATH_BYTES])
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    unsigned count = 0;

    ret_name[0] = '\0';
    if (stream == NULL) {
        return 0;
    }
    while ((entry = readdir(stream)) != NULL) {
        char path[FILE_PATH_BYTES];

        if (!name_matches(entry->d_name, part, ends_with) ||
            !file_join(directory, entry->d_name, path) || !file_is_regular(path)) {
            continue;
        }
        if (count == 0 || strcmp(entry->d_name, ret_name) < 0) {
            strcpy(ret_name, entry->d_name);
        }
        count++;
    }
    closedir(stream);
    return count;
}
