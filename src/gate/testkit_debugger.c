/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <test.h>

#include <abi/bootinfo.h>
#include <gate/testkit_debugger.h>

static bool is_due(void *context)
{
    const struct debugged *d = context;
    return d->due > 0;
}

static void serve(void *context)
{
    struct debugged *d = context;
    d->serves++;
    d->due--;
    if (d->on_serve)
        d->on_serve(d);
}

static void stopped(void *context, struct tcb *tcb, const struct seat_stop *stop)
{
    struct debugged *d = context;
    if (stop->kind == SEAT_STOP_STARTED) {
        d->starts++;
        if (d->on_start)
            d->on_start(d, tcb);
        return;
    }
    struct stopped_thread *note = &d->stops[min_u64(d->stop_count++, STOPS_MAX - 1)];
    *note =
        (struct stopped_thread){.tcb = tcb, .rip = debugged_register(tcb, UREG_RIP), .stop = *stop};
    if (d->on_stop)
        d->on_stop(d, note);
}

bool debugged_open(struct debugged *d, const struct piece *piece)
{
    memset(d, 0, sizeof(*d));
    if (!world_open(&d->world))
        return false;
    d->piece = piece;
    d->guest.k = d->world.k;
    d->guest.root = d->world.k->cores[0].current;
    d->guest.boot = guest_boot_info(&d->world.k->config, MEMORY_BYTES);
    struct bootinfo_layout layout = abi_bootinfo_layout(&d->world.k->config);
    d->guest.first_untyped = guest_bootinfo_word(&d->guest, layout.untyped);
    d->guest.next_slot = guest_bootinfo_word(&d->guest, layout.empty);
    d->root = kernel_tcb_vspace(d->world.k, debugged_initial(d));
    d->debugger =
        (struct seat_debugger){.context = d, .is_due = is_due, .serve = serve, .stopped = stopped};
    seat_set_debugger(d->world.seat, &d->debugger);
    world_load(&d->world, piece, 0, 0);
    return true;
}

enum seat_end debugged_run(struct debugged *d)
{
    seat_run(d->world.seat, &d->world.result);
    return d->world.result.end;
}

void debugged_close(struct debugged *d)
{
    world_close(&d->world);
}

struct tcb *debugged_initial(struct debugged *d)
{
    return guest_root(&d->guest);
}

vaddr_t at(const struct debugged *d, const uint8_t *mark)
{
    return GUEST_IMAGE_START + (vaddr_t)(mark - d->piece->start);
}

struct tcb *debugged_thread(struct debugged *d, unsigned priority, cptr_t vspace, vaddr_t rip)
{
    struct guest_thread t = guest_thread(&d->guest, priority);
    word_t reg[USER_REGISTER_COUNT];
    kernel_load_registers(debugged_initial(d), reg);
    reg[UREG_RIP] = rip;
    kernel_save_registers(t.tcb, reg, false);
    t.tcb->slots[TCB_SLOT_VTABLE].cap = guest_cap(&d->guest, vspace);
    guest_resume(&d->guest, t);
    return t.tcb;
}

cptr_t debugged_vspace(struct debugged *d)
{
    cptr_t pml4 = guest_make(&d->guest, OBJECT_PML4, 0);
    guest_invoke(&d->guest, (struct guest_call){.cap = INITIAL_CAP_ASID_POOL,
                                                .method = INV_X86_ASID_POOL_ASSIGN,
                                                EXTRA(pml4)});
    *(uint64_t *)world_memory(&d->world, debugged_root(d, pml4)) =
        *(uint64_t *)world_memory(&d->world, d->root);
    return pml4;
}

paddr_t debugged_root(struct debugged *d, cptr_t vspace)
{
    return guest_cap(&d->guest, vspace).pml4.object;
}

word_t debugged_register(const struct tcb *tcb, unsigned reg)
{
    word_t regs[USER_REGISTER_COUNT];
    seat_debug_read_registers(tcb, regs);
    return regs[reg];
}

void plant_here(struct debugged *d, const uint8_t *mark, enum seat_breakpoint_kind kind)
{
    CHECK_EQ(seat_debug_plant(d->world.seat, d->root, at(d, mark), kind, 1), 0);
}

void pull_here(struct debugged *d, const uint8_t *mark, enum seat_breakpoint_kind kind)
{
    seat_debug_pull(d->world.seat, d->root, at(d, mark), kind, 1);
}

void step_always(struct debugged *d, const struct stopped_thread *stopped)
{
    seat_debug_step(d->world.seat, stopped->tcb, true);
}
