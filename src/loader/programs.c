/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/file.h>
#include <loader/programs.h>

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A build directory that has more is somebody's home. */
#define MAX_DEPTH   16
#define MAX_ENTRIES 200000

struct programs {
    struct program **list;
    size_t count, room;
    unsigned entries; /* of directories, seen so far */
    bool out_of_memory;
    char temporary[FILE_PATH_BYTES]; /* the directory for copies; "": not made */
};

static void add(struct programs *programs, const struct program *program, const char *path)
{
    struct program *copy = malloc(sizeof(*copy));

    if (programs->count == programs->room) {
        size_t room = programs->room == 0 ? 16 : 2 * programs->room;
        struct program **list = realloc(programs->list, room * sizeof(struct program *));

        if (list != NULL) {
            programs->list = list;
            programs->room = room;
        }
    }
    if (copy == NULL || programs->count == programs->room) {
        free(copy);
        programs->out_of_memory = true;
        return;
    }
    *copy = *program;
    copy->path = path == NULL ? NULL : strdup(path);
    if (path != NULL && copy->path == NULL) {
        free(copy);
        programs->out_of_memory = true;
        return;
    }
    programs->list[programs->count++] = copy;
}

/* --- files ------------------------------------------------------------------------------------ */

/* Most files of a build directory: not to be opened. */
static bool is_no_program(const char *name)
{
    static const char *const endings[] = {
        ".a",   ".awk",  ".c",   ".cc",    ".cmake", ".cpio",  ".cpp",  ".d",  ".h",
        ".hpp", ".html", ".in",  ".js",    ".json",  ".log",   ".mak",  ".md", ".o",
        ".obj", ".pbf",  ".py",  ".proto", ".rs",    ".s",     ".S",    ".sh", ".so",
        ".tmp", ".txt",  ".xml", ".yaml",  ".ninja", ".rmeta", ".rlib", ".bf", ".pyc",
    };
    const char *ending = strrchr(name, '.');

    for (size_t i = 0; ending != NULL && i < ARRAY_LENGTH(endings); i++) {
        if (strcmp(ending, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* The bytes of a program; bytes->file is to be closed. False if the file cannot be read. */
static bool open_bytes(const struct program *program, struct program_bytes *ret_bytes)
{
    struct stat status;
    FILE *file;

    if (program->data != NULL) {
        *ret_bytes = (struct program_bytes){.data = program->data, .size = program->size};
        return true;
    }
    file = fopen(program->path, "rbe");
    if (file == NULL) {
        return false;
    }
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        fclose(file);
        return false;
    }
    *ret_bytes = (struct program_bytes){.file = file, .size = (uint64_t)status.st_size};
    return true;
}

static void close_bytes(struct program_bytes *bytes)
{
    if (bytes->file != NULL) {
        fclose(bytes->file);
    }
}

/* A name that is too long is cut. */
static void set_name(struct program *program, const char *path)
{
    const char *name = base_name(path);
    const size_t length = min_u64(strlen(name), sizeof(program->name) - 1);

    memcpy(program->name, name, length);
    program->name[length] = '\0';
}

static void add_file(struct programs *programs, char *path)
{
    struct program program = {.path = path};
    struct program_bytes bytes;

    if (!open_bytes(&program, &bytes)) {
        return;
    }
    if (program_parse(&bytes, &program)) {
        program.size = bytes.size;
        set_name(&program, path);
        add(programs, &program, path);
    }
    close_bytes(&bytes);
}

static void add_directory(struct programs *programs, const char *directory, unsigned depth);

static void add_entry(struct programs *programs, const char *directory, const struct dirent *entry,
                      unsigned depth)
{
    char path[FILE_PATH_BYTES];

    if (entry->d_name[0] == '.' || !file_join(directory, entry->d_name, path)) {
        return;
    }
    /* Links are not followed: what they lead to is elsewhere, or here under its own name. */
    if (entry->d_type == DT_DIR || (entry->d_type == DT_UNKNOWN && file_is_directory(path))) {
        if (depth > 0 && strcmp(entry->d_name, "CMakeFiles") != 0) {
            add_directory(programs, path, depth - 1);
        }
    } else if ((entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) &&
               !is_no_program(entry->d_name)) {
        add_file(programs, path);
    }
}

static void add_directory(struct programs *programs, const char *directory, unsigned depth)
{
    DIR *stream = opendir(directory);
    const struct dirent *entry;

    if (stream == NULL) {
        return;
    }
    while ((entry = readdir(stream)) != NULL && programs->entries++ < MAX_ENTRIES) {
        add_entry(programs, directory, entry, depth);
    }
    closedir(stream);
}

static bool is_build_directory(const char *directory)
{
    static const char *const signs[] = {"CMakeCache.txt", "build.ninja", "kernel/kernel.elf"};
    char path[FILE_PATH_BYTES];

    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        if (file_join(directory, signs[i], path) && file_is_regular(path)) {
            return true;
        }
    }
    return false;
}

static void add_build_directory(struct programs *programs, const char *image_path)
{
    char directory[FILE_PATH_BYTES], above[FILE_PATH_BYTES];

    file_directory_of(image_path, directory);
    file_directory_of(directory, above);
    if (strcmp(base_name(directory), "images") == 0 && is_build_directory(above)) {
        add_directory(programs, above, MAX_DEPTH);
    } else {
        add_directory(programs, directory, is_build_directory(directory) ? MAX_DEPTH : 0);
    }
}

/* --- the set ---------------------------------------------------------------------------------- */

static void add_image(struct programs *programs, const struct image *image, const char *path)
{
    const struct program_bytes bytes = {.data = image->data, .size = image->size};
    struct program program = {.data = image->data};
    uint64_t at = 1;

    if (program_parse(&bytes, &program)) {
        program.size = image->size;
        set_name(&program, path);
        add(programs, &program, path);
    }
    while (program_find_embedded(image->data, image->size, &at, &program)) {
        add(programs, &program, NULL);
    }
}

struct programs *programs_open(const struct image *image, const char *image_path)
{
    struct programs *programs = calloc(1, sizeof(*programs));
    char *real = realpath(image_path, NULL); /* a debugger may be elsewhere */

    if (programs == NULL) {
        free(real);
        return NULL;
    }
    add_image(programs, image, real == NULL ? image_path : real);
    if (real != NULL) {
        add_build_directory(programs, real);
    }
    free(real);
    if (programs->out_of_memory) {
        programs_close(programs);
        return NULL;
    }
    return programs;
}

const struct program *programs_get(const struct programs *programs, size_t index)
{
    return index < programs->count ? programs->list[index] : NULL;
}

static size_t index_of(const struct programs *programs, const struct program *program)
{
    size_t index = 0;

    while (programs->list[index] != program) {
        index++;
    }
    return index;
}

/* Whether `a` is more use than `b`, which holds the same program. Of equals the shorter path. */
static bool is_better(const struct program *a, const struct program *b)
{
    if (a->symbols != b->symbols) {
        return a->symbols > b->symbols;
    }
    if (a->is_embedded || b->is_embedded) {
        return !a->is_embedded;
    }
    /* The image is what the user named; it is in memory. */
    if ((a->data == NULL) != (b->data == NULL)) {
        return a->data != NULL;
    }
    int order = (int)strlen(a->path) - (int)strlen(b->path);
    return order < 0 || (order == 0 && strcmp(a->path, b->path) < 0);
}

static bool is_in(const struct program *program, const struct program_memory *memory, vaddr_t ip)
{
    struct program_bytes bytes;

    if (!open_bytes(program, &bytes)) {
        return false;
    }
    bool is_there = program_is_in(program, &bytes, memory, ip);
    close_bytes(&bytes);
    return is_there;
}

/* A file with the name of a program inside of the image; it is known to have other code. */
static const struct program *find_stale(const struct programs *programs, const char *name)
{
    for (size_t i = 0; i < programs->count; i++) {
        const struct program *program = programs->list[i];

        if (!program->is_embedded && name[0] != '\0' && strcmp(program->name, name) == 0) {
            return program;
        }
    }
    return NULL;
}

struct programs_match programs_match(const struct programs *programs,
                                     const struct program_memory *memory, vaddr_t ip)
{
    struct programs_match match = {0};

    for (size_t i = 0; i < programs->count; i++) {
        const struct program *program = programs->list[i];

        if (!is_in(program, memory, ip)) {
            continue;
        }
        if (match.program == NULL || is_better(program, match.program)) {
            match.program = program;
        }
    }
    if (match.program != NULL && match.program->is_embedded) {
        match.stale = find_stale(programs, match.program->name);
    }
    return match;
}

/* --- functions -------------------------------------------------------------------------------- */

#define MAX_FILE_BYTES (UINT64_C(1) << 30)

struct program_names {
    uint8_t *data;        /* what a file held; NULL: the program is in memory, or has no names */
    struct image symbols; /* and nothing else */
};

static void read_names(const struct program *program, const struct program_memory *memory,
                       vaddr_t ip, struct program_names *names)
{
    struct program_bytes bytes = {.data = program->data, .size = program->size};
    struct loader_error error;

    if (bytes.data == NULL) {
        if (!file_read(program->path, MAX_FILE_BYTES, &names->data, &bytes.size, &error)) {
            return;
        }
        bytes.data = names->data;
    }
    if (!program_is_in(program, &bytes, memory, ip) ||
        !image_parse_symbols(bytes.data, bytes.size, &names->symbols)) {
        names->symbols = (struct image){0};
    }
}

const char *programs_symbol_at(struct programs *programs, const struct program *program,
                               const struct program_memory *memory, vaddr_t ip)
{
    struct program *own = programs->list[index_of(programs, program)];

    if (own->names == NULL) {
        own->names = calloc(1, sizeof(*own->names));
        if (own->names == NULL) {
            return NULL;
        }
        read_names(own, memory, ip, own->names);
    }
    return image_symbol_at(&own->names->symbols, ip);
}

static void free_names(struct program_names *names)
{
    if (names != NULL) {
        free(names->data);
    }
    free(names);
}

/* --- copies ----------------------------------------------------------------------------------- */

static bool make_temporary_directory(struct programs *programs)
{
    const char *place = getenv("TMPDIR");

    if (programs->temporary[0] != '\0') {
        return true;
    }
    if (place == NULL || place[0] == '\0') {
        place = "/tmp";
    }
    if (!file_join(place, "sel4emu-programs.XXXXXX", programs->temporary)) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (mkdtemp(programs->temporary) == NULL) {
        programs->temporary[0] = '\0';
        return false;
    }
    return true;
}

static bool write_copy(const struct program *program, const char *path)
{
    FILE *file = fopen(path, "wbxe");
    bool is_written;

    if (file == NULL) {
        return false;
    }
    is_written = fwrite(program->data, 1, program->size, file) == program->size;
    is_written = fclose(file) == 0 && is_written;
    if (!is_written) {
        int error = errno;

        unlink(path);
        errno = error;
    }
    return is_written;
}

const char *programs_path(struct programs *programs, const struct program *program)
{
    char directory[FILE_PATH_BYTES], path[FILE_PATH_BYTES], number[32];
    const size_t index = index_of(programs, program);

    if (program->path != NULL) {
        return program->path;
    }
    if (!make_temporary_directory(programs)) {
        return NULL;
    }
    /* Several may have one name: each has a directory of its own. */
    snprintf(number, sizeof(number), "%zu", index);
    if (!file_join(programs->temporary, number, directory) ||
        !file_join(directory, program->name[0] == '\0' ? "program" : program->name, path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    if ((mkdir(directory, 0700) != 0 && errno != EEXIST) || !write_copy(program, path)) {
        return NULL;
    }
    programs->list[index]->path = strdup(path);
    if (programs->list[index]->path == NULL) {
        unlink(path);
    }
    return programs->list[index]->path;
}

static void remove_copy(const char *path)
{
    char directory[FILE_PATH_BYTES];

    unlink(path);
    file_directory_of(path, directory);
    rmdir(directory);
}

void programs_close(struct programs *programs)
{
    const size_t length = strlen(programs->temporary);

    for (size_t i = 0; i < programs->count; i++) {
        struct program *program = programs->list[i];

        if (program->path != NULL && length > 0 &&
            strncmp(program->path, programs->temporary, length) == 0) {
            remove_copy(program->path);
        }
        free_names(program->names);
        free(program->path);
        free(program);
    }
    if (length > 0) {
        rmdir(programs->temporary);
    }
    free(programs->list);
    free(programs);
}
