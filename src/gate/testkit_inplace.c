/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/testkit_inplace.h>

#include <string.h>
#include <test.h>

#include <base/bits.h>
#include <host/host.h>
#include <model/vspace.h>

/* --- the client ---------------------------------------------------------------------------- */

static void note_console(void *context, const char *text, uint32_t length)
{
    struct test_inplace *t = context;
    size_t used = strlen(t->text);
    memcpy(t->text + used, text, min_u64(length, sizeof(t->text) - 1 - used));
}

static uint64_t note_port_in(void *context, uint16_t port, unsigned size)
{
    struct test_inplace *t = context;
    t->calls++;
    t->port = port;
    t->size = size;
    return t->value;
}

static void note_port_out(void *context, uint16_t port, unsigned size, uint64_t value)
{
    struct test_inplace *t = context;
    note_port_in(context, port, size);
    t->written = value;
    if (port == TEST_POSTED && t->posted_count < POSTED_WRITES)
        t->posted[t->posted_count++] = (char)value;
}

static unsigned promise_ports(void *context, struct port_promise ret_promises[POSTED_PROMISES])
{
    const struct test_inplace *t = context;
    if (t->has_promise)
        ret_promises[0] =
            (struct port_promise){.data = TEST_POSTED, .status = TEST_STATUS, .status_value = 0x60};
    return t->has_promise;
}

static enum memory_kind kind_of(void *context, paddr_t paddr)
{
    (void)context;
    if (align_down(paddr, PAGE_BITS) == TEST_DEVICE)
        return MEMORY_DEVICE;
    return paddr < TEST_INPLACE_MEMORY ? MEMORY_BACKED : MEMORY_OPEN;
}

static uint64_t note_read(void *context, paddr_t paddr, unsigned size)
{
    struct test_inplace *t = context;
    t->calls++;
    t->paddr = paddr;
    t->size = size;
    return t->value;
}

static void note_write(void *context, paddr_t paddr, unsigned size, uint64_t value)
{
    struct test_inplace *t = context;
    note_read(context, paddr, size);
    t->written = value;
}

static void note_irqs(void *context, struct kernel *k)
{
    struct test_inplace *t = context;
    t->calls++;
    t->value = (uint64_t)k->irq_pins[3].is_mapped << 8 | k->irq_pins[3].vector;
}

static int take_interrupt(void *context, nanoseconds_t now)
{
    struct test_inplace *t = context;
    (void)now;
    t->calls++;
    return t->vector;
}

static bool note_wait(void *context, nanoseconds_t deadline, bool time_wakes)
{
    struct test_inplace *t = context;
    (void)time_wakes;
    t->calls++;
    t->waited_for = deadline;
    return !t->wait_fails;
}

static bool stops(void *context)
{
    return ((struct test_inplace *)context)->stops;
}

static bool has_event(void *context, nanoseconds_t now)
{
    (void)now;
    return ((struct test_inplace *)context)->has_event;
}

static void sleep_a_while(void *context, nanoseconds_t deadline)
{
    static const struct timespec length = {.tv_nsec = 1000000};
    (void)context;
    (void)deadline;
    host_clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
}

static void look(void *context)
{
    (void)context;
}

static bool is_traced(void *context)
{
    (void)context;
    return false;
}

static const char *symbol_at(void *context, vaddr_t address)
{
    (void)context;
    return address == 0x401000 ? "serve_clients_well" : NULL;
}

static void note_enter(void *context, struct kernel *k, struct tcb *tcb, const struct trap *trap)
{
    struct test_inplace *t = context;
    t->calls++;
    t->paddr = kernel_paddr(k, tcb);
    t->trap = *trap;
}

static void note_leave(void *context, struct kernel *k, struct outcome outcome)
{
    struct test_inplace *t = context;
    (void)k;
    t->calls++;
    t->outcome = outcome;
}

static bool note_stop(void *context, nanoseconds_t deadline, bool has_spun)
{
    struct test_inplace *t = context;
    t->calls++;
    t->stopped_before = deadline;
    t->has_spun = has_spun;
    return t->stopped_spins;
}

static bool spins(void *context, nanoseconds_t deadline, bool has_spun)
{
    (void)context;
    (void)deadline;
    (void)has_spun;
    return false;
}

static nanoseconds_t event_at(void *context)
{
    return ((struct test_inplace *)context)->event_at;
}

/* --- the rig ------------------------------------------------------------------------------- */

static struct seat_client client_of(struct test_inplace *t)
{
    return (struct seat_client){
        .context = t,
        .console = note_console,
        .port_in = note_port_in,
        .port_out = note_port_out,
        .promise_ports = promise_ports,
        .memory_kind = kind_of,
        .mmio_read = note_read,
        .mmio_write = note_write,
        .irqs_changed = note_irqs,
        .pending_interrupt = take_interrupt,
        .wait = note_wait,
        .should_stop = stops,
        .stopped = note_stop,
        .spins = spins,
        .event_at = event_at,
        .has_event = has_event,
        .sleep = sleep_a_while,
        .look = look,
        .is_traced = is_traced,
        .symbol_at = symbol_at,
        .trace_enter = note_enter,
        .trace_leave = note_leave,
    };
}

bool test_inplace_open(struct test_inplace *t)
{
    *t = (struct test_inplace){.vector = -1};
    if (!CHECK_EQ(host_memory_create(TEST_INPLACE_MEMORY, &t->memory), 0))
        return false;
    const struct inplace_guest guest = {.memory_fd = t->memory.fd, .memory_bytes = t->memory.size};
    if (!CHECK_EQ(inplace_open(&guest, &t->seat), 0)) {
        host_memory_destroy(&t->memory);
        return false;
    }
    const struct seat_client client = client_of(t);
    inplace_set_client(t->seat, &client);
    struct kernel *k = inplace_kernel(t->seat);
    k->memory[0] = (struct memory_region){0, TEST_INPLACE_MEMORY};
    k->memory_count = 1;
    inplace_copy_trusted(t->seat);
    t->seat->result = &t->result;
    t->request = &t->seat->shared->request;
    return true;
}

void test_inplace_close(struct test_inplace *t)
{
    inplace_processes_end(t->seat);
    inplace_seat_ops.close(t->seat);
    host_memory_destroy(&t->memory);
}

bool test_inplace_ask(struct test_inplace *t, enum runtime_request_kind kind)
{
    t->request->kind = kind;
    t->request->asked++;
    CHECK(inplace_has_request(t->seat));
    inplace_serve(t->seat);
    return t->request->answered == t->request->asked;
}

void test_inplace_map(struct test_inplace *t, vaddr_t vaddr, paddr_t paddr)
{
    paddr_t table = TEST_ROOT;
    for (unsigned shift = 39; shift >= PAGE_BITS; shift -= 9, table += PAGE_BYTES) {
        uint64_t *entry = (uint64_t *)((char *)t->memory.base + table) + (vaddr >> shift & mask(9));
        paddr_t next = shift == PAGE_BITS ? paddr : table + PAGE_BYTES;
        *entry = next | PTE_PRESENT | PTE_WRITE | PTE_USER;
    }
}
