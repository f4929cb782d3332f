/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/commands.h>
#include <cli/doctor.h>
#include <cli/inject.h>
#include <cli/status.h>
#include <host/host.h>

#include <stdio.h>

static const char *const state_names[] = {
    [DOCTOR_OK] = "ok",
    [DOCTOR_LIMITED] = "limited",
    [DOCTOR_MISSING] = "missing",
};

static void print_result(const struct doctor_check *check, const struct doctor_result *result)
{
    printf("%-8s %-16s %s\n", state_names[result->state], check->name, result->found);
    if (result->state != DOCTOR_OK) {
        printf("%-8s %-16s for: %s\n", "", "", check->used_for);
        if (check->remedy[0] != '\0') {
            printf("%-8s %-16s remedy: %s\n", "", "", check->remedy);
        }
    }
}

static int run(void *target, const char *const *operands, unsigned operand_count)
{
    unsigned lacking = 0;
    struct sigaction inherited;

    (void)target;
    (void)operands;
    (void)operand_count;
    /* Ignored, as a parent may have left it, it makes wait() lose the ends of children. */
    host_sigaction(SIGCHLD, SIG_DFL, &inherited);
    for (size_t i = 0; i < doctor_check_count; i++) {
        struct doctor_result result = {.state = DOCTOR_MISSING};

        fflush(stdout); /* children must not print it again */
        doctor_checks[i].probe(&result);
        print_result(&doctor_checks[i], &result);
        lacking += doctor_checks[i].required && result.state == DOCTOR_MISSING;
    }
    sigaction(SIGCHLD, &inherited, NULL);
    if (lacking == 0) {
        printf("sel4emu can run here.\n");
        return STATUS_OK;
    }
    printf("sel4emu cannot run here: %u of what it needs %s missing.\n", lacking,
           lacking == 1 ? "is" : "are");
    return STATUS_UNSUPPORTED;
}

static const struct command_option options[] = {INJECT_OPTION};

const struct command command_doctor = {
    .verb = "doctor",
    .operands = "",
    .summary = "show what this host supports, and what to do about the rest",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
