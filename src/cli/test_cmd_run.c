/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/cmd_run.h>
#include <cli/commands.h>
#include <cli/status.h>
#include <test.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct run_options run;
static struct command_error error;

static bool parse(const char *words)
{
    static char text[1024], *argv[32];
    struct command_line line;
    int argc = 0;

    memset(&run, 0, sizeof(run));
    command_run.prepare(&run);
    snprintf(text, sizeof(text), "%s", words);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    return command_parse(&command_run, argc, argv, &run, &line, &error);
}

static bool is_refused(const char *words, const char *part)
{
    if (parse(words) || strstr(error.message, part) == NULL) {
        printf("%s: %s\n", words, error.message);
        return false;
    }
    return true;
}

TEST(run_has_defaults)
{
    CHECK(parse("image"));
    CHECK_EQ(run.machine.memory_bytes, MACHINE_MEMORY_DEFAULT);
    CHECK_EQ(run.machine.timeout, NANOSECONDS_NEVER);
    CHECK_EQ(run.machine.on_idle, ON_IDLE_REPORT);
    CHECK(run.machine.until == NULL);
    CHECK_EQ(run.machine.fail_on_count, 0);
    CHECK(!run.machine.trace && !run.machine.verbose);
}

TEST(run_takes_its_options)
{
    CHECK(parse("--memory 3G --until done --fail-on bad --fail-on worse --timeout 2.5 "
                "--on-idle=exit --trace -v --cores 1 --set mcs=on --config file image"));
    CHECK_EQ(run.machine.memory_bytes, UINT64_C(3) << 30);
    CHECK_STR(run.machine.until, "done");
    CHECK_EQ(run.machine.fail_on_count, 2);
    CHECK_STR(run.machine.fail_on[1], "worse");
    CHECK_EQ(run.machine.timeout, UINT64_C(2500000000));
    CHECK_EQ(run.machine.on_idle, ON_IDLE_EXIT);
    CHECK(run.machine.trace && run.machine.verbose);
    CHECK(run.configuration.kernel.mcs);
    CHECK_STR(run.config_file, "file");
}

TEST(run_refuses_bad_values)
{
    CHECK(is_refused("--memory lots", "--memory lots"));
    CHECK(is_refused("--memory 1", "4M to 1T"));
    CHECK(is_refused("--memory 2T", "4M to 1T"));
    CHECK(is_refused("--memory 5000001", "whole pages"));
    CHECK(is_refused("--cores 2", "--cores 2: several cores do not work yet"));
    CHECK(is_refused("--cores two", "must be a number"));
    CHECK(is_refused("--cores 0", "must be a number"));
    CHECK(is_refused("--timeout 0", "--timeout 0"));
    CHECK(is_refused("--on-idle never", "report, wait or exit"));
    CHECK(is_refused("--until=", "1 to 255 bytes"));
    CHECK(is_refused("--until a --until b", "once"));
    CHECK(is_refused("--set mcs", "NAME=VALUE"));
    CHECK(is_refused("--set msc=on", "did you mean mcs?"));
    CHECK(is_refused("--inject nothing:1:EIO", "no such host call"));
    CHECK(is_refused("--inject ptrace", "CALL:N:ERRNO"));
    CHECK(is_refused("--fail-on a --fail-on a --fail-on a --fail-on a --fail-on a --fail-on a "
                     "--fail-on a --fail-on a --fail-on a",
                     "8 times"));
    CHECK(is_refused("--memroy 1G", "did you mean --memory?"));
}

TEST(run_gives_each_end_its_status)
{
    static const struct {
        enum machine_end end;
        int alone, with_until;
    } rows[] = {
        {MACHINE_END_UNTIL, STATUS_OK, STATUS_OK},
        {MACHINE_END_FAIL_ON, STATUS_FAIL_ON, STATUS_FAIL_ON},
        {MACHINE_END_TIMEOUT, STATUS_TIMEOUT, STATUS_TIMEOUT},
        {MACHINE_END_HALTED, STATUS_OK, STATUS_EARLY},
        {MACHINE_END_IDLE, STATUS_IDLE, STATUS_IDLE},
        {MACHINE_END_FAULTED, STATUS_FAULTED, STATUS_FAULTED},
        {MACHINE_END_QUIT, STATUS_OK, STATUS_EARLY},
        {MACHINE_END_INTERRUPTED, 130, 130},
        {MACHINE_END_REFUSED, STATUS_IMAGE, STATUS_IMAGE},
        {MACHINE_END_HOST_UNSUPPORTED, STATUS_UNSUPPORTED, STATUS_UNSUPPORTED},
        {MACHINE_END_HOST_FAILED, STATUS_HOST, STATUS_HOST},
    };
    struct machine_report report = {.signal = SIGINT};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct machine_options alone = {0}, with_until = {.until = "done"};

        CHECK_EQ(run_status(&alone, rows[i].end, &report), rows[i].alone);
        CHECK_EQ(run_status(&with_until, rows[i].end, &report), rows[i].with_until);
        alone.on_idle = with_until.on_idle = ON_IDLE_EXIT;
        if (rows[i].end == MACHINE_END_IDLE) {
            CHECK_EQ(run_status(&alone, rows[i].end, &report), STATUS_OK);
            CHECK_EQ(run_status(&with_until, rows[i].end, &report), STATUS_EARLY);
        }
    }
}

TEST(run_takes_devices_and_an_iommu)
{
    CHECK(parse("image"));
    CHECK_EQ(run.machine.iommu, IOMMU_AUTO);
    CHECK_EQ(run.machine.device_count, 0);
    CHECK(parse("--device edu --device=edu --iommu 39 image"));
    CHECK_EQ(run.machine.iommu, IOMMU_39);
    CHECK_EQ(run.machine.device_count, 2);
    CHECK_STR(run.machine.devices[1], "edu");
    CHECK(parse("--iommu off image"));
    CHECK_EQ(run.machine.iommu, IOMMU_OFF);
    CHECK(parse("--iommu 48 image"));
    CHECK_EQ(run.machine.iommu, IOMMU_48);
    CHECK(is_refused("--iommu on image", "auto, off, 39 or 48"));
    CHECK(is_refused("--device e1000 image", "e1000: there is edu only"));
    CHECK(is_refused("--device edu --device edu --device edu --device edu --device edu "
                     "--device edu --device edu --device edu --device edu image",
                     "8 times"));
}
