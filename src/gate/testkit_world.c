/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <test.h>

#include <gate/testkit_world.h>
#include <host/clock.h>
#include <host/host.h>
#include <mem/vspace.h>

/* The monitor gate with its edits counted, and failing on demand. */
static struct world *counting;

static int counted_map(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size, paddr_t paddr,
                       bool writable)
{
    int error = counting->map_error;

    counting->maps++;
    counting->mapped_bytes += size;
    counting->map_error = 0;
    if (counting->refused && counting->refused - vaddr < size)
        error = -EPERM;
    return error ? error : monitor_gate_ops.map(vspace, vaddr, size, paddr, writable);
}

static int counted_unmap(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size)
{
    counting->unmaps++;
    return monitor_gate_ops.unmap(vspace, vaddr, size);
}

nanoseconds_t world_now(void *context)
{
    const struct world *world = context;
    return host_clock_now() - world->start;
}

static void world_worked(void *context, unsigned units)
{
    (void)context;
    (void)units;
}

/* Time is real. */
static void world_entered(void *context)
{
    (void)context;
}

static bool world_stopped(void *context, nanoseconds_t deadline, bool has_spun)
{
    (void)context;
    (void)deadline;
    (void)has_spun;
    return false;
}

static void world_console(void *context, const char *text, uint32_t length)
{
    struct world *world = context;

    if (length > sizeof(world->text) - 1 - world->length)
        length = (uint32_t)(sizeof(world->text) - 1 - world->length);
    memcpy(world->text + world->length, text, length);
    world->length += length;
    world->text[world->length] = 0;
}

static uint64_t world_port_in(void *context, uint16_t port, unsigned size)
{
    (void)context;
    (void)size;
    return port;
}

static void world_port_out(void *context, uint16_t port, unsigned size, uint64_t value)
{
    (void)context;
    (void)port;
    (void)size;
    (void)value;
}

static enum memory_kind world_memory_kind(void *context, paddr_t paddr)
{
    (void)context;
    if (paddr - DEVICE < PAGE_BYTES)
        return MEMORY_DEVICE;
    return paddr < MEMORY_BYTES ? MEMORY_BACKED : MEMORY_OPEN;
}

static uint64_t world_mmio_read(void *context, paddr_t paddr, unsigned size)
{
    struct world *world = context;

    world->reads++;
    return world->device[(paddr - DEVICE) / 8] >> 8 * (paddr % 8) & mask(8 * size);
}

static void world_mmio_write(void *context, paddr_t paddr, unsigned size, uint64_t value)
{
    struct world *world = context;

    world->writes++;
    memcpy((char *)world->device + (paddr - DEVICE), &value, size);
}

static void world_irqs_changed(void *context, struct kernel *k)
{
    (void)context;
    (void)k;
}

static int world_pending_interrupt(void *context, nanoseconds_t now)
{
    (void)context;
    (void)now;
    return -1;
}

static nanoseconds_t world_next_event(void *context)
{
    (void)context;
    return NANOSECONDS_NEVER;
}

static bool world_wait(void *context, nanoseconds_t deadline, bool time_wakes)
{
    struct world *world = context;

    (void)deadline;
    (void)time_wakes;
    world->waits++;
    if (!world->on_wait)
        return false;
    world->on_wait(world);
    return true;
}

static struct host_deadline preemption;
static struct gate *preempted_gate;

static void preempt(int number)
{
    (void)number;
    host_deadline_expired(&preemption);
    monitor_gate_ops.interrupt(preempted_gate);
}

static void world_arm(void *context, nanoseconds_t deadline)
{
    struct world *world = context;

    world->armed++;
    if (world->stop_at && deadline > world->stop_at)
        deadline = world->stop_at;
    host_deadline_set(&preemption,
                      deadline == NANOSECONDS_NEVER ? deadline : world->start + deadline);
}

static bool world_should_stop(void *context)
{
    const struct world *world = context;
    return world->stop_at && world_now(context) >= world->stop_at;
}

static const char *world_symbol_at(void *context, vaddr_t address)
{
    (void)context;
    return address - GUEST_IMAGE_START < GUEST_IMAGE_PAGES * PAGE_BYTES ? "start_function" : NULL;
}

static void world_enter(void *context, struct kernel *k, struct tcb *tcb, const struct trap *trap)
{
    struct world *world = context;

    (void)k;
    (void)tcb;
    (void)trap;
    world->entered++;
}

static void world_leave(void *context, struct kernel *k, struct outcome outcome)
{
    struct world *world = context;

    (void)k;
    (void)outcome;
    world->left++;
}

static const struct seat_client world_client = {
    .now = world_now,
    .worked = world_worked,
    .entered = world_entered,
    .stopped = world_stopped,
    .console = world_console,
    .port_in = world_port_in,
    .port_out = world_port_out,
    .memory_kind = world_memory_kind,
    .mmio_read = world_mmio_read,
    .mmio_write = world_mmio_write,
    .irqs_changed = world_irqs_changed,
    .pending_interrupt = world_pending_interrupt,
    .next_event = world_next_event,
    .wait = world_wait,
    .arm = world_arm,
    .should_stop = world_should_stop,
    .symbol_at = world_symbol_at,
    .trace_enter = world_enter,
    .trace_leave = world_leave,
};

struct gate_ops world_ops;

/* A booted kernel and an open seat. */
bool world_open(struct world *world)
{
    struct kernel_config config = kernel_config_default();
    struct boot_info boot = guest_boot_info(&config, MEMORY_BYTES);
    struct seat_client client = world_client;

    memset(world, 0, sizeof(*world));
    counting = world;
    world->start = host_clock_now();
    client.context = world;
    world_ops = monitor_gate_ops;
    world_ops.map = counted_map;
    world_ops.unmap = counted_unmap;
    if (!CHECK_EQ(host_memory_create(MEMORY_BYTES, &world->memory), 0))
        return false;
    world->k = calloc(1, kernel_bytes(MEMORY_BYTES));
    world->k->memory_offset = (char *)world->memory.base - (char *)world->k;
    if (!CHECK_STR(kernel_boot(world->k, &boot, 0), NULL) ||
        !CHECK_EQ(world_ops.open(world->memory.fd, 0x10000000, false, &world->gate), 0))
        return false;
    world->root = kernel_tcb_vspace(world->k, world_thread(world));
    preempted_gate = world->gate;
    CHECK_EQ(host_sigaction(SIGUSR1, preempt, NULL), 0);
    CHECK_EQ(host_deadline_create(SIGUSR1, &preemption), 0);
    return CHECK_EQ(seat_open(&world_ops, world->gate, world->k, &client, &world->seat), 0);
}

void world_close(struct world *world)
{
    int status;

    host_deadline_destroy(&preemption);
    seat_close(world->seat);
    world_ops.close(world->gate);
    host_memory_destroy(&world->memory);
    free(world->k);
    CHECK_EQ(waitpid(-1, &status, __WALL), -1);
    CHECK_EQ(errno, ECHILD);
}

struct tcb *world_thread(struct world *world)
{
    return tcb_at(world->k, world->k->cores[0].current);
}

void *world_image_page(struct world *world, unsigned n)
{
    return kernel_memory(world->k, kernel_translate(world->k, world->root, PAGE(n)).paddr);
}

void world_map(struct world *world, vaddr_t vaddr, paddr_t paddr, uint64_t flags)
{
    unsigned missing;
    uint64_t *entry = walk_entry(world->k, world->root, vaddr, LEVEL_PAGE_TABLE, &missing);

    if (*entry & PTE_PRESENT)
        vspace_lose(world->k, world->root, vaddr, PAGE_BITS);
    *entry = flags ? paddr | flags : 0;
}

void world_load(struct world *world, const struct piece *piece, word_t r14, word_t r15)
{
    const struct kernel_config *config = &world->k->config;
    word_t reg[USER_REGISTER_COUNT] = {
        [UREG_RIP] = GUEST_IMAGE_START,
        [UREG_RFLAGS] = 0x202,
        [UREG_R12] = (word_t)abi_syscall_number(config, SYSCALL_DEBUG_PUT_CHAR),
        [UREG_R13] = (word_t)abi_syscall_number(config, SYSCALL_DEBUG_HALT),
        [UREG_R14] = r14,
        [UREG_R15] = r15,
    };
    memcpy(world_image_page(world, 0), piece->start, (size_t)(piece->end - piece->start));
    kernel_save_registers(world_thread(world), reg, false);
}

enum seat_end world_run(struct world *world, const struct piece *piece, word_t r14, word_t r15)
{
    world_load(world, piece, r14, r15);
    seat_run(world->seat, &world->result);
    return world->result.end;
}

static bool printed(struct world *world, const char *text)
{
    return strstr(world->text, text) != NULL;
}

/* What the kernel reports of a fault that nobody handles. */
void world_check_vm_fault(struct world *world, vaddr_t address, word_t fsr)
{
    char text[64];

    snprintf(text, sizeof(text), "at address %#lx with status %#lx", address, fsr);
    if (!printed(world, text))
        CHECK_STR(world->text, text);
    CHECK(printed(world, text));
}

void *world_memory(struct world *world, paddr_t paddr)
{
    return kernel_memory(world->k, paddr);
}

void world_reopen_gate(struct world *world, vaddr_t hole)
{
    world_ops.close(world->gate);
    CHECK_EQ(world_ops.open(world->memory.fd, hole, false, &world->gate), 0);
    world->seat->gate = preempted_gate = world->gate;
}
