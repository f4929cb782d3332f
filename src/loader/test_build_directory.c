/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/build_directory.h>
#include <loader/testkit_files.h>
#include <test.h>

#include <string.h>

static struct testkit_files files;
static struct loader_error error;
static char path[FILE_PATH_BYTES], wanted[FILE_PATH_BYTES];

TEST(build_directory_finds_its_image)
{
    testkit_files_start(&files);
    testkit_files_add(&files, "images/kernel-x86_64-pc99", "", path);
    testkit_files_add(&files, "images/hello-image-x86_64-pc99", "", wanted);
    CHECK(build_directory_find_image(files.directory, path, &error));
    CHECK_STR(path, wanted);
    testkit_files_path(&files, "images", path);
    CHECK(build_directory_find_image(path, path, &error));
    CHECK_STR(path, wanted);

    testkit_files_add(&files, "images/other-image-x86_64-pc99", "", path);
    CHECK(!build_directory_find_image(files.directory, path, &error));
    CHECK(strstr(error.message, "2 images in it") != NULL);
    CHECK(strstr(error.message, wanted) != NULL);
    testkit_files_end(&files);
}

TEST(build_directory_says_what_it_has_instead)
{
    testkit_files_start(&files);
    CHECK(!build_directory_find_image(files.directory, path, &error));
    CHECK(strstr(error.message, "no image in it") != NULL);
    testkit_files_add(&files, "images/hello-image-arm-qemu-arm-virt", "", path);
    CHECK(!build_directory_find_image(files.directory, path, &error));
    CHECK(strstr(error.message, "hello-image-arm-qemu-arm-virt: rebuild with") != NULL);
    testkit_files_end(&files);
}

TEST(build_directory_guesses_the_image_of_a_kernel)
{
    testkit_files_start(&files);
    testkit_files_add(&files, "kernel/kernel.elf", "", path);
    CHECK(!build_directory_guess_image(path, wanted));
    testkit_files_add(&files, "images/hello-image-x86_64-pc99", "", wanted);
    testkit_files_path(&files, "kernel/kernel.elf", path);
    CHECK(build_directory_guess_image(path, path));
    CHECK_STR(path, wanted);
    testkit_files_end(&files);
}

TEST(build_directory_finds_configurations_of_all_layouts)
{
    static const struct {
        const char *configuration, *from;
    } rows[] = {
        {"kernel/gen_config/kernel/gen_config.json", "images"},
        {"kernel/gen_config/kernel/gen_config.json", "apps/a/b/c"},
        {"gen_config/kernel/gen_config.json", "."},
        {"include/kernel/gen_config.json", "elf"},
        {"libsel4/include/kernel/gen_config.json", "bin"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char from[FILE_PATH_BYTES], image[FILE_PATH_BYTES];

        testkit_files_start(&files);
        testkit_files_add(&files, rows[i].configuration, "{}", wanted);
        CHECK(file_join(rows[i].from, "image", from));
        testkit_files_add(&files, from, "", image);
        CHECK(build_directory_find_configuration(image, path));
        CHECK_STR(path, wanted);
        testkit_files_end(&files);
    }
    CHECK(!build_directory_find_configuration("/nonexistent/image", path));
}

TEST(build_directory_takes_the_nearest_configuration)
{
    testkit_files_start(&files);
    testkit_files_add(&files, "kernel/gen_config/kernel/gen_config.json", "{}", path);
    testkit_files_add(&files, "a/kernel/gen_config/kernel/gen_config.json", "{}", wanted);
    testkit_files_add(&files, "a/images/image", "", path);
    CHECK(build_directory_find_configuration(path, path));
    CHECK_STR(path, wanted);
    testkit_files_end(&files);
}
