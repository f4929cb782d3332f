/* SPDX-License-Identifier: BSD-2-Clause */
/* One command for each view of the inspector: asks a guest that runs, by its control socket. */
#include <base/bits.h>
#include <cli/commands.h>
#include <cli/say.h>
#include <cli/status.h>
#include <host/host.h>
#include <machine/guests.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inspect_options {
    const char *view;
    const char *guest; /* NULL: the only one that runs */
    const char *form;  /* "--json", "--dot", "" */
};

static bool set_guest(void *target, const char *value, struct command_error *ret_error)
{
    (void)ret_error;
    ((struct inspect_options *)target)->guest = value;
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
    {"json", NULL, "as JSON", 0, set_json},
    {"dot", NULL, "as a graph for graphviz, where there is one", 0, set_dot},
};

/* --- which guest --------------------------------------------------------------------------- */

static bool is_meant(const struct running_guest *guest, const char *text)
{
    char pid[16];

    snprintf(pid, sizeof(pid), "%d", guest->pid);
    return text == NULL || strcmp(guest->name, text) == 0 || strcmp(pid, text) == 0;
}

static void list_guests(const struct running_guests *guests, const char *text)
{
    char list[1024] = "";
    size_t length = 0;

    for (unsigned i = 0; i < guests->count; i++) {
        if (is_meant(&guests->guests[i], text) && length < sizeof(list)) {
            length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s (%d)",
                                       length == 0 ? "" : ", ", guests->guests[i].name,
                                       guests->guests[i].pid);
        }
    }
    say("several guests%s%s%s run: %s; name one, by its process id if need be",
        text == NULL ? "" : " called ", text == NULL ? "" : text, "", list);
}

/* STATUS_OK with a guest, or why there is none, said. */
static int choose_guest(const char *text, struct running_guest *ret_guest)
{
    struct running_guests guests;
    unsigned count = 0;
    int error = guests_list(&guests);

    if (error < 0) {
        say("/proc/net/unix: %s", strerror(-error));
        return STATUS_HOST;
    }
    for (unsigned i = 0; i < guests.count; i++) {
        if (is_meant(&guests.guests[i], text)) {
            *ret_guest = guests.guests[i];
            count++;
        }
    }
    if (count == 1) {
        return STATUS_OK;
    }
    if (count > 1) {
        list_guests(&guests, text);
    } else if (text == NULL) {
        say("no guest runs (of this user)");
    } else {
        say("no guest called %s runs (of this user); sel4emu list shows those that do", text);
    }
    return STATUS_NO_GUEST;
}

/* --- asking -------------------------------------------------------------------------------- */

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        long count = host_write(fd, text, size);

        if (count < 0 && count != -EINTR) {
            return (int)count;
        }
        text += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}

/* The answer as it comes: its first line says whether it is one. Returns an enum status. */
static int show_answer(FILE *stream)
{
    char line[VIEW_PROBLEM_BYTES + 64], text[4096];
    size_t count;

    if (fgets(line, sizeof(line), stream) == NULL) {
        say("the guest ended or does not answer");
        return STATUS_NO_GUEST;
    }
    if (strcmp(line, "ok\n") != 0) {
        line[strcspn(line, "\n")] = '\0';
        say("%s", strncmp(line, "error ", 6) == 0 ? line + 6 : line);
        return STATUS_USAGE;
    }
    while ((count = fread(text, 1, sizeof(text), stream)) > 0) {
        fwrite(text, 1, count, stdout);
    }
    if (ferror(stream)) {
        say("the guest ended before its answer was complete");
        return STATUS_NO_GUEST;
    }
    return STATUS_OK;
}

static int ask(const struct running_guest *guest, const char *request)
{
    int fd = guests_connect(guest);
    int error = fd < 0 ? fd : write_all(fd, request, strlen(request));
    FILE *stream = error == 0 ? fdopen(fd, "r") : NULL;
    int status;

    if (stream == NULL) {
        if (fd >= 0) {
            host_close(fd);
        }
        say("%s (%d): %s", guest->name, guest->pid, strerror(error == 0 ? ENOMEM : -error));
        return error == -ECONNREFUSED || error == -EPIPE ? STATUS_NO_GUEST : STATUS_HOST;
    }
    status = show_answer(stream);
    fclose(stream);
    return status;
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
    status = choose_guest(inspect->guest, &guest);
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
