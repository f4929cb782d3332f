/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial ports: COM1, which is also where the kernel prints, and COM2 if --serial was given
 * twice. Each has a host end (machine/serial_end.h) and a stream in front of it, whose backlog
 * holds what the host does not take now. A full backlog is back-pressure: the UART says that it is
 * busy, and a guest (or its kernel) that writes all the same stands still until there is room or
 * the machine is to end.
 */
#ifndef MACHINE_MAX_SERIAL_H
#define MACHINE_MAX_SERIAL_H

#include <machine/options.h>
#include <machine/serial_end.h>

struct host_stream;
struct machine;

struct port {
    struct machine *machine;
    const char *name; /* "COM1" */
    bool is_open;
    bool has_complained; /* that the guest waits for a reader */
    struct serial_end end;
    struct host_stream *stream;
};

/* Opens what the options name. 0 or a negative errno; *ret_failed is the port then. */
int ports_open(struct machine *machine, const struct port **ret_failed);
/* Hands over what the guest has printed, as far as somebody reads it, and closes the ports. */
void ports_close(struct machine *machine);

/* Moves what can be moved. */
void ports_poll(struct machine *machine, nanoseconds_t now);
/* Has watched what there is to wait for; returns whether there is. Cheap if nothing has changed. */
bool ports_watch(struct machine *machine);

/* The port whose output has failed, or NULL. */
const struct port *ports_find_failed(const struct machine *machine);
/* Whether one of the ports is standard input and output. */
bool ports_have_stdio(const struct machine *machine);
/* Whether the port whose interrupt has this pin may still interrupt; false: no port has it. */
bool ports_find_pin(const struct machine *machine, unsigned pin, bool *ret_may_come);

#endif
