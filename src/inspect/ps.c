/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/views.h>
#include <inspect/words.h>

static const struct report_column columns[] = {
    {"thread", REPORT_LEFT}, {"tcb", REPORT_LEFT},      {"vspace", REPORT_LEFT},
    {"prio", REPORT_RIGHT},  {"domain", REPORT_RIGHT},  {"cpu ms", REPORT_RIGHT},
    {"ip", REPORT_LEFT},     {"function", REPORT_LEFT}, {"state", REPORT_LEFT},
};

static void function_cell(const struct view_call *call, const struct found_thread *thread)
{
    const struct inspection *inspection = call->inspection;
    const struct inspect_host *host = inspection->host;
    const char *name = NULL;
    if (host && host->symbol_at && thread->vspace != INDEX_NONE)
        name = host->symbol_at(host->context, inspection->vspaces.items[thread->vspace].root,
                               thread->tcb->context.reg[UREG_RIP]);
    if (name)
        report_text(call->report, "%s", name);
    else
        report_nothing(call->report);
}

/* From the host, or as the guest's own kernel counts it. */
static void time_cell(const struct view_call *call, const struct found_thread *thread)
{
    enum { NANOSECONDS_PER_MS = 1000000 };
    const struct inspect_host *host = call->inspection->host;
    nanoseconds_t time = thread->tcb->utilisation.time;
    bool known = time > 0;
    if (host && host->cpu_time)
        known = host->cpu_time(host->context, thread->tcb, &time);
    if (known)
        report_number(call->report, time / NANOSECONDS_PER_MS);
    else
        report_nothing(call->report);
}

int view_ps(const struct view_call *call)
{
    struct report *report = call->report;
    const struct inspection *inspection = call->inspection;
    report_begin_table(report, "threads", NULL, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        const struct found_thread *thread = &inspection->threads.items[i];
        char state[STATE_BYTES];
        words_state(inspection->k, thread->tcb, state, sizeof(state));
        view_thread_cell(call, i);
        report_text(report, "#%lu", thread->tcb->serial);
        view_vspace_cell(call, thread->vspace);
        report_number(report, thread->tcb->priority);
        report_number(report, thread->tcb->domain);
        time_cell(call, thread);
        report_address(report, thread->tcb->context.reg[UREG_RIP]);
        function_cell(call, thread);
        report_text(report, "%s", state);
    }
    report_end_table(report);
    return 0;
}
