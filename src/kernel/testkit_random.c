/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_random.h>

#include <stdlib.h>

#include <abi/bootinfo.h>
#include <abi/debug.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <kernel/testkit_arguments.h>
#include <kernel/testkit_choice.h>
#include <object/object_types.h>

struct replay_setup random_setup(struct byte_source *bytes)
{
    static const unsigned work_units[] = {1, 2, 3, 100};
    static const unsigned releases[] = {SEL4_RELEASE_16_0, SEL4_RELEASE_16_0, SEL4_RELEASE_16_0,
                                        SEL4_RELEASE_16_0, SEL4_RELEASE_15_0, SEL4_RELEASE_14_0,
                                        SEL4_RELEASE_13_0, SEL4_RELEASE_12_0};
    struct replay_setup setup = {
        .release = releases[take(bytes, ARRAY_LENGTH(releases))],
        .work_units = work_units[take(bytes, ARRAY_LENGTH(work_units))],
        .domains = rarely(bytes, 3) ? 3 : 1,
        .is_silent = rarely(bytes, 4),
        .has_pic = rarely(bytes, 6),
    };
    if (rarely(bytes, 3)) {
        setup.cores = 2;
        setup.domains = 1;
    }
    setup.favourite = rarely(bytes, 2) ? take(bytes, INVOCATION_COUNT) : INV_INVALID;
    setup.has_iommu = rarely(bytes, 4);
    setup.has_benchmarks = rarely(bytes, 8);
    setup.has_no_ioapic = rarely(bytes, 16);
    setup.has_debug_api = rarely(bytes, 4);
    setup.has_msrs = rarely(bytes, 8);
    setup.reports_errors_by_ipc = rarely(bytes, 4) && !setup.is_silent;
    return setup;
}

void random_setup_mcs(struct replay_setup *setup)
{
    setup->mcs = true;
    setup->cores = 0;
}

/* --- capabilities -------------------------------------------------------------------------- */

static bool is_unmapped_frame(union cap cap)
{
    return !cap.frame.asid;
}

static bool is_unmapped_table(union cap cap)
{
    return !cap.paging.is_mapped;
}

static bool is_mapped_table(union cap cap)
{
    return cap.paging.is_mapped;
}

static bool is_unmapped_io_table(union cap cap)
{
    return !cap.io_page_table.is_mapped;
}

/* --- calls --------------------------------------------------------------------------------- */

static const struct {
    enum invocation first, last;
} methods_of_type[CAP_TYPE_COUNT] = {
    [CAP_UNTYPED] = {INV_UNTYPED_RETYPE, INV_UNTYPED_RETYPE},
    [CAP_CNODE] = {INV_CNODE_REVOKE, INV_CNODE_SAVE_CALLER},
    [CAP_TCB] = {INV_TCB_READ_REGISTERS, INV_TCB_SET_FLAGS},
    [CAP_IRQ_CONTROL] = {INV_IRQ_CONTROL_GET_IOAPIC, INV_IRQ_CONTROL_GET_MSI},
    [CAP_IRQ_HANDLER] = {INV_IRQ_HANDLER_ACK, INV_IRQ_HANDLER_CLEAR},
    [CAP_DOMAIN_SET] = {INV_DOMAIN_SET_SET, INV_DOMAIN_SET_SCHEDULE_SET_START},
    [CAP_FRAME] = {INV_X86_PAGE_MAP, INV_X86_PAGE_GET_ADDRESS},
    [CAP_PAGE_TABLE] = {INV_X86_PAGE_TABLE_MAP, INV_X86_PAGE_TABLE_UNMAP},
    [CAP_PAGE_DIRECTORY] = {INV_X86_PAGE_DIRECTORY_MAP, INV_X86_PAGE_DIRECTORY_UNMAP},
    [CAP_PDPT] = {INV_X86_PDPT_MAP, INV_X86_PDPT_UNMAP},
    [CAP_ASID_CONTROL] = {INV_X86_ASID_CONTROL_MAKE_POOL, INV_X86_ASID_CONTROL_MAKE_POOL},
    [CAP_ASID_POOL] = {INV_X86_ASID_POOL_ASSIGN, INV_X86_ASID_POOL_ASSIGN},
    [CAP_IO_PORT_CONTROL] = {INV_X86_IO_PORT_CONTROL_ISSUE, INV_X86_IO_PORT_CONTROL_ISSUE},
    [CAP_IO_PORT] = {INV_X86_IO_PORT_IN8, INV_X86_IO_PORT_OUT32},
    [CAP_IO_PAGE_TABLE] = {INV_X86_IO_PAGE_TABLE_MAP, INV_X86_IO_PAGE_TABLE_UNMAP},
    [CAP_SCHED_CONTROL] = {INV_SCHED_CONTROL_CONFIGURE_FLAGS, INV_SCHED_CONTROL_CONFIGURE_FLAGS},
    [CAP_SCHED_CONTEXT] = {INV_SCHED_CONTEXT_BIND, INV_SCHED_CONTEXT_YIELD_TO},
};

/* What boot made, and nobody can make anew. */
static const cptr_t boot_caps[CAP_TYPE_COUNT] = {
    [CAP_CNODE] = INITIAL_CAP_CNODE,
    [CAP_IRQ_CONTROL] = INITIAL_CAP_IRQ_CONTROL,
    [CAP_ASID_CONTROL] = INITIAL_CAP_ASID_CONTROL,
    [CAP_IO_PORT_CONTROL] = INITIAL_CAP_IO_PORT_CONTROL,
    [CAP_DOMAIN_SET] = INITIAL_CAP_DOMAIN,
    [CAP_IO_SPACE] = INITIAL_CAP_IO_SPACE,
    [CAP_SCHED_CONTROL] = 16, /* since 13.0 */
};

/* How to come by a capability of a type. */
static const struct maker {
    enum invocation method;
    enum object_kind kind; /* for Retype */
} makers[CAP_TYPE_COUNT] = {
    [CAP_UNTYPED] = {INV_UNTYPED_RETYPE, OBJECT_UNTYPED},
    [CAP_CNODE] = {INV_UNTYPED_RETYPE, OBJECT_CNODE},
    [CAP_TCB] = {INV_UNTYPED_RETYPE, OBJECT_TCB},
    [CAP_FRAME] = {INV_UNTYPED_RETYPE, OBJECT_4K_PAGE},
    [CAP_PAGE_TABLE] = {INV_UNTYPED_RETYPE, OBJECT_PAGE_TABLE},
    [CAP_PAGE_DIRECTORY] = {INV_UNTYPED_RETYPE, OBJECT_PAGE_DIRECTORY},
    [CAP_PDPT] = {INV_UNTYPED_RETYPE, OBJECT_PDPT},
    [CAP_PML4] = {INV_UNTYPED_RETYPE, OBJECT_PML4},
    [CAP_IO_PAGE_TABLE] = {INV_UNTYPED_RETYPE, OBJECT_IO_PAGE_TABLE},
    [CAP_IRQ_HANDLER] = {INV_IRQ_CONTROL_GET_IOAPIC, OBJECT_INVALID},
    [CAP_IO_PORT] = {INV_X86_IO_PORT_CONTROL_ISSUE, OBJECT_INVALID},
    [CAP_ASID_POOL] = {INV_X86_ASID_CONTROL_MAKE_POOL, OBJECT_INVALID},
    [CAP_SCHED_CONTEXT] = {INV_UNTYPED_RETYPE, OBJECT_SCHED_CONTEXT},
    [CAP_REPLY_OBJECT] = {INV_UNTYPED_RETYPE, OBJECT_REPLY},
};

/* What a method's capability has to be, to get far. */
static bool (*const method_wants[INVOCATION_COUNT])(union cap) = {
    [INV_UNTYPED_RETYPE] = has_room,
    [INV_X86_PAGE_MAP_IO] = is_unmapped_frame,
    [INV_X86_PDPT_MAP] = is_unmapped_table,
    [INV_X86_PDPT_UNMAP] = is_mapped_table,
    [INV_X86_PAGE_DIRECTORY_MAP] = is_unmapped_table,
    [INV_X86_PAGE_DIRECTORY_UNMAP] = is_mapped_table,
    [INV_X86_PAGE_TABLE_MAP] = is_unmapped_table,
    [INV_X86_PAGE_TABLE_UNMAP] = is_mapped_table,
    [INV_X86_IO_PAGE_TABLE_MAP] = is_unmapped_io_table,
};

/* What has to be there besides, and of what type it is. */
static const struct {
    bool (*fits)(union cap);
    enum cap_type type;
} method_needs[INVOCATION_COUNT] = {
    [INV_X86_ASID_CONTROL_MAKE_POOL] = {is_page_untyped, CAP_UNTYPED},
    [INV_X86_ASID_POOL_ASSIGN] = {is_new_vspace, CAP_PML4},
};

static enum cap_type type_of_method(enum invocation method)
{
    for (unsigned i = 0; i < CAP_TYPE_COUNT; i++) {
        if (method >= methods_of_type[i].first && method <= methods_of_type[i].last)
            return i;
    }
    return method == INV_IRQ_CONTROL_GET ? CAP_IRQ_CONTROL : CAP_NULL;
}

/* A capability to call the method on. */
static cptr_t take_invoked(const struct replay *r, struct byte_source *bytes,
                           enum invocation method)
{
    enum cap_type type = type_of_method(method);
    if (type == CAP_NULL || rarely(bytes, 32))
        return choose_cptr(bytes);
    if (boot_caps[type] && !rarely(bytes, 4))
        return boot_caps[type];
    if (method == INV_UNTYPED_RETYPE && rarely(bytes, 16))
        return choose_fitting(r, bytes, type, is_large_device);
    return choose_fitting(r, bytes, type, rarely(bytes, 8) ? NULL : method_wants[method]);
}

/* Makes what the draft's method lacks instead of calling it, most of the time. */
static void make_first(struct draft *d, enum cap_type type)
{
    const struct maker *maker = &makers[type];
    if (!maker->method || rarely(d->bytes, 8))
        return;
    d->method = maker->method;
    d->kind = maker->kind;
    d->call.cap = take_invoked(d->r, d->bytes, maker->method);
}

static enum invocation take_any_method(const struct replay *r, struct byte_source *bytes)
{
    static const enum invocation io_methods[] = {INV_X86_IO_PAGE_TABLE_MAP,
                                                 INV_X86_IO_PAGE_TABLE_UNMAP, INV_X86_PAGE_MAP_IO,
                                                 INV_X86_PAGE_MAP_IO};
    static const enum invocation rare_methods[] = {
        INV_CNODE_SAVE_CALLER,          INV_X86_PAGE_TABLE_MAP, INV_X86_ASID_POOL_ASSIGN,
        INV_X86_ASID_CONTROL_MAKE_POOL, INV_IRQ_CONTROL_GET,    INV_DOMAIN_SET_SCHEDULE_SET_START,
        INV_CNODE_CANCEL_BADGED_SENDS};
    static const enum invocation mcs_methods[] = {
        INV_SCHED_CONTROL_CONFIGURE_FLAGS,
        INV_SCHED_CONTROL_CONFIGURE_FLAGS,
        INV_SCHED_CONTEXT_BIND,
        INV_SCHED_CONTEXT_BIND,
        INV_SCHED_CONTEXT_UNBIND,
        INV_SCHED_CONTEXT_UNBIND_OBJECT,
        INV_SCHED_CONTEXT_CONSUMED,
        INV_SCHED_CONTEXT_YIELD_TO,
        INV_TCB_SET_SCHED_PARAMS,
        INV_TCB_SET_TIMEOUT_ENDPOINT,
        INV_TCB_SET_SPACE,
        INV_TCB_BIND_NOTIFICATION,
        INV_TCB_RESUME,
        INV_TCB_SET_PRIORITY,
    };
    enum invocation method = 1 + take(bytes, INVOCATION_COUNT - 1);
    if (r->setup.favourite && rarely(bytes, 2))
        method = r->setup.favourite;
    if (rarely(bytes, 8))
        method = rare_methods[take(bytes, ARRAY_LENGTH(rare_methods))];
    if (r->setup.mcs && rarely(bytes, 3))
        method = mcs_methods[take(bytes, ARRAY_LENGTH(mcs_methods))];
    if (r->setup.has_debug_api && rarely(bytes, 6))
        method = INV_TCB_SET_BREAKPOINT + take(bytes, 4);
    if (r->setup.has_iommu && rarely(bytes, 4))
        method = io_methods[take(bytes, ARRAY_LENGTH(io_methods))];
    if (method == INV_IRQ_CONTROL_GET && !r->setup.has_pic && !rarely(bytes, 8))
        method = INV_IRQ_CONTROL_GET_MSI;
    while (!abi_invocation_label(&r->g.k->config, method))
        method = 1 + (method + 6) % (INVOCATION_COUNT - 1);
    return method;
}

/* Any method of the configuration, and a capability to call it on. */
static void take_method(struct draft *d)
{
    d->method = rarely(d->bytes, 8) ? INV_UNTYPED_RETYPE : take_any_method(d->r, d->bytes);
    d->call.cap = take_invoked(d->r, d->bytes, d->method);
    enum cap_type type = type_of_method(d->method), needed = method_needs[d->method].type;
    if (type != CAP_NULL && cap_type(root_cap(d->r, d->call.cap)) != type)
        make_first(d, type);
    else if (needed && !root_has(d->r, needed, method_needs[d->method].fits))
        make_first(d, needed);
}

/* Deletes something, or all that was made of an untyped: for slots and memory. */
static struct guest_syscall take_cleaning(const struct replay *r, struct byte_source *bytes)
{
    bool is_revoke = rarely(bytes, 2);
    cptr_t cptr = is_revoke ? choose_type(r, bytes, CAP_UNTYPED) : choose_slot(r, bytes, is_any);
    return (struct guest_syscall){
        .syscall = SYSCALL_CALL,
        .cap = INITIAL_CAP_CNODE,
        .label =
            abi_invocation_label(&r->g.k->config, is_revoke ? INV_CNODE_REVOKE : INV_CNODE_DELETE),
        WORDS(cptr, 64),
    };
}

static struct guest_syscall take_invocation(const struct replay *r, struct byte_source *bytes)
{
    const struct kernel_config *config = &r->g.k->config;
    struct draft d = {.r = r, .bytes = bytes, .kind = OBJECT_INVALID};
    take_method(&d);
    union cap cap = root_cap(r, d.call.cap);
    bool has_memory = has_room(cap) || is_large_device(cap);
    if (d.method == INV_UNTYPED_RETYPE && !has_memory && !rarely(bytes, 4))
        return take_cleaning(r, bytes);
    d.call.syscall = rarely(bytes, 8) ? SYSCALL_SEND : SYSCALL_CALL;
    d.call.label = abi_invocation_label(config, d.method);
    d.invoked = cap;
    d.dest = d.source = d.pivot = d.call.cap;

    struct invocation_info info = abi_invocation_info(config, d.method);
    draft_take_extras(&d, info.caps);
    draft_take_arguments(&d, info.arguments);
    if (rarely(bytes, 24))
        d.call.length = take(bytes, ARRAY_LENGTH(d.call.words));
    if (rarely(bytes, 24))
        d.call.caps = take(bytes, 4);
    return d.call;
}

/* Moves or copies a CNode or a thread into a CNode: deleting that gets interesting. */
static struct guest_syscall take_nesting(const struct replay *r, struct byte_source *bytes)
{
    cptr_t cnode = choose_type(r, bytes, CAP_CNODE);
    union cap cap = root_cap(r, cnode);
    if (cap_type(cap) != CAP_CNODE)
        return take_invocation(r, bytes);
    word_t place = choose_place(r, bytes, cap, true);
    bool is_full = !slot_is_empty(slot_at(r->g.k, cap.cnode.object) + place);
    return (struct guest_syscall){
        .syscall = SYSCALL_CALL,
        .cap = cnode,
        .label = abi_invocation_label(&r->g.k->config, is_full            ? INV_CNODE_DELETE
                                                       : rarely(bytes, 3) ? INV_CNODE_COPY
                                                                          : INV_CNODE_MOVE),
        WORDS(cap.cnode.guard << cap.cnode.radix | place,
              (word_t)cap.cnode.guard_size + cap.cnode.radix,
              choose_type(r, bytes, rarely(bytes, 2) ? CAP_CNODE : CAP_TCB), 64, RIGHTS_ALL),
        EXTRA(INITIAL_CAP_CNODE),
    };
}

static enum syscall take_message_call(const struct replay *r, struct byte_source *bytes)
{
    static const enum syscall calls[] = {SYSCALL_CALL,    SYSCALL_SEND, SYSCALL_NB_SEND,
                                         SYSCALL_RECV,    SYSCALL_RECV, SYSCALL_REPLY_RECV,
                                         SYSCALL_NB_RECV, SYSCALL_REPLY};
    static const enum syscall calls_mcs[] = {
        SYSCALL_CALL,         SYSCALL_CALL,         SYSCALL_SEND,       SYSCALL_NB_SEND,
        SYSCALL_RECV,         SYSCALL_RECV,         SYSCALL_REPLY_RECV, SYSCALL_REPLY_RECV,
        SYSCALL_NB_SEND_RECV, SYSCALL_NB_SEND_WAIT, SYSCALL_NB_RECV,    SYSCALL_WAIT,
        SYSCALL_NB_WAIT};
    return r->setup.mcs ? calls_mcs[take(bytes, ARRAY_LENGTH(calls_mcs))]
                        : calls[take(bytes, ARRAY_LENGTH(calls))];
}

/* What may be sent to or received from, in either phase. */
static cptr_t take_end(const struct replay *r, struct byte_source *bytes, enum cap_type reply)
{
    return choose_type(r, bytes,
                       rarely(bytes, 8)   ? reply
                       : rarely(bytes, 4) ? CAP_NOTIFICATION
                                          : CAP_ENDPOINT);
}

static struct guest_syscall take_message(const struct replay *r, struct byte_source *bytes)
{
    struct guest_syscall call = {.syscall = take_message_call(r, bytes),
                                 .label = take(bytes, 3),
                                 .length = take(bytes, 24),
                                 .caps = take(bytes, 4)};
    call.cap = take_end(r, bytes, r->setup.mcs ? CAP_REPLY_OBJECT : CAP_REPLY);
    for (unsigned i = 0; i < call.caps; i++)
        call.extra[i] = choose_cptr(bytes);
    for (unsigned i = 0; i < 4; i++)
        call.words[i] = choose_word(bytes);
    if (r->setup.mcs) {
        call.reply = rarely(bytes, 8) ? take_end(r, bytes, CAP_NULL)
                                      : choose_type(r, bytes, CAP_REPLY_OBJECT);
        call.dest = rarely(bytes, 8) ? choose_cptr(bytes) : take_end(r, bytes, CAP_REPLY_OBJECT);
    }
    return call;
}

static struct guest_syscall take_other(const struct replay *r, struct byte_source *bytes)
{
    static const enum syscall calls[] = {SYSCALL_YIELD,
                                         SYSCALL_YIELD,
                                         SYSCALL_DEBUG_PUT_CHAR,
                                         SYSCALL_DEBUG_DUMP_SCHEDULER,
                                         SYSCALL_DEBUG_CAP_IDENTIFY,
                                         SYSCALL_SET_TLS_BASE,
                                         SYSCALL_DEBUG_NAME_THREAD,
                                         SYSCALL_BENCHMARK_RESET_LOG,
                                         SYSCALL_BENCHMARK_FINALIZE_LOG,
                                         SYSCALL_BENCHMARK_FLUSH_CACHES,
                                         SYSCALL_BENCHMARK_NULL_SYSCALL,
                                         SYSCALL_BENCHMARK_GET_THREAD_UTILISATION,
                                         SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION,
                                         SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION,
                                         SYSCALL_BENCHMARK_RESET_ALL_THREADS_UTILISATION,
                                         SYSCALL_X86_DANGEROUS_RDMSR,
                                         SYSCALL_X86_DANGEROUS_WRMSR};
    static const word_t msrs[] = {0x10, 0x1b, 0xc0000080, 0xc0000081, 0xc0000100, 0xc0000101};
    struct guest_syscall call = {.syscall = calls[take(bytes, ARRAY_LENGTH(calls))],
                                 .cap = choose_cptr(bytes)};
    if (!abi_syscall_number(&r->g.k->config, call.syscall))
        call.syscall = SYSCALL_YIELD;
    if (call.syscall == SYSCALL_DEBUG_NAME_THREAD ||
        call.syscall == SYSCALL_BENCHMARK_GET_THREAD_UTILISATION ||
        call.syscall == SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION)
        call.cap = choose_type(r, bytes, CAP_TCB);
    if (r->setup.has_msrs && rarely(bytes, 4))
        call.cap = msrs[take(bytes, ARRAY_LENGTH(msrs))];
    if (rarely(bytes, 64))
        call.syscall = take(bytes, SYSCALL_COUNT);
    return call;
}

/* A caller waits, or a thread with a fault: to be answered with any registers. */
static bool owes_answer(const struct replay *r, unsigned core)
{
    const struct tcb *tcb = tcb_at(r->g.k, r->g.k->cores[core].current);
    return !r->setup.mcs && cap_type(tcb->slots[TCB_SLOT_CALLER].cap) == CAP_REPLY;
}

static void take_call(const struct replay *r, struct byte_source *bytes, struct step *step)
{
    bool takes_message = false;
    static struct guest_syscall (*const takes[])(const struct replay *, struct byte_source *) = {
        take_invocation, take_invocation, take_invocation, take_invocation, take_invocation,
        take_invocation, take_invocation, take_invocation, take_invocation, take_invocation,
        take_nesting,    take_message,    take_message,    take_message,    take_other};
    if (r->setup.mcs) {
        step->delay = take(bytes, 8);
        takes_message = rarely(bytes, 5);
    }
    step->kind = STEP_CALL;
    step->receive[0] = INITIAL_CAP_CNODE;
    step->receive[1] = take(bytes, REPLAY_ROOT_SLOTS);
    step->receive[2] = 64;
    step->stop = rarely(bytes, 8) ? 1 + take(bytes, 4) : 0;
    step->device = take(bytes, 256);
    step->call = takes_message ? take_message(r, bytes)
                 : root_is_crowded(r) && rarely(bytes, 4)
                     ? take_cleaning(r, bytes)
                     : takes[take(bytes, ARRAY_LENGTH(takes))](r, bytes);
    if (owes_answer(r, step->core) && rarely(bytes, 4))
        step->call.syscall = SYSCALL_REPLY;
    if (step->call.syscall == SYSCALL_DEBUG_NAME_THREAD)
        step->name = rarely(bytes, 32) ? TCB_NAME_BYTES : take(bytes, 256) * 3;
}

/* --- steps --------------------------------------------------------------------------------- */

static void take_fault(const struct replay *r, struct byte_source *bytes, struct step *step)
{
    static const enum step_kind kinds[] = {STEP_VM_FAULT, STEP_USER_EXCEPTION,
                                           STEP_UNKNOWN_SYSCALL};
    if (r->setup.has_debug_api && rarely(bytes, 2)) {
        step->kind = STEP_DEBUG_EXCEPTION;
        step->value[0] = rarely(bytes, 4) ? EXCEPTION_BREAKPOINT : EXCEPTION_DEBUG;
        step->value[1] = rarely(bytes, 2) ? 1U << HARDWARE_BREAKPOINTS : take(bytes, 32);
        return;
    }
    step->kind = kinds[take(bytes, ARRAY_LENGTH(kinds))];
    step->value[0] = step->kind == STEP_USER_EXCEPTION ? take(bytes, 32) : choose_word(bytes);
    step->value[1] = take(bytes, 32);
}

static void take_event(struct byte_source *bytes, struct step *step)
{
    step->delay = take(bytes, 256);
    step->kind = rarely(bytes, 2) ? STEP_INTERRUPT : STEP_TIMER;
    step->value[0] = rarely(bytes, 8) ? take(bytes, MAX_USER_VECTOR + 1) : take(bytes, 16);
}

/* Threads are let go more often than they are held. */
static void take_hold(struct byte_source *bytes, struct step *step)
{
    step->kind = STEP_HOLD;
    step->value[0] = take(bytes, 8);
    step->value[1] = !rarely(bytes, 3);
}

/* Nobody can run: time goes by, or one of the threads is restarted or let go. */
static void take_wake(const struct replay *r, struct byte_source *bytes, struct step *step)
{
    if (rarely(bytes, 4)) {
        take_event(bytes, step);
        return;
    }
    if (rarely(bytes, 4)) {
        take_hold(bytes, step);
        return;
    }
    step->kind = STEP_RESTART;
    step->value[0] = choose_thread(r, bytes);
    step->delay = take(bytes, 4);
}

static paddr_t take_object(const struct replay *r, struct byte_source *bytes)
{
    union cap cap = root_cap(r, choose_slot(r, bytes, is_any));
    paddr_t base;
    unsigned bits;
    if (!cap_object_type(cap)->extent(cap, &base, &bits))
        return (paddr_t)take(bytes, 256) << 16;
    return align_down(base, PAGE_BITS) + ((paddr_t)take(bytes, 4) << PAGE_BITS);
}

/* Aimed at objects, or at what I/O page tables map; full of words that look like their entries. */
static void take_store(const struct replay *r, struct byte_source *bytes, struct step *step)
{
    step->kind = STEP_STORE;
    step->value[1] = rarely(bytes, 4) ? choose_word(bytes) : take_object(r, bytes) | take(bytes, 4);
    step->value[2] = take(bytes, 4);
    if (r->setup.has_iommu && step->value[2])
        step->value[0] = (word_t)take(bytes, 2) << 21 | (word_t)take(bytes, 8) << PAGE_BITS;
    else
        step->value[0] = take_object(r, bytes);
}

struct step random_step(const struct replay *r, struct byte_source *bytes)
{
    struct step step = {.core = take(bytes, r->g.k->num_cores)};
    unsigned kind = take(bytes, 32);
    if (!r->g.k->cores[step.core].current)
        take_wake(r, bytes, &step);
    else if (kind < 2 || (r->is_preempted[step.core] && kind < 16))
        take_event(bytes, &step);
    else if (kind == 2)
        take_fault(r, bytes, &step);
    else if (kind == 3)
        step.kind = STEP_REPEAT;
    else if (kind == 4)
        take_hold(bytes, &step);
    else if (kind == 5 || (kind < 9 && r->setup.has_iommu))
        take_store(r, bytes, &step);
    else
        take_call(r, bytes, &step);
    return step;
}

void random_life(const struct replay_setup *setup, struct byte_source *bytes)
{
    struct replay r = replay_boot(setup, 16);
    for (bool goes_on = true; goes_on && bytes->at < bytes->end;) {
        struct step step = random_step(&r, bytes);
        goes_on = replay_step(&r, &step);
    }
    if (r.problem) {
        printf("does not hold: %s\n", r.problem);
        abort();
    }
    replay_end(&r);
}
