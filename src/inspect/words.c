/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/words.h>

#include <base/bits.h>
#include <base/text.h>
#include <cap/object_type.h>
#include <object/irq.h>
#include <sched/refill.h>

/* --- threads ------------------------------------------------------------------------------- */

void words_thread(const struct tcb *tcb, char *ret_label, size_t size)
{
    static const char unnamed[] = "child of: '"; /* the kernel's name for what it has created */
    unsigned i = 0;
    while (unnamed[i] && tcb->name[i] == unnamed[i])
        i++;
    if (!unnamed[i] || !tcb->name[0])
        text_format(ret_label, size, "tcb#%lu", tcb->serial);
    else
        text_copy_printable(ret_label, size, tcb->name);
}

/* --- states -------------------------------------------------------------------------------- */

/* The vector whose interrupt signals the notification, or -1. */
static int vector_of_notification(struct kernel *k, paddr_t notification)
{
    for (unsigned vector = 0; vector <= MAX_USER_VECTOR; vector++) {
        union cap cap = irq_slot(k, vector)->cap;
        if (cap_type(cap) == CAP_NOTIFICATION && cap.notification.object == notification)
            return (int)vector;
    }
    return -1;
}

static void notification_words(struct kernel *k, paddr_t notification, char *words, size_t size)
{
    int vector = vector_of_notification(k, notification);
    if (vector < 0)
        text_format(words, size, "notification 0x%lx", notification);
    else
        text_format(words, size, "notification 0x%lx (interrupt vector %d%s)", notification, vector,
                    k->irqs[vector].masked ? ", not acknowledged" : "");
}

/* MCS: whoever runs on the time that the caller lent; nobody is known if it lent none. */
static const struct tcb *thread_that_borrows(struct kernel *k, const struct tcb *caller)
{
    const struct reply *reply = reply_at(k, caller->reply);
    if (!reply || !reply->next)
        return NULL;
    return reply->is_top ? tcb_at(k, sched_context_at(k, reply->next)->tcb)
                         : tcb_at(k, reply_at(k, reply->next)->tcb);
}

const struct tcb *words_thread_that_replies(struct kernel *k, const struct tcb *caller)
{
    if (k->config.mcs)
        return thread_that_borrows(k, caller);
    for (const struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next)) {
        union cap cap = tcb->slots[TCB_SLOT_CALLER].cap;
        if (cap_type(cap) == CAP_REPLY && cap.reply.tcb == kernel_paddr(k, caller))
            return tcb;
    }
    return NULL;
}

/* MCS: a thread that may run, but has no time to do so. */
static const char *lack_of_time(struct kernel *k, const struct tcb *tcb)
{
    const struct sched_context *sc = sched_context_at(k, tcb->sched_context);
    if (tcb->in_release_queue)
        return "waits for its next refill";
    return sc && sched_context_is_active(sc) ? "is ready" : "has no scheduling context to run with";
}

static void runnable_words(struct kernel *k, const struct tcb *tcb, char *words, size_t size)
{
    bool runs = k->cores[tcb->core].current == kernel_paddr(k, tcb);
    text_copy(words, size, runs ? "runs" : k->config.mcs ? lack_of_time(k, tcb) : "is ready");
}

static void inactive_words(struct kernel *k, const struct tcb *tcb, char *words, size_t size)
{
    const struct fault *fault = &tcb->unhandled;
    (void)k;
    if (fault->type == FAULT_NONE)
        text_copy(words, size, "is stopped (inactive)");
    else if (fault->type == FAULT_VM)
        text_format(words, size, "is stopped by a VMFault at 0x%lx that nobody handles",
                    fault->vm.address);
    else
        text_format(words, size, "is stopped by a %s that nobody handles",
                    abi_fault_name(fault->type));
}

static void receive_words(struct kernel *k, const struct tcb *tcb, char *words, size_t size)
{
    size_t length = text_format(words, size, "waits to receive on endpoint 0x%lx", tcb->blocked_on);
    if (!tcb->bound_notification)
        return;
    length += text_copy(words + length, size - length, " or bound ");
    notification_words(k, tcb->bound_notification, words + length, size - length);
}

static void send_words(struct kernel *k, const struct tcb *tcb, char *words, size_t size)
{
    (void)k;
    const char *what = tcb->fault.type != FAULT_NONE ? abi_fault_name(tcb->fault.type)
                       : tcb->sender_is_call         ? "a call"
                                                     : "a message";
    text_format(words, size, "waits to send %s%s to endpoint 0x%lx, badge 0x%lx",
                tcb->fault.type != FAULT_NONE ? "its " : "", what, tcb->blocked_on,
                tcb->sender_badge);
}

static void reply_words(struct kernel *k, const struct tcb *tcb, char *words, size_t size)
{
    const struct tcb *server = words_thread_that_replies(k, tcb);
    char label[THREAD_LABEL_BYTES];
    size_t length = text_format(
        words, size, "waits for a reply%s%s", tcb->fault.type != FAULT_NONE ? " to its " : "",
        tcb->fault.type != FAULT_NONE ? abi_fault_name(tcb->fault.type) : "");
    if (server)
        words_thread(server, label, sizeof(label));
    text_format(words + length, size - length, "%s%s", server ? " from " : "",
                server ? label : " that no thread holds ready");
}

static void wait_words(struct kernel *k, const struct tcb *tcb, char *words, size_t size)
{
    size_t length = text_copy(words, size, "waits for ");
    notification_words(k, tcb->blocked_on, words + length, size - length);
}

void words_state(struct kernel *k, const struct tcb *tcb, char *ret_words, size_t size)
{
    static void (*const states[])(struct kernel * k, const struct tcb *, char *, size_t) = {
        [THREAD_INACTIVE] = inactive_words,
        [THREAD_RUNNING] = runnable_words,
        [THREAD_RESTART] = runnable_words,
        [THREAD_BLOCKED_ON_RECEIVE] = receive_words,
        [THREAD_BLOCKED_ON_SEND] = send_words,
        [THREAD_BLOCKED_ON_REPLY] = reply_words,
        [THREAD_BLOCKED_ON_NOTIFICATION] = wait_words,
    };
    states[tcb->state](k, tcb, ret_words, size);
    size_t length = text_length(ret_words);
    if (tcb->is_held)
        text_copy(ret_words + length, size - length, ", held by the debugger");
}

/* --- capabilities -------------------------------------------------------------------------- */

const char *words_vm_rights(enum vm_rights rights)
{
    static const char *const words[] = {
        [VM_KERNEL_ONLY] = "--", [VM_READ_ONLY] = "r-", [VM_READ_WRITE] = "rw"};
    return words[rights <= VM_READ_WRITE ? rights : VM_KERNEL_ONLY];
}

void words_cap_object(union cap cap, char *ret_words, size_t size)
{
    paddr_t base;
    unsigned bits;
    const char *name = cap_object_type(cap)->name;
    if (cap_object_type(cap)->extent(cap, &base, &bits))
        text_format(ret_words, size, "%s 0x%lx", name, base);
    else if (cap_type(cap) == CAP_IRQ_HANDLER)
        text_format(ret_words, size, "%s %u", name, (unsigned)cap.irq_handler.irq);
    else if (cap_type(cap) == CAP_IO_PORT)
        text_format(ret_words, size, "%s 0x%x to 0x%x", name, (unsigned)cap.io_port.first,
                    (unsigned)cap.io_port.last);
    else
        text_copy(ret_words, size, name);
}

static void endpoint_rights(union cap cap, char *words, size_t size)
{
    unsigned rights = (unsigned)cap.endpoint.rights;
    text_format(words, size, "%c%c%c%c", rights & RIGHT_READ ? 'r' : '-',
                rights & RIGHT_WRITE ? 'w' : '-', rights & RIGHT_GRANT ? 'g' : '-',
                rights & RIGHT_GRANT_REPLY ? 'p' : '-');
}

static void notification_rights(union cap cap, char *words, size_t size)
{
    unsigned rights = (unsigned)cap.notification.rights;
    text_format(words, size, "%c%c", rights & RIGHT_READ ? 'r' : '-',
                rights & RIGHT_WRITE ? 'w' : '-');
}

static void frame_rights(union cap cap, char *words, size_t size)
{
    text_copy(words, size, words_vm_rights((enum vm_rights)cap.frame.rights));
}

static void reply_object_rights(union cap cap, char *words, size_t size)
{
    text_copy(words, size, cap.reply_object.can_grant ? "g" : "");
}

static void reply_rights(union cap cap, char *words, size_t size)
{
    text_copy(words, size, cap.reply.can_grant ? "g" : "");
}

void words_cap_rights(union cap cap, char *ret_words, size_t size)
{
    static void (*const rights[CAP_TYPE_COUNT])(union cap, char *, size_t) = {
        [CAP_ENDPOINT] = endpoint_rights,
        [CAP_NOTIFICATION] = notification_rights,
        [CAP_FRAME] = frame_rights,
        [CAP_REPLY] = reply_rights,
        [CAP_REPLY_OBJECT] = reply_object_rights,
    };
    ret_words[0] = '\0';
    if (rights[cap_type(cap)])
        rights[cap_type(cap)](cap, ret_words, size);
}

static void untyped_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    text_format(words, size, "2^%u bytes%s, %lu used", (unsigned)cap.untyped.size_bits,
                cap.untyped.is_device ? " of a device" : "", (uint64_t)cap.untyped.free_index);
}

static void cnode_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    text_format(words, size, "2^%u slots, guard 0x%lx of %u bits", (unsigned)cap.cnode.radix,
                (uint64_t)cap.cnode.guard, (unsigned)cap.cnode.guard_size);
}

static void frame_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    static const char *const sizes[] = {"4K", "2M", "1G", "?"};
    static const char *const places[] = {
        [FRAME_MAP_VSPACE] = "ASID", [FRAME_MAP_IO_SPACE] = "device", [FRAME_MAP_EPT] = "EPT"};
    size_t length = text_format(words, size, "%s%s", sizes[cap.frame.size],
                                cap.frame.is_device ? " of a device" : "");
    if (cap.frame.map_type != FRAME_MAP_NONE)
        text_format(words + length, size - length, ", mapped at 0x%lx, %s %u", frame_cap_vaddr(cap),
                    places[cap.frame.map_type], (unsigned)cap.frame.asid);
}

static void paging_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    if (cap.paging.is_mapped)
        text_format(words, size, "mapped at 0x%lx, ASID %u", paging_cap_vaddr(cap),
                    (unsigned)cap.paging.asid);
}

static void pml4_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    if (cap.pml4.is_mapped)
        text_format(words, size, "ASID %u", (unsigned)cap.pml4.asid);
}

static void tcb_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    words_thread(tcb_at(k, cap.tcb.object), words, size);
}

static void reply_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    char label[THREAD_LABEL_BYTES];
    words_thread(tcb_at(k, cap.reply.tcb), label, sizeof(label));
    text_format(words, size, "%sto %s", cap.reply.is_master ? "master, " : "", label);
}

static void sched_context_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    enum { NANOSECONDS_PER_US = 1000 };
    struct sched_context *sc = sched_context_at(k, cap.sched_context.object);
    const struct tcb *tcb = tcb_at(k, sc->tcb);
    char label[THREAD_LABEL_BYTES];
    size_t length = 0;
    if (!sched_context_is_active(sc))
        text_copy(words, size, "not configured");
    else if (sched_context_is_round_robin(sc))
        length =
            text_format(words, size, "round robin, %lu us", refill_sum(sc) / NANOSECONDS_PER_US);
    else
        length = text_format(words, size, "%lu us of %lu%s", refill_sum(sc) / NANOSECONDS_PER_US,
                             sc->period / NANOSECONDS_PER_US, sc->is_sporadic ? ", sporadic" : "");
    if (!tcb || length == 0)
        return;
    words_thread(tcb, label, sizeof(label));
    text_format(words + length, size - length, ", of %s", label);
}

static void reply_object_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    const struct tcb *tcb = tcb_at(k, reply_at(k, cap.reply_object.object)->tcb);
    char label[THREAD_LABEL_BYTES];
    if (!tcb)
        return;
    words_thread(tcb, label, sizeof(label));
    text_format(words, size, "%s %s", tcb->state == THREAD_BLOCKED_ON_REPLY ? "to" : "offered by",
                label);
}

static void asid_pool_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    text_format(words, size, "from ASID %u", (unsigned)cap.asid_pool.asid_base);
}

static void zombie_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    text_format(words, size, "of a %s, %lu slots left", cap.zombie.is_tcb ? "TCB" : "CNode",
                (uint64_t)cap.zombie.slots_left);
}

static void io_space_details(struct kernel *k, union cap cap, char *words, size_t size)
{
    (void)k;
    if (cap.io_space.requester)
        text_format(words, size, "device %02x:%02x.%u, domain %u",
                    (unsigned)cap.io_space.requester >> 8,
                    (unsigned)cap.io_space.requester >> 3 & 0x1f,
                    (unsigned)cap.io_space.requester & 7, (unsigned)cap.io_space.domain_id);
}

void words_cap_details(struct kernel *k, union cap cap, char *ret_words, size_t size)
{
    static void (*const details[CAP_TYPE_COUNT])(struct kernel *, union cap, char *, size_t) = {
        [CAP_UNTYPED] = untyped_details,
        [CAP_CNODE] = cnode_details,
        [CAP_FRAME] = frame_details,
        [CAP_PAGE_TABLE] = paging_details,
        [CAP_PDPT] = paging_details,
        [CAP_PAGE_DIRECTORY] = paging_details,
        [CAP_PML4] = pml4_details,
        [CAP_TCB] = tcb_details,
        [CAP_REPLY] = reply_details,
        [CAP_ASID_POOL] = asid_pool_details,
        [CAP_ZOMBIE] = zombie_details,
        [CAP_IO_SPACE] = io_space_details,
        [CAP_SCHED_CONTEXT] = sched_context_details,
        [CAP_REPLY_OBJECT] = reply_object_details,
    };
    ret_words[0] = '\0';
    if (details[cap_type(cap)])
        details[cap_type(cap)](k, cap, ret_words, size);
}
