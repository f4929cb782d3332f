/* SPDX-License-Identifier: BSD-2-Clause */
/* SchedControl_ConfigureFlags: what budgets a scheduling context can have. */
#include "mcs.h"

static seL4_CPtr context;

static void fresh(void)
{
    context = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
}

static seL4_Error configure(seL4_CPtr target, seL4_Word budget, seL4_Word period, seL4_Word refills)
{
    return seL4_SchedControl_ConfigureFlags(sched_control(), target, budget, period, refills, 0, 0);
}

static void region(void)
{
    say("%lu from %lu:", slot_count(guest_boot_info->schedcontrol), sched_control());
    say_cap(sched_control());
    say_cap(seL4_CapInitThreadSC);
}

static void truncated(void)
{
    static const seL4_Word words[] = {SHORT, SHORT, 0, 0, 0};

    fresh();
    for (unsigned length = 0; length <= ARRAY_LENGTH(words); length++) {
        const struct words some = {length, words};

        say_error(invoke(sched_control(), Label_SchedControl_ConfigureFlags, CAPS(context), some));
        say_error(invoke(sched_control(), Label_SchedControl_ConfigureFlags, NONE, some));
    }
}

static void unknown_label(void)
{
    fresh();
    say_error(invoke(sched_control(), 0, NONE, NONE));
    say_error(invoke(sched_control(), Label_SchedContext_Bind, CAPS(context), NONE));
    say_error(invoke(sched_control(), Label_TCB_Suspend, NONE, NONE));
    say_error(invoke(context, Label_SchedControl_ConfigureFlags, CAPS(context),
                     WORDS(SHORT, SHORT, 0, 0, 0)));
    say_error(invoke(context, 0, NONE, NONE));
}

static void ranges(void)
{
    static const seL4_Word values[] = {0, 1, LEAST - 1, LEAST, LEAST + 1, FOREVER, ~(seL4_Word)0};

    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(values); i++) {
        for (unsigned j = 0; j < ARRAY_LENGTH(values); j++)
            say_range_error(configure(context, values[i], values[j], 0));
        say(";");
    }
}

static void targets(void)
{
    fresh();
    say_error(configure(seL4_CapInitThreadTCB, SHORT, SHORT, 0));
    say_error(configure(ROOT, SHORT, SHORT, 0));
    say_error(configure(sched_control(), SHORT, SHORT, 0));
    say_error(configure(slot_new(), SHORT, SHORT, 0));
    say_error(configure(object_new(seL4_ReplyObject, 0), SHORT, SHORT, 0));
    say_error(configure(context, SHORT, SHORT, 0));
}

static void order(void)
{
    fresh();
    say_range_error(configure(ROOT, ~(seL4_Word)0, 1, 1000));
    say_range_error(configure(ROOT, 1, ~(seL4_Word)0, 1000));
    say_range_error(configure(ROOT, SHORT + 1, SHORT, 1000));
    say_range_error(configure(ROOT, SHORT, SHORT, 1000));
    say_range_error(configure(context, SHORT, SHORT, 1000));
}

static void refills(void)
{
    for (unsigned bits = seL4_MinSchedContextBits; bits <= 12; bits++) {
        seL4_Word most;

        context = object_new(seL4_SchedContextObject, bits);
        say_error(configure(context, SHORT, FOREVER, ~(seL4_Word)0));
        most = seL4_GetMR(1);
        say_error(configure(context, SHORT, FOREVER, most));
        say_error(configure(context, SHORT, FOREVER, most + 1));
        /* round robin needs none */
        say_error(configure(context, SHORT, SHORT, most + 1));
        say(";");
    }
}

static void flags(void)
{
    static const seL4_Word flag_words[] = {0, seL4_SchedContext_Sporadic, 2, ~(seL4_Word)0};

    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(flag_words); i++)
        say_error(seL4_SchedControl_ConfigureFlags(sched_control(), context, SHORT, FOREVER, 0,
                                                   ~(seL4_Word)0, flag_words[i]));
}

static void copies(void)
{
    const seL4_CPtr copy = slot_new(), minted = slot_new(), moved = slot_new();

    fresh();
    say_error(copy_cap(copy, sched_control(), seL4_NoRights));
    say_error(mint_cap(minted, sched_control(), 5));
    say_cap(minted);
    say_error(seL4_SchedControl_ConfigureFlags(copy, context, SHORT, SHORT, 0, 0, 0));
    say_error(seL4_SchedControl_ConfigureFlags(minted, context, SHORT, SHORT, 0, 0, 0));
    say_error(seL4_CNode_Move(ROOT, moved, DEPTH, ROOT, copy, DEPTH));
    say_error(seL4_SchedControl_ConfigureFlags(moved, context, SHORT, SHORT, 0, 0, 0));
    say_error(seL4_CNode_Revoke(ROOT, sched_control(), DEPTH));
    say_cap(moved);
    say_cap(minted);
    say_cap(sched_control());
    say_error(delete_cap(minted));
    say_error(delete_cap(moved));
}

static void target_without_rights(void)
{
    const seL4_CPtr copy = slot_new();

    fresh();
    must(copy_cap(copy, context, seL4_NoRights), "Copy");
    say_error(configure(copy, SHORT, SHORT, 0));
}

static void own(void)
{
    say_error(configure(seL4_CapInitThreadSC, SHORT, SHORT, 0));
    say_error(configure(seL4_CapInitThreadSC, 5000, 5000, 0));
}

static void send_once(void *argument)
{
    const seL4_Word words[] = {SLICE_US, SLICE_US, 0, 0, 0};

    seL4_SetCap(0, (seL4_CPtr)argument);
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        seL4_SetMR((int)i, words[i]);
    seL4_Send(sched_control(), seL4_MessageInfo_new(Label_SchedControl_ConfigureFlags, 0, 1, 5));
}

static void mark_run(void *argument)
{
    (void)argument;
    mark("a");
}

/* Nobody hears of the answer, but the thread has time then. */
static void by_send(void)
{
    fresh();
    marks_clear();
    worker_start(0, mark_run, NULL);
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    must(seL4_SchedContext_Bind(context, own_tcb(0)), "Bind");
    say_ends();
    send_once((void *)context);
    say_ends();
    must(delete_cap(context), "Delete");
    rest();
}

static const struct check checks[] = {
    {"SCHEDCTL0001", "SchedControl capabilities, and the initial scheduling context", region},
    {"SCHEDCTL0002", "messages of each length, with and without a capability", truncated},
    {"SCHEDCTL0003", "labels of other objects, and this one of a scheduling context",
     unknown_label},
    {"SCHEDCTL0004", "budgets and periods out of range, and each with each", ranges},
    {"SCHEDCTL0005", "a TCB, a CNode, itself, nothing, a reply object, a scheduling context",
     targets},
    {"SCHEDCTL0006", "the order of refusals", order},
    {"SCHEDCTL0007", "refills that scheduling contexts of 2^7 to 2^12 bytes have room for",
     refills},
    {"SCHEDCTL0008", "flags that there are and are not", flags},
    {"SCHEDCTL0009", "Copy without rights, Mint, Move, Revoke of SchedControl", copies},
    {"SCHEDCTL0010", "a capability without rights to a scheduling context", target_without_rights},
    {"SCHEDCTL0011", "the caller's own scheduling context", own},
    {"SCHEDCTL0012", "by Send: a thread that waits for its first budget", by_send},
};

const struct check_table sched_control_checks = MCS_TABLE(checks);
