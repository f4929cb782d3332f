/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits at which object, for whom, and whether that can ever end. */
#include <inspect/views.h>

#include <base/bits.h>
#include <base/text.h>
#include <inspect/waits.h>
#include <inspect/words.h>

#define NAMES_BYTES 200
#define MAX_NAMES   5

/* "a, b and 7 more" */
static void waker_names(const struct view_call *call, const struct wait *wait, char *names,
                        size_t size)
{
    char label[THREAD_LABEL_BYTES];
    size_t length = 0;
    names[0] = '\0';
    for (uint32_t i = 0; i < wait->count && i < MAX_NAMES; i++) {
        words_thread(call->inspection->threads.items[wait->items[i]].tcb, label, sizeof(label));
        length += text_format(names + length, size - length, "%s%s", i ? ", " : "", label);
    }
    if (wait->count > MAX_NAMES)
        length +=
            text_format(names + length, size - length, " and %u more", wait->count - MAX_NAMES);
    if (wait->may_be_interrupted)
        text_format(names + length, size - length, "%san interrupt", length ? ", " : "");
}

static void wakers_cell(const struct view_call *call, const struct wait *wait)
{
    char names[NAMES_BYTES];
    waker_names(call, wait, names, sizeof(names));
    if (names[0])
        report_text(call->report, "%s", names);
    else
        report_nothing(call->report);
}

/* --- queues -------------------------------------------------------------------------------- */

static const struct report_column queue_columns[] = {
    {"object", REPORT_LEFT},           {"queue", REPORT_LEFT},
    {"thread", REPORT_LEFT},           {"badge", REPORT_LEFT},
    {"may be served by", REPORT_LEFT},
};

static void show_waiter(const struct view_call *call, union cap object, const char *queue,
                        uint32_t thread, const struct wait *waits)
{
    char name[64];
    const struct tcb *tcb = call->inspection->threads.items[thread].tcb;
    words_cap_object(object, name, sizeof(name));
    report_text(call->report, "%s", name);
    report_text(call->report, "%s", queue);
    view_thread_cell(call, thread);
    if (tcb->state == THREAD_BLOCKED_ON_SEND)
        report_address(call->report, tcb->sender_badge);
    else
        report_nothing(call->report);
    wakers_cell(call, &waits[thread]);
}

/* In the queue's order; one that runs in circles (in a damaged state) ends at the last thread. */
static void show_queue(const struct view_call *call, union cap object, const char *queue,
                       paddr_t head, const struct wait *waits)
{
    const struct inspection *inspection = call->inspection;
    uint32_t thread = inspection_find_thread(inspection, head);
    for (uint32_t i = 0; thread != INDEX_NONE && i < inspection->threads.count; i++) {
        show_waiter(call, object, queue, thread, waits);
        thread = inspection_find_thread(inspection,
                                        inspection->threads.items[thread].tcb->endpoint_link.next);
    }
}

static void show_signalled(const struct view_call *call, union cap object, uint64_t badge)
{
    char name[64];
    words_cap_object(object, name, sizeof(name));
    report_text(call->report, "%s", name);
    report_text(call->report, "signalled");
    report_nothing(call->report);
    report_address(call->report, badge);
    report_nothing(call->report);
}

static void show_object(const struct view_call *call, union cap cap, const struct wait *waits)
{
    static const char *const endpoint_queues[] = {
        [ENDPOINT_IDLE] = "", [ENDPOINT_SENDING] = "send", [ENDPOINT_RECEIVING] = "receive", ""};
    struct kernel *k = call->inspection->k;
    if (cap_type(cap) == CAP_ENDPOINT) {
        const struct endpoint *ep = endpoint_at(k, cap.endpoint.object);
        show_queue(call, cap, endpoint_queues[ep->state], ep->head, waits);
    } else if (cap_type(cap) == CAP_NOTIFICATION) {
        const struct notification *n = notification_at(k, cap.notification.object);
        if (n->state == NOTIFICATION_WAITING)
            show_queue(call, cap, "wait", n->head, waits);
        else if (n->state == NOTIFICATION_ACTIVE)
            show_signalled(call, cap, n->badge);
    }
}

static void show_replies(const struct view_call *call, const struct wait *waits)
{
    for (uint32_t i = 0; i < call->inspection->threads.count; i++) {
        const struct tcb *tcb = call->inspection->threads.items[i].tcb;
        if (tcb->state == THREAD_BLOCKED_ON_REPLY)
            show_waiter(call, (union cap){.reply = {.type_ = CAP_REPLY}},
                        tcb->fault.type != FAULT_NONE ? "reply to a fault" : "reply", i, waits);
    }
}

static void show_queues(const struct view_call *call, const struct wait *waits)
{
    report_begin_table(call->report, "queues", "Queues", queue_columns,
                       ARRAY_LENGTH(queue_columns));
    for (uint32_t i = 0; i < call->inspection->objects.count; i++)
        show_object(call, call->inspection->objects.items[i].cap, waits);
    show_replies(call, waits);
    report_end_table(call->report);
}

/* --- ready queues -------------------------------------------------------------------------- */

static const struct report_column ready_columns[] = {
    {"core", REPORT_RIGHT},  {"domain", REPORT_RIGHT}, {"prio", REPORT_RIGHT},
    {"thread", REPORT_LEFT}, {"state", REPORT_LEFT},
};

static void show_ready_thread(const struct view_call *call, uint32_t thread)
{
    const struct tcb *tcb = call->inspection->threads.items[thread].tcb;
    char state[STATE_BYTES];
    words_state(call->inspection->k, tcb, state, sizeof(state));
    report_number(call->report, tcb->core);
    report_number(call->report, tcb->domain);
    report_number(call->report, tcb->priority);
    view_thread_cell(call, thread);
    report_text(call->report, "%s", state);
}

static void show_ready_queue(const struct view_call *call, paddr_t head)
{
    const struct inspection *inspection = call->inspection;
    uint32_t thread = inspection_find_thread(inspection, head);
    for (uint32_t i = 0; thread != INDEX_NONE && i < inspection->threads.count; i++) {
        show_ready_thread(call, thread);
        thread = inspection_find_thread(inspection,
                                        inspection->threads.items[thread].tcb->ready_link.next);
    }
}

void view_ready_table(const struct view_call *call)
{
    const struct kernel *k = call->inspection->k;
    report_begin_table(call->report, "ready", "Ready to run, in this order", ready_columns,
                       ARRAY_LENGTH(ready_columns));
    for (unsigned core = 0; core < k->num_cores; core++) {
        uint32_t current = inspection_find_thread(call->inspection, k->cores[core].current);
        if (current != INDEX_NONE)
            show_ready_thread(call, current);
        for (unsigned domain = 0; domain < MAX_DOMAINS; domain++) {
            for (unsigned priority = MAX_PRIORITIES; priority-- > 0;)
                show_ready_queue(call, k->cores[core].ready[domain][priority].head);
        }
    }
    report_end_table(call->report);
}

/* --- deadlocks ----------------------------------------------------------------------------- */

static const struct report_column dead_columns[] = {
    {"deadlock", REPORT_LEFT},
    {"thread", REPORT_LEFT},
    {"state", REPORT_LEFT},
    {"may be served by", REPORT_LEFT},
    {"why it never ends", REPORT_LEFT},
};

static const char *const dead_words[WAIT_KINDS] = {
    [WAIT_CYCLE] = "they wait for each other",
    [WAIT_FOR_NOBODY] = "no other thread has a capability for it",
    [WAIT_FOR_STOPPED] = "all who could are stopped",
    [WAIT_BEHIND] = "all who could wait for ever themselves",
};

static bool is_dead(const struct wait *wait)
{
    return dead_words[wait->kind] != NULL;
}

static void show_dead(const struct view_call *call, uint32_t thread, const struct wait *wait)
{
    char state[STATE_BYTES];
    words_state(call->inspection->k, call->inspection->threads.items[thread].tcb, state,
                sizeof(state));
    if (wait->kind == WAIT_CYCLE)
        report_text(call->report, "%u", wait->cycle);
    else
        report_nothing(call->report);
    view_thread_cell(call, thread);
    report_text(call->report, "%s", state);
    wakers_cell(call, wait);
    report_text(call->report, "%s", dead_words[wait->kind]);
}

/* Cycles first, each together; then those that wait for nobody, and those behind. */
static void show_deadlocks(const struct view_call *call, const struct wait *waits)
{
    uint32_t count = call->inspection->threads.count, cycles = 0;
    report_begin_table(call->report, "deadlocks", "Waiting for ever", dead_columns,
                       ARRAY_LENGTH(dead_columns));
    for (uint32_t i = 0; i < count; i++)
        cycles = waits[i].cycle > cycles ? waits[i].cycle : cycles;
    for (uint32_t cycle = 1; cycle <= cycles; cycle++) {
        for (uint32_t i = 0; i < count; i++) {
            if (waits[i].cycle == cycle)
                show_dead(call, i, &waits[i]);
        }
    }
    for (enum wait_kind kind = WAIT_CYCLE + 1; kind < WAIT_KINDS; kind++) {
        for (uint32_t i = 0; i < count; i++) {
            if (waits[i].kind == kind)
                show_dead(call, i, &waits[i]);
        }
    }
    report_end_table(call->report);
}

/* --- the graph ----------------------------------------------------------------------------- */

static void draw_wait(const struct view_call *call, uint32_t thread, const struct wait *waits)
{
    static const char *const labels[] = {
        [THREAD_BLOCKED_ON_RECEIVE] = "receives from",
        [THREAD_BLOCKED_ON_SEND] = "sends to",
        [THREAD_BLOCKED_ON_REPLY] = "waits for a reply of",
        [THREAD_BLOCKED_ON_NOTIFICATION] = "waits for a signal of",
    };
    const struct wait *wait = &waits[thread];
    enum thread_state state = call->inspection->threads.items[thread].tcb->state;
    for (uint32_t i = 0; i < wait->count; i++) {
        bool is_cycle = wait->cycle && waits[wait->items[i]].cycle == wait->cycle;
        report_edge(call->report, (struct report_node){'t', thread},
                    (struct report_node){'t', wait->items[i]}, is_cycle ? REPORT_BAD : REPORT_PLAIN,
                    labels[state]);
    }
}

static void draw(const struct view_call *call, const struct wait *waits)
{
    for (uint32_t i = 0; i < call->inspection->threads.count; i++) {
        const struct tcb *tcb = call->inspection->threads.items[i].tcb;
        char label[THREAD_LABEL_BYTES], state[STATE_BYTES];
        words_thread(tcb, label, sizeof(label));
        words_state(call->inspection->k, tcb, state, sizeof(state));
        report_node(call->report, (struct report_node){'t', i},
                    is_dead(&waits[i])              ? REPORT_BAD
                    : tcb->state == THREAD_INACTIVE ? REPORT_FAINT
                                                    : REPORT_PLAIN,
                    "%s\n%s", label, state);
    }
    for (uint32_t i = 0; i < call->inspection->threads.count; i++)
        draw_wait(call, i, waits);
}

int view_queues(const struct view_call *call)
{
    struct wait *waits;
    int error = waits_find(call->inspection, &waits);
    if (error)
        return error;
    show_queues(call, waits);
    view_ready_table(call);
    show_deadlocks(call, waits);
    draw(call, waits);
    waits_free(call->inspection, waits);
    return 0;
}

int view_deadlocks(const struct view_call *call)
{
    struct wait *waits;
    int error = waits_find(call->inspection, &waits);
    if (error)
        return error;
    show_deadlocks(call, waits);
    draw(call, waits);
    waits_free(call->inspection, waits);
    return 0;
}
