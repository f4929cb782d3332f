/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/views.h>

#include <base/bits.h>
#include <base/text.h>
#include <cap/object_type.h>
#include <errno.h>
#include <host/guard.h>
#include <host/host.h>
#include <inspect/words.h>
#include <stdlib.h>
#include <string.h>

const struct view view_table[] = {
    {"ps", "", "threads: what each does or waits for", VIEW_TAKES_NOTHING, false, view_ps},
    {"processes", "", "VSpaces: the Linux process of each, and its program", VIEW_TAKES_NOTHING,
     false, view_processes},
    {"queues", "", "who waits for whom, who is ready, who waits for ever", VIEW_TAKES_NOTHING, true,
     view_queues},
    {"deadlocks", "", "threads that wait for ever, and why", VIEW_TAKES_NOTHING, true,
     view_deadlocks},
    {"caps", "THREAD", "the capabilities in a thread's CSpace, by address", VIEW_MUST_TAKE, false,
     view_caps},
    {"slots", "[OBJECT]", "all capabilities, or those to an object (its address)", VIEW_MAY_TAKE,
     false, view_slots},
    {"untyped", "", "untyped memory, memory by VSpace, what is leaked", VIEW_TAKES_NOTHING, false,
     view_untyped},
    {"objects", "", "kernel objects and frames", VIEW_TAKES_NOTHING, false, view_objects},
    {"schedule", "", "domains and ready queues", VIEW_TAKES_NOTHING, false, view_schedule},
    {"mappings", "[THREAD]", "what is mapped where, in all VSpaces or a thread's", VIEW_MAY_TAKE,
     false, view_mappings},
    {"derivation", "[OBJECT]", "which capability was made from which", VIEW_MAY_TAKE, true,
     view_derivation},
};

const size_t view_count = ARRAY_LENGTH(view_table);

const struct view *view_find(const char *name)
{
    for (size_t i = 0; i < view_count; i++) {
        if (text_equal(view_table[i].name, name))
            return &view_table[i];
    }
    return NULL;
}

/* --- requests ------------------------------------------------------------------------------ */

struct request {
    char words[VIEW_REQUEST_BYTES]; /* cut apart */
    const struct view *view;
    char *operand; /* in words, or NULL */
    enum report_form form;
};

__attribute__((format(printf, 2, 3))) static int refuse(char *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_format_list(problem, VIEW_PROBLEM_BYTES, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* Threads' names may have blanks: a further word belongs to the operand. */
static void lengthen_operand(struct request *request, const char *word)
{
    for (char *end = request->operand + text_length(request->operand); end < word; end++)
        *end = ' ';
}

static int take_word(struct request *request, char *word, char *problem)
{
    if (!request->view) {
        request->view = view_find(word);
        return request->view ? 0 : refuse(problem, "there is no view %s", word);
    }
    if (text_equal(word, "--json"))
        request->form = REPORT_JSON;
    else if (text_equal(word, "--dot"))
        request->form = REPORT_DOT;
    else if (word[0] == '-' && word[1] == '-')
        return refuse(problem, "%s: there is no option %s", request->view->name, word);
    else if (request->view->takes == VIEW_TAKES_NOTHING)
        return refuse(problem, "%s: unexpected argument %s", request->view->name, word);
    else if (request->operand)
        lengthen_operand(request, word);
    else
        request->operand = word;
    return 0;
}

static int check_request(const struct request *request, char *problem)
{
    const struct view *view = request->view;
    if (!view)
        return refuse(problem, "the request is empty");
    if (view->takes == VIEW_MUST_TAKE && !request->operand)
        return refuse(problem, "%s: name one: %s %s", view->name, view->name, view->operand);
    if (request->form == REPORT_DOT && !view->has_graph)
        return refuse(problem, "%s: there is no graph of it for --dot", view->name);
    return 0;
}

static int parse_request(const char *text, struct request *ret_request, char *problem)
{
    *ret_request = (struct request){.form = REPORT_TEXT};
    if (text_length(text) >= sizeof(ret_request->words))
        return refuse(problem, "the request is too long");
    text_copy(ret_request->words, sizeof(ret_request->words), text);
    char *rest = ret_request->words, *word;
    while ((word = strsep(&rest, " \t\r\n")) != NULL) {
        int error = *word ? take_word(ret_request, word, problem) : 0;
        if (error)
            return error;
    }
    return check_request(ret_request, problem);
}

bool view_check(const char *text, char ret_problem[VIEW_PROBLEM_BYTES])
{
    struct request request;
    return parse_request(text, &request, ret_problem) == 0;
}

/* --- answers ------------------------------------------------------------------------------- */

/* An answer is complete, or it is none: it is kept until the view has ended well. */
struct answer_text {
    char *items;
    uint32_t count, room;
    bool failed;
};

static void keep_text(void *context, const char *text, size_t length)
{
    struct answer_text *answer = context;
    for (size_t i = 0; i < length && !answer->failed; i++)
        answer->failed = !LIST_ADD(answer, text[i]);
}

static int show(const struct inspection *inspection, const struct request *request,
                struct answer_text *answer, char *problem)
{
    struct report *report;
    struct report_sink sink = {.context = answer, .write = keep_text};
    int error = report_open(request->form, request->view->name, sink, &report);
    if (error)
        return error;
    struct view_call call = {.inspection = inspection,
                             .report = report,
                             .operand = request->operand,
                             .problem = problem};
    error = request->view->show(&call);
    int closed = report_close(report);
    if (error)
        return error;
    return answer->failed ? -ENOMEM : closed;
}

/* One that is made: of a state that a guest may have forged. */
struct answering {
    struct kernel *k;
    const struct inspect_host *host;
    const struct request *request;
    struct answer_text answer;
    char *problem;
    int error;
};

static void make_answer(void *context)
{
    struct answering *a = context;
    struct inspection *inspection;
    const char *damage;
    a->error = inspection_open(a->k, a->host, &inspection, &damage);
    if (a->error == -EINVAL)
        refuse(a->problem, "%s", damage);
    if (a->error)
        return;
    a->error = show(inspection, a->request, &a->answer, a->problem);
    inspection_close(inspection);
}

int view_answer(struct kernel *k, const struct inspect_host *host, const char *text,
                struct report_sink sink, char ret_problem[VIEW_PROBLEM_BYTES])
{
    struct request request;
    int error = parse_request(text, &request, ret_problem);
    if (error)
        return error;
    struct answering a = {.k = k, .host = host, .request = &request, .problem = ret_problem};
    if (!host_guard(make_answer, &a))
        a.error = refuse(ret_problem, "the kernel's state leads to where no memory is");
    if (!a.error)
        sink.write(sink.context, a.answer.items, a.answer.count);
    else if (a.error == -ENOMEM)
        text_copy(ret_problem, VIEW_PROBLEM_BYTES, "no memory for the answer");
    free(a.answer.items);
    return a.error;
}

/* --- operands ------------------------------------------------------------------------------ */

static bool is_meant(const struct found_thread *thread, const char *operand)
{
    char label[TCB_NAME_BYTES], text[32];
    words_thread(thread->tcb, label, sizeof(label));
    if (text_equal(label, operand))
        return true;
    text_format(text, sizeof(text), "tcb#%lu", thread->tcb->serial);
    if (text_equal(text, operand) || text_equal(text + 3, operand))
        return true;
    text_format(text, sizeof(text), "0x%lx", thread->at);
    return text_equal(text, operand);
}

uint32_t view_find_thread(const struct view_call *call)
{
    uint32_t found = INDEX_NONE, count = 0;
    for (uint32_t i = 0; i < call->inspection->threads.count; i++) {
        if (!is_meant(&call->inspection->threads.items[i], call->operand))
            continue;
        found = i;
        count++;
    }
    if (count == 0)
        refuse(call->problem, "there is no thread %s; ps lists them", call->operand);
    if (count > 1)
        refuse(call->problem, "%u threads are called %s; name one by its number: #%lu, ...", count,
               call->operand, call->inspection->threads.items[found].tcb->serial);
    return count == 1 ? found : INDEX_NONE;
}

/* --- cells --------------------------------------------------------------------------------- */

void view_thread_cell(const struct view_call *call, uint32_t thread)
{
    char label[THREAD_LABEL_BYTES];
    if (thread == INDEX_NONE) {
        report_nothing(call->report);
        return;
    }
    words_thread(call->inspection->threads.items[thread].tcb, label, sizeof(label));
    report_text(call->report, "%s", label);
}

void view_vspace_cell(const struct view_call *call, uint32_t vspace)
{
    view_thread_cell(call, vspace == INDEX_NONE
                               ? INDEX_NONE
                               : call->inspection->vspaces.items[vspace].first_thread);
}

void view_owner_cell(const struct view_call *call, uint32_t owner)
{
    if (owner == OWNER_SHARED)
        report_text(call->report, "shared");
    else
        view_vspace_cell(call, owner);
}

static void tcb_slot_cell(const struct view_call *call, const struct found_slot *slot)
{
    static const char *const names[TCB_SLOT_COUNT] = {
        [TCB_SLOT_CTABLE] = "CSpace root", [TCB_SLOT_VTABLE] = "VSpace root",
        [TCB_SLOT_REPLY] = "reply",        [TCB_SLOT_CALLER] = "caller",
        [TCB_SLOT_BUFFER] = "IPC buffer",
    };
    static const char *const names_mcs[TCB_SLOT_COUNT] = {
        [TCB_SLOT_CTABLE] = "CSpace root",          [TCB_SLOT_VTABLE] = "VSpace root",
        [TCB_SLOT_FAULT_HANDLER] = "fault handler", [TCB_SLOT_TIMEOUT_HANDLER] = "timeout handler",
        [TCB_SLOT_BUFFER] = "IPC buffer",
    };
    struct kernel *k = call->inspection->k;
    char label[THREAD_LABEL_BYTES];
    words_thread(tcb_at(k, slot->container), label, sizeof(label));
    report_text(call->report, "%s's %s", label, (k->config.mcs ? names_mcs : names)[slot->index]);
}

static void cspace_cell(const struct view_call *call, const struct found_slot *slot)
{
    const struct cspace *cspace = &call->inspection->cspaces.items[slot->cspace];
    const struct cspace_entry *entry = &cspace->items[slot->entry];
    char label[THREAD_LABEL_BYTES];
    words_thread(call->inspection->threads.items[cspace->first_thread].tcb, label, sizeof(label));
    if (entry->depth == WORD_BITS)
        report_text(call->report, "%s:0x%lx", label, entry->cptr);
    else
        report_text(call->report, "%s:0x%lx/%u", label, entry->cptr, entry->depth);
}

void view_place_cell(const struct view_call *call, uint32_t index)
{
    const struct found_slot *slot = &call->inspection->slots.items[index];
    if (slot->cspace != INDEX_NONE)
        cspace_cell(call, slot);
    else if (slot->place == PLACE_TCB)
        tcb_slot_cell(call, slot);
    else if (slot->place == PLACE_IRQ)
        report_text(call->report, "interrupt vector %u", slot->index);
    else if (slot->place == PLACE_CNODE)
        report_text(call->report, "cnode 0x%lx[%u]", slot->container, slot->index);
    else
        report_text(call->report, "slot 0x%lx of a lost cnode", slot->at);
}

static void words_cell(const struct view_call *call, const char *words)
{
    if (words[0])
        report_text(call->report, "%s", words);
    else
        report_nothing(call->report);
}

static bool has_badge(union cap cap)
{
    return (cap_type(cap) == CAP_ENDPOINT || cap_type(cap) == CAP_NOTIFICATION) &&
           cap.endpoint.badge;
}

void view_cap_cells(const struct view_call *call, union cap cap, unsigned depth)
{
    char words[STATE_BYTES];
    words_cap_object(cap, words, sizeof(words));
    report_branch(call->report, depth, words);
    words_cap_rights(cap, words, sizeof(words));
    words_cell(call, words);
    if (has_badge(cap))
        report_address(call->report, cap.endpoint.badge);
    else
        report_nothing(call->report);
    words_cap_details(call->inspection->k, cap, words, sizeof(words));
    words_cell(call, words);
}

paddr_t view_object_operand(const struct view_call *call, int *ret_error)
{
    *ret_error = 0;
    if (!call->operand)
        return 0;
    char *end;
    paddr_t address = strtoul(call->operand, &end, 0);
    if (*end || !address)
        *ret_error =
            refuse(call->problem, "%s is no address of an object, like 0x1f000000", call->operand);
    return address;
}
