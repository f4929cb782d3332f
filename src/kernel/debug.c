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

/* Release 16.0 made another table of it. */
static const char table_head[] =
    "Dumping all tcbs!\n"
    "Name                                       State              IP                   Prio\n"
    "----------------------------------------------------------------------------------------\n";
static const char table_head_before_16[] =
    "Dumping all tcbs!\n"
    "Name                                    \tState          \tIP                  \t Prio \t Core"
    "\n--------------------------------------------------------------------------------------\n";

static const char table_head_mcs[] =
    "Dumping all tcbs!\n"
    "Name                                       State              IP                   Prio"
    "   InReleaseQueue\n"
    "----------------------------------------------------------------------------------------"
    "-----------------\n";

static bool has_old_table(const struct kernel *k)
{
    return k->config.release < SEL4_RELEASE_16_0;
}

/* MCS: whether the thread waits for its next refill. */
static const char *release_column(const struct kernel *k, const struct tcb *tcb)
{
    if (!k->config.mcs)
        return "";
    return tcb && tcb->in_release_queue ? "   yes           " : "   no            ";
}

static const char *head_of_table(const struct kernel *k)
{
    if (has_old_table(k))
        return table_head_before_16;
    return k->config.mcs ? table_head_mcs : table_head;
}

static void dump_line(struct kernel *k, const struct tcb *tcb, bool is_last)
{
    (void)is_last;
    vaddr_t ip = tcb ? tcb->context.reg[UREG_RIP] : 0;
    const char *name = tcb ? tcb->name : "idle_thread";
    const char *state = tcb ? state_names[tcb->state] : "idle";
    unsigned priority = tcb ? tcb->priority : 0;
    char address[24];
    text_format(address, sizeof(address), ip ? "0x%lx" : "%lu", ip);
    if (has_old_table(k))
        console_print(k, "%40s\t%15s\t%s\t%20u\t%u\n", name, state, address, priority,
                      tcb ? tcb->core : 0);
    else
        console_print(k, "%-40s   %-16s   %-18s   %4u%s\n", name, state, address, priority,
                      release_column(k, tcb));
}

enum entry_result debug_dump_scheduler(struct kernel *k, unsigned core, struct tcb *caller)
{
    (void)core;
    (void)caller;
    if (!k->config.debug_build)
        return ENTRY_DONE;
    if (!k->dump_cursor)
        console_print(k, "%s", head_of_table(k));
    return debug_each_thread(k, dump_line);
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
    text_copy(tcb_at(k, cap.tcb.object)->name, TCB_NAME_BYTES, name);
    return ENTRY_DONE;
}
