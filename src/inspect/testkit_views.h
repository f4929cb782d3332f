/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests with threads in CSpaces of their own, and the views' text of them. */
#ifndef INSPECT_TESTKIT_VIEWS_H
#define INSPECT_TESTKIT_VIEWS_H

#include <inspect/views.h>
#include <model/testkit_thread.h>

#define OWN_CSPACE_BITS 4

/* A thread with this name that holds nothing but what give() puts there, at 1, 2, ... */
struct guest_thread named_thread(struct guest *g, const char *name);
/* Copies what the initial thread has at `cptr` into the thread's CSpace, with these rights. */
void give(struct guest *g, struct guest_thread t, unsigned slot, cptr_t cptr, word_t rights);

/* The thread runs and makes the call; the system goes on with whoever is next. */
void run_call(struct guest *g, struct guest_thread t, enum syscall syscall, cptr_t cap);
/* The initial thread goes to sleep on a notification that only it knows. */
void sleep_root(struct guest *g);

/* The answer, or "problem: ...". Valid until the next call. */
const char *view_text(struct guest *g, const char *request);
bool view_has(struct guest *g, const char *request, const char *part);

#endif
