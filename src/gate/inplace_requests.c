/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runtimes ask for. A request is copied as a whole, and every field that means anything is
 * checked before it is used: a guest may have written it. One that cannot be ends the guest.
 */
#include <gate/inplace_state.h>

#include <abi/object.h>
#include <base/bits.h>
#include <errno.h>
#include <gate/decode.h>
#include <gate/execute.h>
#include <host/guard.h>
#include <host/host.h>
#include <inttypes.h>
#include <runtime/clock.h>
#include <stdio.h>
#include <string.h>

#define PADDR_BITS 52

/* --- checks -------------------------------------------------------------------------------- */

/* Returns false. */
static bool refuse(struct inplace *seat, const char *field, uint64_t value)
{
    inplace_fail(seat, 0, "the guest's runtime asks for what cannot be: %s 0x%" PRIx64, field,
                 value);
    return false;
}

/* Whether [paddr, paddr + 2^bits) is an object's place in RAM. */
static bool is_object(const struct inplace *seat, paddr_t paddr, unsigned bits)
{
    return paddr != 0 && is_aligned(paddr, bits) && kernel_is_backed(seat->trusted, paddr) &&
           kernel_is_backed(seat->trusted, paddr + mask(bits));
}

static bool is_port_access(struct inplace *seat, const struct runtime_request *request)
{
    enum { PORT_SIZES = 1 << 1 | 1 << 2 | 1 << 4 };
    uint64_t port = request->argument[0], size = request->argument[1];
    if (size > 4 || !(PORT_SIZES >> size & 1))
        return refuse(seat, "size of a port", size);
    return port <= NUM_IO_PORTS - size || refuse(seat, "port", port);
}

static bool is_vspace(struct inplace *seat, uint64_t index, bool has_process)
{
    if (index == 0 || index >= RUNTIME_MAX_VSPACES)
        return refuse(seat, "number of a VSpace", index);
    if ((seat->pids[index] != 0) == has_process)
        return true;
    return refuse(seat, has_process ? "VSpace without a process" : "VSpace with a process", index);
}

/* --- time ---------------------------------------------------------------------------------- */

static void look_whether_it_spins(struct inplace *seat, nanoseconds_t deadline)
{
    const struct seat_client *client = &seat->client;
    uint32_t *has_spun = inplace_has_spun(seat);
    if (client->stopped(client->context, deadline, has_spun && *has_spun) && has_spun)
        *has_spun = true;
}

static nanoseconds_t tell_time(struct inplace *seat)
{
    nanoseconds_t now = inplace_now(seat);
    __atomic_store_n(&seat->shared->control.clock.told, now, __ATOMIC_RELAXED);
    return now;
}

/* The guest is told the time: it looks at its deadline by itself. */
static void note_known_deadline(struct inplace *seat, nanoseconds_t deadline, nanoseconds_t now)
{
    if (now < deadline)
        return;
    seat->known_deadline = deadline;
    seat->known_at = now;
}

static void serve_event(struct inplace *seat, struct runtime_request *request)
{
    const struct seat_client *client = &seat->client;
    nanoseconds_t deadline = __atomic_load_n(&seat->shared->control.deadline, __ATOMIC_RELAXED);
    if (request->argument[1])
        look_whether_it_spins(seat, deadline);
    nanoseconds_t now = inplace_now(seat);
    request->result[0] = client->pending_interrupt(client->context, now);
    seat->is_kicked = false;
    note_known_deadline(seat, deadline, now);
    __atomic_store_n(&seat->shared->control.attention, 0, __ATOMIC_RELAXED);
}

/* The client has looked at it. */
static void serve_time(struct inplace *seat, struct runtime_request *request)
{
    (void)request;
    tell_time(seat);
}

static void serve_wait(struct inplace *seat, struct runtime_request *request)
{
    const struct seat_client *client = &seat->client;
    if (client->should_stop(client->context))
        return;
    if (!client->has_event(client->context, inplace_peek(seat)) &&
        !client->wait(client->context, request->argument[0], request->argument[1] != 0))
        inplace_end(seat, SEAT_END_IDLE);
    note_known_deadline(seat, request->argument[0], tell_time(seat));
}

/* --- devices ------------------------------------------------------------------------------- */

static void serve_port_in(struct inplace *seat, struct runtime_request *request)
{
    if (is_port_access(seat, request))
        request->result[0] = (int64_t)seat->client.port_in(
            seat->client.context, (uint16_t)request->argument[0], (unsigned)request->argument[1]);
}

static void serve_port_out(struct inplace *seat, struct runtime_request *request)
{
    if (is_port_access(seat, request))
        seat->client.port_out(seat->client.context, (uint16_t)request->argument[0],
                              (unsigned)request->argument[1], request->argument[2]);
}

static unsigned ask_promises(struct inplace *seat,
                             struct port_promise ret_promises[POSTED_PROMISES])
{
    const struct seat_client *client = &seat->client;
    return client->promise_ports ? client->promise_ports(client->context, ret_promises) : 0;
}

static bool is_promised(const struct port_promise *promises, unsigned count, uint16_t port)
{
    for (unsigned i = 0; i < count; i++) {
        if (promises[i].data == port)
            return true;
    }
    return false;
}

/* What the guest wrote to ports since the last answer, of which the promises still hold. */
static bool take_posted(struct inplace *seat)
{
    struct runtime_posted *posted = &seat->shared->posted;
    uint64_t count = min_u64(__atomic_load_n(&posted->count, __ATOMIC_RELAXED), POSTED_WRITES);
    struct port_promise promises[POSTED_PROMISES];
    unsigned promised = count ? ask_promises(seat, promises) : 0;
    for (uint64_t i = 0; i < count; i++) {
        const volatile struct posted_write *write = &posted->writes[i];
        uint16_t port = write->port;
        if (!is_promised(promises, promised, port))
            return refuse(seat, "port without a promise", port);
        seat->client.port_out(seat->client.context, port, 1, write->value);
    }
    __atomic_store_n(&posted->count, 0, __ATOMIC_RELAXED);
    return true;
}

static void promise_ports(struct inplace *seat)
{
    struct runtime_posted *posted = &seat->shared->posted;
    posted->promise_count = ask_promises(seat, posted->promises);
}

static void serve_memory_kind(struct inplace *seat, struct runtime_request *request)
{
    paddr_t paddr = request->argument[0];
    if (paddr >= bit(PADDR_BITS))
        refuse(seat, "physical address", paddr);
    else
        request->result[0] = seat->client.memory_kind(seat->client.context, paddr);
}

/* Of a page that was a device's when the runtime asked. */
static bool is_memory(const struct inplace *seat, paddr_t root, vaddr_t address)
{
    struct translation t = {.present = false};
    if (address < USER_TOP)
        t = kernel_translate(seat->trusted, root, address);
    return t.present && seat->client.memory_kind(seat->client.context, t.paddr) == MEMORY_BACKED;
}

/* Nobody knows how to carry that out. */
static void fail_execute(struct inplace *seat, const struct runtime_request *request)
{
    vaddr_t address = request->argument[1];
    if (is_memory(seat, request->argument[0], address))
        inplace_fail(seat, -EPERM,
                     "the guest uses its page at 0x%" PRIx64
                     ", below vm.mmap_min_addr: run as root, or lower that with sysctl",
                     align_down(address, PAGE_BITS));
    else
        inplace_fail(seat, -ENOTSUP,
                     "the instruction at 0x%" PRIx64 " accesses device memory at 0x%" PRIx64
                     " in a way that is not emulated",
                     request->reg[UREG_RIP], address);
}

static void serve_execute(struct inplace *seat, struct runtime_request *request)
{
    const struct execute_for who = {
        .k = seat->trusted, .root = request->argument[0], .client = &seat->client};
    vaddr_t address = 0;
    word_t fsr = 0;
    if (!is_object(seat, who.root, PAGE_BITS)) {
        refuse(seat, "VSpace", who.root);
        return;
    }
    bool may_map = request->argument[3] != 0;
    if (may_map && is_memory(seat, who.root, request->argument[1])) {
        request->result[0] = EXECUTED_IS_MEMORY;
        return;
    }
    bool is_fetch = request->argument[2] != 0; /* of code that Linux does not map */
    enum mmio_result result =
        is_fetch ? MMIO_UNKNOWN : execute_instruction(&who, request->reg, &address, &fsr);
    if (result == MMIO_UNKNOWN)
        fail_execute(seat, request);
    request->result[0] = result == MMIO_FAULT ? EXECUTED_FAULT : EXECUTED_DONE;
    request->result[1] = (int64_t)address;
    request->result[2] = (int64_t)fsr;
}

static void serve_step_kind(struct inplace *seat, struct runtime_request *request)
{
    uint64_t length = request->argument[2];

    if (length > INSTRUCTION_MAX) {
        refuse(seat, "length of an instruction", length);
        return;
    }
    request->result[0] = decode_step((const uint8_t *)request->argument, (unsigned)length);
}

_Static_assert((int)STEP_PLAIN == RUNTIME_STEP_PLAIN &&
                   (int)STEP_USES_FPU == RUNTIME_STEP_USES_FPU &&
                   (int)STEP_LOADS_FLAGS == RUNTIME_STEP_LOADS_FLAGS &&
                   (int)STEP_STORES_FLAGS == RUNTIME_STEP_STORES_FLAGS,
               "a runtime has a decoder's answer");

/* --- the processor's breakpoints ----------------------------------------------------------- */

static bool is_carrier(struct inplace *seat, uint64_t index)
{
    return (index > 0 && index < RUNTIME_MAX_CARRIERS) ||
           refuse(seat, "number of a carrier", index);
}

static bool is_breakpoint(struct inplace *seat, const word_t word[])
{
    enum { SIZES = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 };
    if (!word[4] || word[1] == BREAKPOINT_INSTRUCTION)
        return true;
    if (word[1] != BREAKPOINT_DATA)
        return refuse(seat, "type of a breakpoint", word[1]);
    if (word[2] > BREAK_ON_READ_WRITE)
        return refuse(seat, "access of a breakpoint", word[2]);
    if (word[3] > 8 || !(SIZES >> word[3] & 1))
        return refuse(seat, "size of a breakpoint", word[3]);
    return word[0] % word[3] == 0 || refuse(seat, "address of a breakpoint", word[0]);
}

static void serve_breakpoints(struct inplace *seat, struct runtime_request *request)
{
    enum { WORDS = 5 };
    _Static_assert(HARDWARE_BREAKPOINTS * WORDS <= USER_REGISTER_COUNT, "a request has room");
    struct breakpoint list[HARDWARE_BREAKPOINTS];
    if (!is_carrier(seat, request->argument[0]))
        return;
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        const word_t *word = &request->reg[i * WORDS];
        if (!is_breakpoint(seat, word))
            return;
        list[i] = (struct breakpoint){.address = word[0],
                                      .type = (uint8_t)word[1],
                                      .access = (uint8_t)word[2],
                                      .size = (uint8_t)word[3],
                                      .is_enabled = word[4] != 0};
    }
    inplace_set_breakpoints(seat, (uint32_t)request->argument[0], list);
}

static void serve_hits(struct inplace *seat, struct runtime_request *request)
{
    if (is_carrier(seat, request->argument[0]))
        request->result[0] = inplace_take_hits(seat, (uint32_t)request->argument[0]);
}

static void serve_cpuid(struct inplace *seat, struct runtime_request *request)
{
    execute_cpuid(&seat->trusted->config, request->reg);
}

static bool read_flag(const bool *flag)
{
    return *(const volatile uint8_t *)flag != 0;
}

static bool copy_irqs(struct inplace *seat)
{
    for (unsigned i = 0; i < NUM_IRQ_VECTORS; i++) {
        const struct irq *from = &seat->k->irqs[i];
        seat->trusted->irqs[i] = (struct irq){.kind = *(volatile const enum irq_kind *)&from->kind,
                                              .masked = read_flag(&from->masked),
                                              .pin = *(volatile const uint8_t *)&from->pin};
    }
    for (unsigned i = 0; i < MAX_IOAPIC_PINS; i++) {
        const struct irq_pin *from = &seat->k->irq_pins[i];
        uint8_t vector = *(volatile const uint8_t *)&from->vector;
        if (vector > MAX_USER_VECTOR)
            return refuse(seat, "vector of a pin", vector);
        seat->trusted->irq_pins[i] =
            (struct irq_pin){.is_mapped = read_flag(&from->is_mapped),
                             .masked = read_flag(&from->masked),
                             .level_triggered = read_flag(&from->level_triggered),
                             .vector = vector};
    }
    return true;
}

static void serve_irqs_changed(struct inplace *seat, struct runtime_request *request)
{
    (void)request;
    if (copy_irqs(seat))
        seat->client.irqs_changed(seat->client.context, seat->trusted);
}

/* --- the console --------------------------------------------------------------------------- */

static void show_console(struct inplace *seat, uint32_t length)
{
    char text[CONSOLE_BYTES];
    memcpy(text, seat->k->console.text, length);
    if (length)
        seat->client.console(seat->client.context, text, length);
}

static void serve_console(struct inplace *seat, struct runtime_request *request)
{
    if (request->argument[0] > CONSOLE_BYTES)
        refuse(seat, "length of a text", request->argument[0]);
    else
        show_console(seat, (uint32_t)request->argument[0]);
}

void inplace_drain_console(struct inplace *seat)
{
    if (!take_posted(seat))
        return;
    uint32_t length = __atomic_load_n(&seat->k->console.length, __ATOMIC_RELAXED);
    if (length <= CONSOLE_BYTES)
        show_console(seat, length);
}

/* --- processes ----------------------------------------------------------------------------- */

/* By what request_name_tcb() says of a TCB. */
static void choose_name(const struct inplace *seat, const struct runtime_request *request,
                        char ret_name[THREAD_NAME_BYTES])
{
    const struct seat_client *client = &seat->client;
    struct tcb tcb = {.name = ""}; /* of which nothing but the name is asked */
    const char *symbol = NULL;
    memcpy(tcb.name, request->reg, REQUEST_TCB_NAME_BYTES);
    if (!seat_thread_is_named(&tcb))
        symbol = client->symbol_at(client->context, request->argument[1]);
    seat_thread_name(&tcb, symbol, ret_name);
}

/* So that a VSpace's process and its first thread are two. */
#define PROCESS_PREFIX "vs:"

#define PROCESS_NAME_BYTES (sizeof(PROCESS_PREFIX) + THREAD_NAME_BYTES)

static void choose_process_name(const struct inplace *seat, const struct runtime_request *request,
                                char ret_name[PROCESS_NAME_BYTES])
{
    char name[THREAD_NAME_BYTES];
    choose_name(seat, request, name);
    snprintf(ret_name, PROCESS_NAME_BYTES, PROCESS_PREFIX "%s", name);
}

static void serve_new_process(struct inplace *seat, struct runtime_request *request)
{
    char name[PROCESS_NAME_BYTES];
    if (!is_vspace(seat, request->argument[0], false))
        return;
    choose_process_name(seat, request, name);
    inplace_process_start(seat, (uint32_t)request->argument[0], name);
}

static void serve_reuse_process(struct inplace *seat, struct runtime_request *request)
{
    char name[PROCESS_NAME_BYTES];
    if (!is_vspace(seat, request->argument[0], true))
        return;
    if (inplace_is_linked(seat, (uint32_t)request->argument[0])) {
        refuse(seat, "VSpace of a program", request->argument[0]);
        return;
    }
    choose_process_name(seat, request, name);
    inplace_process_reuse(seat, (uint32_t)request->argument[0], name);
}

static void serve_end_process(struct inplace *seat, struct runtime_request *request)
{
    if (is_vspace(seat, request->argument[0], true))
        inplace_process_end(seat, (uint32_t)request->argument[0]);
}

/* --- names --------------------------------------------------------------------------------- */

/* The highest number among the other threads' names; 0: none is like it. */
static unsigned highest_number(const struct inplace *seat, uint64_t self, const char *base)
{
    const struct runtime_shared *shared = seat->shared;
    uint64_t made = __atomic_load_n(&shared->threads_made, __ATOMIC_RELAXED);
    unsigned highest = 0;
    for (uint64_t i = 1; i < min_u64(made, RUNTIME_MAX_THREADS); i++) {
        bool is_used = i != self && __atomic_load_n(&shared->threads[i].tid, __ATOMIC_RELAXED);
        unsigned number = is_used ? seat_thread_name_number(seat->names[i], base) : 0;
        highest = number > highest ? number : highest;
    }
    return highest;
}

static bool is_thread(struct inplace *seat, uint64_t index)
{
    return (index > 0 && index < RUNTIME_MAX_THREADS) || refuse(seat, "number of a thread", index);
}

static void serve_name(struct inplace *seat, struct runtime_request *request)
{
    uint64_t index = request->argument[0];
    if (!is_thread(seat, index))
        return;
    char *name = seat->names[index];
    choose_name(seat, request, name);
    unsigned highest = highest_number(seat, index, name);
    if (highest > 0)
        seat_thread_name_add_number(name, highest + 1);
    memcpy(request->reg, name, THREAD_NAME_BYTES);
}

/* To another CPU than the machine's, or to that. */
static void serve_move(struct inplace *seat, struct runtime_request *request)
{
    uint64_t index = request->argument[0];
    if (is_thread(seat, index))
        request->result[0] = inplace_move_thread(seat, (uint32_t)index, request->argument[1] != 0);
}

/* --- trace --------------------------------------------------------------------------------- */

/* The place of a TCB among kernel objects. */
static bool is_tcb(const struct inplace *seat, paddr_t paddr)
{
    return is_object(seat, paddr, TCB_BITS);
}

static void serve_debug_trap(struct inplace *seat, struct runtime_request *request)
{
    const uint64_t *argument = request->argument;
    struct trap trap = {
        .kind = (enum trap_kind)argument[2],
        .vector = (unsigned)argument[3],
        .debug = {.breakpoints = (uint8_t)argument[4], .stepped = argument[5] != 0},
    };
    if (!is_carrier(seat, argument[0]))
        return;
    if (!is_tcb(seat, argument[1]))
        refuse(seat, "TCB", argument[1]);
    else if (argument[2] > TRAP_GONE)
        refuse(seat, "kind of a trap", argument[2]);
    else if (argument[3] > UINT8_MAX)
        refuse(seat, "vector of a trap", argument[3]);
    else
        inplace_debug_take_trap(seat, (uint32_t)argument[0], tcb_at(seat->k, argument[1]),
                                request->reg, &trap);
    request->result[0] = trap.kind;
    request->result[1] = trap.debug.breakpoints;
    request->result[2] = trap.debug.stepped;
}

static void serve_debug_run(struct inplace *seat, struct runtime_request *request)
{
    const uint64_t *argument = request->argument;
    const struct outcome outcome = {.kind = argument[1] ? OUTCOME_RUN : OUTCOME_IDLE,
                                    .tcb = argument[1],
                                    .deadline = argument[2]};
    paddr_t tcb = 0;
    if (argument[1] && !is_carrier(seat, argument[0]))
        return;
    if (argument[1] && !is_tcb(seat, argument[1])) {
        refuse(seat, "TCB", argument[1]);
        return;
    }
    request->result[0] = inplace_debug_run(seat, (uint32_t)argument[0], outcome, &tcb);
    request->result[1] = (int64_t)tcb;
}

static void serve_debug_mapped(struct inplace *seat, struct runtime_request *request)
{
    const uint64_t *argument = request->argument;
    if (is_vspace(seat, argument[0], true))
        request->result[0] = inplace_debug_mapped(seat, (uint32_t)argument[0], argument[1],
                                                  argument[2], argument[3], argument[4] != 0);
}

static void serve_trace_enter(struct inplace *seat, struct runtime_request *request)
{
    const uint64_t *argument = request->argument;
    const struct trap trap = {
        .kind = (enum trap_kind)argument[1],
        .vector = (unsigned)argument[2],
        .error_code = argument[3],
        .address = argument[4],
        .write = argument[5] != 0,
        .fetch = argument[6] != 0,
        .debug = {.breakpoints = (uint8_t)argument[7], .stepped = argument[8] != 0},
    };
    if (!is_tcb(seat, argument[0]))
        refuse(seat, "TCB", argument[0]);
    else if (argument[1] > TRAP_GONE)
        refuse(seat, "kind of a trap", argument[1]);
    else if (argument[2] > UINT8_MAX)
        refuse(seat, "vector of a trap", argument[2]);
    else if (seat->client.trace_enter)
        seat->client.trace_enter(seat->client.context, seat->k, tcb_at(seat->k, argument[0]),
                                 &trap);
}

static void serve_trace_leave(struct inplace *seat, struct runtime_request *request)
{
    const uint64_t *argument = request->argument;
    const struct outcome outcome = {
        .kind = (enum outcome_kind)argument[0],
        .tcb = argument[1],
        .deadline = argument[2],
        .interrupt_cores = argument[3],
    };
    if (argument[0] > OUTCOME_HALT)
        refuse(seat, "kind of an outcome", argument[0]);
    else if (argument[1] && !is_tcb(seat, argument[1]))
        refuse(seat, "TCB", argument[1]);
    else if (seat->client.trace_leave)
        seat->client.trace_leave(seat->client.context, seat->k, outcome);
}

/* --- ends ---------------------------------------------------------------------------------- */

static void serve_taken(struct inplace *seat, struct runtime_request *request)
{
    if (seat->ended)
        return;
    snprintf(seat->result->what, sizeof(seat->result->what),
             seat->linked_vspace ? "the program maps a page at 0x%" PRIx64
                                   ", where memory of Linux's or the kernel lies in its process"
                                 : "the guest maps a page at 0x%" PRIx64
                                   ", where sel4emu's kernel lies in this run: use --isolate",
             request->argument[0]);
    inplace_end(seat, SEAT_END_REFUSED);
}

static void serve_halt(struct inplace *seat, struct runtime_request *request)
{
    (void)request;
    inplace_end(seat, SEAT_END_HALTED);
}

#define RUNTIME_CALL(name, number) [RUNTIME_CALL_##name] = #name,
static const char *const call_names[RUNTIME_CALL_COUNT] = {
#include <runtime/calls.def>
};
#undef RUNTIME_CALL

static void serve_fail(struct inplace *seat, struct runtime_request *request)
{
    enum { ERRNO_MAX = 4095 };
    uint64_t call = request->argument[0], error = request->argument[1];
    if (call >= RUNTIME_CALL_COUNT)
        refuse(seat, "number of a call", call);
    else if (error == 0 || error > ERRNO_MAX)
        refuse(seat, "errno", error);
    else
        inplace_fail(seat, -(int)error, "a guest process cannot go on: %s", call_names[call]);
}

/* --- serving ------------------------------------------------------------------------------- */

/* reg[] and result[] are the answer. */
static void (*const services[])(struct inplace *seat, struct runtime_request *request) = {
    [REQUEST_EVENT] = serve_event,
    [REQUEST_WAIT] = serve_wait,
    [REQUEST_TIME] = serve_time,
    [REQUEST_CONSOLE] = serve_console,
    [REQUEST_NAME] = serve_name,
    [REQUEST_MOVE] = serve_move,
    [REQUEST_IRQS_CHANGED] = serve_irqs_changed,
    [REQUEST_PORT_IN] = serve_port_in,
    [REQUEST_PORT_OUT] = serve_port_out,
    [REQUEST_MEMORY_KIND] = serve_memory_kind,
    [REQUEST_EXECUTE] = serve_execute,
    [REQUEST_STEP_KIND] = serve_step_kind,
    [REQUEST_BREAKPOINTS] = serve_breakpoints,
    [REQUEST_HITS] = serve_hits,
    [REQUEST_CPUID] = serve_cpuid,
    [REQUEST_NEW_PROCESS] = serve_new_process,
    [REQUEST_REUSE_PROCESS] = serve_reuse_process,
    [REQUEST_END_PROCESS] = serve_end_process,
    [REQUEST_DEBUG_TRAP] = serve_debug_trap,
    [REQUEST_DEBUG_RUN] = serve_debug_run,
    [REQUEST_DEBUG_MAPPED] = serve_debug_mapped,
    [REQUEST_TRACE_ENTER] = serve_trace_enter,
    [REQUEST_TRACE_LEAVE] = serve_trace_leave,
    [REQUEST_TAKEN] = serve_taken,
    [REQUEST_HALT] = serve_halt,
    [REQUEST_FAIL] = serve_fail,
};

_Static_assert(ARRAY_LENGTH(services) == REQUEST_KIND_COUNT, "each kind has its service");

bool inplace_has_request(const struct inplace *seat)
{
    return __atomic_load_n(&seat->shared->request.asked, __ATOMIC_ACQUIRE) != seat->answered;
}

/* Each word is read once. */
static void copy_request(const struct runtime_request *request, struct runtime_request *ret_copy)
{
    const volatile uint64_t *from = (const void *)request;
    uint64_t words[sizeof(*request) / sizeof(uint64_t)];
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        words[i] = from[i];
    memcpy(ret_copy, words, sizeof(words));
}

_Static_assert(sizeof(struct runtime_request) % sizeof(uint64_t) == 0, "copied by words");

/* Whoever asks from another CPU waits longer: it comes home if that is too often. */
static void note_wait(struct inplace *seat, const struct runtime_request *request)
{
    struct runtime_shared *shared = seat->shared;
    uint32_t current = __atomic_load_n(&shared->control.current, __ATOMIC_RELAXED);
    if (request->kind == REQUEST_MOVE || current >= RUNTIME_MAX_CARRIERS)
        return;
    uint64_t now = runtime_clock_counter(&seat->clock);
    if (!pair_asked(&shared->pair, shared->carriers[current].thread, now))
        return;
    inplace_move_thread(seat, shared->pair.away, false);
    pair_came(&shared->pair, now);
}

static void answer(struct inplace *seat, const struct runtime_request *request)
{
    struct runtime_shared *shared = seat->shared;
    const struct seat_client *client = &seat->client;
    if (client->has_event(client->context, inplace_peek(seat))) {
        __atomic_store_n(&shared->control.attention, 1, __ATOMIC_RELAXED);
        seat->is_kicked = true; /* without the signal: no guest code runs */
    }
    __atomic_store_n(&shared->control.is_traced, client->is_traced(client->context),
                     __ATOMIC_RELAXED);
    __atomic_store_n(&shared->control.event_at, client->event_at(client->context),
                     __ATOMIC_RELAXED);
    promise_ports(seat);
    note_wait(seat, request);
    memcpy(shared->request.result, request->result, sizeof(request->result));
    memcpy(shared->request.reg, request->reg, sizeof(request->reg));
    seat->answered = request->asked;
    __atomic_store_n(&shared->request.answered, request->asked, __ATOMIC_RELEASE);
    inplace_wake(seat, &shared->request.answered);
}

struct service {
    struct inplace *seat;
    struct runtime_request *request;
};

static void run_service(void *context)
{
    const struct service *service = context;
    if (take_posted(service->seat))
        services[service->request->kind](service->seat, service->request);
}

void inplace_serve(struct inplace *seat)
{
    const struct seat_client *client = &seat->client;
    struct runtime_request request;
    copy_request(&seat->shared->request, &request);
    if (request.asked == seat->answered)
        return; /* somebody took it back: nobody but a guest does */
    if (request.kind >= REQUEST_KIND_COUNT || !services[request.kind]) {
        refuse(seat, "kind of a request", request.kind);
        return;
    }
    client->look(client->context);
    inplace_repair(seat);
    if (!host_guard(run_service, &(struct service){seat, &request}))
        inplace_fail(seat, 0, "the guest has damaged the kernel's state");
    if (!seat->ended && client->should_stop(client->context))
        inplace_end(seat, SEAT_END_STOPPED);
    if (!seat->ended)
        answer(seat, &request);
}
