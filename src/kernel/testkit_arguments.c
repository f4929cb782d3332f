/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_arguments.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <abi/debug.h>
#include <base/bits.h>
#include <kernel/testkit_choice.h>
#include <object/object_types.h>

static bool is_badged(union cap cap)
{
    return cap.endpoint.badge != 0;
}

static bool is_device_space(union cap cap)
{
    return cap_type(cap) == CAP_IO_SPACE && cap.io_space.requester != 0;
}

static bool is_vspace(union cap cap)
{
    return cap_type(cap) == CAP_PML4 && cap.pml4.is_mapped;
}

static bool name_is(const struct invocation_argument *argument, const char *name)
{
    return strlen(name) == argument->name_length &&
           memcmp(argument->name, name, argument->name_length) == 0;
}

static bool name_has(const struct invocation_argument *argument, const char *part)
{
    char name[64] = {0};
    memcpy(name, argument->name, argument->name_length % sizeof(name));
    return strstr(name, part) != NULL;
}

static cptr_t root_of(const struct draft *d, const struct invocation_argument *argument)
{
    return name_has(argument, "src") ? d->source : name_has(argument, "pivot") ? d->pivot : d->dest;
}

static word_t take_index(const struct draft *d, const struct invocation_argument *argument)
{
    if (cap_type(d->invoked) == CAP_DOMAIN_SET)
        return take(d->bytes, d->r->setup.domains > 1 ? 12 : 2);
    cptr_t cptr = root_of(d, argument);
    union cap root = root_cap(d->r, cptr);
    bool wants_empty = name_has(argument, "dest") || name_has(argument, "offset") ||
                       d->call.caps > 0 || d->method == INV_CNODE_SAVE_CALLER;
    if (name_has(argument, "src") || name_has(argument, "pivot"))
        wants_empty = false;
    if (cap_type(root) == CAP_CNODE && root.cnode.object != d->r->root_slots) {
        word_t guard = d->method == INV_UNTYPED_RETYPE ? 0 : root.cnode.guard << root.cnode.radix;
        return guard | choose_place(d->r, d->bytes, root, wants_empty ^ rarely(d->bytes, 8));
    }
    if (d->r->setup.has_iommu && d->method == INV_CNODE_MINT && name_has(argument, "src") &&
        rarely(d->bytes, 4))
        return INITIAL_CAP_IO_SPACE;
    if (name_has(argument, "src") || name_has(argument, "pivot"))
        return choose_slot(d->r, d->bytes, is_any);
    if (wants_empty ? !rarely(d->bytes, 16) : rarely(d->bytes, 4))
        return choose_type(d->r, d->bytes, CAP_NULL);
    if (d->method == INV_CNODE_CANCEL_BADGED_SENDS && !rarely(d->bytes, 4))
        return choose_fitting(d->r, d->bytes, CAP_ENDPOINT, rarely(d->bytes, 4) ? NULL : is_badged);
    return choose_slot(d->r, d->bytes, is_any);
}

static word_t take_depth(const struct draft *d, const struct invocation_argument *argument)
{
    union cap root = root_cap(d->r, root_of(d, argument));
    return cap_type(root) == CAP_CNODE ? (word_t)root.cnode.guard_size + root.cnode.radix : 64;
}

/*
 * Where the capability is mapped already; or a place in the tables that the initial VSpace has; or
 * an address in few tables, aligned for pages of any size as often as not.
 */
static word_t take_vaddr(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    static const unsigned level_bits[CAP_TYPE_COUNT] = {
        [CAP_PDPT] = 39, [CAP_PAGE_DIRECTORY] = 30, [CAP_PAGE_TABLE] = 21};
    enum cap_type type = cap_type(d->invoked);
    if (type == CAP_FRAME && d->invoked.frame.asid && !rarely(d->bytes, 4))
        return d->invoked.frame.vpage << PAGE_BITS;
    if (type == CAP_FRAME && d->invoked.frame.size != FRAME_4K && rarely(d->bytes, 3))
        return GUEST_IMAGE_START; /* where there is a table */
    if (type == CAP_FRAME && !rarely(d->bytes, 3))
        return align_down(GUEST_IMAGE_START, frame_cap_bits(d->invoked)) +
               ((word_t)take(d->bytes, 64) << frame_cap_bits(d->invoked));
    if (level_bits[type] && rarely(d->bytes, 2))
        return (word_t)take(d->bytes, 64) << level_bits[type];
    unsigned bits = take(d->bytes, 256), aligned = take(d->bytes, 4);
    word_t vaddr = (word_t)(bits & 1) << 39 | (word_t)(bits >> 1 & 3) << 30 |
                   (word_t)(bits >> 3 & 7) << 21 | (word_t)(bits >> 6 & 3) << 12;
    static const unsigned alignments[] = {0, 0, 21, 30};
    return align_down(vaddr, alignments[aligned]);
}

/* In few tables of two levels. */
static word_t take_io_address(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    unsigned bits = take(d->bytes, 256);
    return (word_t)(bits & 1) << 21 | (word_t)(bits >> 1 & 7) << 12;
}

static word_t take_port(const struct draft *d, const struct invocation_argument *argument)
{
    if (cap_type(d->invoked) != CAP_IO_PORT)
        return 0x60 + (take(d->bytes, 16) >> name_has(argument, "first"));
    return d->invoked.io_port.first + take(d->bytes, 8);
}

/* The types that other methods need most, more often than the others. */
static word_t take_type(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    if (d->kind != OBJECT_INVALID)
        return abi_object_type(&d->r->g.k->config, d->kind);
    static const enum object_kind kinds[] = {
        OBJECT_UNTYPED,        OBJECT_UNTYPED,    OBJECT_TCB,        OBJECT_ENDPOINT,
        OBJECT_NOTIFICATION,   OBJECT_CNODE,      OBJECT_4K_PAGE,    OBJECT_4K_PAGE,
        OBJECT_LARGE_PAGE,     OBJECT_PAGE_TABLE, OBJECT_PAGE_TABLE, OBJECT_PAGE_DIRECTORY,
        OBJECT_PAGE_DIRECTORY, OBJECT_PDPT,       OBJECT_PML4,       OBJECT_PML4};
    static const enum object_kind device_kinds[] = {OBJECT_UNTYPED, OBJECT_4K_PAGE,
                                                    OBJECT_LARGE_PAGE, OBJECT_HUGE_PAGE};
    if (is_large_device(d->invoked) && !rarely(d->bytes, 4))
        return abi_object_type(&d->r->g.k->config,
                               device_kinds[take(d->bytes, ARRAY_LENGTH(device_kinds))]);
    if (d->r->setup.mcs && rarely(d->bytes, 4))
        return abi_object_type(&d->r->g.k->config,
                               rarely(d->bytes, 2) ? OBJECT_REPLY : OBJECT_SCHED_CONTEXT);
    if (d->r->setup.has_iommu && rarely(d->bytes, 5))
        return abi_object_type(&d->r->g.k->config, OBJECT_IO_PAGE_TABLE);
    if (rarely(d->bytes, 8))
        return take(d->bytes, 14);
    return abi_object_type(&d->r->g.k->config, kinds[take(d->bytes, ARRAY_LENGTH(kinds))]);
}

static word_t take_size_bits(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    enum object_kind kind = abi_object_kind(&d->r->g.k->config, d->call.words[0]);
    if (rarely(d->bytes, 8))
        return take(d->bytes, 14);
    if (kind == OBJECT_SCHED_CONTEXT)
        return 7 + take(d->bytes, 3);
    return kind == OBJECT_CNODE  ? 1 + take(d->bytes, 4)
           : rarely(d->bytes, 2) ? 4 + take(d->bytes, 10)
                                 : PAGE_BITS;
}

static word_t take_count(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    return rarely(d->bytes, 4) ? 1 + take(d->bytes, 3) : 1;
}

static word_t take_duration(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    return rarely(d->bytes, 8) ? bit(56 + take(d->bytes, 8)) : take(d->bytes, 4);
}

/* An instruction has no size, and is read. */
static word_t take_break(const struct draft *d, const struct invocation_argument *argument)
{
    bool is_instruction = d->call.words[2] == BREAKPOINT_INSTRUCTION;
    if (name_is(argument, "type"))
        return take(d->bytes, 2) + rarely(d->bytes, 8);
    if (name_is(argument, "vaddr"))
        return GUEST_IMAGE_START + (rarely(d->bytes, 4) ? take(d->bytes, 64) : 8);
    if (is_instruction && !rarely(d->bytes, 8))
        return 0;
    return name_is(argument, "rw") ? take(d->bytes, 4) : take(d->bytes, 9);
}

/* Retype's destination: the root itself with depth 0, or a CNode in a slot of it. */
static word_t take_node_depth(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    return rarely(d->bytes, 8) ? 64 : 0;
}

static word_t take_node_index(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    return rarely(d->bytes, 4) ? take(d->bytes, 4) : choose_type(d->r, d->bytes, CAP_CNODE);
}

static word_t take_guard(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    unsigned size = take(d->bytes, 64);
    return rarely(d->bytes, 4) ? (word_t)take(d->bytes, 4) << 6 | size : 0;
}

static word_t take_badge(const struct draft *d, const struct invocation_argument *argument)
{
    if (d->r->setup.has_iommu && rarely(d->bytes, 2)) /* domain and device of an I/O space */
        return (word_t)take(d->bytes, 3) << 16 | take(d->bytes, 3);
    return rarely(d->bytes, 8) ? take_guard(d, argument) : take(d->bytes, 4);
}

static word_t take_rights(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    return rarely(d->bytes, 2) ? take(d->bytes, 16) : RIGHTS_ALL;
}

static word_t take_register(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    static const word_t values[] = {0, GUEST_IMAGE_START, GUEST_IMAGE_START + 0xff8, UINT64_MAX};
    return values[take(d->bytes, ARRAY_LENGTH(values))];
}

static word_t take_buffer(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    word_t address = (word_t)(64 + take(d->bytes, 16)) << 10;
    return rarely(d->bytes, 8) ? 0 : rarely(d->bytes, 8) ? address + 8 : address;
}

static word_t take_fault_handler(const struct draft *d, const struct invocation_argument *argument)
{
    (void)argument;
    return rarely(d->bytes, 3) ? 0 : choose_type(d->r, d->bytes, CAP_ENDPOINT);
}

/* MCS: microseconds; short turns and round robin are as frequent as anything else. */
static word_t take_time(const struct draft *d, const struct invocation_argument *argument)
{
    static const word_t times[] = {20, 40, 100, 250, 500, 1000, 1000, 3000, 10000, 100000};
    (void)argument;
    return rarely(d->bytes, 16) ? take(d->bytes, 256) : times[take(d->bytes, ARRAY_LENGTH(times))];
}

/* A value that suits the name. */
static const struct argument_rule {
    const char *part; /* of the name */
    word_t base;
    unsigned range;
    word_t (*take)(const struct draft *d, const struct invocation_argument *argument);
    enum invocation method; /* INV_INVALID: any */
} argument_rules[] = {
    {.part = "bp_num", .base = 0, .range = 5},
    {.part = "", .take = take_break, .method = INV_TCB_SET_BREAKPOINT},
    {.part = "node_depth", .take = take_node_depth},
    {.part = "node_index", .take = take_node_index},
    {.part = "size_bits", .take = take_size_bits},
    {.part = "type", .take = take_type},
    {.part = "num_objects", .take = take_count},
    {.part = "rights", .take = take_rights},
    {.part = "regs", .take = take_register},
    {.part = "badge", .take = take_badge},
    {.part = "priority", .base = 0, .range = 256},
    {.part = "mcp", .base = 0, .range = 256},
    {.part = "budget", .take = take_time},
    {.part = "period", .take = take_time},
    {.part = "extra_refills", .base = 0, .range = 10},
    {.part = "flags", .base = 0, .range = 2},
    {.part = "fault_ep", .take = take_fault_handler},
    {.part = "root_data", .take = take_guard},
    {.part = "buffer", .take = take_buffer},
    {.part = "ioaddr", .take = take_io_address},
    {.part = "vaddr", .take = take_vaddr},
    {.part = "count", .base = 1, .range = 20},
    {.part = "affinity", .base = 0, .range = 3},
    {.part = "domain", .base = 0, .range = 3},
    {.part = "duration", .take = take_duration},
    {.part = "port", .take = take_port},
    {.part = "vector", .base = 0, .range = 16},
    {.part = "irq", .base = 0, .range = 17},
    {.part = "ioapic", .base = 0, .range = 1},
    {.part = "pin", .base = 0, .range = 24},
    {.part = "level", .base = 0, .range = 2},
    {.part = "polarity", .base = 0, .range = 2},
    {.part = "pci", .base = 0, .range = 8},
    {.part = "attr", .base = 0, .range = 8},
    {.part = "depth", .take = take_depth},
    {.part = "index", .take = take_index},
    {.part = "offset", .take = take_index},
};

static word_t take_argument(const struct draft *d, const struct invocation_argument *argument)
{
    if (rarely(d->bytes, 24))
        return choose_word(d->bytes);
    for (unsigned i = 0; i < ARRAY_LENGTH(argument_rules); i++) {
        const struct argument_rule *rule = &argument_rules[i];
        bool is_of_method = rule->method == INV_INVALID || rule->method == d->method;
        if (!is_of_method || !name_has(argument, rule->part))
            continue;
        return rule->take ? rule->take(d, argument) : rule->base + take(d->bytes, rule->range);
    }
    return take(d->bytes, 8);
}

void draft_take_arguments(struct draft *d, const char *list)
{
    struct guest_syscall *call = &d->call;
    struct invocation_argument argument;
    while (list && abi_invocation_next_argument(&list, &argument)) {
        unsigned end = (unsigned)argument.word + argument.words;
        for (unsigned word = argument.word; word < end && word < ARRAY_LENGTH(call->words);
             word++) {
            call->words[word] |= take_argument(d, &argument) << argument.low_bit;
            call->length = (unsigned)max_u64(call->length, word + 1);
        }
    }
}

static cptr_t take_extra(const struct draft *d, const struct invocation_argument *argument)
{
    static const struct {
        const char *part;
        enum cap_type type;
    } types[] = {
        {"notification", CAP_NOTIFICATION}, {"thread", CAP_TCB},        {"source", CAP_TCB},
        {"sched", CAP_SCHED_CONTEXT},       {"fault_ep", CAP_ENDPOINT}, {"Frame", CAP_FRAME}};
    if (rarely(d->bytes, 16))
        return choose_cptr(d->bytes);
    for (unsigned i = 0; i < ARRAY_LENGTH(types); i++) {
        if (name_has(argument, types[i].part))
            return choose_type(d->r, d->bytes, types[i].type);
    }
    if (name_is(argument, "cap")) /* of a scheduling context */
        return choose_type(d->r, d->bytes, rarely(d->bytes, 4) ? CAP_NOTIFICATION : CAP_TCB);
    if (name_is(argument, "untyped"))
        return rarely(d->bytes, 8) ? choose_type(d->r, d->bytes, CAP_UNTYPED)
                                   : choose_slot(d->r, d->bytes, is_page_untyped);
    if (name_is(argument, "iospace"))
        return choose_slot(d->r, d->bytes, rarely(d->bytes, 8) ? is_any : is_device_space);
    if (d->method == INV_X86_ASID_POOL_ASSIGN)
        return choose_slot(d->r, d->bytes, is_new_vspace);
    if (name_has(argument, "vspace") || name_has(argument, "pml4")) {
        cptr_t other = choose_slot(d->r, d->bytes, rarely(d->bytes, 8) ? is_new_vspace : is_vspace);
        bool is_there = cap_type(root_cap(d->r, other)) == CAP_PML4 || rarely(d->bytes, 8);
        return is_there && rarely(d->bytes, 2) ? other : INITIAL_CAP_VSPACE;
    }
    if (name_has(argument, "root")) {
        cptr_t other = choose_type(d->r, d->bytes, CAP_CNODE);
        bool is_there = cap_type(root_cap(d->r, other)) == CAP_CNODE || rarely(d->bytes, 8);
        return is_there && rarely(d->bytes, 3) ? other : INITIAL_CAP_CNODE;
    }
    return name_has(argument, "authority") ? INITIAL_CAP_TCB : choose_slot(d->r, d->bytes, is_any);
}

void draft_take_extras(struct draft *d, const char *list)
{
    struct invocation_argument argument;
    while (list && abi_invocation_next_argument(&list, &argument) && d->call.caps < 3) {
        cptr_t cptr = take_extra(d, &argument);
        d->call.extra[d->call.caps++] = cptr;
        if (name_has(&argument, "src_root"))
            d->source = cptr;
        else if (name_has(&argument, "pivot_root"))
            d->pivot = cptr;
        else if (name_has(&argument, "root"))
            d->dest = cptr;
    }
}
