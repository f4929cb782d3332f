/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between threads: endpoints, notifications, replies, faults. Manual, "Message Passing
 * (IPC)" and "Notifications".
 */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include <abi/message.h>
#include <cap/object_type.h>

/* --- message registers and buffers (ipc/message.c) ----------------------------------------- */

/* The thread's IPC buffer in the kernel's window, or NULL (none; no frame; writable: read-only). */
word_t *ipc_buffer(struct kernel *k, const struct tcb *tcb, bool writable);

word_t message_word(const struct tcb *tcb, const word_t *buffer, unsigned i);
/* Returns the number of words that fit so far: i + 1, or 4 if there is no buffer for word i. */
unsigned message_set_word(struct tcb *tcb, word_t *buffer, unsigned i, word_t word);

/* Sends message and capabilities of `sender` to `receiver`: an IPC, or a fault if it has one. */
void ipc_transfer(struct kernel *k, struct tcb *sender, paddr_t endpoint, word_t badge,
                  bool can_grant, struct tcb *receiver);

/*
 * The slots that the first `count` extra capability pointers of a message name. On failure says
 * why, and *ret_failed is the pointer. Without a buffer there are none.
 */
struct lookup_failure message_lookup_caps(struct kernel *k, struct tcb *sender,
                                          const word_t *buffer, unsigned count,
                                          struct slot *ret_slots[MESSAGE_MAX_EXTRA_CAPS],
                                          cptr_t *ret_failed);

/* --- endpoints (ipc/endpoint.c) ------------------------------------------------------------ */
struct ipc_send {
    bool may_block, is_call, can_grant, can_grant_reply;
    bool may_donate; /* MCS: the sender's scheduling context, to a receiver without */
    word_t badge;
};
void ipc_send(struct kernel *k, unsigned core, struct tcb *sender, paddr_t endpoint,
              struct ipc_send how);
/* reply: MCS: the reply object for a caller, or 0. */
void ipc_receive(struct kernel *k, unsigned core, struct tcb *receiver, union cap endpoint_cap,
                 bool may_block, paddr_t reply);
/*
 * Stops whatever the thread waits for: it leaves the queue and becomes Inactive, but for one that
 * waits for a reply: that loses its reply capability, and the caller says what it becomes. A fault
 * that nobody has received yet stays and goes out as the thread's next message: the real kernel
 * without MCS does that; with MCS no fault stays.
 */
void ipc_cancel(struct kernel *k, unsigned core, struct tcb *tcb);
/* All waiters of an endpoint are restarted: it ends. */
void ipc_cancel_all(struct kernel *k, unsigned core, paddr_t endpoint);
/* Senders with this badge are restarted (CNode_CancelBadgedSends). */
void ipc_cancel_badged_sends(struct kernel *k, unsigned core, paddr_t endpoint, word_t badge);

/* A waiter that has left its queue makes its call again (MCS: not a fault, that is lost). */
void ipc_restart_waiter(struct kernel *k, unsigned core, struct tcb *tcb);
/* MCS: the thread's priority has changed, and with it its place among those that wait. */
void ipc_reorder(struct kernel *k, struct tcb *tcb);

/* --- notifications (ipc/notification.c) ---------------------------------------------------- */
void notification_signal(struct kernel *k, unsigned core, paddr_t notification, word_t badge);
void notification_receive(struct kernel *k, unsigned core, struct tcb *receiver,
                          paddr_t notification, bool may_block);
/* The receiver, about to wait on an endpoint, takes what its active bound notification holds. */
void notification_complete(struct kernel *k, unsigned core, paddr_t notification,
                           struct tcb *receiver);
/* MCS: a thread that is about to wait gives back what the notification lent it. */
void notification_take_back(struct kernel *k, unsigned core, paddr_t notification,
                            struct tcb *receiver);
void notification_reorder(struct kernel *k, struct tcb *tcb);
void notification_cancel(struct kernel *k, struct tcb *tcb); /* takes a waiter out */
void notification_cancel_all(struct kernel *k, unsigned core, paddr_t notification);
void notification_bind(struct kernel *k, struct tcb *tcb, paddr_t notification);
void notification_unbind(struct kernel *k, struct tcb *tcb);

/* --- replies without MCS (ipc/reply.c) -------------------------------------------------------- */
/* The TCB's master reply capability exists from its first restart on. */
void reply_setup_master(struct kernel *k, struct tcb *tcb);
/* The thread no longer waits for a reply: whoever could have given it loses the capability. */
void reply_cancel(struct kernel *k, struct tcb *tcb);
/* Gives `receiver` the reply capability for `sender`, which blocks on the reply. */
void reply_setup_caller(struct kernel *k, struct tcb *sender, struct tcb *receiver, bool can_grant);
void reply_send(struct kernel *k, unsigned core, struct tcb *sender, struct tcb *receiver,
                struct slot *reply_slot, bool can_grant);

/* --- reply objects, MCS (ipc/reply_object.c) ----------------------------------------------- */
/* `receiver` waits for a message with it; 0: with none. */
void reply_object_offer(struct kernel *k, struct tcb *receiver, paddr_t reply);
/* It no longer does, and becomes Inactive if it did. */
void reply_object_withdraw(struct kernel *k, struct tcb *receiver);
/* A message has gone to a receiver that waited: what becomes of the two, but for who runs ... */
void reply_object_taken(struct kernel *k, unsigned core, struct tcb *sender, struct tcb *receiver,
                        const struct ipc_send *how);
/* ... and that. */
void reply_object_sent(struct kernel *k, unsigned core, struct tcb *sender, struct tcb *receiver,
                       const struct ipc_send *how);
/* The receiver has taken the message of a sender that waited. */
void reply_object_received(struct kernel *k, unsigned core, struct tcb *sender,
                           struct tcb *receiver, paddr_t reply);
/* The caller no longer waits for a reply; its scheduling context stays where it is. */
void reply_object_cancel(struct kernel *k, struct tcb *caller);
/* The object ends: a caller gets back the context that it lent along it. */
void reply_object_end(struct kernel *k, unsigned core, paddr_t reply);
/*
 * Answers the caller that waits for it; returns the fault that was its call. The caller does not
 * run yet.
 */
enum fault_type reply_object_answer(struct kernel *k, unsigned core, struct tcb *sender,
                                    struct reply *reply, bool can_grant);
/* The same, and it may run; nothing happens if nobody waits for it. */
void reply_object_send(struct kernel *k, unsigned core, struct tcb *sender, paddr_t reply,
                       bool can_grant);

/* --- faults (ipc/fault.c) ------------------------------------------------------------------ */
/* Sends `fault` of `tcb` to its handler; without one prints what the kernel prints and stops it. */
void fault_raise(struct kernel *k, unsigned core, struct tcb *tcb, struct fault fault);
/* MCS: for threads that have used up their time. Only if there is a handler. */
void fault_raise_timeout(struct kernel *k, unsigned core, struct tcb *tcb);
bool fault_has_timeout_handler(const struct tcb *tcb);
/* Whether faults can be sent through `cap`. */
bool fault_can_use_handler(union cap cap);
/* Writes the fault of `sender` into `receiver`'s message registers; returns the length. */
unsigned fault_write_message(struct kernel *k, struct tcb *sender, struct tcb *receiver,
                             word_t *buffer);
/* Takes the handler's reply; true if the faulting thread is to be restarted. */
bool fault_handle_reply(struct kernel *k, struct tcb *faulter, struct tcb *handler);

#endif
