/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/turn.h>

#include <abi/object.h>
#include <base/assert.h>
#include <base/memory.h>
#include <kernel/kernel_api.h>
#include <model/console.h>
#include <runtime/cache.h>
#include <runtime/clock.h>
#include <runtime/debugging.h>
#include <runtime/gate.h>
#include <runtime/jump.h>
#include <runtime/linked_process.h>
#include <runtime/linux.h>
#include <runtime/memory.h>
#include <runtime/patch.h>
#include <runtime/posted.h>
#include <runtime/process.h>
#include <runtime/request.h>
#include <runtime/resume.h>
#include <runtime/step.h>
#include <runtime/tsc.h>
#include <runtime/word.h>
#include <sched/sched.h>
#include <seat/entry.h>

#define CORE 0

#define EXCEPTION_ALIGNMENT 17

/* Of the x86 error code of a page fault: nothing is there. */
#define FSR_USER (1 << 2)

/* Of a line that has not ended: how much the console keeps, and for how long anybody does. */
#define CONSOLE_KEPT_BYTES 256
#define KEPT_TIME          UINT64_C(10000000)

/*
 * Makes a request, sometimes: none is under way. Then it is what the machine has told, and not what
 * the counter shows: between the answer and here Linux may have run somebody else.
 */
nanoseconds_t turn_now(void)
{
    struct runtime_clock *clock = &runtime_shared()->control.clock;
    nanoseconds_t now;

    if (runtime_clock_tell(clock, &now))
        return now;
    request_simple(REQUEST_TIME, 0);
    return clock->told;
}

static struct runtime_control *control(void)
{
    return &runtime_shared()->control;
}

/* --- what the machine sees ----------------------------------------------------------------- */

static void trace_enter(const struct tcb *tcb, const struct trap *trap)
{
    if (!control()->is_traced || trap->kind == TRAP_INTERRUPTED)
        return;
    struct runtime_request *request = request_begin(REQUEST_TRACE_ENTER);
    const uint64_t argument[] = {
        kernel_paddr(runtime_kernel(), tcb),
        trap->kind,
        trap->vector,
        trap->error_code,
        trap->address,
        trap->write,
        trap->fetch,
        trap->debug.breakpoints,
        trap->debug.stepped,
    };
    mem_copy(request->argument, argument, sizeof(argument));
    request_make(request);
}

static void trace_leave(struct outcome outcome)
{
    if (!control()->is_traced)
        return;
    struct runtime_request *request = request_begin(REQUEST_TRACE_LEAVE);
    const uint64_t argument[] = {outcome.kind, outcome.tcb, outcome.deadline,
                                 outcome.interrupt_cores};
    mem_copy(request->argument, argument, sizeof(argument));
    request_make(request);
}

/* By when text that is kept back is to go out; 0: there is none. */
static nanoseconds_t flush_time(const struct kernel *k)
{
    uint64_t *flush_at = &runtime_shared()->flush_at;

    if (k->console.length == 0 && !posted_is_waiting())
        *flush_at = 0;
    return *flush_at;
}

/* There is such text: whether it may be kept still. */
static bool may_keep_text(const struct kernel *k)
{
    if (flush_time(k) == 0)
        runtime_shared()->flush_at = turn_now() + KEPT_TIME;
    return turn_now() < runtime_shared()->flush_at;
}

/*
 * What was printed goes out by the line, for a request costs more than a character. The rest of a
 * line follows soon, and whenever the guest does something else that shows.
 */
static bool may_keep_console(const struct kernel *k, struct outcome outcome)
{
    if (outcome.kind != OUTCOME_RUN || control()->is_traced ||
        k->console.text[k->console.length - 1] == '\n' || k->console.length > CONSOLE_KEPT_BYTES)
        return false;
    return may_keep_text(k);
}

static void drain_console(struct kernel *k, struct outcome outcome)
{
    const char *text;

    if (k->console.length == 0 || may_keep_console(k, outcome))
        return;
    runtime_shared()->flush_at = 0;
    request_simple(REQUEST_CONSOLE, k->console.length);
    console_take(k, &text);
}

/* What an entry may have left for the world outside. */
static void after_entry(struct kernel *k, struct outcome outcome)
{
    struct runtime_shared *shared = runtime_shared();

    drain_console(k, outcome);
    if (outcome.kind == OUTCOME_PREEMPTED)
        runtime_clock_charge(&control()->clock,
                             (unsigned)k->config.max_num_work_units_per_preemption);
    trace_leave(outcome);
    if (k->reserved[RESERVED_STUBS].taken)
        patch_move();
    if (k->reserved[RESERVED_WORD].taken)
        word_give_way();
    if (k->reserved[RESERVED_REGION].taken)
        request_simple(REQUEST_TAKEN, k->reserved[RESERVED_REGION].taken);
    if (shared->irq_changes_seen != k->irq_changes) {
        shared->irq_changes_seen = k->irq_changes;
        request_simple(REQUEST_IRQS_CHANGED, 0);
    }
}

/* --- events -------------------------------------------------------------------------------- */

/*
 * Nothing is, as of the time that was told last: to the entry that was just made. The machine sees
 * to what comes later. After long work, while nobody runs, and in virtual time a look at the clock
 * says more.
 */
static bool is_nothing_due(const struct outcome *outcome)
{
    const struct runtime_control *c = control();
    uint64_t sleeps_until = __atomic_load_n(&c->sleeps_until, __ATOMIC_RELAXED);

    return !__atomic_load_n(&c->attention, __ATOMIC_RELAXED) && c->event_at == 0 &&
           outcome->kind == OUTCOME_RUN && !runtime_clock_is_virtual(&c->clock) &&
           c->clock.told < outcome->deadline && (sleeps_until == 0 || c->clock.told < sleeps_until);
}

/*
 * The machine sees by real time what is due. Where the kernel's work is charged more than it takes,
 * its time may have come while the machine still sleeps.
 */
static bool may_have_event(nanoseconds_t now)
{
    uint64_t sleeps_until = __atomic_load_n(&control()->sleeps_until, __ATOMIC_RELAXED);
    uint64_t event_at = control()->event_at;
    uint64_t flush_at = posted_is_waiting() ? runtime_shared()->flush_at : 0;

    return (__atomic_load_n(&control()->attention, __ATOMIC_RELAXED) &&
            __atomic_exchange_n(&control()->attention, 0, __ATOMIC_SEQ_CST)) ||
           (sleeps_until != 0 && now >= sleeps_until) || (event_at != 0 && now >= event_at) ||
           (flush_at != 0 && now >= flush_at);
}

/*
 * An interrupt or a tick that is due: its entry has been made, *outcome is another one. The machine
 * answers with an interrupt, and sets `attention` again if there are more.
 */
static bool take_event(struct kernel *k, struct tcb *running, const word_t *reg, nanoseconds_t now,
                       struct outcome *outcome)
{
    int64_t vector = -1;

    if (may_have_event(now)) {
        struct runtime_request *request = request_begin(REQUEST_EVENT);
        request->argument[0] = now;
        request->argument[1] = running != NULL;
        request_make(request);
        vector = request->result[0];
        now = turn_now();
    }
    if (vector < 0 && now < outcome->deadline) {
        drain_console(k, *outcome); /* that may be all that was due */
        return false;
    }
    if (running)
        kernel_save_registers(running, reg, false);
    if (vector < 0) {
        *outcome = kernel_timer(k, CORE, now);
        return true;
    }
    *outcome = kernel_interrupt(k, CORE, (unsigned)vector, now);
    return true;
}

/* When the guest is to be in the kernel again: the machine sees to it. */
static void set_deadline(nanoseconds_t deadline)
{
    nanoseconds_t flush_at = flush_time(runtime_kernel());

    if (flush_at)
        deadline = min_u64(deadline, flush_at);
    if (deadline == control()->deadline)
        return; /* the machine has seen it */
    __atomic_store_n(&control()->deadline, deadline, __ATOMIC_SEQ_CST);
    if (deadline < __atomic_load_n(&control()->sleeps_until, __ATOMIC_SEQ_CST))
        request_attention();
}

/* --- from carrier to carrier --------------------------------------------------------------- */

static _Noreturn void end_thread(const struct carrier_page *page, struct runtime_thread *thread)
{
    __atomic_store_n(&thread->run, THREAD_ENDED, __ATOMIC_RELEASE);
    if (process_is_linked())
        linked_leave(page);
    linux_exit(0);
}

/* What it was asked for. */
static void thread_has_done(struct runtime_thread *thread)
{
    __atomic_store_n(&thread->run, THREAD_WAITS, __ATOMIC_RELEASE);
    linux_futex_wake(&thread->run, LINUX_FUTEX_WAKE, 1);
}

/* For whoever takes the carrier to another thread, and waits. */
static void save_vector(const struct carrier_page *page, struct runtime_thread *thread)
{
    frame_save_vector(page->frame, runtime_vector(thread->live));
    thread_has_done(thread);
}

/* A new thread, for whoever separates carriers, and waits: what debuggers see is its TCB's. */
static void show_guest(const struct carrier_page *page, struct runtime_thread *thread)
{
    const struct runtime_carrier *carrier = &runtime_shared()->carriers[thread->live];
    const struct tcb *tcb = tcb_at(runtime_kernel(), carrier->tcb);
    word_t reg[USER_REGISTER_COUNT];

    frame_load_vector(page->frame, runtime_vector(thread->live));
    kernel_load_registers(tcb, reg);
    frame_write(page->frame, reg);
    resume_take_name(page, tcb);
    thread_has_done(thread);
}

static void await_turn(const struct carrier_page *page)
{
    struct runtime_thread *thread = thread_of(page);

    for (;;) {
        uint32_t waits = THREAD_WAITS;
        switch (__atomic_load_n(&thread->run, __ATOMIC_ACQUIRE)) {
        case THREAD_WAITS:
            __atomic_compare_exchange_n(&thread->run, &waits, THREAD_SLEEPS, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
            break;
        case THREAD_SLEEPS:
            wait_while(&thread->run, THREAD_SLEEPS);
            break;
        case THREAD_SAVES:
            save_vector(page, thread);
            break;
        case THREAD_SHOWS:
            show_guest(page, thread);
            break;
        case THREAD_ENDS:
            end_thread(page, thread);
        default:
            return;
        }
    }
}

/* The turn is that carrier's now, be its thread the caller's or another one that gets it. */
static void take_turn(const struct runtime_carrier *carrier)
{
    __atomic_store_n(&control()->current, (uint32_t)(carrier - runtime_shared()->carriers),
                     __ATOMIC_RELAXED);
}

/* To another CPU, or home. */
static bool move_thread(uint32_t thread, bool goes)
{
    struct runtime_request *request = request_begin(REQUEST_MOVE);

    request->argument[0] = thread;
    request->argument[1] = goes;
    request_make(request);
    if (request->result[0])
        runtime_shared()->pair.tick_rate = 0;
    return request->result[0] == 0;
}

/* Returns for how long the one that hands over is to look at its word before it sleeps. */
static uint64_t pass_pair(uint32_t from, uint32_t to)
{
    struct pair *pair = &runtime_shared()->pair;
    uint64_t now = runtime_clock_counter(&control()->clock);
    enum pair_advice advice = pair_pass(pair, from, to, now);

    if (advice == PAIR_GO && move_thread(to, true))
        pair_went(pair, to, now);
    if (advice == PAIR_COME) {
        move_thread(pair->away, false);
        pair_came(pair, now);
    }
    return pair_look_ticks(pair, from, to);
}

static void look(const uint32_t *run, uint64_t ticks)
{
    uint64_t begin = runtime_clock_counter(&control()->clock);

    while (__atomic_load_n(run, __ATOMIC_ACQUIRE) == THREAD_WAITS &&
           runtime_clock_counter(&control()->clock) - begin < ticks)
        __builtin_ia32_pause();
}

/* The turn goes to another thread, and comes back at some time. */
static void hand_over(struct carrier_page *page, struct runtime_thread *next)
{
    struct runtime_thread *self = thread_of(page);
    uint64_t ticks = pass_pair(page->thread, (uint32_t)(next - runtime_shared()->threads));
    uint32_t runs = THREAD_RUNS;

    /* before the next one has the turn, or one that comes back at once would be lost */
    __atomic_compare_exchange_n(&self->run, &runs, THREAD_WAITS, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    if (__atomic_exchange_n(&next->run, THREAD_RUNS, __ATOMIC_SEQ_CST) == THREAD_SLEEPS)
        linux_futex_wake(&next->run, LINUX_FUTEX_WAKE, 1);
    if (ticks)
        look(&self->run, ticks);
    await_turn(page);
}

/* What a carrier that has just got the turn is to do. */
static struct outcome own_outcome(void)
{
    paddr_t tcb = carrier_current()->tcb;

    return (struct outcome){
        .kind = tcb ? OUTCOME_RUN : OUTCOME_IDLE, .tcb = tcb, .deadline = control()->deadline};
}

/* --- the way to guest code ----------------------------------------------------------------- */

/* Virtual time goes on, and whoever has got here does not spin. */
static void enter_clock(const struct tcb *tcb)
{
    runtime_clock_enter(&control()->clock);
    runtime_shared()->carriers[tcb->carrier].has_spun = false;
}

struct outcome turn_enter(struct kernel *k, struct tcb *tcb, const word_t *reg,
                          const struct trap *trap, word_t fsr)
{
    kernel_save_registers(tcb, reg, trap->kind == TRAP_SYSCALL);
    if (trap->kind != TRAP_INTERRUPTED)
        enter_clock(tcb);
    trace_enter(tcb, trap);
    return seat_enter(k, CORE, tcb, trap, fsr, turn_now());
}

/* Without a VSpace the first instruction fetch faults. */
static struct outcome run_nowhere(struct kernel *k, struct tcb *tcb)
{
    word_t reg[USER_REGISTER_COUNT];

    kernel_load_registers(tcb, reg);
    const struct trap trap = {.kind = TRAP_PAGE_FAULT, .address = reg[UREG_RIP], .fetch = true};
    return turn_enter(k, tcb, reg, &trap, FSR_USER);
}

/* Which of them a debug exception is of: Linux tells one of several at best. */
static void take_hits(struct trap *trap)
{
    if (carrier_current()->debug_generation == 0 && !debugging_is_on())
        return;
    struct runtime_request *request = request_begin(REQUEST_HITS);
    request->argument[0] = carrier_index();
    request_make(request);
    trap->debug.breakpoints = (uint8_t)request->result[0];
}

static struct outcome answer_device(struct kernel *k)
{
    const struct device_access *access = &k->cores[CORE].device;
    bool is_in = access->kind == DEVICE_PORT_IN;
    uint64_t value;

    if (posted_answer(access, &value)) {
        if (posted_is_waiting() && !may_keep_text(k))
            request_simple(REQUEST_TIME, 0); /* any takes it along */
        return kernel_device_answer(k, CORE, value, turn_now());
    }
    struct runtime_request *request = request_begin(is_in ? REQUEST_PORT_IN : REQUEST_PORT_OUT);
    request->argument[0] = access->address;
    request->argument[1] = access->size;
    request->argument[2] = access->value;
    request_make(request);
    return kernel_device_answer(k, CORE, (uint64_t)request->result[0], turn_now());
}

/* What a step has come to. */
enum step {
    STEP_ENTERED, /* the kernel again: *outcome is that entry's */
    STEP_TURN,    /* nothing but that this carrier has the turn now, for *outcome */
    STEP_WOKEN,   /* nothing but that the core has waited */
    STEP_GUEST,   /* guest code goes on */
};

static enum step pass_turn(struct carrier_page *page, const struct runtime_carrier *next,
                           struct outcome *outcome)
{
    take_turn(next);
    hand_over(page, &runtime_shared()->threads[next->thread]);
    *outcome = own_outcome();
    return STEP_TURN;
}

static enum step run_thread(struct carrier_page *page, struct kernel *k, struct outcome *outcome)
{
    struct tcb *tcb = tcb_at(k, outcome->tcb);
    paddr_t root = kernel_tcb_vspace(k, tcb);

    if (!root) {
        *outcome = run_nowhere(k, tcb);
        return STEP_ENTERED;
    }
    struct runtime_carrier *carrier = cache_carrier(page, tcb, root);
    set_deadline(outcome->deadline);
    if (carrier->thread != page->thread)
        return pass_turn(page, carrier, outcome);
    take_turn(carrier);
    return resume_tcb(page, k, tcb, root, outcome) ? STEP_GUEST : STEP_ENTERED;
}

static enum step idle(struct carrier_page *page, struct kernel *k, struct outcome *outcome)
{
    struct runtime_request *request;

    set_deadline(outcome->deadline);
    if (page->thread != 0)
        return pass_turn(page, &runtime_shared()->carriers[0], outcome);
    if (debugging_is_on() && !debugging_may_run(page, 0, outcome))
        return STEP_ENTERED;
    request = request_begin(REQUEST_WAIT);
    request->argument[0] = outcome->deadline;
    request->argument[1] = sched_time_can_wake(k, 0);
    request_make(request);
    return STEP_WOKEN;
}

static enum step carry_out(struct carrier_page *page, struct kernel *k, struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_RUN:
        return run_thread(page, k, outcome);
    case OUTCOME_IDLE:
        return idle(page, k, outcome);
    case OUTCOME_DEVICE:
        *outcome = answer_device(k);
        return STEP_ENTERED;
    case OUTCOME_CLEAR:
        memory_clear(&k->cores[CORE].clear);
        break;
    case OUTCOME_PREEMPTED:
    case OUTCOME_STALL: /* there is no other core */
    case OUTCOME_CONSOLE:
        break;
    case OUTCOME_HALT:
        request_simple(REQUEST_HALT, 0);
        break;
    }
    *outcome = kernel_continue(k, CORE, turn_now());
    return STEP_ENTERED;
}

/*
 * After most entries there is nothing to look at: for nobody outside, and the TCB that goes on is
 * one of the calling thread's, in the VSpace whose code it left.
 */
static bool is_plain(struct kernel *k, const struct outcome *outcome)
{
    const struct runtime_shared *shared = runtime_shared();
    const struct runtime_control *c = &shared->control;

    return is_nothing_due(outcome) && k->console.length == 0 && !c->is_traced && !c->separates &&
           !k->reserved[RESERVED_STUBS].taken && !k->reserved[RESERVED_WORD].taken &&
           !k->reserved[RESERVED_REGION].taken && shared->irq_changes_seen == k->irq_changes &&
           shared->deaths_seen == k->deaths && !kernel_measures_entries(k, CORE);
}

/* As by all that follows, in short. False: nothing is done. */
static bool goes_on_here(struct carrier_page *page, struct kernel *k, struct outcome *outcome,
                         enum step *ret_step)
{
    struct tcb *tcb = tcb_at(k, outcome->tcb);

    if (!is_plain(k, outcome))
        return false;
    paddr_t root = kernel_tcb_vspace(k, tcb);
    if (!root || !cache_is_here(page, tcb, root))
        return false;
    set_deadline(outcome->deadline);
    take_turn(&runtime_shared()->carriers[tcb->carrier]);
    *ret_step = resume_tcb(page, k, tcb, root, outcome) ? STEP_GUEST : STEP_ENTERED;
    return true;
}

/* Until guest code of this carrier's goes on. */
static void run(struct carrier_page *page, enum step step, struct outcome outcome)
{
    struct kernel *k = runtime_kernel();

    while (step != STEP_GUEST) {
        if (step == STEP_ENTERED && goes_on_here(page, k, &outcome, &step))
            continue;
        if (step == STEP_ENTERED)
            after_entry(k, outcome);
        bool has_woken = step == STEP_WOKEN;
        step = STEP_ENTERED;
        if (seat_may_be_interrupted(outcome.kind) && !is_nothing_due(&outcome) &&
            take_event(k, NULL, NULL, has_woken ? control()->clock.told : turn_now(), &outcome))
            continue;
        cache_reap(page);
        if (control()->separates)
            cache_separate(page);
        if (seat_ends_entry(outcome.kind) && kernel_measures_entries(k, CORE))
            kernel_leave(k, CORE, turn_now());
        step = carry_out(page, k, &outcome);
    }
}

/* --- ways in ------------------------------------------------------------------------------- */

/*
 * Nothing that the kernel is concerned with: the guest goes on where it is, unless an event is due,
 * or a debugger may want something.
 */
static void go_on(struct carrier_page *page, struct tcb *tcb, paddr_t root,
                  word_t reg[USER_REGISTER_COUNT])
{
    struct kernel *k = runtime_kernel();
    struct outcome outcome = own_outcome();
    const struct trap nothing = {.kind = TRAP_INTERRUPTED};

    bool has_entered = !debugging_is_on() && take_event(k, tcb, reg, turn_now(), &outcome);
    if (!has_entered && (debugging_is_on() || control()->separates))
        run(page, STEP_ENTERED, turn_enter(k, tcb, reg, &nothing, 0));
    else if (has_entered || !resume_registers(page, k, tcb, root, reg, &outcome))
        run(page, STEP_ENTERED, outcome);
}

/* The guest goes on for one instruction; if that is not what it does anyway. */
static void run_once(struct carrier_page *page, const struct tcb *tcb, paddr_t root,
                     word_t reg[USER_REGISTER_COUNT])
{
    struct trap none;

    if (page->step.is_under_way)
        return;
    page->step.is_wanted = false;
    if (step_begin(page, root, !(tcb->flags & TCB_FLAG_FPU_DISABLED), reg, &none))
        frame_write(page->frame, reg);
}

static bool is_debug_exception(const struct trap *trap)
{
    return trap->kind == TRAP_EXCEPTION && abi_is_debug_exception(trap->vector);
}

/* Of code that was copied from where it was patched: rip is there again, and so is the code. */
static bool is_copied_jump(paddr_t root, const struct trap *trap, word_t reg[USER_REGISTER_COUNT])
{
    vaddr_t site;

    if (!trap->fetch || !patch_mend_copy(root, trap->address, &site))
        return false;
    reg[UREG_RIP] = site;
    return true;
}

void turn_trap(struct carrier_page *page, const struct signal_info *info)
{
    struct kernel *k = runtime_kernel();
    struct tcb *tcb = tcb_at(k, carrier_current()->tcb);
    paddr_t root = runtime_shared()->vspaces[page->vspace].root;
    enum memory_fault fault = MEMORY_FAULT_TO_GUEST;
    word_t reg[USER_REGISTER_COUNT];
    word_t fsr = 0;
    struct trap trap;

    frame_read(page->frame, reg);
    bool is_patched = patch_take_back(reg) || jump_take_back(reg);
    gate_decode(info, page->frame, root, reg, &trap);
    if (is_patched && is_debug_exception(&trap) && trap.debug.stepped)
        trap = (struct trap){.kind = TRAP_SYSCALL}; /* what the step was to execute */
    else if (trap.kind == TRAP_SYSCALL)
        patch_note_call(page->vspace, root, reg[UREG_RIP]);
    if (is_debug_exception(&trap) && trap.vector == EXCEPTION_DEBUG)
        take_hits(&trap);
    if (trap.kind == TRAP_PAGE_FAULT && is_copied_jump(root, &trap, reg))
        trap.kind = TRAP_INTERRUPTED;
    else if (trap.kind == TRAP_PAGE_FAULT)
        fault = memory_fault(root, &trap, reg, &fsr);
    else if (tsc_read(&control()->clock, root, &trap, reg))
        fault = MEMORY_FAULT_EMULATED;
    if (fault == MEMORY_FAULT_RETRY || fault == MEMORY_FAULT_ONCE) {
        if (fault == MEMORY_FAULT_ONCE)
            run_once(page, tcb, root, reg);
        else if (carrier_current()->debug_generation == 0) /* or its frame says that it is again */
            gate_write(page, reg);
        return;
    }
    bool is_step = page->step.is_under_way;
    step_end(page, root, reg, &trap);
    if (fault == MEMORY_FAULT_EMULATED &&
        !seat_ends_step(reg, is_step && page->step.is_told, &trap))
        trap.kind = TRAP_INTERRUPTED;
    if (debugging_is_on() && (is_step || is_debug_exception(&trap)))
        debugging_take_trap(carrier_current()->tcb, reg, &trap);
    if (trap.kind == TRAP_EXCEPTION && trap.vector == EXCEPTION_ALIGNMENT) {
        step_begin_unaligned(page, root, reg);
        frame_write(page->frame, reg);
    } else if (trap.kind == TRAP_INTERRUPTED) {
        go_on(page, tcb, root, reg);
    } else if (!linked_ends(tcb, info, &trap, reg)) {
        run(page, STEP_ENTERED, turn_enter(k, tcb, reg, &trap, fsr));
    }
}

/* A jump that is no call: of a copy, which goes on where it is mended, or to a stub. */
static void take_stray(struct carrier_page *page, struct tcb *tcb, paddr_t root)
{
    if (page->reg[UREG_RIP]) {
        go_on(page, tcb, root, page->reg);
        return;
    }
    page->reg[UREG_RIP] = runtime_process()->patches.stubs;
    const struct trap trap = {
        .kind = TRAP_PAGE_FAULT, .address = page->reg[UREG_RIP], .fetch = true};
    run(page, STEP_ENTERED, turn_enter(runtime_kernel(), tcb, page->reg, &trap, FSR_USER));
}

/* Nobody looks at the call of guest code that came by a jump, and its flags are usual ones. */
static bool may_go_straight(const struct carrier_page *page)
{
    const struct runtime_control *c = control();

    return page->may_try && !c->is_traced && !c->is_debugged &&
           !(page->reg[UREG_RFLAGS] & (RFLAGS_ALIGNMENT | RFLAGS_DIRECTION));
}

/*
 * An entry after which the thread goes on, most of the time: then nothing is looked at but whether
 * that is so. Of a call that might have been tried, at a site that is patched.
 */
static void call_straight(struct carrier_page *page, struct kernel *k, struct tcb *tcb)
{
    kernel_save_registers(tcb, page->reg, true);
    struct outcome outcome = kernel_syscall(k, CORE, turn_now());

    if (tcb_at(k, outcome.tcb) != tcb || !is_plain(k, &outcome) ||
        !resume_is_same(page, k, tcb, page->reg[UREG_RIP] + PATCH_CALL_BYTES)) {
        run(page, STEP_ENTERED, outcome);
        return;
    }
    set_deadline(outcome.deadline);
    kernel_load_registers(tcb, page->reg);
    page->reg[UREG_RSP] = page->reg[UREG_RBX]; /* the `mov` behind it */
    runtime_process()->next = page->reg[UREG_RIP] + PATCH_SITE_BYTES - PATCH_CALL_BYTES;
}

void turn_call(struct carrier_page *page, uint32_t index)
{
    static const struct trap call = {.kind = TRAP_SYSCALL};
    struct kernel *k = runtime_kernel();
    struct tcb *tcb = tcb_at(k, carrier_current()->tcb);
    paddr_t root = runtime_shared()->vspaces[page->vspace].root;
    bool is_linked = index == TURN_LINKED_CALL;

    if (!is_linked && !patch_is_taken(root, index, &page->reg[UREG_RIP]))
        take_stray(page, tcb, root);
    else if (!is_linked && may_go_straight(page))
        call_straight(page, k, tcb);
    else
        run(page, STEP_ENTERED, turn_enter(k, tcb, page->reg, &call, 0));
}

bool turn_try_call(struct carrier_page *page, uint32_t index)
{
    struct kernel *k = runtime_kernel();
    word_t *reg = page->reg;
    bool is_linked = index == TURN_LINKED_CALL;
    vaddr_t site = is_linked ? reg[UREG_RIP] : patch_site(index);
    nanoseconds_t now = 0;

    if (!site || !may_go_straight(page) ||
        (k->config.mcs && !runtime_clock_tell(&control()->clock, &now)) ||
        !kernel_try_syscall(k, now, reg))
        return false;
    reg[UREG_RCX] = site + PATCH_CALL_BYTES;
    reg[UREG_R11] = reg[UREG_RFLAGS];
    runtime_process()->next = site + PATCH_CALL_BYTES;
    if (!is_linked) {
        reg[UREG_RSP] = reg[UREG_RBX]; /* the `mov` behind it */
        runtime_process()->next = site + PATCH_SITE_BYTES;
    }
    return true;
}

void turn_attend(struct carrier_page *page)
{
    struct tcb *tcb = tcb_at(runtime_kernel(), carrier_current()->tcb);

    go_on(page, tcb, runtime_shared()->vspaces[page->vspace].root, page->reg);
}

void turn_begin(struct carrier_page *page)
{
    await_turn(page);
    run(page, STEP_TURN, own_outcome());
}

_Noreturn void turn_run_core(struct carrier_page *page)
{
    await_turn(page);
    run(page, STEP_ENTERED, kernel_start(runtime_kernel(), CORE, turn_now()));
    UNREACHABLE("the core carrier has no guest code");
}
