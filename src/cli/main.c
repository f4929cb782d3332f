/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/assert.h>
#include <cli/cmd_qemu.h>
#include <cli/command.h>
#include <cli/say.h>
#include <cli/status.h>
#include <machine/terminal.h>

#include <fcntl.h>
#include <host/host.h>
#include <unistd.h>

/* The guest's processes end with this one, which traces them. */
_Noreturn void assertion_failed(const char *what, const char *file, int line)
{
    terminal_restore();
    say("bug: %s:%d: assertion failed: %s; please report it", file, line, what);
    _exit(STATUS_BUG);
}

/* A parent may have closed them, and the next file opened would get the guest's output. */
static bool open_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (host_fcntl(fd, F_GETFD, 0) < 0 && host_openat(AT_FDCWD, "/dev/null", O_RDWR, 0) != fd) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!open_standard_files()) {
        return STATUS_HOST;
    }
    if (argc > 0 && qemu_is_meant(argv[0])) {
        return qemu_main(argc, argv);
    }
    return command_main(argc, argv);
}
