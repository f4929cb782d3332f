/* SPDX-License-Identifier: BSD-2-Clause */
#include <host/new_file.h>

#include <fcntl.h>
#include <host/host.h>
#include <sys/stat.h>

int new_file_create(const char *path)
{
    return (int)host_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
                            0600);
}

int new_file_finish(int fd, const char *path, int error)
{
    struct stat status;
    bool is_file = host_fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    int closed = (int)host_close(fd);
    error = error ? error : closed;
    if (error && is_file)
        host_unlinkat(AT_FDCWD, path, 0);
    return error;
}
