/* SPDX-License-Identifier: BSD-2-Clause */
#include <cli/guest.h>

#include <cli/say.h>
#include <cli/status.h>
#include <errno.h>
#include <host/host.h>
#include <stdio.h>
#include <string.h>

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

int guest_choose(const char *text, struct running_guest *ret_guest)
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

/* The first line, without its newline, and no byte more. False: there is none. */
static bool read_line(int fd, char *line, size_t size)
{
    for (size_t length = 0; length < size;) {
        long count = host_read(fd, line + length, 1);

        if (count == -EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        if (line[length] == '\n') {
            line[length] = '\0';
            return true;
        }
        length++;
    }
    return false;
}

/* Whether the guest answers: the first line says it. */
static int check_answer(int fd)
{
    char line[VIEW_PROBLEM_BYTES + 64];

    if (!read_line(fd, line, sizeof(line))) {
        say("the guest ended or does not answer");
        return STATUS_NO_GUEST;
    }
    if (strcmp(line, "ok") != 0) {
        say("%s", strncmp(line, "error ", 6) == 0 ? line + 6 : line);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

int guest_ask(const struct running_guest *guest, const char *request, int *ret_fd)
{
    int fd = guests_connect(guest);
    int error = fd < 0 ? fd : write_all(fd, request, strlen(request));
    int status = STATUS_OK;

    if (error != 0) {
        say("%s (%d): %s", guest->name, guest->pid, strerror(-error));
        status = error == -ECONNREFUSED || error == -EPIPE ? STATUS_NO_GUEST : STATUS_HOST;
    } else {
        status = check_answer(fd);
    }
    if (status == STATUS_OK) {
        *ret_fd = fd;
    } else if (fd >= 0) {
        host_close(fd);
    }
    return status;
}
