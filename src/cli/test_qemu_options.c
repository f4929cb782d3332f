/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/cmd_qemu.h>
#include <cli/commands.h>
#include <cli/qemu_options.h>
#include <test.h>

#include <stdio.h>
#include <string.h>

static struct qemu_line line;
static struct command_error error;

static bool parse(const char *words)
{
    static char text[1024], *argv[32];
    int argc = 0;

    memset(&line, 0, sizeof(line));
    command_run.prepare(&line.run);
    snprintf(text, sizeof(text), "%s", words);
    for (char *word = strtok(text, "|"); word != NULL; word = strtok(NULL, "|")) {
        argv[argc++] = word;
    }
    return qemu_options_parse(argc, argv, &line, &error);
}

static bool is_refused(const char *words, const char *part)
{
    if (parse(words) || strstr(error.message, part) == NULL) {
        printf("%s: %s\n", words, error.message);
        return false;
    }
    return true;
}

TEST(the_name_decides)
{
    CHECK(qemu_is_meant("sel4emu-qemu"));
    CHECK(qemu_is_meant("/usr/bin/sel4emu-qemu"));
    CHECK(!qemu_is_meant("/usr/bin/sel4emu"));
    CHECK(!qemu_is_meant("sel4emu-qemu/sel4emu"));
}

TEST(what_simulate_passes_is_understood)
{
    CHECK(parse("-machine|pc|-nographic|-serial|mon:stdio|-m|size=3G|-kernel|k|-initrd|i|-smp|1"));
    CHECK_STR(line.kernel, "k");
    CHECK_STR(line.image, "i");
    CHECK_EQ(line.run.machine.memory_bytes, UINT64_C(3) << 30);
    CHECK_EQ(line.run.machine.serial_count, 1);
    CHECK_EQ(line.run.machine.serial[0].kind, SERIAL_STDIO);
    CHECK_STR(line.ignored, "");
}

TEST(what_is_ignored_is_named_with_its_value)
{
    CHECK(parse("-cpu|max,+x|-enable-kvm|-net|none|-device|e1000|-display|none|-machine|q35"));
    CHECK_STR(line.ignored, " -cpu max,+x -enable-kvm -device e1000 -machine q35");
}

TEST(so_much_is_ignored_that_it_does_not_fit)
{
    char words[1024] = "-append|";

    memset(words + 8, 'x', 900);
    CHECK(parse(words));
    strcpy(words + 600,
           "|-append|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    CHECK(parse(words));
    CHECK(strlen(line.ignored) < sizeof(line.ignored));
}

TEST(memory_is_in_mebibytes_without_a_unit)
{
    CHECK(parse("-m|256"));
    CHECK_EQ(line.run.machine.memory_bytes, UINT64_C(256) << 20);
    CHECK(parse("-m|1G,slots=2"));
    CHECK_EQ(line.run.machine.memory_bytes, UINT64_C(1) << 30);
    CHECK_STR(line.ignored, " -m ,slots=2");
    CHECK(is_refused("-m|lots", "a size is a number"));
    CHECK(is_refused("-m|size=", "must be a size"));
    CHECK(is_refused("-m|11111111111111111111111111111111111111111", "must be a size"));
}

TEST(the_first_module_is_the_root_server)
{
    CHECK(parse("-initrd|a,,b arguments,second"));
    CHECK_STR(line.image, "a,b");
    CHECK_STR(line.ignored, " -initrd  arguments,second");
    CHECK(parse("-initrd|a,second"));
    CHECK_STR(line.image, "a");
}

TEST(serial_ends_are_translated)
{
    CHECK(parse("-serial|tcp::4000,server,nowait|-serial|unix:/tmp/s,server=on,wait=off"));
    CHECK_EQ(line.run.machine.serial_count, 2);
    CHECK_EQ(line.run.machine.serial[0].port, 4000);
    CHECK_STR(line.run.machine.serial[1].path, "/tmp/s");
    CHECK(parse("-serial|none|-serial|pty|-serial|null"));
    CHECK_EQ(line.run.machine.serial[0].kind, SERIAL_NULL);
    CHECK_EQ(line.run.machine.serial[1].kind, SERIAL_PTY);
    CHECK(is_refused("-serial|tcp:localhost:4000", "sockets listen here"));
    CHECK(is_refused("-serial|unix:/tmp/x,serverless", "sockets listen here"));
    CHECK(is_refused("-serial|telnet::4000", "must be stdio"));
    CHECK(is_refused("-serial|stdio|-serial|mon:stdio", "once"));
}

TEST(what_matters_and_does_not_work_is_refused)
{
    CHECK(is_refused("-smp|4", "several cores"));
    CHECK(is_refused("-smp|cpus=10,cores=2", "several cores"));
    CHECK(is_refused("-gdb|tcp:1.2.3.4:1234", "only from this host"));
    CHECK(is_refused("-loadvm|x", "does not work here"));
    CHECK(is_refused("-no-such-option", "unknown option"));
    CHECK(is_refused("-kernel", "wants a value"));
    CHECK(is_refused("disk.img", "unexpected argument"));
}

TEST(the_hpet_can_send_messages)
{
    CHECK(parse("-global|hpet.msi=on|-global|ide.x=y"));
    CHECK(line.run.machine.hpet_messages);
    CHECK_STR(line.ignored, " -global ide.x=y");
}

TEST(own_options_have_two_dashes)
{
    CHECK(parse("-nographic|--until|done|--timeout=2|--trace|--kernel|k"));
    CHECK_STR(line.run.machine.until, "done");
    CHECK_EQ(line.run.machine.timeout, UINT64_C(2000000000));
    CHECK(line.run.machine.trace);
    CHECK_STR(line.kernel, "k");
    CHECK(is_refused("--until", "wants a value"));
    CHECK(is_refused("--timeout|never", "must be seconds"));
}
