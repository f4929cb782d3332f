/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/views.h>

#include <base/bits.h>

static const struct report_column columns[] = {
    {"entry", REPORT_RIGHT},
    {"domain", REPORT_RIGHT},
    {"ticks", REPORT_RIGHT},
    {"ticks left", REPORT_RIGHT},
};

/* The cycle of domains, up to its end mark. */
static void show_domains(const struct view_call *call)
{
    const struct kernel *k = call->inspection->k;
    report_begin_table(call->report, "domains", "Domain schedule", columns, ARRAY_LENGTH(columns));
    for (unsigned i = 0; i < MAX_SCHEDULE && k->schedule[i].duration; i++) {
        report_number(call->report, i);
        report_number(call->report, k->schedule[i].domain);
        report_number(call->report, k->schedule[i].duration);
        if (i == k->schedule_index)
            report_number(call->report, k->domain_time);
        else
            report_nothing(call->report);
    }
    report_end_table(call->report);
}

int view_schedule(const struct view_call *call)
{
    show_domains(call);
    view_ready_table(call);
    return 0;
}
