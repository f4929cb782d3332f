/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, states and capabilities in words: whoever names one to a person does it here. */
#ifndef INSPECT_WORDS_H
#define INSPECT_WORDS_H

#include <model/kernel.h>

#define THREAD_LABEL_BYTES 48
#define STATE_BYTES        256

/*
 * What `tcb` is called: its name, or "tcb#SERIAL" if nobody has named it. Cut off after size - 1
 * characters; what cannot be printed is '?'.
 */
void words_thread(const struct tcb *tcb, char *ret_label, size_t size);

/*
 * "waits to receive on endpoint 0x1000", "runs", "is stopped (inactive)": what the thread does or
 * waits for.
 */
void words_state(struct kernel *k, const struct tcb *tcb, char *ret_words, size_t size);

/* The thread that holds the reply capability for `caller` ready, or NULL: it was saved or lost. */
const struct tcb *words_thread_that_replies(struct kernel *k, const struct tcb *caller);

/* "endpoint 0x1000", "I/O port range 0x3f8 to 0x3ff": what a capability leads to. */
void words_cap_object(union cap cap, char *ret_words, size_t size);

/* "rwgp" of an endpoint, "rw" of a frame; "" where the type has no rights. */
void words_cap_rights(union cap cap, char *ret_words, size_t size);

/* What else there is to say of a capability: guard, mapping, watermark. May be "". */
void words_cap_details(struct kernel *k, union cap cap, char *ret_words, size_t size);

/* "rw", "r-" or "--": of a mapping. */
const char *words_vm_rights(enum vm_rights rights);

#endif
