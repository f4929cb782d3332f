/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <abi/object.h>
#include <base/bits.h>
#include <gate/decode.h>
#include <gate/monitor.h>
#include <host/host.h>

/*
 * Besides the two pages of the hole, one in each of several 512 GiB regions, for guests that use
 * the hole after all. None is in the top GiB, where user-level conventions place things.
 */
static const vaddr_t far_places[PAGE_PLACES - 2] = {
    0x66fa93b7e000, 0x54c1e8a29000, 0x4286f3dd1000, 0x31d9a7b5c000, 0x1f27c4e68000, 0x0b5e1a9d3000,
};

/* --- gate ---------------------------------------------------------------------------------- */

static void release(struct gate *gate)
{
    injection_page_close(&gate->page);
    host_cpu_restore(&gate->previous_cpus);
    free(gate->vector_buffer);
    free(gate);
}

static int open_parts(struct gate *gate)
{
    gate->vector_buffer = host_allocate(1, VECTOR_STATE_MAX);
    if (!gate->vector_buffer)
        return -ENOMEM;
    /* Slower without: not a reason to fail. */
    host_cpu_pin(&gate->previous_cpus);
    int error = injection_page_open(&gate->page);
    return error ? error : zygote_create(gate);
}

static int monitor_open(int memory_fd, vaddr_t hole, bool traps_tsc, struct gate **ret_gate)
{
    struct gate *gate = host_allocate(1, sizeof(*gate));

    if (!gate)
        return -ENOMEM;
    gate->memory_fd = memory_fd;
    gate->traps_tsc = traps_tsc;
    gate->page.fd = -1;
    gate->places[0] = hole;
    gate->places[1] = hole + PAGE_BYTES;
    memcpy(&gate->places[2], far_places, sizeof(far_places));
    int error = open_parts(gate);
    if (error) {
        release(gate);
        return error;
    }
    *ret_gate = gate;
    return 0;
}

/* Carriers first: Linux reports a process's first thread once the others are reaped. */
static void monitor_vspace_destroy(struct gate_vspace *vspace)
{
    struct gate_vspace **link = &vspace->gate->vspaces;

    usage_settle(vspace);
    while (vspace->carriers) {
        struct gate_carrier *carrier = vspace->carriers;
        vspace->carriers = carrier->next;
        tracee_kill(&carrier->tracee);
        free(carrier);
    }
    tracee_kill(&vspace->edit);
    while (*link != vspace)
        link = &(*link)->next;
    *link = vspace->next;
    free(vspace);
}

static void monitor_close(struct gate *gate)
{
    while (gate->vspaces)
        monitor_vspace_destroy(gate->vspaces);
    tracee_kill(&gate->zygote);
    release(gate);
}

/* --- VSpaces ------------------------------------------------------------------------------- */

static int monitor_vspace_create(struct gate *gate, struct gate_vspace **ret_vspace)
{
    struct gate_vspace *vspace = host_allocate(1, sizeof(*vspace));

    if (!vspace)
        return -ENOMEM;
    int error = zygote_clone_process(gate, &vspace->edit);
    if (error) {
        free(vspace);
        return error;
    }
    vspace->gate = gate;
    vspace->page = gate->zygote_page;
    vspace->next = gate->vspaces;
    gate->vspaces = vspace;
    error = tracee_set_name(&vspace->edit, vspace->page, "sel4-vspace");
    if (error)
        monitor_vspace_destroy(vspace);
    else
        *ret_vspace = vspace;
    return error;
}

static vaddr_t monitor_page(const struct gate_vspace *vspace)
{
    return vspace->page;
}

/* --- carriers ------------------------------------------------------------------------------ */

static int monitor_carrier_rename(struct gate_carrier *carrier, const char *name)
{
    struct gate_vspace *vspace = carrier->vspace;
    return tracee_set_name(&carrier->tracee, vspace->page, name);
}

/* Lets the one thread exit, by itself: a signal would end the whole process. */
static void end_thread(struct gate_carrier *carrier)
{
    struct tracee *tracee = &carrier->tracee;

    if (tracee->is_gone)
        return;
    long result = tracee_call(tracee, carrier->vspace->page, SYS_exit, (const word_t[6]){0}, NULL);
    if (!tracee->is_gone && result < 0)
        tracee_kill(tracee); /* the process with it: runs in it end with TRAP_GONE */
}

static void monitor_carrier_destroy(struct gate_carrier *carrier)
{
    struct gate_carrier **link = &carrier->vspace->carriers;

    end_thread(carrier);
    while (*link != carrier)
        link = &(*link)->next;
    *link = carrier->next;
    free(carrier);
}

static int monitor_carrier_create(struct gate_vspace *vspace, const char *name,
                                  struct gate_carrier **ret_carrier)
{
    struct gate_carrier *carrier = host_allocate(1, sizeof(*carrier));

    if (!carrier)
        return -ENOMEM;
    int error = zygote_clone_thread(vspace, &carrier->tracee);
    if (error) {
        free(carrier);
        return error;
    }
    carrier->vspace = vspace;
    carrier->next = vspace->carriers;
    vspace->carriers = carrier;
    error = monitor_carrier_rename(carrier, name);
    if (error)
        monitor_carrier_destroy(carrier);
    else
        *ret_carrier = carrier;
    return error;
}

static int monitor_carrier_copy_vector_state(struct gate_carrier *from, struct gate_carrier *to)
{
    return tracee_copy_vector_state(&from->tracee, &to->tracee, from->vspace->gate->vector_buffer);
}

static int monitor_carrier_read_vector_state(struct gate_carrier *carrier, void *ret_xsave,
                                             size_t size, size_t *ret_size)
{
    uint8_t *buffer = carrier->vspace->gate->vector_buffer;
    int error = tracee_read_vector_state(&carrier->tracee, buffer, ret_size);

    if (error)
        return error;
    *ret_size = min_u64(*ret_size, size);
    memcpy(ret_xsave, buffer, *ret_size);
    return 0;
}

static int monitor_carrier_write_vector_state(struct gate_carrier *carrier, const void *xsave,
                                              size_t size)
{
    return tracee_write_vector_state(&carrier->tracee, xsave, size,
                                     carrier->vspace->gate->vector_buffer);
}

static int monitor_carrier_set_breakpoints(struct gate_carrier *carrier,
                                           const struct breakpoint list[HARDWARE_BREAKPOINTS])
{
    return tracee_set_breakpoints(&carrier->tracee, list);
}

/* --- running ------------------------------------------------------------------------------- */

static int interrupted(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                       struct trap *ret_trap)
{
    int error = tracee_read_registers(&carrier->tracee, reg);

    carrier->vspace->gate->interrupt_requested = 0;
    *ret_trap = (struct trap){.kind = TRAP_INTERRUPTED};
    return error ? error : 1;
}

/* The registers, which may need the injection page, then nothing of ours in the guest's way. */
static int prepare_run(struct gate_carrier *carrier, const word_t reg[USER_REGISTER_COUNT])
{
    struct gate_vspace *vspace = carrier->vspace;
    int error = tracee_write_registers(&carrier->tracee, vspace->page, reg);

    if (!error && vspace->hides_page)
        error = injection_page_hide(&vspace->gate->page);
    return error;
}

/* 1: the run is over, with *ret_trap; 0: the stop was nobody's business. */
static int decode_stop(struct gate_carrier *carrier, const struct stop *stop,
                       word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap)
{
    switch (stop->kind) {
    case STOP_SYSCALL:
    case STOP_SIGNAL:
        return tracee_decode_stop(&carrier->tracee, carrier->vspace->page, stop, reg, ret_trap);
    case STOP_GONE:
        *ret_trap = (struct trap){.kind = TRAP_GONE};
        return 1;
    case STOP_EVENT: /* ours, a group stop, or an interrupt that came after its run */
    case STOP_CHILD:
        break;
    }
    return 0; /* an interrupt of ours is seen before the carrier is resumed */
}

/* Whether a debug exception is the guest's, or only one of our steps. */
static bool is_debug_event(const struct trap *trap)
{
    return trap->debug.stepped || trap->debug.breakpoints;
}

/*
 * The instruction that stopped for its alignment, without the flag and with the trap flag: it is
 * done, or runs into something else. What the guest has of both flags stays as it is, unless the
 * instruction loads them.
 */
static int step_unaligned(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                          struct trap *ret_trap)
{
    const word_t flags = RFLAGS_ALIGNMENT | RFLAGS_TRAP, own = reg[UREG_RFLAGS] & flags;
    struct tracee *tracee = &carrier->tracee;
    uint8_t code[INSTRUCTION_MAX];
    unsigned length = tracee_read_code(tracee, reg[UREG_RIP], code);
    struct stop stop = {.kind = STOP_GONE};

    reg[UREG_RFLAGS] = (reg[UREG_RFLAGS] & ~flags) | RFLAGS_TRAP;
    int result = prepare_run(carrier, reg);
    if (!result)
        result = tracee_resume(tracee, PTRACE_SYSEMU);
    if (!result)
        result = tracee_wait(tracee, &stop);
    if (!result)
        result = decode_stop(carrier, &stop, reg, ret_trap);
    if (!result)
        result = tracee_read_registers(tracee, reg); /* the stop says nothing */
    if (result < 0)
        return result;
    bool is_done = ret_trap->kind == TRAP_EXCEPTION && ret_trap->debug.stepped;
    if (!is_done || decode_step(code, length) != STEP_LOADS_FLAGS)
        reg[UREG_RFLAGS] = (reg[UREG_RFLAGS] & ~flags) | own;
    if (is_done)
        ret_trap->debug.stepped = own & RFLAGS_TRAP;
    if (is_done ? is_debug_event(ret_trap) : result)
        return 1;
    return prepare_run(carrier, reg);
}

/* Linux sets CR0.AM, seL4 does not: there the alignment flag has no effect. */
static int take_stop(struct gate_carrier *carrier, const struct stop *stop,
                     word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap)
{
    enum { VECTOR_ALIGNMENT = 17 };
    int result = decode_stop(carrier, stop, reg, ret_trap);

    if (result == 1 && ret_trap->kind == TRAP_EXCEPTION && ret_trap->vector == VECTOR_ALIGNMENT &&
        reg[UREG_RFLAGS] & RFLAGS_ALIGNMENT)
        return step_unaligned(carrier, reg, ret_trap);
    return result;
}

/*
 * A run of one instruction at a time, or of one alone, by the trap flag in the registers. Linux's
 * own single steps would do, but once a guest has used the flag itself, what is its own can no
 * longer be told.
 */
struct steps {
    struct gate_carrier *carrier;
    word_t *reg; /* with the processor's trap flag */
    bool traps;  /* the guest's trap flag */
    bool passes; /* the next instruction passes a breakpoint on it */
    bool has_fpu;
    bool is_once;        /* the first instruction ends it */
    enum step_kind kind; /* of the next instruction */
};

/* 1: the next instruction must not execute, *ret_trap says so; 0: it may. */
static int before_step(struct steps *steps, struct trap *ret_trap)
{
    enum { VECTOR_NO_FPU = 7 };
    struct tracee *tracee = &steps->carrier->tracee;
    const vaddr_t rip = steps->reg[UREG_RIP];
    uint8_t code[INSTRUCTION_MAX];
    unsigned length = tracee_read_code(tracee, rip, code);

    steps->kind = decode_step(code, length);
    if (steps->kind == STEP_USES_FPU && !steps->has_fpu) {
        /* the processor looks for breakpoints first */
        uint8_t hits = steps->passes ? 0 : tracee_breakpoints_at(tracee, rip);
        *ret_trap = (struct trap){.kind = TRAP_EXCEPTION,
                                  .vector = hits ? EXCEPTION_DEBUG : VECTOR_NO_FPU,
                                  .debug = {.breakpoints = hits}};
        return 1;
    }
    if (steps->reg[UREG_RFLAGS] & RFLAGS_TRAP)
        return 0;
    steps->reg[UREG_RFLAGS] |= RFLAGS_TRAP;
    return tracee_write_registers(tracee, steps->carrier->vspace->page, steps->reg);
}

/* The instruction has been executed. 1: the guest has to do with it. */
static int end_step(struct steps *steps, struct trap *trap)
{
    int error = 0;

    if (steps->kind == STEP_STORES_FLAGS && !steps->traps)
        error = tracee_hide_trap_flag(&steps->carrier->tracee, steps->reg[UREG_RSP]);
    trap->debug.stepped = steps->traps;
    if (steps->kind == STEP_LOADS_FLAGS)
        steps->traps = steps->reg[UREG_RFLAGS] & RFLAGS_TRAP;
    steps->passes = false;
    if (error || is_debug_event(trap))
        return error ? error : 1;
    if (steps->is_once)
        *trap = (struct trap){.kind = TRAP_STEPPED};
    return steps->is_once;
}

static int make_step(struct steps *steps, struct trap *ret_trap)
{
    struct tracee *tracee = &steps->carrier->tracee;
    struct stop stop;
    int result = before_step(steps, ret_trap);

    if (result)
        return result;
    result = tracee_resume(tracee, PTRACE_SYSEMU);
    if (!result)
        result = tracee_wait(tracee, &stop);
    if (!result)
        result = take_stop(steps->carrier, &stop, steps->reg, ret_trap);
    if (!result)
        result = tracee_read_registers(tracee, steps->reg);
    else if (result > 0 && ret_trap->kind == TRAP_EXCEPTION && ret_trap->debug.stepped)
        result = end_step(steps, ret_trap);
    return result;
}

static int run_in_steps(struct steps steps, struct trap *ret_trap)
{
    struct gate_carrier *carrier = steps.carrier;
    word_t *reg = steps.reg;

    steps.traps = reg[UREG_RFLAGS] & RFLAGS_TRAP;
    steps.passes = reg[UREG_RFLAGS] & RFLAGS_RESUME;
    reg[UREG_RFLAGS] |= RFLAGS_TRAP;
    int result = prepare_run(carrier, reg);

    while (!result)
        result = carrier->vspace->gate->interrupt_requested ? interrupted(carrier, reg, ret_trap)
                                                            : make_step(&steps, ret_trap);
    if (!steps.traps) {
        reg[UREG_RFLAGS] &= ~RFLAGS_TRAP;
        if (ret_trap->kind == TRAP_SYSCALL)
            reg[UREG_R11] &= ~RFLAGS_TRAP;
    }
    return result;
}

static int run_without_fpu(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                           struct trap *ret_trap)
{
    return run_in_steps((struct steps){.carrier = carrier, .reg = reg}, ret_trap);
}

static int run_one_without_fpu(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                               struct trap *ret_trap)
{
    return run_in_steps((struct steps){.carrier = carrier, .reg = reg, .is_once = true}, ret_trap);
}

static int run_one(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                   struct trap *ret_trap)
{
    const struct steps steps = {.carrier = carrier, .reg = reg, .has_fpu = true, .is_once = true};

    return run_in_steps(steps, ret_trap);
}

static int run_to_trap(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                       struct trap *ret_trap)
{
    struct tracee *tracee = &carrier->tracee;
    struct stop stop;
    int result = prepare_run(carrier, reg);

    while (!result) {
        if (carrier->vspace->gate->interrupt_requested)
            return interrupted(carrier, reg, ret_trap);
        result = tracee_resume(tracee, PTRACE_SYSEMU);
        if (!result)
            result = tracee_wait(tracee, &stop);
        if (!result)
            result = take_stop(carrier, &stop, reg, ret_trap);
    }
    return result;
}

/*
 * An interrupt is not lost wherever its signal comes: before `running` is set the flag is seen
 * before the carrier is resumed; from then on the carrier has a PTRACE_INTERRUPT pending, which
 * outlasts the resume. Where the run ends in a trap at the same moment the flag stays for the next:
 * a seat that mends a page fault runs on without looking at its events.
 */
static int run_with(struct gate_carrier *carrier,
                    int (*run)(struct gate_carrier *, word_t *, struct trap *),
                    word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap)
{
    struct gate *gate = carrier->vspace->gate;
    struct trap trap = {.kind = TRAP_GONE};
    const vaddr_t start = reg[UREG_RIP];
    const word_t resume = reg[UREG_RFLAGS] & RFLAGS_RESUME;

    usage_note(carrier->vspace);
    gate->running = carrier->tracee.is_gone ? 0 : carrier->tracee.tid;
    int result = carrier->tracee.is_gone ? 1 : run(carrier, reg, &trap);
    gate->running = 0;
    if (result == -ESRCH) { /* killed while it was stopped */
        tracee_kill(&carrier->tracee);
        trap = (struct trap){.kind = TRAP_GONE};
        result = 1;
    }
    if (result < 0)
        return result;
    if (reg[UREG_RIP] == start)
        reg[UREG_RFLAGS] |= resume;
    *ret_trap = trap;
    return 0;
}

static int monitor_run(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                       struct trap *ret_trap)
{
    return run_with(carrier, run_to_trap, reg, ret_trap);
}

static int monitor_run_without_fpu(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT],
                                   struct trap *ret_trap)
{
    return run_with(carrier, run_without_fpu, reg, ret_trap);
}

static int monitor_step(struct gate_carrier *carrier, word_t reg[USER_REGISTER_COUNT], bool has_fpu,
                        struct trap *ret_trap)
{
    return run_with(carrier, has_fpu ? run_one : run_one_without_fpu, reg, ret_trap);
}

static void monitor_interrupt(struct gate *gate)
{
    gate->interrupt_requested = 1;
    if (gate->running)
        host_ptrace(PTRACE_INTERRUPT, gate->running, NULL, NULL);
}

/*
 * Guest pages are always executable, so a fetch faults only where no page is mapped, and code that
 * can be read and decoded was fetched. The exceptions are pages that are there but not the guest's.
 */
static void monitor_classify_fault(struct gate_carrier *carrier,
                                   const word_t reg[USER_REGISTER_COUNT], struct trap *trap)
{
    uint8_t code[INSTRUCTION_MAX];
    vaddr_t rip = reg[UREG_RIP];
    unsigned length = tracee_read_code(&carrier->tracee, rip, code);

    trap->fetch = trap->address - rip < INSTRUCTION_MAX && !decode_is_complete(code, length);
    trap->fetch |= rip >= USER_TOP || rip - carrier->vspace->page < PAGE_BYTES;
    trap->write = !trap->fetch && decode_is_write(code, length, reg, trap->address);
}

const struct gate_ops monitor_gate_ops = {
    .name = "monitor",
    .open = monitor_open,
    .close = monitor_close,
    .vspace_create = monitor_vspace_create,
    .vspace_destroy = monitor_vspace_destroy,
    .map = edit_map,
    .unmap = edit_unmap,
    .poke = edit_poke,
    .page = monitor_page,
    .move_page = edit_move_page,
    .carrier_create = monitor_carrier_create,
    .carrier_destroy = monitor_carrier_destroy,
    .carrier_rename = monitor_carrier_rename,
    .carrier_copy_vector_state = monitor_carrier_copy_vector_state,
    .carrier_read_vector_state = monitor_carrier_read_vector_state,
    .carrier_write_vector_state = monitor_carrier_write_vector_state,
    .carrier_set_breakpoints = monitor_carrier_set_breakpoints,
    .run = monitor_run,
    .run_without_fpu = monitor_run_without_fpu,
    .step = monitor_step,
    .classify_fault = monitor_classify_fault,
    .interrupt = monitor_interrupt,
    .cpu_time = usage_cpu_time,
    .carrier_cpu_time = usage_carrier_cpu_time,
};
