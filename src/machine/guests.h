/* SPDX-License-Identifier: BSD-2-Clause */
/* The machines that run on this host, seen from outside, by their control sockets. */
#ifndef MACHINE_GUESTS_H
#define MACHINE_GUESTS_H

#include <machine/control.h>

#define GUESTS_MAX 64 /* more are not told apart */

struct running_guest {
    unsigned uid;
    int pid;
    char name[CONTROL_NAME_BYTES];
};

struct running_guests {
    struct running_guest guests[GUESTS_MAX];
    unsigned count;
};

/* Takes one line of /proc/net/unix; what is no machine's socket, or none of uid's, is left out. */
void guests_add_line(struct running_guests *guests, const char *line, unsigned uid);

/* Those that this user may look into. 0, or a negative errno. */
int guests_list(struct running_guests *ret_guests);

/* Connects to the guest's control socket. A descriptor, or a negative errno. */
int guests_connect(const struct running_guest *guest);

#endif
