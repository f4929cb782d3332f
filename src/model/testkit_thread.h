/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of a testkit guest and the system calls they make through the kernel's entries. */
#ifndef MODEL_TESTKIT_THREAD_H
#define MODEL_TESTKIT_THREAD_H

#include <abi/message.h>
#include <abi/syscall.h>
#include <model/testkit_guest.h>

/* Where every system call of a test stands. */
#define GUEST_SYSCALL_IP (GUEST_IMAGE_START + 0x100)

struct guest_thread {
    cptr_t cptr; /* of its TCB, in the initial CNode */
    struct tcb *tcb;
    word_t *buffer; /* its IPC buffer */
};

/*
 * A thread with the initial CSpace and VSpace and an IPC buffer of its own: inactive, its maximum
 * controlled priority 0, time slices whole. MCS: with a round robin context of 5 ms.
 */
struct guest_thread guest_thread(struct guest *g, unsigned priority);
/* MCS: without a scheduling context. */
struct guest_thread guest_passive_thread(struct guest *g, unsigned priority);
/* MCS: with that one. */
void guest_bind(struct guest *g, struct guest_thread t, cptr_t sched_context);
/* Any thread; cptr is 0. */
struct guest_thread guest_thread_of(const struct guest *g, struct tcb *tcb);
/* The initial thread. */
struct guest_thread guest_root_thread(const struct guest *g);
/* Makes it ready, as TCB_Resume by the initial thread would. */
void guest_resume(struct guest *g, struct guest_thread t);
/* The thread is made the current one without a scheduling decision; the one before stays ready. */
void guest_run(struct guest *g, struct guest_thread t);
bool guest_is_current(const struct guest *g, struct guest_thread t);

/* What a thread has in its registers and its IPC buffer when it executes `syscall`. */
struct guest_syscall {
    enum syscall syscall;
    cptr_t cap;
    word_t label;
    unsigned length;
    word_t words[24];
    unsigned caps;
    cptr_t extra[3];
    cptr_t reply, dest; /* MCS: of calls that receive */
};

/* Only what the call's convention names is set; MRs past `length` keep what they had. */
void guest_set_arguments(struct guest *g, struct tcb *tcb, const struct guest_syscall *call);
/* The current thread makes the call; preemption points and full consoles are gone through. */
struct outcome guest_syscall(struct guest *g, struct guest_syscall call);
/* The same, up to the first outcome. */
struct outcome guest_syscall_once(struct guest *g, struct guest_syscall call);
/* Goes through preemption points, clearing and full consoles; the console's text is thrown away. */
struct outcome guest_finish(struct guest *g, struct outcome outcome);
/* The time that the next entries happen at. */
void guest_advance(struct guest *g, nanoseconds_t by);

/* An invocation by the current thread with Call. */
struct outcome guest_call_method(struct guest *g, struct guest_call call);

struct outcome guest_send(struct guest *g, cptr_t cap, word_t label, unsigned length);
struct outcome guest_nb_send(struct guest *g, cptr_t cap, word_t label, unsigned length);
struct outcome guest_call_ipc(struct guest *g, cptr_t cap, word_t label, unsigned length);
struct outcome guest_recv(struct guest *g, cptr_t cap);
struct outcome guest_nb_recv(struct guest *g, cptr_t cap);
struct outcome guest_reply(struct guest *g, word_t label, unsigned length);
struct outcome guest_reply_recv(struct guest *g, cptr_t cap, word_t label, unsigned length);
struct outcome guest_yield(struct guest *g);
/* MCS: to `dest`, and from `cap`. */
struct outcome guest_nb_send_recv(struct guest *g, cptr_t dest, cptr_t cap, unsigned length);
struct outcome guest_wait(struct guest *g, cptr_t cap);

/* A copy with these rights and this badge in the next free slot; 0 if that fails. */
cptr_t guest_mint(struct guest *g, cptr_t cptr, word_t rights, word_t badge);

/* What a thread finds after its call. */
word_t thread_badge(struct guest_thread t);
struct message_info thread_info(struct guest_thread t);
word_t thread_word(struct guest_thread t, unsigned i);

/* The console's text since it was last taken. */
const char *guest_console(struct guest *g);

#endif
