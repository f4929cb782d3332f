/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_random.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <kernel/testkit_invariants.h>
#include <model/console.h>
#include <object/object_types.h>
#include <object/tcb.h>

#define MEMORY_END UINT64_C(0x1000000)
#define ROOT_RADIX 8
#define ROOT_SLOTS (1U << ROOT_RADIX)

/* --- bytes --------------------------------------------------------------------------------- */

static unsigned take(struct byte_source *bytes, unsigned limit)
{
    unsigned byte = bytes->at < bytes->end ? *bytes->at++ : 0;
    return byte % limit;
}

static word_t take_word(struct byte_source *bytes)
{
    word_t word = 0;
    for (unsigned i = 0; i < 8; i++)
        word = word << 8 | take(bytes, 256);
    return word;
}

static word_t take_any(struct byte_source *bytes)
{
    static const word_t special[] = {0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     63,
                                     64,
                                     65,
                                     255,
                                     256,
                                     4096,
                                     UINT64_C(1) << 40,
                                     INT64_MAX,
                                     UINT64_MAX,
                                     GUEST_IMAGE_START,
                                     0x10000000,
                                     0x7fffffe00000,
                                     0x7ffffffff000};
    switch (take(bytes, 4)) {
    case 0:
        return take_word(bytes);
    case 1:
        return special[take(bytes, ARRAY_LENGTH(special))];
    default:
        return take(bytes, 16);
    }
}

/* --- boot ---------------------------------------------------------------------------------- */

static struct kernel_config take_config(struct byte_source *bytes)
{
    static const unsigned work_units[] = {1, 2, 3, 100};
    struct kernel_config config = kernel_config_default();
    config.root_cnode_size_bits = ROOT_RADIX;
    config.max_num_work_units_per_preemption = work_units[take(bytes, ARRAY_LENGTH(work_units))];
    config.num_domains = take(bytes, 4) ? 1 : 3;
    config.num_domain_schedules = config.num_domains > 1 ? 10 : 2;
    config.printing = config.debug_build = take(bytes, 4) != 0;
    return config;
}

/* A few threads and objects, so that something can happen at once. */
static void populate(struct random_guest *r)
{
    struct guest *g = &r->g;
    const unsigned priorities[] = {255, 255, 100, 100, 7};
    for (unsigned i = 0; i < ARRAY_LENGTH(priorities); i++) {
        struct guest_thread t = guest_thread(g, priorities[i]);
        guest_resume(g, t);
    }
    for (unsigned i = 0; i < 3; i++) {
        guest_make(g, OBJECT_ENDPOINT, 0);
        guest_make(g, OBJECT_NOTIFICATION, 0);
        guest_make(g, OBJECT_CNODE, 1 + 2 * i);
        guest_make(g, OBJECT_UNTYPED, 11 + 3 * i);
    }
}

struct random_guest random_guest_boot(struct byte_source *bytes, unsigned check_every)
{
    struct random_guest r = {.g = guest_boot(take_config(bytes), MEMORY_END),
                             .check_every = check_every};
    r.root_slots = guest_root(&r.g)->slots[TCB_SLOT_CTABLE].cap.cnode.object;
    r.first_made = r.g.next_slot;
    populate(&r);
    return r;
}

void random_guest_end(struct random_guest *r)
{
    guest_end(&r->g);
}

/* --- entries ------------------------------------------------------------------------------- */

static void look(struct random_guest *r, struct outcome outcome)
{
    const char *text;
    console_take(r->g.k, &text);
    if (r->problem || ++r->entries % r->check_every)
        return;
    bool is_settled = outcome.kind == OUTCOME_RUN || outcome.kind == OUTCOME_IDLE;
    r->problem = invariants_broken(r->g.k, r->root_slots, ROOT_RADIX, is_settled);
}

/* What a seat may do at a preemption point. */
static struct outcome go_on(struct random_guest *r, struct byte_source *bytes)
{
    switch (take(bytes, 8)) {
    case 0:
        return kernel_timer(r->g.k, 0, r->g.now += take(bytes, 256) * UINT64_C(100000));
    case 1:
        return kernel_interrupt(r->g.k, 0, take(bytes, MAX_USER_VECTOR + 1), r->g.now);
    default:
        return kernel_continue(r->g.k, 0, r->g.now);
    }
}

static struct outcome serve(struct random_guest *r, struct byte_source *bytes,
                            struct outcome outcome)
{
    struct kernel *k = r->g.k;
    struct memory_region clear = k->cores[0].clear;
    switch (outcome.kind) {
    case OUTCOME_PREEMPTED:
        return go_on(r, bytes);
    case OUTCOME_CLEAR:
        memset(kernel_memory(k, clear.base), 0, clear.end - clear.base);
        return kernel_continue(k, 0, r->g.now);
    case OUTCOME_DEVICE:
        return kernel_device_answer(k, 0, take(bytes, 256), r->g.now);
    default:
        return kernel_continue(k, 0, r->g.now);
    }
}

/* Goes on until a thread is to run, or nothing can; false: the machine has halted. */
static bool finish(struct random_guest *r, struct byte_source *bytes, struct outcome outcome)
{
    for (unsigned i = 0;; i++) {
        look(r, outcome);
        if (outcome.kind == OUTCOME_RUN || outcome.kind == OUTCOME_IDLE)
            return true;
        if (outcome.kind == OUTCOME_HALT)
            return false;
        outcome = i < 10000 ? serve(r, bytes, outcome) : kernel_timer(r->g.k, 0, r->g.now);
    }
}

/* --- calls --------------------------------------------------------------------------------- */

static cptr_t take_cptr(struct byte_source *bytes)
{
    return take(bytes, 32) ? take(bytes, ROOT_SLOTS) : take_any(bytes);
}

/* The next slot from a random one on that holds the type; behind what boot made, most of the time.
 */
static cptr_t take_cptr_of(struct random_guest *r, struct byte_source *bytes, enum cap_type type)
{
    const struct slot *slots = slot_at(r->g.k, r->root_slots);
    cptr_t first = take(bytes, 8) ? r->first_made : 1;
    unsigned range = (unsigned)(ROOT_SLOTS - first), start = take(bytes, 256);
    for (unsigned i = 0; i < range; i++) {
        cptr_t cptr = first + (start + i) % range;
        if (cap_type(slots[cptr].cap) == type)
            return cptr;
    }
    return first + start % range;
}

/* One that holds any capability. */
static cptr_t take_full_cptr(struct random_guest *r, struct byte_source *bytes)
{
    const struct slot *slots = slot_at(r->g.k, r->root_slots);
    cptr_t first = take(bytes, 8) ? r->first_made : 1;
    unsigned range = (unsigned)(ROOT_SLOTS - first), start = take(bytes, 256), i = 0;
    while (i < range && cap_is_null(slots[first + (start + i) % range].cap))
        i++;
    return first + (start + i) % range;
}

static bool name_has(const struct invocation_argument *argument, const char *part)
{
    char name[64] = {0};
    memcpy(name, argument->name, argument->name_length % sizeof(name));
    return strstr(name, part) != NULL;
}

/* The CNodes that the slots of an invocation are looked up in. */
struct roots {
    cptr_t dest, source, pivot;
};

static cptr_t root_of(const struct roots *roots, const struct invocation_argument *argument)
{
    return name_has(argument, "src")     ? roots->source
           : name_has(argument, "pivot") ? roots->pivot
                                         : roots->dest;
}

static union cap root_cap(const struct random_guest *r, cptr_t cptr)
{
    const struct slot *slots = slot_at(r->g.k, r->root_slots);
    return slots[cptr % ROOT_SLOTS].cap;
}

static word_t take_index(struct random_guest *r, struct byte_source *bytes,
                         const struct roots *roots, const struct invocation_argument *argument)
{
    union cap root = root_cap(r, root_of(roots, argument));
    if (cap_type(root) == CAP_CNODE && root.cnode.object != r->root_slots)
        return root.cnode.guard << root.cnode.radix | take(bytes, 1U << (root.cnode.radix & 7));
    if (name_has(argument, "src") || name_has(argument, "pivot"))
        return take_full_cptr(r, bytes);
    if (name_has(argument, "dest") || name_has(argument, "offset") || take(bytes, 2))
        return take_cptr_of(r, bytes, CAP_NULL);
    return take_full_cptr(r, bytes);
}

static word_t depth_of(const struct random_guest *r, cptr_t cptr)
{
    union cap root = root_cap(r, cptr);
    return cap_type(root) == CAP_CNODE ? (word_t)root.cnode.guard_size + root.cnode.radix : 64;
}

/* A value that suits the name, most of the time. */
static word_t take_argument(struct random_guest *r, struct byte_source *bytes,
                            const struct roots *roots, const struct invocation_argument *argument)
{
    static const struct {
        const char *part;
        word_t base;
        unsigned range, shift;
    } values[] = {
        {"node_depth", 0, 1, 0}, {"node_index", 0, 1, 0},  {"size_bits", 1, 13, 0},
        {"type", 0, 13, 0},      {"num_objects", 1, 3, 0}, {"rights", 0, 16, 0},
        {"badge", 0, 4, 0},      {"priority", 0, 256, 0},  {"mcp", 0, 256, 0},
        {"fault_ep", 0, 256, 0}, {"root_data", 0, 1, 0},   {"buffer", 64, 16, 10},
        {"vaddr", 0x3fe, 8, 12}, {"count", 1, 20, 0},      {"domain", 0, 3, 0},
        {"duration", 1, 5, 0},   {"port", 0x60, 4, 0},     {"vector", 0, 108, 0},
        {"attr", 0, 8, 0},
    };
    if (take(bytes, 16) == 0)
        return take_any(bytes);
    for (unsigned i = 0; i < ARRAY_LENGTH(values); i++) {
        if (name_has(argument, values[i].part))
            return (values[i].base + take(bytes, values[i].range)) << values[i].shift;
    }
    if (name_has(argument, "depth"))
        return depth_of(r, root_of(roots, argument));
    if (name_has(argument, "index") || name_has(argument, "offset"))
        return take_index(r, bytes, roots, argument);
    return take(bytes, 8);
}

static cptr_t take_extra(struct random_guest *r, struct byte_source *bytes,
                         const struct invocation_argument *argument)
{
    static const struct {
        const char *part;
        enum cap_type type;
    } types[] = {{"notification", CAP_NOTIFICATION},
                 {"thread", CAP_TCB},
                 {"source", CAP_TCB},
                 {"Frame", CAP_FRAME},
                 {"untyped", CAP_UNTYPED}};
    if (take(bytes, 16) == 0)
        return take_cptr(bytes);
    for (unsigned i = 0; i < ARRAY_LENGTH(types); i++) {
        if (name_has(argument, types[i].part))
            return take_cptr_of(r, bytes, types[i].type);
    }
    if (name_has(argument, "vspace") || name_has(argument, "pml4"))
        return take(bytes, 3) ? INITIAL_CAP_VSPACE : take_cptr_of(r, bytes, CAP_PML4);
    if (name_has(argument, "root"))
        return take(bytes, 3) ? INITIAL_CAP_CNODE : take_cptr_of(r, bytes, CAP_CNODE);
    return name_has(argument, "authority") ? INITIAL_CAP_TCB : take_full_cptr(r, bytes);
}

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
};

static cptr_t take_invoked(struct random_guest *r, struct byte_source *bytes)
{
    switch (take(bytes, 8)) {
    case 0:
        return INITIAL_CAP_CNODE;
    case 1:
        return take_cptr_of(r, bytes, CAP_CNODE);
    case 2:
        return take_cptr_of(r, bytes, CAP_UNTYPED);
    case 3:
        return take_cptr_of(r, bytes, CAP_TCB);
    case 4:
        return 1 + take(bytes, abi_num_initial_caps(&r->g.k->config));
    default:
        return take_full_cptr(r, bytes);
    }
}

static void take_extras(struct random_guest *r, struct byte_source *bytes, const char *list,
                        struct guest_syscall *call, struct roots *ret_roots)
{
    struct invocation_argument argument;
    while (list && abi_invocation_next_argument(&list, &argument) && call->caps < 3) {
        cptr_t cptr = take_extra(r, bytes, &argument);
        call->extra[call->caps++] = cptr;
        if (name_has(&argument, "src_root"))
            ret_roots->source = cptr;
        else if (name_has(&argument, "pivot_root"))
            ret_roots->pivot = cptr;
        else if (name_has(&argument, "root"))
            ret_roots->dest = cptr;
    }
}

static void take_arguments(struct random_guest *r, struct byte_source *bytes, const char *list,
                           struct guest_syscall *call, const struct roots *roots)
{
    struct invocation_argument argument;
    while (list && abi_invocation_next_argument(&list, &argument)) {
        for (unsigned word = argument.word;
             word < argument.word + argument.words && word < ARRAY_LENGTH(call->words); word++) {
            call->words[word] |= take_argument(r, bytes, roots, &argument) << argument.low_bit;
            call->length = (unsigned)max_u64(call->length, word + 1);
        }
    }
}

/* Moves a CNode or a thread into a CNode: deleting that gets interesting. */
static struct guest_syscall take_nesting(struct random_guest *r, struct byte_source *bytes)
{
    cptr_t cnode = take_cptr_of(r, bytes, CAP_CNODE);
    union cap cap = root_cap(r, cnode);
    cptr_t moved = take_cptr_of(r, bytes, take(bytes, 2) ? CAP_CNODE : CAP_TCB);
    word_t index = cap.cnode.guard << cap.cnode.radix | take(bytes, 4);
    return (struct guest_syscall){
        .syscall = SYSCALL_CALL,
        .cap = cnode,
        .label = abi_invocation_label(&r->g.k->config, INV_CNODE_MOVE),
        WORDS(index, depth_of(r, cnode), moved, 64),
        EXTRA(INITIAL_CAP_CNODE),
    };
}

static struct guest_syscall take_invocation(struct random_guest *r, struct byte_source *bytes)
{
    const struct kernel_config *config = &r->g.k->config;
    struct slot *slots = slot_at(r->g.k, r->root_slots);
    struct guest_syscall call = {.syscall = take(bytes, 8) ? SYSCALL_CALL : SYSCALL_SEND,
                                 .cap = take_invoked(r, bytes)};
    enum cap_type type = cap_type(slots[call.cap % ROOT_SLOTS].cap);
    enum invocation first = methods_of_type[type].first, last = methods_of_type[type].last;
    enum invocation method = first + take(bytes, last - first + 1);
    if (take(bytes, 16) == 0)
        method = take(bytes, INVOCATION_COUNT);
    call.label = abi_invocation_label(config, method);

    struct roots roots = {call.cap, call.cap, call.cap};
    struct invocation_info info = abi_invocation_info(config, method);
    take_extras(r, bytes, info.caps, &call, &roots);
    take_arguments(r, bytes, info.arguments, &call, &roots);
    if (take(bytes, 16) == 0)
        call.length = take(bytes, ARRAY_LENGTH(call.words));
    if (take(bytes, 16) == 0)
        call.caps = take(bytes, 4);
    return call;
}

static struct guest_syscall take_message(struct random_guest *r, struct byte_source *bytes)
{
    static const enum syscall calls[] = {SYSCALL_CALL,    SYSCALL_SEND, SYSCALL_NB_SEND,
                                         SYSCALL_RECV,    SYSCALL_RECV, SYSCALL_REPLY_RECV,
                                         SYSCALL_NB_RECV, SYSCALL_REPLY};
    struct guest_syscall call = {.syscall = calls[take(bytes, ARRAY_LENGTH(calls))],
                                 .label = take(bytes, 3),
                                 .length = take(bytes, 24),
                                 .caps = take(bytes, 4)};
    call.cap = take_cptr_of(r, bytes,
                            take(bytes, 8) == 0   ? CAP_REPLY
                            : take(bytes, 4) == 0 ? CAP_NOTIFICATION
                                                  : CAP_ENDPOINT);
    for (unsigned i = 0; i < call.caps; i++)
        call.extra[i] = take_cptr(bytes);
    return call;
}

static struct guest_syscall take_other(struct random_guest *r, struct byte_source *bytes)
{
    (void)r;
    static const enum syscall calls[] = {SYSCALL_YIELD,
                                         SYSCALL_YIELD,
                                         SYSCALL_DEBUG_PUT_CHAR,
                                         SYSCALL_DEBUG_DUMP_SCHEDULER,
                                         SYSCALL_DEBUG_CAP_IDENTIFY,
                                         SYSCALL_SET_TLS_BASE};
    struct guest_syscall call = {.syscall = calls[take(bytes, ARRAY_LENGTH(calls))],
                                 .cap = take_cptr(bytes)};
    if (take(bytes, 64) == 0)
        call.syscall = take(bytes, SYSCALL_COUNT);
    return call;
}

static void offer_receive_slot(struct random_guest *r, struct byte_source *bytes)
{
    struct tcb *tcb = tcb_at(r->g.k, r->g.k->cores[0].current);
    word_t *buffer = guest_thread_of(&r->g, tcb).buffer;
    if (!buffer)
        return;
    buffer[IPC_BUFFER_RECEIVE_CNODE] = INITIAL_CAP_CNODE;
    buffer[IPC_BUFFER_RECEIVE_INDEX] = take(bytes, ROOT_SLOTS);
    buffer[IPC_BUFFER_RECEIVE_DEPTH] = 64;
}

static bool make_call(struct random_guest *r, struct byte_source *bytes)
{
    static struct guest_syscall (*const takes[])(struct random_guest *, struct byte_source *) = {
        take_invocation, take_invocation, take_invocation, take_invocation,
        take_nesting,    take_message,    take_message,    take_other};
    struct tcb *caller = tcb_at(r->g.k, r->g.k->cores[0].current);
    offer_receive_slot(r, bytes);
    struct guest_syscall call = takes[take(bytes, ARRAY_LENGTH(takes))](r, bytes);
    bool goes_on = finish(r, bytes, guest_syscall_once(&r->g, call));
    if (call.label && caller->context.reg[UREG_MESSAGE_INFO] >> 12 == 0)
        r->methods_done++;
    return goes_on;
}

/* --- steps --------------------------------------------------------------------------------- */

static bool some_fault(struct random_guest *r, struct byte_source *bytes)
{
    struct kernel *k = r->g.k;
    switch (take(bytes, 3)) {
    case 0:
        return finish(r, bytes, kernel_vm_fault(k, 0, take_any(bytes), take(bytes, 32), r->g.now));
    case 1:
        return finish(r, bytes, kernel_user_exception(k, 0, take(bytes, 32), 0, r->g.now));
    default:
        return finish(r, bytes, kernel_unknown_syscall(k, 0, take_any(bytes), r->g.now));
    }
}

static bool some_event(struct random_guest *r, struct byte_source *bytes)
{
    struct kernel *k = r->g.k;
    r->g.now += take(bytes, 256) * UINT64_C(100000);
    if (take(bytes, 2))
        return finish(r, bytes, kernel_timer(k, 0, r->g.now));
    return finish(r, bytes, kernel_interrupt(k, 0, take(bytes, 8), r->g.now));
}

/* Nobody can run: time goes by, or one of the threads is restarted. False: there is none. */
static bool some_wake(struct random_guest *r, struct byte_source *bytes)
{
    struct kernel *k = r->g.k;
    if (take(bytes, 2))
        return some_event(r, bytes);
    struct tcb *tcb = tcb_at(k, k->all_tcbs);
    for (unsigned i = take(bytes, 8); i > 0 && tcb && tcb->all_link.next; i--)
        tcb = tcb_at(k, tcb->all_link.next);
    if (!tcb)
        return false;
    tcb_restart(k, 0, tcb);
    return some_event(r, bytes);
}

bool random_guest_step(struct random_guest *r, struct byte_source *bytes)
{
    unsigned kind = take(bytes, 32);
    if (!r->g.k->cores[0].current)
        return some_wake(r, bytes);
    if (kind < 2)
        return some_event(r, bytes);
    if (kind == 2)
        return some_fault(r, bytes);
    return make_call(r, bytes);
}
