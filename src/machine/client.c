/* SPDX-License-Identifier: BSD-2-Clause */
/* What the seat asks of the machine: time, devices, console, waiting. */
#include <machine/state.h>

#include <device/pit.h>
#include <machine/inspector.h>
#include <machine/signals.h>
#include <machine/waiting.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static nanoseconds_t earlier(nanoseconds_t a, nanoseconds_t b)
{
    return a < b ? a : b;
}

/* --- time ---------------------------------------------------------------------------------- */

static void client_worked(void *context, unsigned units)
{
    struct machine *machine = context;
    machine->time->worked(machine, units);
}

static nanoseconds_t client_now(void *context)
{
    return machine_now(context);
}

static void client_entered(void *context)
{
    struct machine *machine = context;
    machine->time->entered(machine);
}

static nanoseconds_t next_moment(const struct machine *machine, nanoseconds_t deadline)
{
    return earlier(deadline, bus_next_event(machine->pc->bus));
}

static bool client_stopped(void *context, nanoseconds_t deadline, bool has_spun)
{
    struct machine *machine = context;
    return machine->time->stopped(machine, next_moment(machine, deadline), has_spun);
}

static bool client_spins(void *context, nanoseconds_t deadline, bool has_spun)
{
    struct machine *machine = context;
    return machine->time->spins(machine, next_moment(machine, deadline), has_spun);
}

static nanoseconds_t client_event_at(void *context)
{
    struct machine *machine = context;
    return machine->time->event_at(machine);
}

/* The next moment (host time) at which the machine itself has something to do. */
static nanoseconds_t own_deadline(const struct machine *machine)
{
    return earlier(earlier(machine_timeout(machine), machine->output.flush_at),
                   control_next(&machine->control));
}

/* --- console ------------------------------------------------------------------------------- */

static int64_t console_write(void *context, const uint8_t *bytes, size_t size)
{
    struct machine *machine = context;
    output_put(&machine->output, bytes, size);
    return (int64_t)size;
}

static int64_t console_read(void *context, uint8_t *bytes, size_t size)
{
    struct host_stream *stream = ((struct machine *)context)->ports[0].stream;
    size_t count = stream_read(stream, bytes, size);
    if (count > 0)
        return (int64_t)count;
    return stream->input_ended ? stream->input_error : -EAGAIN;
}

static int console_wait(void *context)
{
    (void)context;
    return 0; /* output_put takes everything */
}

const struct host_stream_ops machine_console_ops = {
    .name = "console",
    .write = console_write,
    .read = console_read,
    .wait = console_wait,
};

/*
 * What the kernel prints. On a serial line it ends lines with a carriage return, too; standard
 * output gets them as programs here write them.
 */
static void client_console(void *context, const char *text, uint32_t length)
{
    struct machine *machine = context;
    bool is_line = machine->options->serial[0].kind != SERIAL_STDIO;
    for (const char *end = text + length; is_line && text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (!newline)
            break;
        output_put(&machine->output, (const uint8_t *)text, (size_t)(newline - text));
        output_put(&machine->output, (const uint8_t *)"\r\n", 2);
        length -= (uint32_t)(newline + 1 - text);
        text = newline + 1;
    }
    output_put(&machine->output, (const uint8_t *)text, length);
}

static void show_threads(struct machine *machine)
{
    output_flush(&machine->output);
    fputs("sel4emu: threads:\n", stderr);
    inspector_show(machine, "ps", stderr);
}

static void update_input_watch(struct machine *machine)
{
    bool wanted = input_wants_more(&machine->input) && !machine->input.is_always_ready;
    if (wanted == machine->input_is_watched)
        return;
    int error = host_watcher_set(machine->watcher, machine->input.fd, wanted ? HOST_WATCH_READ : 0);
    if (error == 0)
        machine->input_is_watched = wanted;
    else if (error == -EPERM)
        machine->input.is_always_ready = true;
    else if (wanted)
        machine->input.ended = true;
}

void machine_read_keys(struct machine *machine)
{
    switch (input_read(&machine->input)) {
    case TERMINAL_KEY_QUIT:
        machine->quit = true;
        break;
    case TERMINAL_KEY_INTERRUPT:
        machine->interrupted = true;
        break;
    case TERMINAL_KEY_HELP:
        fputs(terminal_help, stderr);
        break;
    case TERMINAL_KEY_DUMP:
        show_threads(machine);
        break;
    default:
        break;
    }
}

static void poll_ports(struct machine *machine, nanoseconds_t now)
{
    machine_read_keys(machine);
    ports_poll(machine, now);
    control_serve(machine);
    debugger_poke(machine->debugger);
}

/*
 * Before the guest runs or the machine waits: since the last look the guest may have taken input.
 * Returns whether anything is watched.
 */
static bool watch_ports(struct machine *machine)
{
    update_input_watch(machine);
    bool has_clients = control_watch(machine);
    debugger_watch(machine->debugger);
    return ports_watch(machine) || machine->input_is_watched || has_clients;
}

/* --- devices ------------------------------------------------------------------------------- */

static uint64_t client_port_in(void *context, uint16_t port, unsigned size)
{
    struct machine *machine = context;
    return bus_port_in(machine->pc->bus, port, size, machine_now(machine));
}

static void client_port_out(void *context, uint16_t port, unsigned size, uint64_t value)
{
    struct machine *machine = context;
    bus_port_out(machine->pc->bus, port, size, value, machine_now(machine));
}

static unsigned client_promise_ports(void *context,
                                     struct port_promise ret_promises[POSTED_PROMISES])
{
    const struct machine *machine = context;
    unsigned count = 0;
    for (unsigned i = 0; i < machine->options->serial_count && count < POSTED_PROMISES; i++) {
        struct serial_promise promise;
        if (serial_promise(machine->pc->com[i], &promise))
            ret_promises[count++] = (struct port_promise){.data = promise.data,
                                                          .status = promise.status,
                                                          .status_value = promise.status_value};
    }
    return count;
}

static enum memory_kind client_memory_kind(void *context, paddr_t paddr)
{
    const struct machine *machine = context;
    if (bus_has_mmio(machine->pc->bus, paddr))
        return MEMORY_DEVICE;
    return pc_memory_is_backed(&machine->layout, paddr) ? MEMORY_BACKED : MEMORY_OPEN;
}

static uint64_t client_mmio_read(void *context, paddr_t paddr, unsigned size)
{
    struct machine *machine = context;
    machine->time->entered(machine);
    return bus_mmio_read(machine->pc->bus, paddr, size, machine_now(machine));
}

static void client_mmio_write(void *context, paddr_t paddr, unsigned size, uint64_t value)
{
    struct machine *machine = context;
    machine->time->entered(machine);
    bus_mmio_write(machine->pc->bus, paddr, size, value, machine_now(machine));
}

/*
 * A PIC has the lines of the IOAPIC's pins, but for the timer's, which is the line of the second
 * PIC there. Those of PCI are level-triggered. Its vectors are the lines' numbers.
 */
static void wire_pic(struct machine *machine, const struct kernel *k)
{
    enum { LINES = 16, TIMER = 0, SECOND_PIC = 2, LEVEL_TRIGGERED = 7 << 9 };
    for (unsigned line = 0; line < LINES; line++) {
        const struct irq *irq = &k->irqs[line];
        if (line == SECOND_PIC)
            continue;
        ioapic_set_pin(machine->pc->ioapic, line == TIMER ? PIT_GSI : line,
                       (struct ioapic_pin){.mapped = irq->kind == IRQ_PIC,
                                           .vector = (uint8_t)line,
                                           .masked = irq->masked,
                                           .level_triggered = LEVEL_TRIGGERED >> line & 1});
    }
}

static void client_irqs_changed(void *context, struct kernel *k)
{
    struct machine *machine = context;
    if (k->config.irq_pic) {
        wire_pic(machine, k);
        return;
    }
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        const struct irq_pin *pin = &k->irq_pins[i];
        ioapic_set_pin(machine->pc->ioapic, i,
                       (struct ioapic_pin){.mapped = pin->is_mapped,
                                           .vector = pin->vector,
                                           .masked = pin->masked,
                                           .level_triggered = pin->level_triggered});
    }
}

static bool client_has_event(void *context, nanoseconds_t now)
{
    struct machine *machine = context;
    return atomic_load_explicit(&machine->poked, memory_order_relaxed) ||
           now >= bus_next_event(machine->pc->bus) || ioapic_has_pending(machine->pc->ioapic);
}

static int client_pending_interrupt(void *context, nanoseconds_t now)
{
    struct machine *machine = context;
    if (!client_has_event(machine, now))
        return -1;
    atomic_store_explicit(&machine->poked, false, memory_order_relaxed);
    poll_ports(machine, now);
    bus_advance(machine->pc->bus, now);
    return ioapic_pending(machine->pc->ioapic);
}

static nanoseconds_t client_next_event(void *context)
{
    const struct machine *machine = context;
    return bus_next_event(machine->pc->bus);
}

/* --- waiting ------------------------------------------------------------------------------- */

bool machine_is_ending(struct machine *machine)
{
    if (host_clock_now() >= machine_timeout(machine))
        machine->timed_out = true;
    return machine->timed_out || machine->quit || machine->interrupted || machine->powered_off ||
           debugger_kills(machine->debugger) || signals_pending() != 0 ||
           output_is_over(&machine->output) || ports_find_failed(machine);
}

static bool client_should_stop(void *context)
{
    struct machine *machine = context;
    if (host_clock_now() >= machine->output.flush_at)
        output_flush(&machine->output);
    return machine_is_ending(machine);
}

static void client_arm(void *context, nanoseconds_t deadline)
{
    struct machine *machine = context;
    nanoseconds_t until = machine->time->wall_if_busy(machine, next_moment(machine, deadline));
    host_deadline_set(&machine->deadline, earlier(until, own_deadline(machine)));
    if (watch_ports(machine) || machine->debugger)
        host_watcher_arm(machine->watcher);
}

/*
 * Only an interrupt wakes an idle machine: one that a thread waits for, of a serial port while
 * there may be input, or of a device that will do something by itself.
 */
static bool something_may_come(const struct machine *machine)
{
    struct kernel *k = machine->inplace ? inplace_trusted(machine->inplace) : machine->kernel;
    bool device_acts = bus_next_event(machine->pc->bus) != NANOSECONDS_NEVER;
    for (unsigned vector = 0; vector <= MAX_USER_VECTOR; vector++) {
        if (!waiting_for_vector(k, vector))
            continue;
        const struct irq *irq = &k->irqs[vector];
        bool may_come;
        if (irq->kind == IRQ_MSI || !ports_find_pin(machine, irq->pin, &may_come))
            may_come = device_acts;
        if (may_come)
            return true;
    }
    return false;
}

static bool client_wait(void *context, nanoseconds_t deadline, bool time_wakes)
{
    struct machine *machine = context;
    output_flush(&machine->output);
    if (ioapic_has_pending(machine->pc->ioapic))
        return true;
    if ((!time_wakes || deadline == NANOSECONDS_NEVER) &&
        machine->options->on_idle != ON_IDLE_WAIT && !debugger_is_attached(machine->debugger) &&
        !something_may_come(machine))
        return false;
    int ready[1];
    watch_ports(machine);
    nanoseconds_t until = machine->time->wall_if_idle(machine, next_moment(machine, deadline));
    nanoseconds_t own = own_deadline(machine);
    int count = host_watcher_wait(machine->watcher, earlier(until, own), 1, ready);
    machine->time->idled(machine, until);
    if (count != 0 || machine->input.is_always_ready || host_clock_now() >= own)
        machine->poked = true; /* else it was a deadline, which the guest looks at by itself */
    return true;
}

/* What only wakes the seat is no input. */
static bool is_input(const struct machine *machine, const int *ready, int count)
{
    for (int i = 0; i < count; i++) {
        if (ready[i] != inplace_wake_fd(machine->inplace))
            return true;
    }
    return false;
}

static void client_sleep(void *context, nanoseconds_t deadline)
{
    enum { READY_MAX = 4 };
    struct machine *machine = context;
    int ready[READY_MAX];
    watch_ports(machine);
    nanoseconds_t own = own_deadline(machine);
    nanoseconds_t until = machine->time->wall_if_busy(machine, deadline);
    int count = host_watcher_wait(machine->watcher, earlier(until, own), READY_MAX, ready);
    if (is_input(machine, ready, count) || host_clock_now() >= own)
        machine->poked = true;
}

void machine_wait_frozen(struct machine *machine)
{
    int ready[1];
    output_flush(&machine->output);
    watch_ports(machine);
    host_watcher_wait(machine->watcher, own_deadline(machine), 1, ready);
    poll_ports(machine, machine_now(machine));
}

static const char *client_symbol_at(void *context, vaddr_t address)
{
    const struct machine *machine = context;
    return image_symbol_at(machine->options->image, address);
}

/* --- trace --------------------------------------------------------------------------------- */

static void client_look(void *context)
{
    struct machine *machine = context;
    machine->time->look(machine);
}

static bool client_is_traced(void *context)
{
    const struct machine *machine = context;
    return machine->tracing.count > 0;
}

static void client_trace_enter(void *context, struct kernel *k, struct tcb *tcb,
                               const struct trap *trap)
{
    struct machine *machine = context;
    tracing_enter(&machine->tracing, k, tcb, trap);
}

static void client_trace_leave(void *context, struct kernel *k, struct outcome outcome)
{
    struct machine *machine = context;
    tracing_leave(&machine->tracing, k, outcome);
}

struct seat_client machine_client(struct machine *machine)
{
    return (struct seat_client){
        .context = machine,
        .now = client_now,
        .worked = client_worked,
        .entered = client_entered,
        .stopped = client_stopped,
        .console = client_console,
        .port_in = client_port_in,
        .port_out = client_port_out,
        .promise_ports = client_promise_ports,
        .memory_kind = client_memory_kind,
        .mmio_read = client_mmio_read,
        .mmio_write = client_mmio_write,
        .irqs_changed = client_irqs_changed,
        .pending_interrupt = client_pending_interrupt,
        .next_event = client_next_event,
        .wait = client_wait,
        .arm = client_arm,
        .should_stop = client_should_stop,
        .has_event = client_has_event,
        .sleep = client_sleep,
        .spins = client_spins,
        .event_at = client_event_at,
        .look = client_look,
        .is_traced = client_is_traced,
        .trace_enter = client_trace_enter,
        .trace_leave = client_trace_leave,
        .symbol_at = client_symbol_at,
    };
}
