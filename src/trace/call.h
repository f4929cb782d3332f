/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system call or fault between its beginning and its result: what decode.c finds out at the
 * entry and result.c needs at the end.
 */
#ifndef TRACE_CALL_H
#define TRACE_CALL_H

#include <abi/invocation.h>
#include <abi/message.h>
#include <gate/gate.h>
#include <model/kernel.h>
#include <trace/line.h>
#include <trace/options.h>

/* How the result of a call is to be written, if it has one. */
enum result_form {
    RESULT_OK,         /* nothing to say but that it is done */
    RESULT_VALUE,      /* one number, where the badge would be */
    RESULT_NO_ANSWER,  /* the kernel tells the thread nothing, however it went */
    RESULT_DROPPED,    /* the message went nowhere: nobody was waiting for it */
    RESULT_NOTHING,    /* there was nothing to receive */
    RESULT_INVOCATION, /* an error, or what the method returns */
    RESULT_REPLY,      /* a message from whoever was called */
    RESULT_MESSAGE,    /* badge and message */
    RESULT_SIGNAL,     /* badge alone */
    RESULT_EITHER,     /* message, or signal of the bound notification */
    RESULT_RESTARTED,  /* a fault was handled */
    RESULT_FORM_COUNT,
};

struct trace_origin;

struct trace_call {
    const char *name;       /* "Recv", "VMFault"; NULL: nothing worth a line */
    const char *what;       /* the method of an invocation; else the name */
    uint8_t kind;           /* enum trace_kind */
    uint8_t at_once;        /* enum result_form: when the kernel ends it in the same entry */
    uint8_t later;          /* and when the thread blocked meanwhile */
    bool failed;            /* an error came of it, or a fault that nobody takes */
    bool lets_nobody_reply; /* a Call through a capability that lets nobody reply */
    enum invocation method; /* RESULT_INVOCATION */
    paddr_t invoked;        /* the slot of the capability that it is made through; 0: none */
    paddr_t copied_to;      /* the slot that a CNode method fills with a copy; 0: it does not */
    const struct trace_origin *origin; /* of the invoked capability, for the result; or NULL */
    vaddr_t ip;                        /* of the system call or the faulting instruction */
    word_t message_info;               /* as sent */
    nanoseconds_t since;               /* it waits */
    struct fault expected; /* the CapFault that looking up its capabilities must raise, if any */
};

/* Adds the call that `tcb` makes to `line`, without a result, and describes it in *ret_call. */
void call_decode(struct line *line, struct kernel *k, const struct tcb *tcb,
                 const struct trap *trap, struct trace_call *ret_call);

/*
 * Adds the result in `form`, which `tcb` has in its registers and message by now. why: what the
 * kernel said of a call that it did not carry out, or NULL. Sets call->failed.
 */
void result_add(struct line *line, struct kernel *k, const struct tcb *tcb, struct trace_call *call,
                enum result_form form, const char *why);

/* --- parts ---------------------------------------------------------------------------------- */

/* What a thread is called in the trace (words_thread()) has this much room. */
#define LABEL_BYTES 16

/* "VMFault(write to 0x1000: not mapped, ip 0x401000)": `fault` of `tcb` at its present rip. */
void fault_add(struct line *line, struct kernel *k, const struct tcb *tcb,
               const struct fault *fault);

/* "no capability there, 3 bits left" */
void lookup_failure_add(struct line *line, struct lookup_failure failure);

/* How a message or an answer is read. */
struct message_source {
    struct kernel *k;
    const struct tcb *tcb;
    const word_t *buffer; /* its IPC buffer, or NULL */
    struct message_info info;
    unsigned length; /* words that can be read: without a buffer those in registers */
};
struct message_source message_source(struct kernel *k, const struct tcb *tcb, word_t message_info);

/* ": dest_index=17 dest_depth=64 ... src_root=2 "cnode"" */
void arguments_add(struct line *line, const struct message_source *message, enum invocation method);

/* " paddr=0x1000" */
void results_add(struct line *line, const struct message_source *message, enum invocation method);

/* "label 3, length 2 [1, 0x1000]" */
void message_add(struct line *line, const struct message_source *message);

/* "cap 2 "cnode"", or without the word. Returns the capability; null if there is none. */
union cap cap_add(struct line *line, struct kernel *k, const struct tcb *tcb, const char *word,
                  cptr_t cptr);

#endif
