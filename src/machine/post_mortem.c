/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/post_mortem.h>

#include <errno.h>
#include <fcntl.h>
#include <gate/seat_debug.h>
#include <inspect/state_file.h>
#include <inspect/words.h>
#include <machine/core_file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 4096

static bool ended_badly(const struct machine *machine)
{
    switch (machine->end) {
    case MACHINE_END_IDLE:
        return machine->options->on_idle != ON_IDLE_EXIT;
    case MACHINE_END_FAIL_ON:
    case MACHINE_END_TIMEOUT:
    case MACHINE_END_FAULTED:
        return true;
    default:
        return false;
    }
}

static void say_written(const char *path, int error)
{
    if (error)
        fprintf(stderr, "sel4emu: %s: %s\n", path,
                error == -E2BIG ? "more mappings than a core file can have" : strerror(-error));
    else
        fprintf(stderr, "sel4emu: wrote %s\n", path);
}

static void write_state(struct machine *machine, const char *path)
{
    char *image_path = realpath(machine->options->image_path, NULL); /* readers may be elsewhere */
    const struct state_source source = {.k = machine->kernel,
                                        .memory_fd = machine->memory.fd,
                                        .memory = machine->memory.base,
                                        .memory_bytes = machine->memory.size,
                                        .image_path = image_path};
    say_written(path, state_file_write(path, &source));
    free(image_path);
}

/* The legacy part of an XSAVE area is what FXSAVE stores. */
static bool read_fxsave(void *context, struct tcb *tcb, uint8_t ret_fxsave[512])
{
    const struct machine *machine = context;
    size_t size = 0;
    return machine->seat_ops->read_vector_state(machine->seat, tcb, ret_fxsave, 512, &size) == 0 &&
           size == 512;
}

static void file_name(const struct inspection *inspection, uint32_t vspace,
                      char ret_name[CONTROL_NAME_BYTES])
{
    char label[THREAD_LABEL_BYTES];
    uint32_t thread = inspection->vspaces.items[vspace].first_thread;
    words_thread(inspection->threads.items[thread].tcb, label, sizeof(label));
    control_clean_name(label, ret_name);
}

/* "DIR/client", or "DIR/client-7" if another VSpace has that name: 7 is the thread's number. */
static bool core_path(const struct inspection *inspection, uint32_t vspace, const char *directory,
                      char *ret_path, size_t size)
{
    uint32_t thread = inspection->vspaces.items[vspace].first_thread;
    const struct tcb *tcb = inspection->threads.items[thread].tcb;
    char name[CONTROL_NAME_BYTES], other[CONTROL_NAME_BYTES];
    bool is_taken = false;
    file_name(inspection, vspace, name);
    for (uint32_t i = 0; i < vspace && !is_taken; i++) {
        file_name(inspection, i, other);
        is_taken = strcmp(name, other) == 0;
    }
    int length = is_taken ? snprintf(ret_path, size, "%s/%s-%lu", directory, name,
                                     (unsigned long)tcb->serial)
                          : snprintf(ret_path, size, "%s/%s", directory, name);
    return length > 0 && (size_t)length + sizeof(".core") <= size;
}

/* gdb warns if a core file's program has another name than the one it was given. */
static void find_program(struct machine *machine, const struct inspection *inspection,
                         uint32_t vspace, char *ret_name, size_t size)
{
    const struct found_vspace *found = &inspection->vspaces.items[vspace];
    const struct tcb *tcb = inspection->threads.items[found->first_thread].tcb;
    const struct program *program =
        vspace_programs_match(&machine->programs, found->root, tcb->context.reg[UREG_RIP]).program;
    if (program && program->name[0])
        snprintf(ret_name, size, "%s", program->name);
    else
        words_thread(tcb, ret_name, size);
}

static void write_core(struct machine *machine, const struct inspection *inspection,
                       uint32_t vspace)
{
    const struct core_vector_source vectors = {.context = machine, .read = read_fxsave};
    char label[PROGRAM_NAME_BYTES], path[PATH_BYTES];
    if (!core_path(inspection, vspace, machine->options->post_mortem, path, sizeof(path)))
        return;
    find_program(machine, inspection, vspace, label, sizeof(label));
    char *end = path + strlen(path);
    strcpy(end, ".core");
    say_written(path, core_file_write(path, inspection, vspace, label, &vectors));
    strcpy(end, ".gdb");
    int error = core_names_write(path, inspection, vspace);
    if (error)
        say_written(path, error);
}

static void write_directory(struct machine *machine)
{
    const char *directory = machine->options->post_mortem, *problem;
    struct inspection *inspection;
    char path[PATH_BYTES];
    int error = (int)host_mkdirat(AT_FDCWD, directory, 0700);
    if (error && error != -EEXIST) {
        say_written(directory, error);
        return;
    }
    snprintf(path, sizeof(path), "%s/state", directory);
    write_state(machine, path);
    error = inspection_open(machine->kernel, NULL, &inspection, &problem);
    if (error) {
        say_written(directory, error);
        return;
    }
    for (uint32_t i = 0; i < inspection->vspaces.count; i++)
        write_core(machine, inspection, i);
    inspection_close(inspection);
}

void post_mortem(struct machine *machine)
{
    if (machine->options->state_file)
        write_state(machine, machine->options->state_file);
    if (machine->options->post_mortem && ended_badly(machine))
        write_directory(machine);
}
