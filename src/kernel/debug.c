/* SPDX-License-Identifier: BSD-2-Clause */
/* The debug system calls; what they print is what the real kernel prints. */
#include <kernel/syscall.h>

#include <abi/message.h>
#include <base/bits.h>
#include <base/text.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <model/console.h>
#include <model/user_error.h>
#include <object/tcb.h>

enum entry_result debug_put_char(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)core;
    console_put(k, (char)tcb->context.reg[UREG_CAP]);
    return ENTRY_DONE;
}

/* --- lists of threads ---------------------------------------------------------------------- */

enum entry_result debug_each_thread(struct kernel *k,
                                    void (*print)(struct kernel *k, const struct tcb *tcb,
                                                  bool is_last))
{
    if (!k->dump_cursor)
        k->dump_cursor = k->all_tcbs;
    bool saw_idle = false; /* there is one thread at most behind it, so it is in the last entry */
    while (k->dump_cursor) {
        if (!console_has_room(k, CONSOLE_LINE_BYTES))
            return ENTRY_CONSOLE_FULL;
        const struct tcb *tcb = tcb_at(k, k->dump_cursor);
        if (tcb->serial < k->idle_serial) {
            print(k, NULL, false);
            saw_idle = true;
        }
        print(k, tcb, saw_idle);
        k->dump_cursor = tcb->all_link.next;
    }
    if (!saw_idle)
        print(k, NULL, true);
    return ENTRY_DONE;
}

/* --- DumpScheduler ------------------------------------------------------------------------- */

static const char *const state_names[] = {
    [THREAD_INACTIVE] = "inactive",
    [THREAD_RUNNING] = "running",
    [THREAD_RESTART] = "restart",
    [THREAD_BLOCKED_ON_RECEIVE] = "blocked on recv",
    [THREAD_BLOCKED_ON_SEND] = "blocked on send",
    [THREAD_BLOCKED_ON_REPLY] = "blocked on reply",
    [THREAD_BLOCKED_ON_NOTIFICATION] = "blocked on ntfn",
};

static const char *state_name(const struct tcb *tcb)
{
    return tcb ? state_names[tcb->state] : "idle";
}

static const char *thread_name(const struct tcb *tcb)
{
    return tcb ? tcb->name : "idle_thread";
}

static void format_ip(const struct tcb *tcb, char *ret_text, size_t size)
{
    vaddr_t ip = tcb ? tcb->context.reg[UREG_RIP] : 0;
    text_format(ret_text, size, ip ? "0x%lx" : "%lu", ip);
}

/* Columns behind those that every table has, in their order; tcb NULL: the idle thread. */
static bool has_cores(const struct kernel_config *config)
{
    return config->max_cores > 1;
}

static void print_core(struct kernel *k, const struct tcb *tcb)
{
    console_print(k, "   %4u", tcb ? tcb->core : 0);
}

static bool has_domains(const struct kernel_config *config)
{
    return config->num_domains > 1;
}

static void print_domain(struct kernel *k, const struct tcb *tcb)
{
    console_print(k, "   %4u", tcb ? tcb->domain : 0);
}

static bool has_releases(const struct kernel_config *config)
{
    return config->mcs;
}

/* Whether the thread waits for its next refill. */
static void print_release(struct kernel *k, const struct tcb *tcb)
{
    console_print(k, "   %-14s", tcb && tcb->in_release_queue ? "yes" : "no");
}

static const struct column {
    bool (*is_shown)(const struct kernel_config *config);
    const char *head, *rule;
    void (*print)(struct kernel *k, const struct tcb *tcb);
} columns[] = {
    {has_cores, "   Core", "-------", print_core},
    {has_domains, "    Dom", "-------", print_domain},
    {has_releases, "   InReleaseQueue", "-----------------", print_release},
};

static void print_head(struct kernel *k)
{
    console_print(k, "Dumping all tcbs!\n"
                     "Name                                       State              IP         "
                     "          Prio");
    for (unsigned i = 0; i < ARRAY_LENGTH(columns); i++)
        console_print(k, "%s", columns[i].is_shown(&k->config) ? columns[i].head : "");
    console_print(k, "\n--------------------------------------------------------------------------"
                     "--------------");
    for (unsigned i = 0; i < ARRAY_LENGTH(columns); i++)
        console_print(k, "%s", columns[i].is_shown(&k->config) ? columns[i].rule : "");
    console_print(k, "\n");
}

static void print_line(struct kernel *k, const struct tcb *tcb, bool is_last)
{
    (void)is_last;
    char ip[24];
    format_ip(tcb, ip, sizeof(ip));
    console_print(k, "%-40s   %-16s   %-18s   %4u", thread_name(tcb), state_name(tcb), ip,
                  tcb ? tcb->priority : 0);
    for (unsigned i = 0; i < ARRAY_LENGTH(columns); i++) {
        if (columns[i].is_shown(&k->config))
            columns[i].print(k, tcb);
    }
    console_print(k, "\n");
}

/* Before release 16.0: another table, the same for all kernels. */
static void print_head_before_16(struct kernel *k)
{
    console_print(
        k, "Dumping all tcbs!\n"
           "Name                                    \tState          \tIP                  \t Prio "
           "\t Core\n"
           "--------------------------------------------------------------------------------------"
           "\n");
}

static void print_line_before_16(struct kernel *k, const struct tcb *tcb, bool is_last)
{
    (void)is_last;
    char ip[24];
    format_ip(tcb, ip, sizeof(ip));
    console_print(k, "%40s\t%15s\t%s\t%20u\t%u\n", thread_name(tcb), state_name(tcb), ip,
                  tcb ? tcb->priority : 0, tcb ? tcb->core : 0);
}

static const struct table {
    void (*print_head)(struct kernel *k);
    void (*print_line)(struct kernel *k, const struct tcb *tcb, bool is_last);
} table = {print_head, print_line}, table_before_16 = {print_head_before_16, print_line_before_16};

enum entry_result debug_dump_scheduler(struct kernel *k, unsigned core, struct tcb *caller)
{
    (void)core;
    (void)caller;
    if (!k->config.debug_build)
        return ENTRY_DONE;
    const struct table *t = k->config.release < SEL4_RELEASE_16_0 ? &table_before_16 : &table;
    if (!k->dump_cursor)
        t->print_head(k);
    return debug_each_thread(k, t->print_line);
}

/* --- the others ---------------------------------------------------------------------------- */

static union cap lookup_argument(struct kernel *k, struct tcb *tcb)
{
    struct resolution found = lookup_slot(k, tcb, tcb->context.reg[UREG_CAP]);
    return found.slot ? found.slot->cap : cap_null();
}

/*
 * What a halting kernel says of its last entry is a part of a record of bit fields: bit 3 of the
 * negated number of the call, the type of the capability it names, a 1, and its label.
 */
static word_t entry_record(struct kernel *k, struct tcb *tcb)
{
    word_t number = -tcb->context.reg[UREG_SYSCALL];
    word_t label = message_info_decode(tcb->context.reg[UREG_MESSAGE_INFO]).label;
    word_t type = cap_object_type(lookup_argument(k, tcb))->identify_tag;
    return (number >> 3 & 1) | type << 1 | 1 << 6 | (label & mask(19)) << 7;
}

static enum entry_result halt(struct kernel *k, struct tcb *tcb)
{
    console_print(k, "halting...\nKernel entry via Unknown syscall, word: %lu",
                  entry_record(k, tcb));
    k->halted = true;
    return ENTRY_HALTED;
}

/* Of what a real kernel prints then, all that is not its own registers and stack. */
enum entry_result debug_kernel_fault(struct kernel *k, struct tcb *tcb, vaddr_t address,
                                     bool is_write)
{
    enum { VECTOR_PAGE_FAULT = 14, ERROR_WRITE = 2 };
    console_print(k,
                  "\n========== KERNEL EXCEPTION ==========\n"
                  "Vector:  0x%x\nErrCode: 0x%x\nCR2:     0x%lx (page-fault address)\n"
                  "\nHalting...\n",
                  VECTOR_PAGE_FAULT, is_write ? ERROR_WRITE : 0, address);
    return halt(k, tcb);
}

void debug_print_origin(struct kernel *k, const char *what, const struct tcb *tcb)
{
    console_print(k, "Debug %s syscall from user thread 0x%lx \"%s\"\n", what,
                  console_tcb_address(k, tcb), tcb->name);
}

enum entry_result debug_halt(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)core;
    debug_print_origin(k, "halt", tcb);
    return halt(k, tcb);
}

enum entry_result debug_cap_identify(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)core;
    tcb->context.reg[UREG_CAP] = cap_object_type(lookup_argument(k, tcb))->identify_tag;
    return ENTRY_DONE;
}

/* The kernel takes misuse of this call for a bug of the system under test, and stops. */
static enum entry_result refuse_name(struct kernel *k, struct tcb *tcb, const char *why)
{
    user_error(k, "handleUnknownSyscall", "SysDebugNameThread: %s, halting", why);
    return halt(k, tcb);
}

enum entry_result debug_name_thread(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)core;
    union cap cap = lookup_argument(k, tcb);
    if (cap_type(cap) != CAP_TCB)
        return refuse_name(k, tcb, "cap is not a TCB");
    const word_t *buffer = ipc_buffer(k, tcb, true);
    if (!buffer)
        return debug_kernel_fault(k, tcb, IPC_BUFFER_MSG * sizeof(word_t), false);

    const char *name = (const char *)&buffer[IPC_BUFFER_MSG];
    size_t length = 0;
    while (length < TCB_NAME_BYTES && name[length])
        length++;
    if (length == TCB_NAME_BYTES)
        return refuse_name(k, tcb, "Name too long");
    tcb_set_name(tcb_at(k, cap.tcb.object), name);
    return ENTRY_DONE;
}
