/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/inject.h>
#include <host/host.h>

#include <errno.h>

bool inject_set(void *target, const char *value, struct command_error *ret_error)
{
    int error = host_inject_parse(value);

    (void)target;
    if (error == -ENOENT) {
        return command_fail(ret_error, "--inject %s: no such host call", value);
    }
    if (error != 0) {
        return command_fail(ret_error, "--inject %s: must be CALL:N:ERRNO, as in ptrace:3:ENOMEM",
                            value);
    }
    return true;
}
