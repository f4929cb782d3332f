/* SPDX-License-Identifier: BSD-2-Clause */
#include <host/new_file.h>
#include <test.h>

#include <errno.h>
#include <fcntl.h>
#include <host/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/new-file-XXXXXX";
static char path[sizeof(directory) + 8];

static void start(void)
{
    if (!mkdtemp(directory))
        abort();
    snprintf(path, sizeof(path), "%s/file", directory);
}

static void end(void)
{
    unlink(path);
    rmdir(directory);
    snprintf(directory, sizeof(directory), "/tmp/new-file-XXXXXX");
}

TEST(a_new_file_is_empty_and_its_owners_alone)
{
    struct stat status;
    start();
    FILE *old = fopen(path, "w");
    fputs("old", old);
    fclose(old);
    int fd = new_file_create(path);
    CHECK(fd >= 0);
    CHECK_EQ(new_file_finish(fd, path, 0), 0);
    CHECK_EQ(stat(path, &status), 0);
    CHECK_EQ(status.st_size, 0);
    unlink(path);
    new_file_finish(new_file_create(path), path, 0);
    CHECK_EQ(stat(path, &status), 0);
    CHECK_EQ(status.st_mode & 077, 0);
    end();
}

TEST(a_file_that_could_not_be_written_is_removed)
{
    start();
    CHECK_EQ(new_file_finish(new_file_create(path), path, -ENOSPC), -ENOSPC);
    CHECK_EQ(access(path, F_OK), -1);
    CHECK_EQ(new_file_create("/no/such/directory/file"), -ENOENT);
    end();
}

TEST(what_is_no_file_stays)
{
    start();
    CHECK_EQ(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int fd = new_file_create(path);
    CHECK(fd >= 0);
    CHECK_EQ(new_file_finish(fd, path, -EPIPE), -EPIPE);
    CHECK_EQ(access(path, F_OK), 0);
    close(reader);
    end();
}

TEST(a_file_that_cannot_be_closed_is_removed)
{
    start();
    int fd = new_file_create(path);
    host_inject("close", 1, EIO);
    CHECK_EQ(new_file_finish(fd, path, 0), -EIO);
    host_inject("close", 0, 0);
    CHECK_EQ(access(path, F_OK), -1);
    close(fd);
    end();
}
