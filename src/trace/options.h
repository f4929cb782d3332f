/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trace is to show: of which threads, which calls, only errors, or a summary at the end
 * instead of lines. Plain data: options may be copied, and hold all their text themselves.
 */
#ifndef TRACE_OPTIONS_H
#define TRACE_OPTIONS_H

#include <base/types.h>

#define TRACE_MAX_PATTERNS  8
#define TRACE_PATTERN_BYTES 48

enum trace_kind {
    TRACE_OTHER,      /* Yield, SetTLSBase ... */
    TRACE_IPC,        /* messages, signals and replies */
    TRACE_INVOCATION, /* methods of kernel objects */
    TRACE_FAULT,
    TRACE_DEBUG, /* debug and benchmark calls */
    TRACE_KIND_COUNT,
};

/* Shell patterns, letters' case aside; a word that fits one of them passes. None: all pass. */
struct trace_patterns {
    unsigned count;
    char text[TRACE_MAX_PATTERNS][TRACE_PATTERN_BYTES];
};

struct trace_options {
    struct trace_patterns threads; /* as the lines name them: "client", "tcb#7" */
    struct trace_patterns calls;   /* "Recv", "TCB_*", "VMFault" */
    uint32_t kinds;                /* bits by enum trace_kind; 0: all */
    bool errors_only;              /* calls that got an error, what stops a thread for good */
    bool summary;
};

/*
 * Sets one option by its name: thread=PATTERN and call=PATTERN (each may be given several times),
 * kind=KIND[,KIND...], errors, summary. value: NULL if there is none. Returns NULL, or a sentence
 * that says what is wrong; it is valid until the next call.
 */
const char *trace_option_set(struct trace_options *options, const char *name, const char *value);

/*
 * The same as one line of words, "thread=client errors", for another process. A blank in a pattern
 * becomes '?'. format: false if it does not fit; parse: NULL or a sentence, as trace_option_set().
 */
bool trace_options_format(const struct trace_options *options, char *ret_text, size_t size);
const char *trace_options_parse(const char *text, struct trace_options *ret_options);

/* What a line is about. */
struct trace_event {
    const char *thread;
    const char *call; /* the method of an invocation, else the system call or the fault */
    enum trace_kind kind;
    bool failed;
};

/* Whether the options let the event through. */
bool trace_options_pass(const struct trace_options *options, const struct trace_event *event);

/* What events can be called, in no order; NULL behind the last. */
const char *trace_call_name(unsigned index);

#endif
