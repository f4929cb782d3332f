/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/inject.h>
#include <cli/say.h>
#include <host/host.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

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

void inject_describe(void)
{
    char text[2048] = "";
    size_t length = 0;
    const char *name;

    for (unsigned i = 0; (name = host_call_name(i)) != NULL && length < sizeof(text); i++) {
        length += (size_t)snprintf(text + length, sizeof(text) - length, " %s=%" PRIu64, name,
                                   host_call_count(name));
    }
    say("host calls:%s", text);
}
