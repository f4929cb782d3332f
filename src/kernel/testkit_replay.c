/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_replay.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <kernel/testkit_invariants.h>
#include <mem/open_pages.h>
#include <model/console.h>
#include <object/tcb.h>

#define MEMORY_END      UINT64_C(0x1000000)
#define MAX_ENTRY_PARTS 1000000 /* an entry that asks its seat more often does not end */
#define DELAY_UNIT      UINT64_C(100000)
#define DELAY_UNIT_MCS  UINT64_C(100007) /* budgets are whole microseconds, what is used is not */
#define MAX_IRQ_OF_STEP (MAX_USER_VECTOR + 1)

/* --- boot ---------------------------------------------------------------------------------- */

static struct kernel_config setup_config(const struct replay_setup *setup)
{
    struct kernel_config config = kernel_config_default();
    config.root_cnode_size_bits = REPLAY_ROOT_RADIX;
    config.mcs = setup->mcs;
    if (setup->release)
        config.release = setup->release;
    if (setup->work_units)
        config.max_num_work_units_per_preemption = setup->work_units;
    if (setup->domains > 1) {
        config.num_domains = setup->domains;
        config.num_domain_schedules = 10;
    }
    if (setup->cores > 1)
        config.max_cores = setup->cores;
    if (setup->is_silent)
        config.printing = config.debug_build = false;
    config.report_error_ipc = setup->reports_errors_by_ipc;
    config.irq_pic = setup->has_pic;
    config.iommu = setup->has_iommu;
    config.hardware_debug_api = setup->has_debug_api;
    config.dangerous_msr = setup->has_msrs;
    if (setup->has_benchmarks)
        config.benchmarks = BENCHMARKS_TRACK_UTILISATION;
    return config;
}

/* Its I/O space, tables for the first addresses in it, and one more table. */
static void populate_device(struct guest *g, unsigned requester)
{
    cptr_t space = guest_mint(g, INITIAL_CAP_IO_SPACE, RIGHTS_ALL, requester << 16 | requester);
    for (unsigned i = 0; i < 3; i++) {
        struct guest_call map = {.cap = guest_make(g, OBJECT_IO_PAGE_TABLE, 0),
                                 .method = INV_X86_IO_PAGE_TABLE_MAP,
                                 WORDS(0),
                                 EXTRA(space)};
        if (i < g->k->io_mmu.levels)
            guest_invoke(g, map);
    }
    guest_make(g, OBJECT_4K_PAGE, 0);
}

/* A few threads and objects, so that something can happen at once. */
static void populate(struct guest *g)
{
    const unsigned priorities[] = {255, 255, 100, 100, 7};
    for (unsigned i = 0; i < ARRAY_LENGTH(priorities); i++) {
        struct guest_thread t = guest_thread(g, priorities[i]);
        guest_resume(g, t);
    }
    for (unsigned i = 0; i < 3; i++) {
        guest_mint(g, guest_make(g, OBJECT_ENDPOINT, 0), RIGHTS_ALL, i + 1);
        guest_make(g, OBJECT_NOTIFICATION, 0);
        guest_make(g, OBJECT_CNODE, 1 + 2 * i);
        guest_make(g, OBJECT_UNTYPED, 11 + 3 * i);
    }
    guest_make(g, OBJECT_LARGE_PAGE, 0);
    for (unsigned i = 0; i < 3 && g->k->config.mcs; i++) {
        guest_make(g, OBJECT_REPLY, 0);
        guest_make_sched_context(g, 300 * (i + 1), 2000);
        guest_resume(g, guest_passive_thread(g, 50 * (i + 1)));
    }
    for (unsigned i = 1; i <= 3 && g->k->config.iommu; i++)
        populate_device(g, i);
}

static bool is_ram(union cap cap)
{
    return cap_type(cap) == CAP_UNTYPED && !cap.untyped.is_device;
}

/* A CNode that no capability names, in memory that is nobody's from then on. */
static paddr_t make_hidden_slots(struct guest *g)
{
    cptr_t untyped = g->first_untyped;
    while (!is_ram(guest_cap(g, untyped)) || guest_cap(g, untyped).untyped.size_bits < PAGE_BITS)
        untyped++;
    struct slot *cnode =
        guest_slot(g, guest_make_in(g, untyped, OBJECT_CNODE, REPLAY_HIDDEN_RADIX));
    paddr_t slots = cnode->cap.cnode.object;
    slot_remove(g->k, cnode);
    slot_remove(g->k, guest_slot(g, untyped));
    return slots;
}

/*
 * The guest gets copies of its untypeds. So whatever it makes stays in a derivation tree that can
 * be found, when it has deleted the untyped, and what it made is in a CNode that holds itself.
 */
static void hide_untypeds(struct replay *r)
{
    struct guest *g = &r->g;
    r->hidden_slots = make_hidden_slots(g);
    struct slot *hidden = slot_at(g->k, r->hidden_slots);
    for (cptr_t cptr = g->first_untyped; cptr < r->first_made; cptr++) {
        struct slot *slot = guest_slot(g, cptr);
        union cap cap = slot->cap;
        if (!is_ram(cap))
            continue;
        slot_move(g->k, cap, slot, hidden);
        slot_insert(g->k, cap, hidden++, slot);
    }
}

struct replay replay_boot(const struct replay_setup *setup, unsigned check_every)
{
    struct kernel_config config = setup_config(setup);
    struct boot_info boot = guest_boot_info(&config, MEMORY_END);
    if (setup->has_no_ioapic)
        boot.num_ioapics = 0;
    if (setup->has_iommu)
        boot.iommu = (struct boot_iommu){.units = 1, .levels = 2};
    struct replay r = {
        .g = guest_boot_with(&boot, MEMORY_END), .setup = *setup, .check_every = check_every};
    r.root_slots = guest_root(&r.g)->slots[TCB_SLOT_CTABLE].cap.cnode.object;
    r.first_made = r.g.next_slot;
    for (unsigned core = 1; core < r.g.k->num_cores; core++)
        kernel_start(r.g.k, core, 0);
    hide_untypeds(&r);
    populate(&r.g);
    return r;
}

void replay_end(struct replay *r)
{
    guest_end(&r->g);
}

/* --- the seat ------------------------------------------------------------------------------ */

/* The pages of a run are what single translations say. */
static void check_run(struct replay *r, paddr_t vspace, vaddr_t vaddr)
{
    struct kernel *k = r->g.k;
    struct translation_run run;
    struct translation page = kernel_translate(k, vspace, vaddr);
    vaddr_t start = align_down(vaddr, 21), end = start + (UINT64_C(2) << 21);
    if (page.present != kernel_translate_run(k, vspace, vaddr, start, end, &run))
        r->problem = "a run is where a page is";
    if (!page.present)
        return;
    if (vaddr < run.start || vaddr >= run.end || run.paddr + (vaddr - run.start) != page.paddr)
        r->problem = "a run holds the address it is around";
    for (vaddr_t at = run.start; at < run.end && !r->problem; at += PAGE_BYTES) {
        page = kernel_translate(k, vspace, at);
        if (!page.present || page.rights != run.rights ||
            page.paddr != run.paddr + (at - run.start))
            r->problem = "a run is the pages it consists of";
    }
}

/* Asks what a seat asks before it runs a thread. */
static void ask(struct replay *r, struct outcome outcome)
{
    struct kernel *k = r->g.k;
    const struct tcb *tcb = tcb_at(k, outcome.tcb);
    if (outcome.kind != OUTCOME_RUN)
        return;
    word_t reg[USER_REGISTER_COUNT];
    struct breakpoint breakpoints[HARDWARE_BREAKPOINTS];
    kernel_load_registers(tcb, reg);
    kernel_breakpoints(tcb, breakpoints);
    if (kernel_traps_at_once(tcb) && !(reg[UREG_RFLAGS] & RFLAGS_TRAP))
        r->problem = "without the trap flag nothing traps at once";
    paddr_t vspace = kernel_tcb_vspace(k, tcb);
    if (!kernel_tcb_is_alive(k, outcome.tcb, tcb->serial))
        r->problem = "a thread that is to run is alive";
    if (!vspace)
        return;
    struct vspace_losses losses;
    if (kernel_take_losses(k, vspace, &losses) && kernel_take_losses(k, vspace, &losses))
        r->problem = "losses are taken once";
    if (!kernel_vspace_is_alive(k, vspace, vspace_at(k, vspace)->serial))
        r->problem = "a VSpace that is to run is alive";
    check_run(r, vspace, GUEST_IMAGE_START + r->entries % 4 * PAGE_BYTES);
    check_run(r, vspace, r->entries % 512 << 21);
}

static void look(struct replay *r, struct outcome outcome)
{
    const char *text;
    console_take(r->g.k, &text);
    if (r->problem || ++r->entries % r->check_every)
        return;
    bool is_settled = outcome.kind == OUTCOME_RUN || outcome.kind == OUTCOME_IDLE;
    ask(r, outcome);
    if (!r->problem)
        r->problem = invariants_broken(r->g.k,
                                       (const struct slot_array[]){
                                           {r->root_slots, REPLAY_ROOT_RADIX},
                                           {r->hidden_slots, REPLAY_HIDDEN_RADIX},
                                       },
                                       2, is_settled, &r->budgets);
}

/* Does what the outcome asks for and goes on. */
static struct outcome serve(struct replay *r, const struct step *step, struct outcome outcome)
{
    struct kernel *k = r->g.k;
    struct memory_region clear = k->cores[step->core].clear;
    uint64_t stall = k->cores[step->core].stall;
    if (outcome.kind == OUTCOME_DEVICE)
        return kernel_device_answer(k, step->core, step->device, r->g.now);
    for (unsigned core = 0; outcome.kind == OUTCOME_STALL && core < k->num_cores; core++) {
        if (stall >> core & 1) {
            r->is_preempted[core] = false;
            r->stalls++;
            kernel_stall(k, core, r->g.now);
        }
    }
    if (outcome.kind == OUTCOME_CLEAR)
        memset(kernel_memory(k, clear.base), 0, clear.end - clear.base);
    return kernel_continue(k, step->core, r->g.now);
}

/*
 * Until a thread is to run, or nothing can, or the step is to be left at a preemption point. False:
 * the machine has halted.
 */
static bool finish(struct replay *r, const struct step *step, unsigned stop, struct outcome outcome)
{
    unsigned points = 0;
    r->is_preempted[step->core] = false;
    for (unsigned i = 0; i < MAX_ENTRY_PARTS; i++) {
        r->interrupts |= outcome.interrupt_cores;
        look(r, outcome);
        if (outcome.kind == OUTCOME_RUN || outcome.kind == OUTCOME_IDLE) {
            if (kernel_measures_entries(r->g.k, step->core))
                kernel_leave(r->g.k, step->core, r->g.now);
            return true;
        }
        if (outcome.kind == OUTCOME_HALT)
            return false;
        if (outcome.kind == OUTCOME_PREEMPTED && ++points == stop) {
            r->is_preempted[step->core] = true;
            return true;
        }
        outcome = serve(r, step, outcome);
    }
    r->problem = "an entry comes to its end";
    return false;
}

/* --- steps --------------------------------------------------------------------------------- */

static struct tcb *current(const struct replay *r, const struct step *step)
{
    return tcb_at(r->g.k, r->g.k->cores[step->core].current);
}

static bool enter_by_call(struct replay *r, const struct step *step, const struct tcb *caller,
                          struct outcome *ret_outcome)
{
    budgets_note_call(&r->budgets, r->g.k, caller);
    *ret_outcome = kernel_syscall(r->g.k, step->core, r->g.now);
    return true;
}

static bool step_call(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    struct tcb *caller = current(r, step);
    if (!caller)
        return false;
    word_t *buffer = guest_thread_of(&r->g, caller).buffer;
    if (buffer) {
        buffer[IPC_BUFFER_RECEIVE_CNODE] = step->receive[0];
        buffer[IPC_BUFFER_RECEIVE_INDEX] = step->receive[1];
        buffer[IPC_BUFFER_RECEIVE_DEPTH] = step->receive[2];
    }
    guest_set_arguments(&r->g, caller, &step->call);
    if (buffer && step->name)
        memset(&buffer[IPC_BUFFER_MSG], 'n', step->name);
    return enter_by_call(r, step, caller, ret_outcome);
}

static bool step_repeat(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    struct tcb *caller = current(r, step);
    return caller && enter_by_call(r, step, caller, ret_outcome);
}

static bool step_vm_fault(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    if (!current(r, step))
        return false;
    *ret_outcome = kernel_vm_fault(r->g.k, step->core, step->value[0], step->value[1], r->g.now);
    return true;
}

static bool step_user_exception(struct replay *r, const struct step *step,
                                struct outcome *ret_outcome)
{
    if (!current(r, step))
        return false;
    *ret_outcome =
        kernel_user_exception(r->g.k, step->core, step->value[0], step->value[1], r->g.now);
    return true;
}

static bool step_unknown_syscall(struct replay *r, const struct step *step,
                                 struct outcome *ret_outcome)
{
    if (!current(r, step))
        return false;
    *ret_outcome = kernel_unknown_syscall(r->g.k, step->core, step->value[0], r->g.now);
    return true;
}

static bool step_debug_exception(struct replay *r, const struct step *step,
                                 struct outcome *ret_outcome)
{
    struct debug_event event = {.breakpoints =
                                    (uint8_t)(step->value[1] & mask(HARDWARE_BREAKPOINTS)),
                                .stepped = step->value[1] >> HARDWARE_BREAKPOINTS & 1};
    if (!current(r, step))
        return false;
    *ret_outcome = kernel_debug_exception(r->g.k, step->core, step->value[0], event, r->g.now);
    return true;
}

static bool step_interrupt(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    unsigned vector = (unsigned)(step->value[0] % MAX_IRQ_OF_STEP);
    *ret_outcome = kernel_interrupt(r->g.k, step->core, vector, r->g.now);
    return true;
}

static bool step_timer(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    *ret_outcome = kernel_timer(r->g.k, step->core, r->g.now);
    return true;
}

static struct tcb *named_tcb(const struct replay *r, const struct step *step)
{
    struct kernel *k = r->g.k;
    struct tcb *tcb = tcb_at(k, k->all_tcbs);
    for (word_t i = step->value[0] % 64; i > 0 && tcb && tcb->all_link.next; i--)
        tcb = tcb_at(k, tcb->all_link.next);
    return tcb;
}

static bool step_restart(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    struct kernel *k = r->g.k;
    struct tcb *tcb = named_tcb(r, step);
    if (!tcb)
        return false;
    tcb_restart(k, step->core, tcb);
    *ret_outcome = kernel_timer(k, step->core, r->g.now);
    return true;
}

static bool step_hold(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    struct kernel *k = r->g.k;
    struct tcb *tcb = named_tcb(r, step);
    if (!tcb || (tcb->core != step->core && tcb_at(k, k->cores[tcb->core].current) == tcb))
        return false;
    *ret_outcome = (step->value[1] ? kernel_unhold : kernel_hold)(k, step->core, tcb, r->g.now);
    return true;
}

/*
 * With or without an IOMMU, as devices and guests reach memory: no entry into the kernel, but for
 * the interrupt that says what the IOMMU has refused.
 */
static bool step_store(struct replay *r, const struct step *step, struct outcome *ret_outcome)
{
    struct kernel *k = r->g.k;
    struct dma_access access = {.requester = step->value[2] % IO_CONTEXTS,
                                .address = align_down(step->value[0], PAGE_BITS),
                                .is_write = true};
    struct dma_translation to = {.paddr = access.address};
    if (access.requester)
        to = kernel_translate_dma(k, access);
    else if (!open_pages_contain(k, to.paddr))
        return false;
    if (to.reason != DMA_ALLOWED) {
        if (!kernel_refuse_dma(k, access, to.reason))
            return false;
        *ret_outcome = kernel_interrupt(k, step->core, IOMMU_VECTOR, r->g.now);
        return true;
    }
    if (!kernel_is_backed(k, to.paddr))
        return false;
    word_t *words = kernel_memory(k, to.paddr);
    for (unsigned i = 0; i < PAGE_BYTES / sizeof(*words); i++)
        words[i] = step->value[1];
    r->stores++;
    return false;
}

static const struct step_type {
    const char *name;
    unsigned values; /* how many of them it uses */
    bool is_event;   /* no thread's doing: comes at preemption points as well */
    bool (*enter)(struct replay *r, const struct step *step, struct outcome *ret_outcome);
} step_types[STEP_KIND_COUNT] = {
    [STEP_CALL] = {.name = "STEP_CALL", .enter = step_call},
    [STEP_REPEAT] = {.name = "STEP_REPEAT", .enter = step_repeat},
    [STEP_VM_FAULT] = {.name = "STEP_VM_FAULT", .values = 2, .enter = step_vm_fault},
    [STEP_USER_EXCEPTION] = {.name = "STEP_USER_EXCEPTION",
                             .values = 2,
                             .enter = step_user_exception},
    [STEP_UNKNOWN_SYSCALL] = {.name = "STEP_UNKNOWN_SYSCALL",
                              .values = 1,
                              .enter = step_unknown_syscall},
    [STEP_DEBUG_EXCEPTION] = {.name = "STEP_DEBUG_EXCEPTION",
                              .values = 2,
                              .enter = step_debug_exception},
    [STEP_INTERRUPT] = {.name = "STEP_INTERRUPT",
                        .values = 1,
                        .is_event = true,
                        .enter = step_interrupt},
    [STEP_TIMER] = {.name = "STEP_TIMER", .is_event = true, .enter = step_timer},
    [STEP_RESTART] = {.name = "STEP_RESTART", .values = 1, .is_event = true, .enter = step_restart},
    [STEP_HOLD] = {.name = "STEP_HOLD", .values = 2, .is_event = true, .enter = step_hold},
    [STEP_STORE] = {.name = "STEP_STORE", .values = 3, .is_event = true, .enter = step_store},
};

const char *replay_step_name(enum step_kind kind)
{
    return step_types[kind].name;
}

bool replay_step(struct replay *r, const struct step *step)
{
    const struct step_type *type = &step_types[step->kind];
    struct outcome outcome;
    if (step->core >= r->g.k->num_cores)
        return true;
    r->g.now += step->delay * (r->setup.mcs ? DELAY_UNIT_MCS : DELAY_UNIT);
    if (r->is_preempted[step->core] && !type->is_event &&
        !finish(r, step, 0, kernel_continue(r->g.k, step->core, r->g.now)))
        return false;
    if (r->interrupts >> step->core & 1) {
        r->interrupts &= ~bit(step->core);
        if (!finish(r, step, 0, kernel_timer(r->g.k, step->core, r->g.now)))
            return false;
    }
    if (!type->enter(r, step, &outcome))
        return true;
    bool goes_on = finish(r, step, step->stop, outcome);
    if (r->sabotage)
        r->sabotage(r, step);
    return goes_on && !r->problem;
}

const char *replay_problem(const struct replay_setup *setup, const struct step *steps,
                           unsigned count)
{
    struct replay r = replay_boot(setup, 1);
    for (unsigned i = 0; i < count && replay_step(&r, &steps[i]); i++)
        continue;
    const char *problem = r.problem;
    replay_end(&r);
    return problem;
}

/* --- printing ------------------------------------------------------------------------------ */

static void print_words(FILE *out, const char *name, unsigned count, const word_t *words)
{
    while (count > 0 && words[count - 1] == 0)
        count--;
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "%s%#llx", i > 0 ? ", " : name, (unsigned long long)words[i]);
    if (count > 0)
        fprintf(out, "}");
}

static void print_number(FILE *out, const char *name, uint64_t value)
{
    if (value)
        fprintf(out, ", .%s = %#llx", name, (unsigned long long)value);
}

/* "DebugPutChar" is SYSCALL_DEBUG_PUT_CHAR, "NBSend" SYSCALL_NB_SEND. */
static void print_syscall(FILE *out, enum syscall syscall)
{
    const char *name = abi_syscall_name(syscall);
    if (!name) {
        fprintf(out, "%u", syscall);
        return;
    }
    fprintf(out, "SYSCALL_");
    for (const char *c = name; *c; c++) {
        bool is_upper = *c >= 'A' && *c <= 'Z';
        bool begins = is_upper && c > name && (c[1] >= 'a' && c[1] <= 'z');
        bool was_lower = c > name && c[-1] >= 'a' && c[-1] <= 'z';
        if (begins || (is_upper && was_lower))
            fputc('_', out);
        fputc(is_upper || *c < 'a' ? *c : *c - 'a' + 'A', out);
    }
}

static void print_call(FILE *out, const struct kernel_config *config, const struct step *step)
{
    const struct guest_syscall *call = &step->call;
    fprintf(out, ",\n         .call = {.syscall = ");
    print_syscall(out, call->syscall);
    print_number(out, "cap", call->cap);
    print_number(out, "label", call->label);
    enum invocation method = abi_invocation(config, call->label);
    if (method != INV_INVALID)
        fprintf(out, " /* %s */", abi_invocation_info(config, method).name);
    print_number(out, "length", call->length);
    print_words(out, ", .words = {", ARRAY_LENGTH(call->words), call->words);
    print_number(out, "caps", call->caps);
    print_words(out, ", .extra = {", ARRAY_LENGTH(call->extra), call->extra);
    print_number(out, "reply", call->reply);
    print_number(out, "dest", call->dest);
    fprintf(out, "}");
    print_words(out, ",\n         .receive = {", ARRAY_LENGTH(step->receive), step->receive);
}

static void print_step(FILE *out, const struct kernel_config *config, const struct step *step)
{
    fprintf(out, "        {.kind = %s", step_types[step->kind].name);
    print_number(out, "core", step->core);
    print_number(out, "delay", step->delay);
    print_number(out, "stop", step->stop);
    print_number(out, "device", step->device);
    print_number(out, "name", step->name);
    print_words(out, ", .value = {", step_types[step->kind].values, step->value);
    if (step->kind == STEP_CALL)
        print_call(out, config, step);
    fprintf(out, "},\n");
}

void replay_print_test(FILE *out, const struct replay_setup *setup, const struct step *steps,
                       unsigned count)
{
    struct kernel_config config = setup_config(setup);
    fprintf(out, "TEST(found_by_random_guests)\n{\n");
    fprintf(out, "    static const struct replay_setup setup = {.release = %u", config.release);
    print_number(out, "work_units", setup->work_units);
    print_number(out, "domains", setup->domains);
    print_number(out, "cores", setup->cores);
    print_number(out, "mcs", setup->mcs);
    print_number(out, "is_silent", setup->is_silent);
    print_number(out, "reports_errors_by_ipc", setup->reports_errors_by_ipc);
    print_number(out, "has_pic", setup->has_pic);
    print_number(out, "has_no_ioapic", setup->has_no_ioapic);
    print_number(out, "has_iommu", setup->has_iommu);
    print_number(out, "has_benchmarks", setup->has_benchmarks);
    print_number(out, "has_debug_api", setup->has_debug_api);
    print_number(out, "has_msrs", setup->has_msrs);
    fprintf(out, "};\n    static const struct step steps[] = {\n");
    for (unsigned i = 0; i < count; i++)
        print_step(out, &config, &steps[i]);
    fprintf(out, "    };\n    CHECK_STR(replay_problem(&setup, steps, ARRAY_LENGTH(steps)), NULL);"
                 "\n}\n");
}
