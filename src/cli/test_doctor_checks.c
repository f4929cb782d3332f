/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/doctor.h>
#include <host/host.h>
#include <test.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct doctor_check *find_check(const char *name)
{
    for (size_t i = 0; i < doctor_check_count; i++) {
        if (strcmp(doctor_checks[i].name, name) == 0) {
            return &doctor_checks[i];
        }
    }
    return NULL;
}

TEST(doctor_finds_something_about_everything)
{
    for (size_t i = 0; i < doctor_check_count; i++) {
        struct doctor_result result = {.state = DOCTOR_MISSING};

        doctor_checks[i].probe(&result);
        CHECK(result.found[0] != '\0');
        CHECK(!doctor_checks[i].required || doctor_checks[i].remedy[0] != '\0');
    }
}

TEST(doctor_notices_what_the_host_refuses)
{
    static const struct {
        const char *check, *call;
        int nth, error;
    } rows[] = {
        {"ptrace", "fork", 1, EAGAIN},         {"ptrace", "ptrace", 1, EPERM},
        {"ptrace", "ptrace", 2, EIO},          {"ptrace", "wait4", 1, ECHILD},
        {"seccomp", "prctl", 2, EINVAL},       {"seccomp", "fork", 1, EAGAIN},
        {"memory", "memfd_create", 1, ENOSYS}, {"memory", "ftruncate", 1, ENOSPC},
        {"memory", "mmap", 1, EPERM},          {"timer", "timer_create", 1, EAGAIN},
        {"threads", "prlimit64", 1, EPERM},    {"CPUs", "sched_getaffinity", 1, EPERM},
        {"user dispatch", "prctl", 1, EINVAL}, {"breakpoints", "ptrace", 1, EPERM},
        {"breakpoints", "ptrace", 2, ENOSPC},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct doctor_check *check = find_check(rows[i].check);
        struct doctor_result result = {.state = DOCTOR_OK};

        CHECK(check != NULL);
        CHECK_EQ(host_inject(rows[i].call, (uint64_t)rows[i].nth, rows[i].error), 0);
        check->probe(&result);
        host_inject(rows[i].call, 0, 0);
        if (!CHECK_EQ(result.state, DOCTOR_MISSING) ||
            !CHECK(strstr(result.found, strerror(rows[i].error)) != NULL)) {
            printf("%s with %s failing: %s\n", rows[i].check, rows[i].call, result.found);
        }
    }
}
