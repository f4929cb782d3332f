/* SPDX-License-Identifier: BSD-2-Clause */
/* One command for each view of the inspector: asks a guest that runs, by its control socket. */
#include <base/bits.h>
#include <cli/commands.h>
#include <cli/guest.h>
#include <cli/say.h>
#include <cli/status.h>
#include <host/host.h>
#include <inspect/state_file.h>
#include <machine/vspace_programs.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inspect_options {
    const char *view;
    const char *guest; /* NULL: the only one that runs */
    const char *state; /* a file to look into instead; NULL: none */
    const char *form;  /* " --json", " --dot", "" */
};

static bool set_guest(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct inspect_options *)target)->guest = value;
    return true;
}

static bool set_state(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct inspect_options *)target)->state = value;
    return true;
}

static bool set_form(struct inspect_options *options, const char *form,
                     struct command_error *ret_error)
{
    if (options->form[0] != '\0' && strcmp(options->form, form) != 0) {
        return command_fail(ret_error, "--json and --dot: it is one or the other");
    }
    options->form = form;
    return true;
}

static bool set_json(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    return set_form(target, " --json", ret_error);
}

static bool set_dot(void *target, const char *value, struct command_error *ret_error)
{
    (void)value;
    return set_form(target, " --dot", ret_error);
}

static const struct command_option inspect_options[] = {
    {"guest", "GUEST", "the guest, by its name or its process id", 'g', set_guest},
    {"state", "FILE", "a state file (run --state-file) instead of a guest that runs", 's',
     set_state},
    {"json", NULL, "as JSON", 0, set_json},
    {"dot", NULL, "as a graph for graphviz, where there is one", 0, set_dot},
};

static int ask(const struct running_guest *guest, const char *request)
{
    char text[4096];
    long count;
    int fd, status = guest_ask(guest, request, &fd);

    if (status != STATUS_OK) {
        return status;
    }
    while ((count = host_read(fd, text, sizeof(text))) > 0 || count == -EINTR) {
        fwrite(text, 1, count > 0 ? (size_t)count : 0, stdout);
    }
    if (count < 0) {
        say("the guest ended before its answer was complete");
        status = STATUS_NO_GUEST;
    }
    host_close(fd);
    return status;
}

/* --- state files --------------------------------------------------------------------------- */

static void write_to_stdout(void *context, const char *text, size_t length)
{
    (void)context;
    fwrite(text, 1, length, stdout);
}

/* With the names of functions where the image is still there. */
static int answer_from_state(struct state_file *file, const char *request,
                             char ret_problem[VIEW_PROBLEM_BYTES])
{
    struct image image;
    struct loader_error error;
    struct vspace_programs programs = {
        .k = file->k, .image = &image, .image_path = file->image_path};
    const struct inspect_host host = {.context = &programs, .symbol_at = vspace_programs_symbol};
    const struct report_sink sink = {.write = write_to_stdout};
    int result;

    if (!image_open(file->image_path, &image, &error)) {
        return view_answer(file->k, NULL, request, sink, ret_problem);
    }
    result = view_answer(file->k, &host, request, sink, ret_problem);
    vspace_programs_end(&programs);
    image_close(&image);
    return result;
}

static int show_state(const char *path, const char *request)
{
    struct state_file file;
    char problem[VIEW_PROBLEM_BYTES];
    int error = state_file_open(path, &file, problem);

    if (error < 0) {
        say("%s: %s", path, problem);
        return error == -ENOMEM ? STATUS_HOST : STATUS_IMAGE;
    }
    error = answer_from_state(&file, request, problem);
    state_file_close(&file);
    if (error < 0) {
        say("%s", problem);
        return error == -ENOMEM ? STATUS_HOST : STATUS_USAGE;
    }
    return STATUS_OK;
}

/* Which operand is the view's, which the guest. False: the view's is missing. */
static bool take_operands(const struct view *view, struct inspect_options *options,
                          const char *const *operands, unsigned count, const char **ret_operand)
{
    unsigned next = 0;

    *ret_operand = "";
    if (view->takes == VIEW_MUST_TAKE && count == 0) {
        say("%s: name one; usage: sel4emu %s [OPTION...] %s [GUEST]", view->name, view->name,
            view->operand);
        return false;
    }
    if (view->takes != VIEW_TAKES_NOTHING && count > 0) {
        *ret_operand = operands[next++];
    }
    if (next < count) {
        options->guest = operands[next];
    }
    return true;
}

static int run(void *target, const char *const *operands, unsigned operand_count)
{
    struct inspect_options *inspect = target;
    const struct view *view = view_find(inspect->view);
    char request[VIEW_REQUEST_BYTES], problem[VIEW_PROBLEM_BYTES];
    struct running_guest guest;
    const char *operand;
    int status;

    if (!take_operands(view, inspect, operands, operand_count, &operand)) {
        return STATUS_USAGE;
    }
    snprintf(request, sizeof(request), "%s %s%s\n", view->name, operand, inspect->form);
    if (!view_check(request, problem)) {
        say("%s", problem);
        return STATUS_USAGE;
    }
    if (inspect->state != NULL) {
        return show_state(inspect->state, request);
    }
    status = guest_choose(inspect->guest, &guest);
    return status == STATUS_OK ? ask(&guest, request) : status;
}

/* --- the commands -------------------------------------------------------------------------- */

#define VIEW_COMMAND(name, words, count, what)                                                     \
    static void prepare_##name(void *target)                                                       \
    {                                                                                              \
        *(struct inspect_options *)target = (struct inspect_options){.view = #name, .form = ""};   \
    }                                                                                              \
    const struct command command_##name = {                                                        \
        .verb = #name,                                                                             \
        .operands = words,                                                                         \
        .summary = what,                                                                           \
        .options = inspect_options,                                                                \
        .option_count = ARRAY_LENGTH(inspect_options),                                             \
        .max_operands = count,                                                                     \
        .target_size = sizeof(struct inspect_options),                                             \
        .prepare = prepare_##name,                                                                 \
        .run = run,                                                                                \
    }

VIEW_COMMAND(ps, "[GUEST]", 1, "show a running guest's threads");
VIEW_COMMAND(processes, "[GUEST]", 1, "show a guest's Linux processes and their programs");
VIEW_COMMAND(queues, "[GUEST]", 1, "show who waits for whom");
VIEW_COMMAND(deadlocks, "[GUEST]", 1, "show which threads wait for ever, and why");
VIEW_COMMAND(caps, "THREAD [GUEST]", 2, "show the capabilities of a thread");
VIEW_COMMAND(slots, "[OBJECT [GUEST]]", 2, "show all capabilities, or those to an object");
VIEW_COMMAND(untyped, "[GUEST]", 1, "show untyped memory, and what is leaked");
VIEW_COMMAND(objects, "[GUEST]", 1, "show kernel objects and frames");
VIEW_COMMAND(schedule, "[GUEST]", 1, "show domains and ready queues");
VIEW_COMMAND(mappings, "[THREAD [GUEST]]", 2, "show what is mapped where");
VIEW_COMMAND(derivation, "[OBJECT [GUEST]]", 2, "show which capability was made from which");

static int run_list(void *target, const char *const *operands, unsigned operand_count)
{
    struct running_guests guests;
    int error = guests_list(&guests);

    (void)target;
    (void)operands;
    (void)operand_count;
    if (error < 0) {
        say("/proc/net/unix: %s", strerror(-error));
        return STATUS_HOST;
    }
    for (unsigned i = 0; i < guests.count; i++) {
        printf("%7d %s\n", guests.guests[i].pid, guests.guests[i].name);
    }
    return STATUS_OK;
}

const struct command command_list = {
    .verb = "list",
    .operands = "",
    .summary = "show the guests that run",
    .run = run_list,
};
