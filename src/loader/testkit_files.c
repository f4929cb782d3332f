/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/assert.h>
#include <loader/testkit_files.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void testkit_files_start(struct testkit_files *files)
{
    strcpy(files->directory, "/tmp/sel4emu-test.XXXXXX");
    ASSERT(mkdtemp(files->directory) != NULL);
}

void testkit_files_path(const struct testkit_files *files, const char *name,
                        char ret_path[FILE_PATH_BYTES])
{
    ASSERT(file_join(files->directory, name, ret_path));
}

static void make_directories(char *path)
{
    for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
}

void testkit_files_add(struct testkit_files *files, const char *name, const char *contents,
                       char ret_path[FILE_PATH_BYTES])
{
    FILE *stream;

    testkit_files_path(files, name, ret_path);
    make_directories(ret_path);
    stream = fopen(ret_path, "w");
    ASSERT(stream != NULL && fputs(contents, stream) >= 0);
    fclose(stream);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void testkit_files_end(struct testkit_files *files)
{
    nftw(files->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
