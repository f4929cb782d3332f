/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/cmd_qemu.h>
#include <cli/cmd_run.h>
#include <cli/commands.h>
#include <cli/qemu_options.h>
#include <cli/say.h>
#include <cli/status.h>
#include <loader/build_directory.h>

#include <host/host.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "sel4emu-qemu"

bool qemu_is_meant(const char *program)
{
    const char *name = strrchr(program, '/');

    return strcmp(name == NULL ? program : name + 1, PROGRAM) == 0;
}

/* The kernel's file stands for its build directory: the configuration is found from there. */
static const char *choose_place(const struct qemu_line *line)
{
    char configuration[FILE_PATH_BYTES];

    return line->kernel != NULL && build_directory_find_configuration(line->kernel, configuration)
               ? line->kernel
               : line->image;
}

static int run_line(struct qemu_line *line)
{
    int status;

    if (line->image[0] == '\0') {
        say("no -initrd: the root server's image; usage: " PROGRAM
            " -kernel KERNEL -initrd IMAGE [OPTION...]");
        return STATUS_USAGE;
    }
    if (line->kernel != NULL && !file_is_regular(line->kernel)) {
        say("-kernel %s: no such file", line->kernel);
        return STATUS_IMAGE;
    }
    if (line->ignored[0] != '\0') {
        say("ignored:%s", line->ignored);
    }
    status = run_image(&line->run, choose_place(line), line->image);
    /* QEMU would wait for ever; the report has been made. */
    return status == STATUS_IDLE ? STATUS_OK : status;
}

int qemu_main(int argc, char **argv)
{
    struct qemu_line *line = host_allocate(1, sizeof(*line));
    struct command_error error;
    int status;

    if (line == NULL) {
        say("no memory");
        return STATUS_HOST;
    }
    command_run.prepare(&line->run);
    line->run.machine.boot_log = true; /* as the kernel does on QEMU */
    if (!qemu_options_parse(argc - 1, argv + 1, line, &error)) {
        say("%s", error.message);
        status = STATUS_USAGE;
    } else if (line->asks_version) {
        status = command_version.run(NULL, NULL, 0);
    } else {
        status = run_line(line);
    }
    free(line);
    return say_end(status);
}
