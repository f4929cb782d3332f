/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A debugger in place. It is served by a struct seat as in the monitor seat (seat_debug.c,
 * seat_plants.c), whose gate edits the guest's processes while they wait for an answer, and runs
 * nothing.
 */
#include <gate/inplace_state.h>

#include <base/bits.h>
#include <errno.h>
#include <fcntl.h>
#include <gate/seat_state.h>
#include <host/host.h>
#include <kernel/kernel_api.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the gate ------------------------------------------------------------------------------ */

/* The process of a VSpace: 0 until it is known. */
struct gate_vspace {
    struct inplace *seat;
    uint32_t index;
    int pid;
};

/* The number of the carrier that runs the TCB is known to the runtime. */
struct gate_carrier {
    struct gate_vspace *vspace;
};

static int create_vspace(struct gate *gate, struct gate_vspace **ret_vspace)
{
    struct gate_vspace *vspace = host_allocate(1, sizeof(*vspace));
    if (!vspace)
        return -ENOMEM;
    vspace->seat = (struct inplace *)gate;
    *ret_vspace = vspace;
    return 0;
}

static void destroy_vspace(struct gate_vspace *vspace)
{
    free(vspace);
}

/* Whether the process is there still. */
static bool is_there(const struct gate_vspace *vspace)
{
    return vspace->pid && vspace->seat->pids[vspace->index] == vspace->pid;
}

/* Has the edit thread of the process do it; without a process there is nothing to do. */
static int edit(struct gate_vspace *vspace, uint32_t operation, const uint64_t argument[])
{
    struct inplace *seat = vspace->seat;
    struct runtime_vspace *shared = &seat->shared->vspaces[vspace->index];
    int64_t result;
    if (!is_there(vspace))
        return 0;
    for (unsigned i = 1; i < EDIT_ARGUMENTS; i++)
        shared->argument[i] = argument[i];
    if (!inplace_edit(seat, vspace->index, operation, argument[0], &result))
        return -ESRCH;
    return (int)result;
}

static int map(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size, paddr_t paddr,
               bool writable)
{
    const uint64_t argument[EDIT_ARGUMENTS] = {vaddr, size, paddr, writable};
    return edit(vspace, EDIT_MAP, argument);
}

static int unmap(struct gate_vspace *vspace, vaddr_t vaddr, uint64_t size)
{
    const uint64_t argument[EDIT_ARGUMENTS] = {vaddr, size};
    return edit(vspace, EDIT_UNMAP, argument);
}

/* As a debugger of Linux's does it: also where the process itself may not write. */
static int poke(struct gate_vspace *vspace, vaddr_t vaddr, uint8_t byte)
{
    enum { FROM_START = 0 };
    char path[32];
    if (!is_there(vspace))
        return 0;
    snprintf(path, sizeof(path), "/proc/%d/mem", vspace->pid);
    long fd = host_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return (int)fd;
    long result = host_lseek((int)fd, (int64_t)vaddr, FROM_START);
    if (result >= 0)
        result = host_write((int)fd, &byte, sizeof(byte));
    host_close((int)fd);
    return result < 0 ? (int)result : 0;
}

static int create_carrier(struct gate_vspace *vspace, const char *name,
                          struct gate_carrier **ret_carrier)
{
    (void)name;
    *ret_carrier = host_allocate(1, sizeof(**ret_carrier));
    if (!*ret_carrier)
        return -ENOMEM;
    (*ret_carrier)->vspace = vspace;
    return 0;
}

static void destroy_carrier(struct gate_carrier *carrier)
{
    free(carrier);
}

static int rename_carrier(struct gate_carrier *carrier, const char *name)
{
    (void)carrier;
    (void)name;
    return 0;
}

/* The runtime does it. */
static int copy_vector_state(struct gate_carrier *from, struct gate_carrier *to)
{
    (void)from;
    (void)to;
    return 0;
}

static const struct gate_ops gate_ops = {
    .name = "in place, for a debugger",
    .runs_kernel = true,
    .vspace_create = create_vspace,
    .vspace_destroy = destroy_vspace,
    .map = map,
    .unmap = unmap,
    .poke = poke,
    .carrier_create = create_carrier,
    .carrier_destroy = destroy_carrier,
    .carrier_rename = rename_carrier,
    .carrier_copy_vector_state = copy_vector_state,
};

/* --- the seat ------------------------------------------------------------------------------ */

struct seat *inplace_debug(void *context)
{
    struct inplace *seat = context;
    if (!seat->debugged &&
        seat_open(&gate_ops, (struct gate *)seat, seat->k, &seat->client, &seat->debugged) != 0)
        return NULL;
    return seat->debugged;
}

bool inplace_is_debugged(const struct inplace *seat)
{
    return seat->debugged && seat->debugged->debug.debugger;
}

void inplace_debug_end(struct inplace *seat)
{
    if (seat->debugged)
        seat_close(seat->debugged);
    seat->debugged = NULL;
}

/* A failure of the debugger's seat is the guest's end. */
static struct seat *begin(struct inplace *seat)
{
    if (seat->debugged)
        seat->debugged->result = seat->result;
    return seat->debugged;
}

static void finish(struct inplace *seat)
{
    struct seat *debugged = seat->debugged;
    if (debugged->ended)
        seat->ended = true; /* seat_fail() has said why, in the result of both */
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        for (const struct seat_vspace *v = debugged->vspaces[i]; v; v = v->next) {
            if (is_there(v->process))
                __atomic_store_n(&seat->shared->vspaces[v->process->index].has_breakpoints,
                                 v->plants.pages != NULL, __ATOMIC_RELAXED);
        }
    }
}

/* The thread, in the VSpace that its carrier's process is of; NULL: it has none, or no memory. */
static struct seat_carrier *carrier_of(struct inplace *seat, uint32_t carrier, struct tcb *tcb)
{
    struct inplace_place place;
    paddr_t root = kernel_tcb_vspace(seat->k, tcb);
    struct seat_vspace *vspace = root ? seat_vspace_get(seat->debugged, root) : NULL;
    if (!vspace || !inplace_find_place(seat, carrier, &place))
        return NULL;
    vspace->process->index = place.vspace;
    vspace->process->pid = place.pid;
    return seat_carrier_get(seat->debugged, tcb, vspace);
}

/* --- traps --------------------------------------------------------------------------------- */

void inplace_debug_take_trap(struct inplace *seat, uint32_t carrier, struct tcb *tcb,
                             word_t reg[USER_REGISTER_COUNT], struct trap *trap)
{
    struct seat *debugged = begin(seat);
    if (!debugged)
        return;
    struct seat_carrier *its = carrier_of(seat, carrier, tcb);
    if (its) {
        seat_plants_close(debugged, its->vspace);
        seat_debug_take_trap(debugged, its, tcb, reg, trap);
    }
    finish(seat);
}

/* --- runs ---------------------------------------------------------------------------------- */

static void set_breakpoints(struct inplace *seat, uint32_t index, struct seat_carrier *carrier,
                            const struct tcb *tcb)
{
    struct breakpoint list[HARDWARE_BREAKPOINTS];
    const struct seat_plant *owner[HARDWARE_BREAKPOINTS];
    if (carrier->debug_generation == tcb->debug.generation &&
        carrier->plants_generation == carrier->vspace->plants.generation)
        return;
    seat_plants_breakpoints(carrier->vspace, tcb, list, owner);
    carrier->debug_generation = tcb->debug.generation;
    carrier->plants_generation = carrier->vspace->plants.generation;
    inplace_set_breakpoints(seat, index, list);
}

static bool take_hold(struct inplace *seat, paddr_t *ret_tcb, enum runtime_debug_answer *ret_answer)
{
    bool is_held;
    if (!seat_debug_take_hold(seat->debugged, ret_tcb, &is_held))
        return false;
    *ret_answer = is_held ? DEBUG_HOLD : DEBUG_UNHOLD;
    return true;
}

static bool is_over(const struct inplace *seat)
{
    return seat->ended || seat->debugged->ended || seat->client.should_stop(seat->client.context);
}

/* Reports and serves until guest code may run. */
static enum runtime_debug_answer serve(struct inplace *seat, uint32_t index, struct outcome outcome,
                                       paddr_t *ret_tcb)
{
    struct seat *debugged = seat->debugged;
    enum runtime_debug_answer answer;
    struct seat_carrier *carrier = NULL;
    struct tcb *tcb = outcome.tcb ? tcb_at(seat->k, outcome.tcb) : NULL;
    do {
        struct outcome again = outcome;
        if (take_hold(seat, ret_tcb, &answer))
            return answer;
        seat_reap(debugged);
        seat_debug_serve(debugged, &again);
        if (take_hold(seat, ret_tcb, &answer))
            return answer;
        carrier = tcb && !is_over(seat) ? carrier_of(seat, index, tcb) : NULL;
        if (!carrier)
            return DEBUG_GO;
    } while (seat_debug_stops_before_run(debugged, carrier->vspace, tcb));
    seat_plants_close(debugged, carrier->vspace);
    seat_plants_refresh(debugged, carrier->vspace);
    set_breakpoints(seat, index, carrier, tcb);
    return seat_debug_is_stepping(debugged, tcb) ? DEBUG_STEP : DEBUG_GO;
}

enum runtime_debug_answer inplace_debug_run(struct inplace *seat, uint32_t carrier,
                                            struct outcome outcome, paddr_t *ret_tcb)
{
    if (!begin(seat))
        return DEBUG_GO;
    enum runtime_debug_answer answer = serve(seat, carrier, outcome, ret_tcb);
    finish(seat);
    return answer;
}

/* --- pages --------------------------------------------------------------------------------- */

static struct seat_vspace *vspace_of(const struct inplace *seat, uint32_t index)
{
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        for (struct seat_vspace *v = seat->debugged->vspaces[i]; v; v = v->next) {
            if (v->process->index == index && is_there(v->process))
                return v;
        }
    }
    return NULL;
}

bool inplace_debug_mapped(struct inplace *seat, uint32_t vspace, vaddr_t start, vaddr_t end,
                          vaddr_t address, bool write)
{
    struct seat *debugged = begin(seat);
    struct seat_vspace *its = debugged ? vspace_of(seat, vspace) : NULL;
    bool is_once = false;
    int error = 0;
    if (!its)
        return false;
    for (const struct seat_plant_page *p = its->plants.pages; p && !error; p = p->next) {
        struct translation t = {.present = false};
        if (p->page >= start && p->page < end)
            t = kernel_translate(seat->trusted, its->root, p->page);
        if (!t.present || seat->client.memory_kind(seat->client.context, t.paddr) != MEMORY_BACKED)
            continue;
        const struct translation_run run = {
            .start = p->page, .end = p->page + PAGE_BYTES, .paddr = t.paddr, .rights = t.rights};
        mapped_add(&its->mapped, run.start, run.end);
        error = seat_plants_mapped(debugged, its, &run);
    }
    if (error)
        seat_fail(debugged, error, "cannot copy a page of breakpoints");
    else if (write)
        is_once = seat_plants_open(debugged, its, address);
    finish(seat);
    return is_once;
}
