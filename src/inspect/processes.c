/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/views.h>

/* The path comes last: whoever reads the text takes it from its heading's column on. */
static const struct report_column columns[] = {
    {"process", REPORT_RIGHT},
    {"threads", REPORT_RIGHT},
    {"vspace", REPORT_LEFT},
    {"program", REPORT_LEFT},
};

static void process_cell(const struct view_call *call, paddr_t root)
{
    const struct inspect_host *host = call->inspection->host;
    int pid;
    if (host && host->process && host->process(host->context, root, &pid))
        report_number(call->report, (uint64_t)pid);
    else
        report_nothing(call->report);
}

/* By the first thread that is in some program's text. */
static void program_cell(const struct view_call *call, uint32_t vspace)
{
    const struct inspection *inspection = call->inspection;
    const struct inspect_host *host = inspection->host;
    const char *path = NULL;
    for (uint32_t i = 0; i < inspection->threads.count && !path; i++) {
        const struct found_thread *thread = &inspection->threads.items[i];
        if (thread->vspace == vspace && host && host->program)
            path = host->program(host->context, inspection->vspaces.items[vspace].root,
                                 thread->tcb->context.reg[UREG_RIP]);
    }
    if (path)
        report_text(call->report, "%s", path);
    else
        report_nothing(call->report);
}

static uint64_t threads_in(const struct inspection *inspection, uint32_t vspace)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < inspection->threads.count; i++)
        count += inspection->threads.items[i].vspace == vspace;
    return count;
}

int view_processes(const struct view_call *call)
{
    struct report *report = call->report;
    const struct inspection *inspection = call->inspection;
    report_begin_table(report, "processes", NULL, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t i = 0; i < inspection->vspaces.count; i++) {
        process_cell(call, inspection->vspaces.items[i].root);
        report_number(report, threads_in(inspection, i));
        view_vspace_cell(call, i);
        program_cell(call, i);
    }
    report_end_table(report);
    return 0;
}
