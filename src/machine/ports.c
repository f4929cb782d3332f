/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/state.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* How long a client that is connected may take to read the last bytes. */
#define LINGER (1000 * UINT64_C(1000000))

static const struct {
    const char *name;
    unsigned gsi;
} places[MACHINE_MAX_SERIAL] = {{"COM1", SERIAL_COM1_GSI}, {"COM2", SERIAL_COM2_GSI}};

/* --- streams ------------------------------------------------------------------------------- */

static int64_t port_write(void *context, const uint8_t *bytes, size_t size)
{
    struct port *port = context;
    return serial_end_write(&port->end, bytes, size);
}

static int64_t port_read(void *context, uint8_t *ret_bytes, size_t size)
{
    struct port *port = context;
    return serial_end_read(&port->end, ret_bytes, size);
}

/*
 * Waits until the end takes bytes or has a client, a key is typed, wake_fd is written to (-1: to
 * none), or the deadline (host time).
 */
static void wait_for_end(struct port *port, int wake_fd, nanoseconds_t deadline)
{
    struct machine *machine = port->machine;
    nanoseconds_t now = host_clock_now(), left = deadline > now ? deadline - now : 0;
    const struct timespec timeout = {.tv_sec = (time_t)(left / 1000000000),
                                     .tv_nsec = (long)(left % 1000000000)};
    bool connected = serial_end_is_connected(&port->end);
    struct pollfd fds[] = {
        {.fd = connected ? port->end.fd : port->end.listener,
         .events = connected ? POLLOUT : POLLIN},
        {.fd = wake_fd, .events = POLLIN},
        {.fd = input_wants_more(&machine->input) ? machine->input.fd : -1, .events = POLLIN},
    };
    host_ppoll(fds, ARRAY_LENGTH(fds), deadline == NANOSECONDS_NEVER ? NULL : &timeout, NULL, 0);
    serial_end_accept(&port->end);
}

static void complain(struct port *port)
{
    if (!port->has_complained && !serial_end_is_connected(&port->end))
        fprintf(stderr, "sel4emu: %s: nobody reads it, and it is full: the guest waits\n",
                port->name);
    port->has_complained = true;
}

static void report_loss(const struct port *port)
{
    if (stream_has_backlog(port->stream))
        fprintf(stderr, "sel4emu: %s: nobody has read the last %u bytes: they are lost\n",
                port->name, port->stream->backlog);
}

static int port_wait(void *context)
{
    struct port *port = context;
    complain(port);
    wait_for_end(port, port->machine->wake_fd, machine_timeout(port->machine));
    machine_read_keys(port->machine);
    if (!machine_is_ending(port->machine))
        return 0;
    report_loss(port); /* the stream forgets it for the error */
    return -EINTR;
}

static const struct host_stream_ops port_ops = {
    .name = "port", .write = port_write, .read = port_read, .wait = port_wait};

/* --- opening and closing ------------------------------------------------------------------- */

static int open_port(struct port *port, const struct serial_spec *spec, struct input *input)
{
    int error = serial_end_open(&port->end, spec, port->name, input);
    if (error)
        return error;
    port->stream = stream_create(&port_ops, port);
    port->is_open = port->stream != NULL;
    if (!port->is_open)
        serial_end_close(&port->end);
    return port->is_open ? 0 : -ENOMEM;
}

int ports_open(struct machine *machine, const struct port **ret_failed)
{
    /* Until the terminal is taken over there is no input. */
    machine->input = (struct input){.fd = -1, .ended = true};
    for (unsigned i = 0; i < machine->options->serial_count; i++) {
        struct port *port = &machine->ports[i];
        port->machine = machine;
        port->name = places[i].name;
        int error = open_port(port, &machine->options->serial[i], &machine->input);
        if (error) {
            *ret_failed = port;
            ports_close(machine);
            return error;
        }
    }
    return 0;
}

/* Standard output may take as long as it wants; it ends by an error or a second signal. */
static void drain(struct port *port)
{
    bool is_stdio = port->end.spec->kind == SERIAL_STDIO;
    nanoseconds_t deadline = is_stdio ? NANOSECONDS_NEVER : host_clock_now() + LINGER;

    serial_end_accept(&port->end);
    while (!stream_flush(port->stream) && !port->stream->output_error &&
           serial_end_is_connected(&port->end) && host_clock_now() < deadline)
        wait_for_end(port, -1, deadline);
    report_loss(port);
}

void ports_close(struct machine *machine)
{
    for (unsigned i = 0; i < MACHINE_MAX_SERIAL; i++) {
        struct port *port = &machine->ports[i];
        if (!port->is_open)
            continue;
        port->is_open = false;
        drain(port);
        stream_destroy(port->stream);
        serial_end_close(&port->end);
    }
}

/* --- while the guest runs ------------------------------------------------------------------ */

void machine_watch(struct machine *machine, int fd, unsigned wanted, unsigned *watched)
{
    if (fd < 0 || wanted == *watched)
        return;
    /* What cannot be watched, as a regular file, is always ready. */
    host_watcher_set(machine->watcher, fd, wanted);
    *watched = wanted;
}

static void watch_port(struct machine *machine, struct port *port, const struct serial *serial)
{
    struct serial_end *end = &port->end;
    bool reads = end->spec->kind != SERIAL_STDIO && serial_wants_input(serial);
    unsigned wanted = 0;
    if (reads)
        wanted |= HOST_WATCH_READ;
    if (stream_has_backlog(port->stream))
        wanted |= HOST_WATCH_WRITE;
    machine_watch(machine, end->listener, end->fd < 0 ? (unsigned)HOST_WATCH_READ : 0u,
                  &end->listener_interest);
    machine_watch(machine, end->fd, wanted, &end->fd_interest);
}

void ports_poll(struct machine *machine, nanoseconds_t now)
{
    for (unsigned i = 0; i < machine->options->serial_count; i++) {
        struct port *port = &machine->ports[i];
        struct serial *serial = machine->pc->com[i];
        serial_end_accept(&port->end);
        stream_flush(port->stream);
        serial_poll(serial, now);
    }
}

bool ports_watch(struct machine *machine)
{
    unsigned watched = 0;
    for (unsigned i = 0; i < machine->options->serial_count; i++) {
        struct port *port = &machine->ports[i];
        watch_port(machine, port, machine->pc->com[i]);
        watched |= port->end.fd_interest | port->end.listener_interest;
    }
    return watched != 0;
}

const struct port *ports_find_failed(const struct machine *machine)
{
    for (unsigned i = 0; i < machine->options->serial_count; i++) {
        const struct port *port = &machine->ports[i];
        /* -EINTR: the wait was given up because the machine ends */
        if (port->stream->output_error && port->stream->output_error != -EINTR)
            return port;
    }
    return NULL;
}

bool ports_have_stdio(const struct machine *machine)
{
    for (unsigned i = 0; i < machine->options->serial_count; i++) {
        if (machine->options->serial[i].kind == SERIAL_STDIO)
            return true;
    }
    return false;
}

bool ports_find_pin(const struct machine *machine, unsigned pin, bool *ret_may_come)
{
    for (unsigned i = 0; i < machine->options->serial_count; i++) {
        if (places[i].gsi != pin)
            continue;
        *ret_may_come = serial_may_interrupt(machine->pc->com[i]);
        return true;
    }
    return false;
}
