/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/guests.h>

#include <base/text.h>
#include <errno.h>
#include <host/host.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_SECONDS 10 /* a machine that does not answer within is stopped, or worse */

/*
 * "Num: RefCount Protocol Flags Type St Inode Path"; abstract names begin with '@'. Sockets that a
 * client is connected to have the name, too: only one that listens counts.
 */
void guests_add_line(struct running_guests *guests, const char *line, unsigned uid)
{
    enum { LISTENS = 0x10000 };
    struct running_guest guest;
    unsigned flags;
    int end = 0;
    bool is_ours = sscanf(line, "%*s %*s %*s %x %*s %*s %*s @" CONTROL_PREFIX "%u/%d/%63[!-~]%n",
                          &flags, &guest.uid, &guest.pid, guest.name, &end) == 4;
    if (!is_ours || !(flags & LISTENS) || guest.pid <= 0 || guests->count == GUESTS_MAX)
        return;
    if (uid == 0 || guest.uid == uid)
        guests->guests[guests->count++] = guest;
}

int guests_list(struct running_guests *ret_guests)
{
    char line[512];
    ret_guests->count = 0;
    FILE *file = fopen("/proc/net/unix", "re");
    if (!file)
        return -errno;
    while (fgets(line, sizeof(line), file))
        guests_add_line(ret_guests, line, geteuid());
    fclose(file);
    return 0;
}

static int connect_to(int fd, const struct running_guest *guest)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
    size_t length = text_format(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s%u/%d/%s",
                                CONTROL_PREFIX, guest->uid, guest->pid, guest->name);
    size_t size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    host_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    host_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return (int)host_connect(fd, (const struct sockaddr *)&address, (unsigned)size);
}

/* Anybody may give a socket any name: only whose process it is tells whose guest it is. */
static int check_owner(int fd, const struct running_guest *guest)
{
    struct ucred peer;
    unsigned size = sizeof(peer);
    int error = (int)host_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    return error || peer.uid == guest->uid ? error : -EACCES;
}

int guests_connect(const struct running_guest *guest)
{
    int fd = (int)host_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    int error = connect_to(fd, guest);
    if (!error)
        error = check_owner(fd, guest);
    if (!error)
        return fd;
    host_close(fd);
    return error;
}
