/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/linked.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <host/clock.h>
#include <host/host.h>
#include <inttypes.h>
#include <poll.h>
#include <runtime/linked.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* How long the program may take for what it does at its end: coverage, reports of leaks. */
#define END_PATIENCE UINT64_C(20000000000)

bool linked_set_option(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;
    struct linked_guest *linked = &options->machine.linked;
    char rest;

    if (sscanf(value, "%d,%d,%" SCNx64 ",%" SCNx64 ",%" SCNx64 "%c", &linked->socket, &linked->pid,
               &options->linked_entry, &linked->low, &linked->high, &rest) != 5 ||
        linked->socket < 0 || linked->pid <= 0 || linked->low > linked->high ||
        linked->high > USER_TOP || options->linked_entry >= USER_TOP) {
        linked->pid = 0;
        return command_fail(ret_error, "--linked is for programs that are linked with libsel4-emu");
    }
    return true;
}

bool linked_set_host_calls(void *target, const char *value, struct command_error *ret_error)
{
    struct run_options *options = target;
    bool is_none = strcmp(value, "none") == 0;

    options->machine.linked.forbids_host_calls = is_none;
    return is_none || strcmp(value, "all") == 0 ||
           command_fail(ret_error, "--host-calls %s: must be all or none", value);
}

bool linked_check(const struct run_options *options, struct command_error *ret_error)
{
    const struct machine_options *machine = &options->machine;

    if (machine->linked.pid == 0) {
        return true;
    }
    if (machine->seat == MACHINE_SEAT_ISOLATED) {
        return command_fail(ret_error, "--isolate: a linked program has the kernel in its process");
    }
    if (machine->time == MACHINE_TIME_VIRTUAL) {
        return command_fail(ret_error, "--time=virtual: a linked program lives in Linux's time");
    }
    if (machine->carriers == MACHINE_CARRIERS_SHARED) {
        return command_fail(ret_error,
                            "--carriers=shared: a linked program's TCBs are its threads");
    }
    if (machine->has_gdb) {
        return command_fail(ret_error, "--gdb: a linked program is debugged by gdb itself");
    }
    return true;
}

struct image linked_image(struct run_options *options)
{
    static const uint8_t jump[LINKED_CODE_BYTES] = {
        0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, /* movabs $0, %rax */
        0xff, 0xe0,                         /* jmp *%rax */
    };
    enum { ADDRESS_AT = 2 };

    memcpy(options->linked_code, jump, sizeof(jump));
    memcpy(options->linked_code + ADDRESS_AT, &options->linked_entry, sizeof(vaddr_t));
    return (struct image){.data = options->linked_code,
                          .size = sizeof(options->linked_code),
                          .entry = LINKED_IMAGE_START,
                          .start = LINKED_IMAGE_START,
                          .end = LINKED_IMAGE_END,
                          .segment_count = 1,
                          .segments = {{.vaddr = LINKED_IMAGE_START,
                                        .file_size = sizeof(options->linked_code),
                                        .memory_size = LINKED_IMAGE_END - LINKED_IMAGE_START,
                                        .is_load = true,
                                        .executable = true}}};
}

/*
 * Whether it has shut down its end of the socket, or has ended, by then: limit, of
 * host_clock_now().
 */
static bool await_end(const struct linked_guest *program, int pidfd, nanoseconds_t limit)
{
    const struct timespec period = {.tv_nsec = 20000000};
    struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN},
                           {.fd = program->socket, .events = POLLIN}};
    long count;

    do {
        count = host_ppoll(fds, ARRAY_LENGTH(fds), &period, NULL, HOST_SIGNAL_SET_BYTES);
    } while (count <= 0 && host_clock_now() < limit);
    return count > 0;
}

void linked_end(const struct linked_guest *program, int status)
{
    const struct linked_end end = {.status = status};
    int pidfd = (int)host_pidfd_open(program->pid, 0);

    if (pidfd < 0 || host_getppid() != program->pid || await_end(program, pidfd, 0)) {
        return; /* it ends, and has ended us */
    }
    bool is_told = host_write(program->socket, &end, sizeof(end)) == (long)sizeof(end);
    if (!is_told || !await_end(program, pidfd, host_clock_now() + END_PATIENCE)) {
        host_kill(program->pid, SIGKILL);
    }
    host_close(pidfd);
}
