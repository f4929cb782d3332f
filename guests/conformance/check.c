/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdarg.h>

#define RESULT_SIZE 2048

/*
 * A name behind these words makes it the only check, the beginning of one those that begin so:
 * tests/coverage-table.py writes it there.
 */
static const volatile char only[] = "the only check: \0..............";

static char result[RESULT_SIZE];
static char marks[64];

static struct thread workers[WORKERS];
static seL4_CPtr event_endpoint;            /* the root task receives here */
static seL4_CPtr worker_endpoints[WORKERS]; /* badged, to send there */

static struct {
    void (*entry)(void *);
    void *argument;
} jobs[WORKERS];

void guest_main(void);

extern unsigned guest_pool_bits;
unsigned guest_pool_bits = 27;

/* --- results --------------------------------------------------------------------------------- */

void say(const char *format, ...)
{
    va_list arguments;

    if (result[0] != '\0')
        print_append(result, sizeof(result), " ");
    va_start(arguments, format);
    print_append_list(result, sizeof(result), format, arguments);
    va_end(arguments);
}

void mark(const char *text)
{
    print_append(marks, sizeof(marks), "%s", text);
}

void marks_clear(void)
{
    marks[0] = '\0';
}

void say_marks(void)
{
    say("%s", marks);
    marks_clear();
}

static const char *lookup_name(seL4_Word type)
{
    static const char *const names[] = {
        [seL4_InvalidRoot] = "InvalidRoot",
        [seL4_MissingCapability] = "MissingCapability",
        [seL4_DepthMismatch] = "DepthMismatch",
        [seL4_GuardMismatch] = "GuardMismatch",
    };

    return type < ARRAY_LENGTH(names) && names[type] != NULL ? names[type] : "NoFailure";
}

/* How many words describe a lookup failure after its type. */
static unsigned lookup_words(seL4_Word type)
{
    static const unsigned char words[] = {
        [seL4_MissingCapability] = 1,
        [seL4_DepthMismatch] = 2,
        [seL4_GuardMismatch] = 3,
    };

    return type < ARRAY_LENGTH(words) ? words[type] : 0;
}

void say_error(seL4_Error error)
{
    static const unsigned char words[] = {
        [seL4_InvalidArgument] = 1,
        [seL4_InvalidCapability] = 1,
        [seL4_RangeError] = 2,
        [seL4_NotEnoughMemory] = 1,
    };
    unsigned count = error < ARRAY_LENGTH(words) ? words[error] : 0;
    int first = 0;

    say("%s", error_name(error));
    if (error == seL4_FailedLookup) {
        say("%s %s", seL4_GetMR(0) ? "source" : "target", lookup_name(seL4_GetMR(1)));
        count = lookup_words(seL4_GetMR(1));
        first = 2;
    }
    for (unsigned i = 0; i < count; i++)
        say("%lu", seL4_GetMR(first + (int)i));
}

void say_cap(seL4_CPtr slot)
{
    static const struct {
        seL4_Word tag;
        const char *name;
    } names[] = {
        {0, "empty"},  {1, "frame"}, {2, "untyped"},    {3, "PT"},           {4, "endpoint"},
        {5, "PD"},     {6, "ntfn"},  {7, "PDPT"},       {8, "reply"},        {9, "PML4"},
        {10, "cnode"}, {12, "tcb"},  {13, "asid pool"}, {16, "irq handler"}, {19, "io port"},
    };
    const seL4_Word tag = seL4_DebugCapIdentify(slot);

    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        if (names[i].tag == tag) {
            say("%s", names[i].name);
            return;
        }
    }
    say("tag %lu", tag);
}

/* --- invocations ----------------------------------------------------------------------------- */

seL4_Error invoke(seL4_CPtr cap, seL4_Word label, struct words caps, struct words words)
{
    seL4_MessageInfo_t reply;

    for (unsigned i = 0; i < caps.count; i++)
        seL4_SetCap((int)i, caps.words[i]);
    for (unsigned i = 0; i < words.count; i++)
        seL4_SetMR((int)i, words.words[i]);
    reply = seL4_Call(cap, seL4_MessageInfo_new(label, 0, caps.count, words.count));
    return (seL4_Error)seL4_MessageInfo_get_label(reply);
}

seL4_Error copy_cap(seL4_CPtr to, seL4_CPtr from, seL4_CapRights_t rights)
{
    return seL4_CNode_Copy(ROOT, to, DEPTH, ROOT, from, DEPTH, rights);
}

seL4_Error mint_cap(seL4_CPtr to, seL4_CPtr from, seL4_Word badge)
{
    return seL4_CNode_Mint(ROOT, to, DEPTH, ROOT, from, DEPTH, seL4_AllRights, badge);
}

seL4_Error delete_cap(seL4_CPtr slot)
{
    return seL4_CNode_Delete(ROOT, slot, DEPTH);
}

seL4_CPtr long_to_delete(void)
{
    enum { SLOT_COUNT_BITS = 17 };
    static seL4_CPtr memory, slot;

    if (memory == seL4_CapNull) {
        memory = object_new(seL4_UntypedObject, SLOT_COUNT_BITS + seL4_SlotBits);
        slot = slot_new();
    }
    must(seL4_Untyped_Retype(memory, seL4_CapTableObject, SLOT_COUNT_BITS, ROOT, 0, 0, slot, 1),
         "Retype");
    return slot;
}

/* --- workers --------------------------------------------------------------------------------- */

static void worker_main(void *argument)
{
    const seL4_Word n = (seL4_Word)argument;

    jobs[n].entry(jobs[n].argument);
    seL4_Send(worker_endpoints[n], seL4_MessageInfo_new(EVENT_DONE, 0, 0, 0));
}

void workers_create(void)
{
    static const char *const names[WORKERS] = {"worker 0", "worker 1", "worker 2"};

    event_endpoint = object_new(seL4_EndpointObject, 0);
    for (seL4_Word n = 0; n < WORKERS; n++) {
        worker_endpoints[n] = cap_mint(event_endpoint, seL4_AllRights, n + 1);
        thread_create(&workers[n], &(struct thread_options){.name = names[n],
                                                            .priority = WORKER_PRIORITY,
                                                            .entry = worker_main,
                                                            .argument = (void *)n,
                                                            .fault_ep = worker_endpoints[n]});
    }
}

const struct thread *worker_thread(unsigned n)
{
    return &workers[n];
}

seL4_CPtr worker_endpoint(unsigned n)
{
    return worker_endpoints[n];
}

void worker_start(unsigned n, void (*entry)(void *), void *argument)
{
    const struct thread *thread = &workers[n];

    jobs[n].entry = entry;
    jobs[n].argument = argument;
    thread_rewind(thread, worker_main, (void *)(seL4_Word)n);
    must(tcb_configure(thread->tcb, worker_endpoints[n], ROOT, 0, seL4_CapInitThreadVSpace,
                       thread->buffer, thread->buffer_frame),
         "TCB_Configure");
    must(tcb_set_sched_params(thread->tcb, seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                              thread->sched_context, worker_endpoints[n]),
         "TCB_SetSchedParams");
    thread_resume(thread);
}

/* Below all workers for a moment. */
void settle(void)
{
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 1), "TCB_SetPriority");
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, seL4_MaxPrio),
         "TCB_SetPriority");
}

static void event_read(seL4_MessageInfo_t info, seL4_Word badge, struct event *ret_event)
{
    ret_event->label = seL4_MessageInfo_get_label(info);
    ret_event->length = seL4_MessageInfo_get_length(info);
    ret_event->badge = badge;
    for (int i = 0; i < EVENT_WORDS; i++)
        ret_event->mr[i] = seL4_GetMR(i);
}

void event_wait(struct event *ret_event)
{
    seL4_Word badge;
    const seL4_MessageInfo_t info = ipc_recv(event_endpoint, &badge);

    event_read(info, badge, ret_event);
}

void event_poll(struct event *ret_event)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    settle();
    info = ipc_nb_recv(event_endpoint, &badge);
    event_read(info, badge, ret_event);
}

void worker_run(void (*entry)(void *), void *argument, struct event *ret_event)
{
    worker_start(0, entry, argument);
    event_wait(ret_event);
}

void say_event(const struct event *event, const void *place)
{
    const seL4_Word *mr = event->mr;
    const seL4_Word base = (seL4_Word)place;

    if (event->badge == 0) {
        say("nothing");
        return;
    }
    switch (event->label) {
    case EVENT_DONE:
        say("done");
        break;
    case seL4_Fault_VMFault:
        say("VMFault length=%lu ip+%ld address=0x%lx prefetch=%lu fsr=%lu", event->length,
            mr[seL4_VMFault_IP] - base, mr[seL4_VMFault_Addr], mr[seL4_VMFault_PrefetchFault],
            mr[seL4_VMFault_FSR]);
        break;
    case seL4_Fault_UserException:
        say("UserException length=%lu ip+%ld number=%lu code=%lu", event->length,
            mr[seL4_UserException_FaultIP] - base, mr[seL4_UserException_Number],
            mr[seL4_UserException_Code]);
        break;
    case seL4_Fault_UnknownSyscall:
        say("UnknownSyscall length=%lu ip+%ld number=%ld", event->length,
            mr[seL4_UnknownSyscall_FaultIP] - base, mr[seL4_UnknownSyscall_Syscall]);
        break;
    case seL4_Fault_CapFault:
        say("CapFault length=%lu address=0x%lx receiving=%lu %s", event->length,
            mr[seL4_CapFault_Addr], mr[seL4_CapFault_InRecvPhase],
            lookup_name(mr[seL4_CapFault_LookupFailureType]));
        for (unsigned i = 0; i < lookup_words(mr[seL4_CapFault_LookupFailureType]); i++)
            say("%lu", mr[seL4_CapFault_BitsLeft + i]);
        break;
#ifdef CONFIG_KERNEL_MCS
    case seL4_Fault_Timeout:
        say("Timeout length=%lu data=0x%lx consumed %s", event->length, mr[seL4_Timeout_Data],
            mr[seL4_Timeout_Consumed] > 0 ? "some" : "nothing");
        break;
#endif
    default:
        say("label=%lu length=%lu", event->label, event->length);
        break;
    }
}

/* --- the run --------------------------------------------------------------------------------- */

#define TABLE(name) &name##_checks,
static const struct check_table *const tables[] = {
#include CHECK_TABLES
};
#undef TABLE

static void run_once(const struct check_table *table, const struct check *check)
{
    result[0] = '\0';
    if (table->tidy)
        scratch_begin();
    check->run();
    if (table->tidy)
        scratch_end();
}

static bool same_text(const char *a, const char *b)
{
    for (; *a != '\0' && *a == *b; a++, b++)
        ;
    return *a == *b;
}

/* The first result that has come three times: what a stray tick makes comes once. */
static void run_often(const struct check_table *table, const struct check *check)
{
    static char before[9][RESULT_SIZE];

    for (unsigned i = 0; i < ARRAY_LENGTH(before); i++) {
        unsigned times = 1;

        run_once(table, check);
        before[i][0] = '\0';
        print_append(before[i], sizeof(before[i]), "%s", result);
        for (unsigned j = 0; j < i; j++)
            times += same_text(before[j], result);
        if (times == 3)
            break;
    }
}

static void run_check(const struct check_table *table, const struct check *check)
{
    if (table->often)
        run_often(table, check);
    else
        run_once(table, check);
    print("%s %s: %s\n", check->id, check->sentence, result);
}

/* Whether the check is one of the only ones, or there are none such. */
static bool is_wanted(const struct check *check)
{
    const volatile char *name = only + sizeof("the only check: ") - 1;

    for (const char *id = check->id; *id != '\0' && *name != '\0'; id++, name++)
        if (*id != *name)
            return false;
    return true;
}

void guest_main(void)
{
    unsigned count = 0;

    workers_create();
    for (unsigned i = 0; i < ARRAY_LENGTH(tables); i++) {
        for (unsigned j = 0; j < tables[i]->count; j++) {
            const struct check *check = &tables[i]->checks[j];

            if (!is_wanted(check))
                continue;
            run_check(tables[i], check);
            count++;
        }
    }
    print("conformance: %u checks\nconformance: end\n", count);
}
