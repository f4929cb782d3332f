/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DebugSnapshot: what threads can reach, in the notation of capDL. Of the initial thread nothing is
 * listed that no other one shares, so a system of one thread has an empty snapshot, as on the real
 * kernel. That kernel's own text is wrong in places (it calls addresses in its window physical ones
 * and lists its own mappings) and never ends once an untyped has children: here the words are its
 * words, but frames and tables are named by their own addresses. As there, CSpaces are listed as
 * far as their root CNode goes.
 *
 * A snapshot is long: it is made in steps of one thread, slot or mapping. k->snapshot says which is
 * the next one, and an entry goes on until the console is full. Another core may change what is
 * listed meanwhile; a thread that ends is left out from then on.
 */
#include <kernel/syscall.h>

#include <abi/object.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <mem/vspace.h>
#include <model/console.h>

/* Where the kernel sees physical memory: names are made of such addresses. */
static uint64_t window(paddr_t paddr)
{
    return UINT64_C(0xffffff8000000000) + paddr;
}

/* --- names of capabilities ----------------------------------------------------------------- */

static void no_attributes(struct kernel *k, union cap cap)
{
    (void)cap;
    console_print(k, "\n");
}

static void rights_and_badge(struct kernel *k, union cap cap)
{
    /* no Grant to a notification, whatever the capability says */
    word_t rights = cap.endpoint.rights;
    if (cap_type(cap) == CAP_NOTIFICATION)
        rights &= RIGHT_READ | RIGHT_WRITE;
    console_print(k, " (%s%s%s%s", rights & RIGHT_READ ? "R" : "", rights & RIGHT_WRITE ? "W" : "",
                  rights & RIGHT_GRANT ? "G" : "", rights & RIGHT_GRANT_REPLY ? "P" : "");
    if (cap.endpoint.badge)
        console_print(k, ", badge: %lu", cap.endpoint.badge);
    console_print(k, ")\n");
}

static void guard(struct kernel *k, union cap cap)
{
    console_print(k, " (guard: %lu, guard_size: %u)\n", cap.cnode.guard,
                  (unsigned)cap.cnode.guard_size);
}

static void mapping_rights(struct kernel *k, enum vm_rights rights)
{
    static const char *const words[] = {
        [VM_KERNEL_ONLY] = "", [VM_READ_ONLY] = "RX", [VM_READ_WRITE] = "RWX"};
    console_print(k, " (%s)\n", words[rights]);
}

static void frame_rights(struct kernel *k, union cap cap)
{
    mapping_rights(k, (enum vm_rights)cap.frame.rights);
}

static void ports(struct kernel *k, union cap cap)
{
    console_print(k, " (ports: (%u, %u))\n", (unsigned)cap.io_port.first,
                  (unsigned)cap.io_port.last);
}

/* An object is called by prefix, address and suffix, a resource by its suffix alone. */
static const struct {
    const char *prefix, *suffix;
    const char *kind; /* where CNodes are gone through for objects; NULL: it is not listed there */
    void (*attributes)(struct kernel *k, union cap cap);
} types[CAP_TYPE_COUNT] = {
    [CAP_UNTYPED] = {"", "_untyped", "ut", no_attributes},
    [CAP_ENDPOINT] = {"", "_ep", "ep", rights_and_badge},
    [CAP_NOTIFICATION] = {"", "_notification", "notification", rights_and_badge},
    [CAP_REPLY] = {"", "reply", NULL, no_attributes},
    [CAP_CNODE] = {"", "_cnode", "cnode", guard}, /* roots are listed with their threads */
    [CAP_TCB] = {"", "_tcb", NULL, no_attributes},
    [CAP_IRQ_CONTROL] = {"", "irq_control", NULL, no_attributes},
    [CAP_IRQ_HANDLER] = {"", "irq", NULL, no_attributes},
    [CAP_ZOMBIE] = {"", "zombie", NULL, no_attributes},
    [CAP_DOMAIN_SET] = {"", "domain", NULL, no_attributes},
    [CAP_FRAME] = {"frame_", "", NULL, frame_rights},
    [CAP_PAGE_TABLE] = {"pt_", "", NULL, no_attributes},
    [CAP_PAGE_DIRECTORY] = {"pd_", "", NULL, no_attributes},
    [CAP_PDPT] = {"pdpt_", "", NULL, no_attributes},
    [CAP_PML4] = {"", "_pd", NULL, no_attributes},
    [CAP_ASID_CONTROL] = {"", "asid_control", NULL, no_attributes},
    [CAP_ASID_POOL] = {"", "_asid_pool", "asid_pool", no_attributes},
    [CAP_IO_SPACE] = {"", "io_space", NULL, no_attributes},
    [CAP_IO_PAGE_TABLE] = {"", "_iopt", "iopt", no_attributes},
    [CAP_IO_PORT] = {"", "io_port", NULL, ports},
    [CAP_IO_PORT_CONTROL] = {"", "io_port_control", NULL, no_attributes},
    [CAP_SCHED_CONTEXT] = {"", "_sc", NULL, no_attributes},
    [CAP_SCHED_CONTROL] = {"", "sched_control", NULL, no_attributes},
    [CAP_REPLY_OBJECT] = {"", "_reply", NULL, no_attributes},
};

static void print_name(struct kernel *k, union cap cap)
{
    paddr_t base;
    unsigned size_bits;
    enum cap_type type = cap_type(cap);
    if (type == CAP_IRQ_HANDLER)
        console_print(k, "0x%x_0_irq", (unsigned)cap.irq_handler.irq);
    else if (!cap_object_type(cap)->extent(cap, &base, &size_bits))
        console_print(k, "%s", types[type].suffix);
    else if (type == CAP_UNTYPED) /* several begin at the same place */
        console_print(k, "0x%lx_%u_untyped", window(base), size_bits);
    else if (type == CAP_TCB)
        console_print(k, "0x%lx_tcb", console_tcb_address(k, tcb_at(k, base)));
    else
        console_print(k, "%s0x%lx%s", types[type].prefix, window(base), types[type].suffix);
}

static void print_cap(struct kernel *k, union cap cap)
{
    print_name(k, cap);
    types[cap_type(cap)].attributes(k, cap);
}

/* --- which are listed ---------------------------------------------------------------------- */

static bool is_listed(const struct kernel *k, const struct tcb *tcb)
{
    return tcb->serial > k->idle_serial;
}

/* The listed thread that comes first among those with the same CSpace or VSpace root. */
static bool is_first_with(struct kernel *k, const struct tcb *tcb, enum tcb_slot slot)
{
    for (paddr_t at = k->all_tcbs; tcb_at(k, at) != tcb; at = tcb_at(k, at)->all_link.next) {
        const struct tcb *other = tcb_at(k, at);
        if (is_listed(k, other) && !cap_is_null(other->slots[slot].cap) &&
            cap_same_object(other->slots[slot].cap, tcb->slots[slot].cap))
            return false;
    }
    return true;
}

/* The slots of a thread's root CNode; only the first thread with it has them here. */
static word_t slot_count(struct kernel *k, const struct tcb *tcb)
{
    union cap root = tcb->slots[TCB_SLOT_CTABLE].cap;
    bool is_here = cap_type(root) == CAP_CNODE && is_first_with(k, tcb, TCB_SLOT_CTABLE);
    return is_here ? bit(root.cnode.radix) : 0;
}

static struct slot *slot_of(struct kernel *k, const struct tcb *tcb, word_t index)
{
    return slot_at(k, tcb->slots[TCB_SLOT_CTABLE].cap.cnode.object) + index;
}

static bool is_a_root(struct kernel *k, union cap cnode)
{
    for (paddr_t at = k->all_tcbs; at; at = tcb_at(k, at)->all_link.next) {
        const struct tcb *tcb = tcb_at(k, at);
        if (is_listed(k, tcb) && !cap_is_null(tcb->slots[TCB_SLOT_CTABLE].cap) &&
            cap_same_object(tcb->slots[TCB_SLOT_CTABLE].cap, cnode))
            return true;
    }
    return false;
}

static bool is_in_a_listed_cnode(struct kernel *k, paddr_t slot)
{
    for (paddr_t at = k->all_tcbs; at; at = tcb_at(k, at)->all_link.next) {
        const struct tcb *tcb = tcb_at(k, at);
        union cap root = tcb->slots[TCB_SLOT_CTABLE].cap;
        if (is_listed(k, tcb) && cap_type(root) == CAP_CNODE &&
            slot - root.cnode.object < bit(root.cnode.radix) * sizeof(struct slot))
            return true;
    }
    return false;
}

/* Of the capabilities to an object, which stand together, the first in a listed CNode tells it. */
static bool tells_its_object(struct kernel *k, const struct slot *slot)
{
    union cap cap = slot->cap;
    if (!types[cap_type(cap)].kind || (cap_type(cap) == CAP_CNODE && is_a_root(k, cap)))
        return false;
    for (paddr_t at = slot->prev; at && cap_same_object(slot_at(k, at)->cap, cap);
         at = slot_at(k, at)->prev) {
        if (is_in_a_listed_cnode(k, at))
            return false;
    }
    return true;
}

/* --- VSpaces ------------------------------------------------------------------------------- */

static paddr_t vspace_of(struct kernel *k, const struct tcb *tcb)
{
    union cap root = tcb->slots[TCB_SLOT_VTABLE].cap;
    bool is_here = cap_type(root) == CAP_PML4 && is_first_with(k, tcb, TCB_SLOT_VTABLE);
    return is_here ? root.pml4.object : 0;
}

static void print_table(struct kernel *k, enum paging_level level, paddr_t table)
{
    static const char *const kinds[] = {"pt", "pd", "pdpt"};
    console_print(k, "%s_0x%lx = %s\n", kinds[level], window(table), kinds[level]);
}

/* What is new at `vaddr`, as objects. Returns where the next thing may be. */
static vaddr_t print_mapped_objects(struct kernel *k, paddr_t root, vaddr_t vaddr)
{
    static const char *const sizes[] = {"4k", "2M", "1G"};
    enum paging_level level = LEVEL_PML4;
    for (unsigned missing;; level--) {
        uint64_t entry = *walk_entry(k, root, vaddr, level, &missing);
        if (entry_is_page(entry, level))
            console_print(k, "frame_0x%lx = frame (%s, paddr: 0x%lx)\n",
                          window(entry_paddr(entry, level)), sizes[level],
                          entry_paddr(entry, level));
        if (!entry_is_table(entry, level))
            return align_down(vaddr, level_bits(level)) + bit(level_bits(level));
        if (is_aligned(vaddr, level_bits(level)))
            print_table(k, level - 1, entry_paddr(entry, level));
    }
}

/* The same, as slots of the VSpace: addresses instead of indices. */
static vaddr_t print_mapping(struct kernel *k, paddr_t root, vaddr_t vaddr)
{
    enum paging_level level = LEVEL_PML4;
    for (unsigned missing;; level--) {
        uint64_t entry = *walk_entry(k, root, vaddr, level, &missing);
        if (entry_is_page(entry, level)) {
            console_print(k, "0x%lx: frame_0x%lx", vaddr, window(entry_paddr(entry, level)));
            mapping_rights(k, vspace_translate(k, root, vaddr).rights);
        }
        if (!entry_is_table(entry, level))
            return align_down(vaddr, level_bits(level)) + bit(level_bits(level));
    }
}

/* --- steps --------------------------------------------------------------------------------- */

/* Each prints something of a listed thread; `index` counts on from 0. False: there is no more. */

static bool step_space_objects(struct kernel *k, const struct tcb *tcb, word_t *index)
{
    paddr_t root = vspace_of(k, tcb);
    if (!root || *index >= bit(47))
        return false;
    if (*index == 0)
        console_print(k, "0x%lx_pd = pml4\n", window(root));
    *index = print_mapped_objects(k, root, *index);
    return true;
}

static void print_tcb(struct kernel *k, const struct tcb *tcb)
{
    console_print(k, "0x%lx_tcb = tcb (addr: 0x%lx, ip: 0x%lx, sp: 0x%lx, prio: %u, ",
                  console_tcb_address(k, tcb), tcb->ipc_buffer, tcb->context.reg[UREG_RIP],
                  tcb->context.reg[UREG_RSP], tcb->priority);
    console_print(k, "max_prio: %u, dom: %u)\n", tcb->max_controlled_priority, tcb->domain);
}

static void print_object(struct kernel *k, union cap cap)
{
    print_name(k, cap);
    console_print(k, " = %s", types[cap_type(cap)].kind);
    if (cap_type(cap) == CAP_UNTYPED)
        console_print(k, " (%u bits, paddr: 0x%lx)", (unsigned)cap.untyped.size_bits,
                      (paddr_t)cap.untyped.base);
    if (cap_type(cap) == CAP_CNODE)
        console_print(k, " (%u bits)", (unsigned)cap.cnode.radix);
    console_print(k, "\n");
}

/* The thread, its CNode, what lies in that. */
static bool step_thread_objects(struct kernel *k, const struct tcb *tcb, word_t *index)
{
    word_t count = slot_count(k, tcb);
    if (*index == 0)
        print_tcb(k, tcb);
    if (*index == 0 && count > 0)
        print_object(k, tcb->slots[TCB_SLOT_CTABLE].cap);
    if (*index >= count)
        return false;
    const struct slot *slot = slot_of(k, tcb, (*index)++);
    if (tells_its_object(k, slot))
        print_object(k, slot->cap);
    return true;
}

static bool step_slots(struct kernel *k, const struct tcb *tcb, word_t *index)
{
    word_t count = slot_count(k, tcb);
    if (count == 0)
        return false;
    if (*index == 0) {
        print_name(k, tcb->slots[TCB_SLOT_CTABLE].cap);
        console_print(k, " {\n");
    }
    if (*index >= count) {
        console_print(k, "}\n");
        return false;
    }
    union cap cap = slot_of(k, tcb, *index)->cap;
    if (!cap_is_null(cap)) {
        console_print(k, "0x%lx: ", *index);
        print_cap(k, cap);
    }
    (*index)++;
    return true;
}

static bool step_mappings(struct kernel *k, const struct tcb *tcb, word_t *index)
{
    paddr_t root = vspace_of(k, tcb);
    if (!root)
        return false;
    if (*index == 0)
        console_print(k, "0x%lx_pd {\n", window(root));
    if (*index >= bit(47)) {
        console_print(k, "}\n");
        return false;
    }
    *index = print_mapping(k, root, *index);
    return true;
}

static bool step_thread_slots(struct kernel *k, const struct tcb *tcb, word_t *index)
{
    static const char *const slot_names[TCB_SLOT_COUNT] = {
        [TCB_SLOT_CTABLE] = "cspace",          [TCB_SLOT_VTABLE] = "vspace",
        [TCB_SLOT_BUFFER] = "ipc_buffer_slot", [TCB_SLOT_REPLY] = "reply_slot",
        [TCB_SLOT_CALLER] = "caller_slot",
    };
    static const char *const slot_names_mcs[TCB_SLOT_COUNT] = {
        [TCB_SLOT_CTABLE] = "cspace",
        [TCB_SLOT_VTABLE] = "vspace",
        [TCB_SLOT_BUFFER] = "ipc_buffer_slot",
        [TCB_SLOT_FAULT_HANDLER] = "fault_ep_slot",
        [TCB_SLOT_TIMEOUT_HANDLER] = "temp_fault_ep_slot",
    };
    const char *const *names = k->config.mcs ? slot_names_mcs : slot_names;
    (void)index;
    console_print(k, "0x%lx_tcb {\n", console_tcb_address(k, tcb));
    for (unsigned i = 0; i < TCB_SLOT_COUNT; i++) {
        if (cap_is_null(tcb->slots[i].cap))
            continue;
        console_print(k, "%s: ", names[i]);
        print_cap(k, tcb->slots[i].cap);
    }
    console_print(k, "}\n");
    return false;
}

static void print_irq_maps(struct kernel *k)
{
    console_print(k, "irq maps {\n");
    for (unsigned vector = 0; vector < NUM_IRQ_VECTORS; vector++) {
        if (!cap_is_null(slot_at(k, k->irq_slots)[vector].cap))
            console_print(k, "%u: 0x%x_0_irq\n", vector, vector);
    }
    console_print(k, "}\n");
}

/* Each is done for all threads before the next. */
static const struct {
    const char *before; /* what is printed first */
    bool (*step)(struct kernel *k, const struct tcb *tcb, word_t *index);
} phases[] = {
    {"arch x86_64\nobjects {\n", step_space_objects},
    {"", step_thread_objects},
    {"}\ncaps {\n", step_slots},
    {"", step_mappings},
    {"", step_thread_slots},
};

/* False: the console is full. */
static bool go_on(struct kernel *k)
{
    struct snapshot_cursor *s = &k->snapshot;
    for (; s->phase < ARRAY_LENGTH(phases); s->phase++) {
        if (!s->is_inside) {
            console_print(k, "%s", phases[s->phase].before);
            *s = (struct snapshot_cursor){.phase = s->phase, .is_inside = true, .tcb = k->all_tcbs};
        }
        for (; s->tcb; s->tcb = tcb_at(k, s->tcb)->all_link.next, s->index = 0) {
            const struct tcb *tcb = tcb_at(k, s->tcb);
            bool has_more = is_listed(k, tcb);
            while (has_more) {
                if (!console_has_room(k, CONSOLE_LINE_BYTES))
                    return false;
                has_more = phases[s->phase].step(k, tcb, &s->index);
            }
        }
        s->is_inside = false;
    }
    return true;
}

enum entry_result debug_snapshot(struct kernel *k, unsigned core, struct tcb *tcb)
{
    enum { IRQ_MAPS_BYTES = 4096 };
    (void)core;
    if (!k->snapshot.is_inside && k->snapshot.phase == 0)
        debug_print_origin(k, "snapshot", tcb);
    if (!go_on(k) || !console_has_room(k, IRQ_MAPS_BYTES))
        return ENTRY_CONSOLE_FULL;
    console_print(k, "}\n");
    print_irq_maps(k);
    k->snapshot = (struct snapshot_cursor){.phase = 0};
    return ENTRY_DONE;
}
