/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When lines are written. A call is decoded into the line at the entry and gets its result when the
 * kernel has ended it, which may take several entries (devices, long operations). One that blocks
 * is written with "..." for a result; the result has a line of its own when the thread runs again.
 */
#include <trace/trace.h>

#include <abi/syscall.h>
#include <base/text.h>
#include <errno.h>
#include <host/host.h>
#include <inspect/words.h>
#include <stdlib.h>
#include <trace/origins.h>
#include <trace/summary.h>
#include <trace/threads.h>

struct trace {
    struct trace_options options;
    struct trace_sink sink;
    struct trace_summary summary;
    struct trace_threads threads;
    struct trace_origins origins;
    nanoseconds_t now; /* of the last entry */

    /* the call under way; its TCB may end during it */
    struct trace_call call; /* name NULL: none */
    paddr_t tcb;
    uint64_t serial;
    uint64_t unhandled_faults, user_errors; /* the kernel's counts at the entry */
    char label[LABEL_BYTES];
    struct line line;

    struct line output; /* a line with time and label */
    uint64_t shown;     /* the thread that it is about */
};

/* --- lines ---------------------------------------------------------------------------------- */

static void write_line(struct trace *trace, uint64_t serial, const char *label,
                       const struct line *line)
{
    enum { SECONDS_WIDTH = 4, LABEL_WIDTH = 12 };
    struct line *out = &trace->output;

    line_clear(out);
    line_add_time(out, trace->now, SECONDS_WIDTH);
    line_add(out, " %-*s %s", LABEL_WIDTH, label, line->text);
    line_end(out);
    trace->shown = serial;
    trace->sink.write(trace->sink.context, out->text, out->length);
}

static struct trace_event event_of(const struct trace_call *call, const char *label)
{
    return (struct trace_event){
        .thread = label,
        .call = call->what,
        .kind = (enum trace_kind)call->kind,
        .failed = call->failed,
    };
}

/* A call that has begun; it may have ended, too. */
static void show_call(struct trace *trace)
{
    struct trace_event event = event_of(&trace->call, trace->label);
    if (!trace_options_pass(&trace->options, &event))
        return;
    if (trace->options.summary)
        summary_count(&trace->summary, &event);
    else
        write_line(trace, trace->serial, trace->label, &trace->line);
}

/* The end of a call that waited. */
static void show_end(struct trace *trace, const struct trace_thread *thread)
{
    const struct trace_call *call = &thread->call;
    struct trace_event event = event_of(call, thread->label);
    if (!trace_options_pass(&trace->options, &event))
        return;
    if (trace->options.summary)
        summary_count_wait(&trace->summary, &event, trace->now - call->since);
    else
        write_line(trace, thread->serial, thread->label, &trace->line);
}

/* --- DebugPutChar --------------------------------------------------------------------------- */

static struct trace_event put_char_event(const struct trace_thread *thread)
{
    return (struct trace_event){
        .thread = thread->label,
        .call = abi_syscall_name(SYSCALL_DEBUG_PUT_CHAR),
        .kind = TRACE_DEBUG,
    };
}

static void write_text(struct trace *trace, struct trace_thread *thread)
{
    struct line line;
    if (!thread->text_length)
        return;
    line_clear(&line);
    line_add(&line, "%s(", abi_syscall_name(SYSCALL_DEBUG_PUT_CHAR));
    line_add_quoted(&line, thread->text, thread->text_length);
    line_add(&line, ")");
    thread->text_length = 0;
    write_line(trace, thread->serial, thread->label, &line);
}

static bool is_put_char(struct kernel *k, const struct tcb *tcb, const struct trap *trap)
{
    return trap->kind == TRAP_SYSCALL &&
           abi_syscall(&k->config, (int64_t)tcb->context.reg[UREG_SYSCALL]) ==
               SYSCALL_DEBUG_PUT_CHAR;
}

static void put_char(struct trace *trace, struct trace_thread *thread, char c)
{
    struct trace_event event = put_char_event(thread);
    if (!trace_options_pass(&trace->options, &event))
        return;
    if (trace->options.summary) {
        summary_count(&trace->summary, &event);
        return;
    }
    thread->text[thread->text_length++] = c;
    if (c == '\n' || thread->text_length == THREAD_TEXT_BYTES)
        write_text(trace, thread);
}

/* --- calls ---------------------------------------------------------------------------------- */

static struct trace_thread *thread_of(struct trace *trace, const struct tcb *tcb)
{
    struct trace_thread *thread = threads_find_or_oldest(&trace->threads, tcb->serial);
    if (thread->serial != tcb->serial) {
        write_text(trace, thread);
        thread->serial = tcb->serial;
        thread->call.name = NULL;
    }
    words_thread(tcb, thread->label, sizeof(thread->label));
    return thread;
}

/* The thread waits: what comes of it is said when it runs again. */
static void suspend_call(struct trace *trace, const struct tcb *tcb, enum result_form form)
{
    struct trace_thread *thread = thread_of(trace, tcb);
    line_add(&trace->line, " ...");
    thread->call = trace->call;
    thread->call.later = (uint8_t)form;
    thread->call.since = trace->now;
}

static void end_with_fault(struct trace *trace, struct kernel *k, const struct tcb *tcb,
                           const struct fault *fault)
{
    if (trace->call.kind == TRACE_FAULT || fault->type == FAULT_NONE)
        return;
    line_add(&trace->line, " = ");
    fault_add(&trace->line, k, tcb, fault);
    trace->call.name = abi_fault_name(fault->type);
    trace->call.failed = true;
}

/* What the kernel said of the call under way, or NULL. */
static const char *said(const struct trace *trace, const struct kernel *k)
{
    return k->user_error.count != trace->user_errors ? k->user_error.reason : NULL;
}

static void end_stopped(struct trace *trace, struct kernel *k, const struct tcb *tcb)
{
    if (k->unhandled_faults != trace->unhandled_faults) {
        end_with_fault(trace, k, tcb, &trace->call.expected);
        line_add(&trace->line, ", no handler: stopped");
        trace->call.failed = true;
    } else if (trace->call.lets_nobody_reply) {
        const struct trace_origin *origin = origins_find(&trace->origins, k, trace->call.invoked);
        line_add(&trace->line, " = (stopped for good: the capability lets nobody reply");
        if (origin) {
            line_add(&trace->line, "; ");
            origin_add(&trace->line, origin);
        }
        line_add(&trace->line, ")");
        trace->call.failed = true;
    } else {
        line_add(&trace->line, " = (stopped)");
    }
}

/* The kernel has ended the call, and answers it at once. */
static void end_answered(struct trace *trace, struct kernel *k, const struct tcb *tcb)
{
    struct trace_call *call = &trace->call;
    call->origin = origins_find(&trace->origins, k, call->invoked);
    result_add(&trace->line, k, tcb, call, call->at_once, said(trace, k));
    if (call->copied_to && !call->failed)
        origins_note(&trace->origins, k, call->copied_to, call->what, trace->label, trace->now);
}

/* Preempted in a long operation, or what it waited for ended: the thread makes the call again. */
static bool is_made_again(const struct tcb *tcb, const struct trace_call *call)
{
    return tcb->state == THREAD_RESTART || tcb->context.next_ip == call->ip;
}

static void end_of_living(struct trace *trace, struct kernel *k, const struct tcb *tcb)
{
    switch (tcb->state) {
    case THREAD_INACTIVE:
        end_stopped(trace, k, tcb);
        break;
    case THREAD_BLOCKED_ON_RECEIVE:
    case THREAD_BLOCKED_ON_SEND:
    case THREAD_BLOCKED_ON_REPLY:
    case THREAD_BLOCKED_ON_NOTIFICATION:
        end_with_fault(trace, k, tcb, &tcb->fault);
        suspend_call(trace, tcb,
                     tcb->fault.type == FAULT_NONE ? trace->call.later : RESULT_RESTARTED);
        break;
    default:
        line_add(&trace->line, " = ");
        if (is_made_again(tcb, &trace->call))
            line_add(&trace->line, "(interrupted: made again)");
        else
            end_answered(trace, k, tcb);
        break;
    }
}

static void end_call(struct trace *trace, struct kernel *k, enum outcome_kind kind)
{
    if (!trace->call.name)
        return;
    if (kind == OUTCOME_HALT)
        line_add(&trace->line, " = (halted)");
    else if (kernel_tcb_is_alive(k, trace->tcb, trace->serial))
        end_of_living(trace, k, tcb_at(k, trace->tcb));
    else
        line_add(&trace->line, " = (the thread is gone)");
    show_call(trace);
    trace->call.name = NULL;
}

/* `tcb` runs: if it had waited in a call, that has ended. */
static void resume_call(struct trace *trace, struct kernel *k, const struct tcb *tcb)
{
    struct trace_thread *thread = threads_find(&trace->threads, tcb->serial);
    if (!thread || !thread->call.name)
        return;

    struct trace_call *call = &thread->call;
    struct line *line = &trace->line;
    line_clear(line);
    line_add(line, "... %s = ", call->name);
    if (!tcb->context.by_sysret && call->later != RESULT_RESTARTED)
        line_add(line, "(its registers were replaced)");
    else if (is_made_again(tcb, call) && call->later != RESULT_RESTARTED)
        line_add(line, "(cancelled: made again)");
    else
        result_add(line, k, tcb, call, call->later, NULL);
    show_end(trace, thread);
    thread->call.name = NULL;
}

/* --- hooks ---------------------------------------------------------------------------------- */

void trace_enter(struct trace *trace, struct kernel *k, const struct tcb *tcb,
                 const struct trap *trap)
{
    struct trace_thread *thread = thread_of(trace, tcb);

    thread->call.name = NULL;
    if (is_put_char(k, tcb, trap)) {
        put_char(trace, thread, (char)tcb->context.reg[UREG_CAP]);
        return;
    }
    write_text(trace, thread);
    line_clear(&trace->line);
    trace->tcb = kernel_paddr(k, tcb);
    trace->serial = tcb->serial;
    trace->unhandled_faults = k->unhandled_faults;
    trace->user_errors = k->user_error.count;
    text_copy(trace->label, sizeof(trace->label), thread->label);
    call_decode(&trace->line, k, tcb, trap, &trace->call);
}

static bool is_over(enum outcome_kind kind)
{
    return kind == OUTCOME_RUN || kind == OUTCOME_IDLE || kind == OUTCOME_HALT;
}

void trace_leave(struct trace *trace, struct kernel *k, struct outcome outcome)
{
    trace->now = k->cores[k->running_core].now;
    if (!is_over(outcome.kind))
        return;
    end_call(trace, k, outcome.kind);
    if (outcome.kind == OUTCOME_RUN)
        resume_call(trace, k, tcb_at(k, outcome.tcb));
}

uint64_t trace_thread(const struct trace *trace)
{
    return trace->shown;
}

int trace_open(const struct trace_options *options, struct trace_sink sink,
               struct trace **ret_trace)
{
    struct trace *trace = host_allocate(1, sizeof(*trace));
    if (!trace)
        return -ENOMEM;
    if (options)
        trace->options = *options;
    trace->sink = sink;
    *ret_trace = trace;
    return 0;
}

void trace_close(struct trace *trace)
{
    if (trace->call.name) {
        line_add(&trace->line, " ...");
        show_call(trace);
    }
    for (unsigned i = 0; i < THREAD_SETS; i++) {
        for (unsigned j = 0; j < THREADS_IN_SET; j++)
            write_text(trace, &trace->threads.set[i][j]);
    }
    if (trace->options.summary)
        summary_write(&trace->summary, trace->sink.write, trace->sink.context);
    free(trace);
}
