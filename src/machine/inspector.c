/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/inspector.h>

#include <kernel/kernel_api.h>
#include <string.h>

/*
 * The image is told by where its memory is mapped, in whichever VSpace: that needs no search, and
 * holds for a root server that has changed its own text.
 */
static const char *symbol_at(void *context, paddr_t vspace, vaddr_t address)
{
    struct machine *machine = context;
    const struct image *image = machine->options->image;
    struct translation at = kernel_translate(machine->kernel, vspace, address);
    bool is_of_image = at.present && address >= image->start && address < image->end &&
                       at.paddr - machine->image_paddr == address - image->start;
    return is_of_image ? image_symbol_at(image, address)
                       : vspace_programs_symbol(&machine->programs, vspace, address);
}

static bool cpu_time(void *context, const struct tcb *tcb, nanoseconds_t *ret_time)
{
    struct machine *machine = context;
    return machine->seat_ops->thread_cpu_time(machine->seat, tcb, ret_time);
}

static bool process_of(void *context, paddr_t vspace, int *ret_pid)
{
    struct machine *machine = context;
    return machine->seat_ops->process_of(machine->seat, vspace, ret_pid);
}

static const char *program_at(void *context, paddr_t vspace, vaddr_t address)
{
    struct machine *machine = context;
    const struct program *program =
        vspace_programs_match(&machine->programs, vspace, address).program;
    return program ? vspace_programs_path(&machine->programs, program) : NULL;
}

struct inspect_host machine_inspect_host(struct machine *machine)
{
    return (struct inspect_host){.context = machine,
                                 .symbol_at = symbol_at,
                                 .process = process_of,
                                 .program = program_at,
                                 .cpu_time = cpu_time};
}

static void write_to_stream(void *context, const char *text, size_t length)
{
    fwrite(text, 1, length, context);
}

void inspector_show(struct machine *machine, const char *request, FILE *stream)
{
    struct inspect_host host = machine_inspect_host(machine);
    struct report_sink sink = {.context = stream, .write = write_to_stream};
    char problem[VIEW_PROBLEM_BYTES];
    if (view_answer(machine->kernel, &host, request, sink, problem))
        fprintf(stream, "sel4emu: %s: %s\n", request, problem);
}

void inspector_show_at_end(struct machine *machine)
{
    const char *rest = machine->options->at_end;
    while (rest && *rest) {
        char request[VIEW_REQUEST_BYTES];
        int length = (int)strcspn(rest, ",");
        snprintf(request, sizeof(request), "%.*s", length, rest);
        fprintf(stderr, "sel4emu: %s at the end:\n", request);
        inspector_show(machine, request, stderr);
        rest += length + (rest[length] == ',');
    }
}
