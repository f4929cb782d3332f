/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a machine. Each part of struct machine is made by one function of the table `parts`
 * and ended by another; a part that cannot be made ends those before it.
 */
#include <machine/machine.h>

#include <abi/object.h>
#include <base/bits.h>
#include <gate/breakpoint_events.h>
#include <machine/dma.h>
#include <machine/inspector.h>
#include <machine/post_mortem.h>
#include <machine/signals.h>
#include <machine/state.h>
#include <machine/unsupported.h>

#include <errno.h>
#include <host/guard.h>
#include <host/host.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Signals that make a run of the gate come back. */
#define DEADLINE_SIGNAL SIGALRM
#define INPUT_SIGNAL    SIGIO

/* Signal handlers have no argument: the machine that runs. */
static struct machine *running;

/* --- messages ------------------------------------------------------------------------------ */

/* Notes why the machine ends before the guest has run. Returns false. */
__attribute__((format(printf, 4, 5))) static bool
fail(struct machine *machine, enum machine_end end, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(machine->report->message, sizeof(machine->report->message), format, arguments);
    va_end(arguments);
    machine->report->error = error;
    machine->end = end;
    return false;
}

/* The same for a host call, with its name and Linux's words for the error. */
static bool fail_host(struct machine *machine, int error, const char *what)
{
    const char *call = host_failed_call(error);
    return fail(machine, MACHINE_END_HOST_FAILED, error, "%s: %s%s%s", what, call ? call : "",
                call ? ": " : "", strerror(-error));
}

/* --- parts --------------------------------------------------------------------------------- */

static bool check_configuration(struct machine *machine)
{
    const char *option = unsupported_option(&machine->options->configuration->kernel);
    if (!option)
        return true;
    return fail(machine, MACHINE_END_REFUSED, 0,
                "the image was built for a kernel with %s, which this version does not run",
                option);
}

static void end_nothing(struct machine *machine)
{
    (void)machine;
}

static void add_iommu(struct machine *machine)
{
    enum machine_iommu iommu = machine->options->iommu;
    if (iommu == IOMMU_AUTO)
        iommu = machine->options->configuration->kernel.iommu ? IOMMU_48 : IOMMU_OFF;
    if (iommu != IOMMU_OFF)
        pc_add_iommu(&machine->layout, iommu == IOMMU_39 ? 39 : 48);
}

static bool make_memory(struct machine *machine)
{
    int error = pc_memory_layout(machine->options->memory_bytes, &machine->layout);
    if (error < 0)
        return fail(machine, MACHINE_END_REFUSED, error,
                    "--memory: a PC has %" PRIu64 "M to %" PRIu64 "G", PC_MEMORY_MIN >> 20,
                    PC_MEMORY_MAX >> 30);
    add_iommu(machine);
    uint64_t size = max_u64(machine->layout.low_end, machine->layout.high_end);
    error = host_memory_create(size, &machine->memory);
    if (error < 0)
        return fail_host(machine, error, "cannot make the guest's memory");
    pc_write_firmware(machine->memory.base, &machine->layout, 1, machine->options->serial_count);
    return true;
}

static void end_memory(struct machine *machine)
{
    host_memory_destroy(&machine->memory);
}

/* The place that `option` names cannot be opened. */
static bool fail_place(struct machine *machine, const char *option, const struct serial_spec *spec,
                       int error)
{
    const char *text = spec->text;
    if (error == -EADDRINUSE && spec->kind == SERIAL_UNIX)
        return fail(machine, MACHINE_END_HOST_FAILED, error,
                    "%s %s: it exists; remove it if nobody uses it, or name another", option, text);
    if (error == -EADDRINUSE)
        return fail(machine, MACHINE_END_HOST_FAILED, error,
                    "%s %s: the port is in use; name another", option, text);
    const char *call = host_failed_call(error);
    return fail(machine, MACHINE_END_HOST_FAILED, error, "%s %s: %s%s%s", option, text,
                call ? call : "", call ? ": " : "", strerror(-error));
}

static bool make_ports(struct machine *machine)
{
    const struct port *failed;
    int error = ports_open(machine, &failed);
    if (error == 0)
        return true;
    return fail_place(machine, "--serial", failed->end.spec, error);
}

static void end_ports(struct machine *machine)
{
    ports_close(machine);
}

static bool make_output(struct machine *machine)
{
    if (output_init(&machine->output, machine->ports[0].stream, machine->options))
        return true;
    return fail(machine, MACHINE_END_REFUSED, 0,
                "--until and --fail-on take texts of 1 to %d bytes", WATCH_MAX_TEXT);
}

static void end_output(struct machine *machine)
{
    bool is_read_by_person =
        machine->options->serial[0].kind == SERIAL_STDIO && isatty(STDOUT_FILENO);
    if (is_read_by_person)
        output_end_line(&machine->output);
    else
        output_flush(&machine->output);
}

static void power_off(void *context)
{
    struct machine *machine = context;
    machine->powered_off = true;
}

static bool make_devices(struct machine *machine)
{
    machine->console = stream_create(&machine_console_ops, machine);
    if (!machine->console)
        return fail(machine, MACHINE_END_HOST_FAILED, -ENOMEM, "no memory for the devices");
    struct pc_options options = {
        .com = {machine->console, machine->ports[1].stream},
        .epoch = machine->time->epoch(),
        .cpus = 1,
        .hpet_fsb = machine->options->hpet_messages,
        .power_off = power_off,
        .context = machine,
        .devices = machine->options->devices,
        .device_count = machine->options->device_count,
    };
    int error = pc_create(&machine->layout, &options, &machine->pc);
    if (error == 0) {
        bus_set_dma_sink(machine->pc->bus, machine_dma_sink(machine));
        return true;
    }
    stream_destroy(machine->console);
    return fail(machine, MACHINE_END_HOST_FAILED, error, "no memory for the devices");
}

static void end_devices(struct machine *machine)
{
    pc_destroy(machine->pc);
    stream_destroy(machine->console);
}

/* What keeps this guest from running in place, or NULL. */
static const char *find_obstacle(const struct machine *machine, const struct inplace_guest *guest)
{
    bool needs_breakpoints =
        machine->options->has_gdb || machine->options->configuration->kernel.hardware_debug_api;
    if (needs_breakpoints && breakpoint_events_check())
        return "breakpoints need perf events, which this host does not provide";
    return inplace_obstacle(guest);
}

/* A debugger sets breakpoints in code as it is; vector registers are the post mortem's only in a
 * signal's frame. */
static bool has_patches(const struct machine_options *options)
{
    return !options->no_patches && !options->has_gdb && !options->post_mortem;
}

/* The same hold here: to them a TCB is a thread. So it is to the libc of a linked program. */
static bool shares_threads(const struct machine_options *options)
{
    return options->carriers == MACHINE_CARRIERS_SHARED && !options->has_gdb &&
           !options->post_mortem && !options->linked.pid;
}

/* A guest that cannot run in place runs in the monitor seat. */
static bool make_region(struct machine *machine)
{
    const struct image *image = machine->options->image;
    const struct address_range used = {image->start, image->end};
    const struct inplace_guest guest = {.memory_fd = machine->memory.fd,
                                        .memory_bytes = machine->memory.size,
                                        .used = &used,
                                        .used_count = 1,
                                        .is_virtual = machine->time->traps_tsc,
                                        .seed = machine->options->seed,
                                        .shares_threads = shares_threads(machine->options),
                                        .has_patches = has_patches(machine->options),
                                        .linked = machine->options->linked};
    machine->seat_ops = &monitor_seat_ops;
    if (machine->options->seat == MACHINE_SEAT_ISOLATED)
        return true;
    const char *obstacle = find_obstacle(machine, &guest);
    if (obstacle && guest.linked.pid)
        return fail(machine, MACHINE_END_HOST_UNSUPPORTED, 0,
                    "a linked program needs the kernel in its process: %s", obstacle);
    if (obstacle) {
        if (machine->options->seat == MACHINE_SEAT_IN_PLACE || machine->options->verbose)
            fprintf(stderr, "sel4emu: --in-place: not this guest: %s\n", obstacle);
        return true;
    }
    int error = inplace_open(&guest, &machine->inplace);
    machine->seat_ops = &inplace_seat_ops;
    return error == 0 || fail_host(machine, error, "cannot make the guest's runtime region");
}

static void end_region(struct machine *machine)
{
    if (machine->inplace)
        inplace_seat_ops.close(machine->inplace);
}

/* In place it lies in the region. */
static struct kernel *allocate_kernel(struct machine *machine)
{
    if (machine->inplace)
        return inplace_kernel(machine->inplace);
    struct kernel *k = host_allocate(1, kernel_bytes(machine->memory.size));
    if (k)
        k->memory_offset = (ptrdiff_t)((uintptr_t)machine->memory.base - (uintptr_t)k);
    return k;
}

static void free_kernel(struct machine *machine)
{
    if (!machine->inplace)
        free(machine->kernel);
}

static bool make_kernel(struct machine *machine)
{
    machine->kernel = allocate_kernel(machine);
    if (!machine->kernel)
        return fail(machine, MACHINE_END_HOST_FAILED, -ENOMEM, "no memory for the kernel");
    machine->programs = (struct vspace_programs){.k = machine->kernel,
                                                 .image = machine->options->image,
                                                 .image_path = machine->options->image_path};
    const char *problem = boot_guest(machine);
    if (!problem)
        return true;
    free_kernel(machine);
    return fail(machine, MACHINE_END_REFUSED, 0, "%s: %s", machine->options->image_path, problem);
}

static void end_kernel(struct machine *machine)
{
    vspace_programs_end(&machine->programs);
    free_kernel(machine);
}

/* Handlers: they make a run of the gate, or the wait of an idle machine, come back. */
static void interrupt_run(void)
{
    if (!running)
        return;
    running->poked = true;
    if (running->seat)
        running->seat_ops->interrupt(running->seat);
}

static void on_end(void *context)
{
    const struct machine *machine = context;
    const uint64_t one = 1;
    host_write(machine->wake_fd, &one, sizeof(one));
    interrupt_run();
}

static void on_deadline(int number)
{
    (void)number;
    if (running)
        host_deadline_expired(&running->deadline);
    interrupt_run();
}

static void on_input(int number)
{
    (void)number;
    interrupt_run();
}

static void on_child(int number)
{
    (void)number;
    interrupt_run();
}

static bool make_signals(struct machine *machine)
{
    running = machine;
    int error = signals_catch(on_end, machine);
    if (error == 0)
        error = host_sigaction(DEADLINE_SIGNAL, on_deadline, &machine->old_deadline_action);
    if (error == 0)
        error = host_sigaction(INPUT_SIGNAL, on_input, &machine->old_input_action);
    if (error == 0 && machine->inplace)
        error = host_sigaction(SIGCHLD, on_child, &machine->old_child_action);
    if (error == 0)
        return true;
    running = NULL;
    signals_release();
    return fail_host(machine, error, "cannot catch signals");
}

static void end_signals(struct machine *machine)
{
    running = NULL;
    sigaction(DEADLINE_SIGNAL, &machine->old_deadline_action, NULL);
    sigaction(INPUT_SIGNAL, &machine->old_input_action, NULL);
    if (machine->inplace)
        sigaction(SIGCHLD, &machine->old_child_action, NULL);
    signals_release();
}

static bool make_deadline(struct machine *machine)
{
    int error = host_deadline_create(DEADLINE_SIGNAL, &machine->deadline);
    return error == 0 || fail_host(machine, error, "cannot make a timer");
}

static void end_deadline(struct machine *machine)
{
    host_deadline_destroy(&machine->deadline);
}

static bool make_wake(struct machine *machine)
{
    long fd = host_eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK);
    machine->wake_fd = (int)fd;
    return fd >= 0 || fail_host(machine, (int)fd, "cannot make an eventfd");
}

static void end_wake(struct machine *machine)
{
    host_close(machine->wake_fd);
}

static bool make_watcher(struct machine *machine)
{
    int error = host_watcher_create(INPUT_SIGNAL, &machine->watcher);
    if (error == 0) {
        error = host_watcher_set(machine->watcher, machine->wake_fd, HOST_WATCH_READ);
        if (error)
            host_watcher_destroy(machine->watcher);
    }
    return error == 0 || fail_host(machine, error, "cannot watch the console");
}

static void end_watcher(struct machine *machine)
{
    host_watcher_destroy(machine->watcher);
}

static bool make_control(struct machine *machine)
{
    const char *slash = strrchr(machine->options->image_path, '/');
    const char *file = slash ? slash + 1 : machine->options->image_path;
    const char *name = machine->options->name ? machine->options->name : file;
    int error = control_open(&machine->control, name, &machine->tracing);
    return error == 0 || fail_host(machine, error, "cannot make the control socket");
}

static void end_control(struct machine *machine)
{
    control_close(&machine->control);
}

static bool make_input(struct machine *machine)
{
    machine->poked = true; /* the first look at the input is also what makes it watched */
    if (!ports_have_stdio(machine))
        return true;
    int error = input_open(&machine->input, STDIN_FILENO);
    return error == 0 || fail_host(machine, error, "cannot take over the terminal");
}

static void end_input(struct machine *machine)
{
    (void)machine;
    terminal_restore();
}

/*
 * Where the gate's own page may be: behind the image, away from what root servers map first, and at
 * no address that a stray pointer is likely to have.
 */
static vaddr_t choose_hole(const struct image *image)
{
    enum { DISTANCE_BITS = 40 };
    const vaddr_t offset = UINT64_C(0xa5b6c7000);
    vaddr_t hole = align_up(image->end, DISTANCE_BITS) + bit(DISTANCE_BITS) + offset;
    return hole < USER_TOP - bit(DISTANCE_BITS) ? hole : bit(DISTANCE_BITS) + offset;
}

static bool make_gate(struct machine *machine)
{
    if (machine->inplace)
        return true;
    int error = monitor_gate_ops.open(machine->memory.fd, choose_hole(machine->options->image),
                                      machine->time->traps_tsc, &machine->gate);
    return error == 0 || fail_host(machine, error, "cannot start guest processes");
}

static void end_gate(struct machine *machine)
{
    struct gate *gate = machine->gate;
    machine->gate = NULL;
    if (gate)
        monitor_gate_ops.close(gate);
}

static bool make_tracing(struct machine *machine)
{
    const struct machine_options *options = machine->options;
    if (!options->trace)
        return true;
    int error = tracing_start(&machine->tracing, &options->trace_options, options->trace_path);
    if (error == -ENOMEM || !options->trace_path)
        return error == 0 || fail_host(machine, error, "cannot start the trace");
    return error == 0 || fail_host(machine, error, options->trace_path);
}

static void end_tracing(struct machine *machine)
{
    tracing_end(&machine->tracing);
}

static int open_seat(struct machine *machine)
{
    const struct seat_client client = machine_client(machine);
    struct seat *seat = NULL;
    if (machine->inplace) {
        inplace_set_client(machine->inplace, &client);
        machine->seat = machine->inplace;
        int error =
            host_watcher_set(machine->watcher, inplace_wake_fd(machine->inplace), HOST_WATCH_READ);
        return error ? error : inplace_linked_watch(machine->inplace, machine->watcher);
    }
    int error = seat_open(&monitor_gate_ops, machine->gate, machine->kernel, &client, &seat);
    machine->seat = seat;
    return error;
}

static bool make_seat(struct machine *machine)
{
    int error = open_seat(machine);
    return error == 0 || fail_host(machine, error, "cannot start the guest");
}

/* In place it lives on until end_region(): the kernel's state is its own. */
static void end_seat(struct machine *machine)
{
    void *seat = machine->seat;
    machine->seat = NULL;
    if (!machine->inplace)
        machine->seat_ops->close(seat);
}

static bool make_debugger(struct machine *machine)
{
    const struct serial_spec *place = &machine->options->gdb;
    if (!machine->options->has_gdb)
        return true;
    int error = debugger_open(machine, &machine->debugger);
    if (error)
        return fail_place(machine, "--gdb", place, error);
    debugger_start(machine->debugger);
    return true;
}

static void end_debugger(struct machine *machine)
{
    if (machine->debugger)
        debugger_close(machine->debugger);
    machine->debugger = NULL;
}

/* In the order in which they are made; they end the other way round. */
static const struct part {
    bool (*make)(struct machine *machine);
    void (*end)(struct machine *machine);
} parts[] = {
    {check_configuration, end_nothing},
    {make_memory, end_memory},
    {make_wake, end_wake},
    {make_ports, end_ports},
    {make_output, end_output},
    {make_devices, end_devices},
    {make_region, end_region},
    {make_kernel, end_kernel},
    {make_signals, end_signals},
    {make_deadline, end_deadline},
    {make_watcher, end_watcher},
    {make_control, end_control},
    {make_input, end_input},
    {make_gate, end_gate},
    {make_tracing, end_tracing},
    {make_seat, end_seat},
    {make_debugger, end_debugger},
};

/* --- the run ------------------------------------------------------------------------------- */

static void report_idle(struct machine *machine)
{
    bool faulted = machine->kernel->unhandled_faults > 0;
    machine->end = faulted ? MACHINE_END_FAULTED : MACHINE_END_IDLE;
    if (machine->options->on_idle == ON_IDLE_EXIT && !faulted)
        return;
    fprintf(stderr, "sel4emu: the threads at the end:\n");
    inspector_show(machine, "ps", stderr);
    inspector_show(machine, "deadlocks", stderr);
}

static void fail_output(struct machine *machine, const struct port *port)
{
    int error = port->stream->output_error;
    const char *place =
        port->end.spec->kind == SERIAL_STDIO ? "standard output" : port->end.spec->text;
    fail(machine, MACHINE_END_HOST_FAILED, error, "cannot write the guest's output to %s: %s",
         place, strerror(-error));
}

/* The client stopped the seat: for the first of these reasons. */
static void explain_stop(struct machine *machine)
{
    const struct output *output = &machine->output;
    if (output->until_seen) {
        machine->end = MACHINE_END_UNTIL;
    } else if (output->fail_on_seen) {
        fail(machine, MACHINE_END_FAIL_ON, 0, "the guest printed \"%s\"", output->fail_on_seen);
    } else if (machine->quit || debugger_kills(machine->debugger)) {
        machine->end = MACHINE_END_QUIT;
    } else if (signals_pending() || machine->interrupted) {
        machine->report->signal = signals_pending() ? signals_pending() : SIGINT;
        machine->end = MACHINE_END_INTERRUPTED;
    } else if (machine->timed_out) {
        machine->end = MACHINE_END_TIMEOUT;
    } else {
        machine->end = MACHINE_END_HALTED;
    }
}

static void write_post_mortem(void *context)
{
    post_mortem(context);
}

static void run(struct machine *machine)
{
    struct seat_result result;
    machine->seat_ops->run(machine->seat, &result);
    output_flush(&machine->output);
    switch (result.end) {
    case SEAT_END_HALTED:
        machine->end = MACHINE_END_HALTED;
        break;
    case SEAT_END_IDLE:
        report_idle(machine);
        break;
    case SEAT_END_STOPPED:
        explain_stop(machine);
        break;
    case SEAT_END_REFUSED:
        fail(machine, MACHINE_END_REFUSED, 0, "%s", result.what);
        break;
    case SEAT_END_HOST_FAILED:
        fail(machine,
             result.error == -EPERM ? MACHINE_END_HOST_UNSUPPORTED : MACHINE_END_HOST_FAILED,
             result.error, "%s%s%s", result.what, result.error ? ": " : "",
             result.error ? strerror(-result.error) : "");
        break;
    }
    inspector_show_at_end(machine);
    if (!host_guard(write_post_mortem, machine))
        fprintf(stderr, "sel4emu: the kernel's state leads to where no memory is\n");
    const struct port *failed = ports_find_failed(machine);
    if (failed && machine->end != MACHINE_END_HOST_FAILED)
        fail_output(machine, failed); /* whatever else happened, somebody has not seen all of it */
    debugger_tell_end(machine->debugger);
}

enum machine_end machine_run(const struct machine_options *options,
                             struct machine_report *ret_report)
{
    *ret_report = (struct machine_report){0};
    struct machine *machine = host_allocate(1, sizeof(*machine));
    if (!machine) {
        snprintf(ret_report->message, sizeof(ret_report->message), "no memory for the machine");
        ret_report->error = -ENOMEM;
        return MACHINE_END_HOST_FAILED;
    }
    machine->options = options;
    machine->report = ret_report;
    machine->time =
        options->time == MACHINE_TIME_VIRTUAL ? &machine_virtual_time : &machine_real_time;
    machine->start = host_clock_now();
    guest_clock_start(&machine->clock, machine->start, machine_cpu_time(machine));
    machine->tsc = host_tsc_begin();

    unsigned made = 0;
    while (made < ARRAY_LENGTH(parts) && parts[made].make(machine))
        made++;
    if (made == ARRAY_LENGTH(parts))
        run(machine);
    while (made > 0)
        parts[--made].end(machine);

    enum machine_end end = machine->end;
    free(machine);
    return end;
}
