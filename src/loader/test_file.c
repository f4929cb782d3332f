/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/file.h>
#include <loader/testkit_files.h>
#include <test.h>

#include <stdlib.h>
#include <string.h>

static char path[FILE_PATH_BYTES];

TEST(file_cuts_and_joins_paths)
{
    static const struct {
        const char *path, *directory;
    } rows[] = {{"a", "."}, {"a/b", "a"}, {"/a", "/"}, {"/", "/"}, {"/a/b/c", "/a/b"}, {"", "."}};
    static char long_name[FILE_PATH_BYTES + 1];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        file_directory_of(rows[i].path, path);
        CHECK_STR(path, rows[i].directory);
    }
    CHECK(file_join("a", "b", path));
    CHECK_STR(path, "a/b");
    CHECK(file_join("a/", "b", path));
    CHECK_STR(path, "a/b");
    CHECK(file_join(".", "b", path));
    CHECK_STR(path, "b");
    CHECK(file_join("a", "", path));
    CHECK_STR(path, "a");
    memset(long_name, 'x', sizeof(long_name) - 1);
    CHECK(!file_join("a", long_name, path));
    CHECK_STR(path, "a");
}

TEST(file_reads_up_to_its_limit)
{
    struct testkit_files files;
    struct loader_error error;
    uint8_t *data = NULL;
    uint64_t size = 0;

    testkit_files_start(&files);
    testkit_files_add(&files, "four", "four", path);
    CHECK(file_read(path, 4, &data, &size, &error));
    CHECK_EQ(size, 4);
    CHECK_STR((const char *)data, "four");
    free(data);
    CHECK(!file_read(path, 3, &data, &size, &error));
    CHECK(strstr(error.message, "too large") != NULL);
    CHECK(!file_read(files.directory, 4, &data, &size, &error));
    CHECK_EQ(error.problem, LOADER_NO_FILE);
    CHECK(!file_read("/dev/null", 4, &data, &size, &error));
    testkit_files_end(&files);
}

TEST(file_finds_names)
{
    struct testkit_files files;
    char name[FILE_PATH_BYTES];

    testkit_files_start(&files);
    testkit_files_add(&files, "b-image-x", "", path);
    testkit_files_add(&files, "a-image-x", "", path);
    testkit_files_add(&files, "a-image-xy", "", path);
    testkit_files_add(&files, "0-image-x/file", "", path);
    CHECK_EQ(file_find(files.directory, "-image-x", true, name), 2);
    CHECK_STR(name, "a-image-x");
    CHECK_EQ(file_find(files.directory, "-image-", false, name), 3);
    CHECK_EQ(file_find(files.directory, "nothing", false, name), 0);
    CHECK_STR(name, "");
    CHECK_EQ(file_find("/nonexistent", "x", false, name), 0);
    testkit_files_end(&files);
}
