/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole lines, as the sink gets them. */
#include <test.h>

#include <trace/testkit_trace.h>

#include <stdio.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <abi/message.h>

#define BADGE 0x2a

static void show(struct traced *t, const char *what)
{
    printf("--- %s\n%s", what, traced_take(t));
}

TEST(probe)
{
    struct traced *t = traced_boot();
    CHECK(1);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    show(t, "yield");
    cptr_t ep = guest_make(&t->g, OBJECT_ENDPOINT, 0);
    cptr_t ntfn = guest_make(&t->g, OBJECT_NOTIFICATION, 0);
    cptr_t client = traced_thread(t, "client", 255, ep);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_MINT,
                                           WORDS(500, 64, ep, 64, 15, BADGE),
                                           EXTRA(INITIAL_CAP_CNODE)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_COPY,
                                           WORDS(500, 64, ep, 64, 15),
                                           EXTRA(INITIAL_CAP_CNODE)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_COPY,
                                           WORDS(501, 60, ep, 64, 15),
                                           EXTRA(INITIAL_CAP_CNODE)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_COPY,
                                           WORDS(501, 64, 1 << 20, 64, 3),
                                           EXTRA(INITIAL_CAP_CNODE)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_COPY,
                                           WORDS(501, 64, 77, 64, 0),
                                           EXTRA(INITIAL_CAP_CNODE)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_COPY,
                                           WORDS(501, 65, 77, 64, 0),
                                           EXTRA(INITIAL_CAP_CNODE)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_COPY,
                                           WORDS(501, 65),
                                           EXTRA(INITIAL_CAP_CNODE)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = INITIAL_CAP_CNODE,
                                           .method = INV_CNODE_COPY,
                                           WORDS(501)});
    traced_syscall(
        t, (struct traced_call){.syscall = SYSCALL_CALL, .cap = 77, .method = INV_TCB_RESUME});
    traced_syscall(t, (struct traced_call){
                          .syscall = SYSCALL_CALL,
                          .cap = ep,
                          .label = 5,
                          WORDS(1),
                      });
    show(t, "a");
    struct tcb *c = tcb_at(t->g.k, guest_cap(&t->g, client).tcb.object);
    (void)c;
    traced_end(t);
    t = traced_boot();
    ep = guest_make(&t->g, OBJECT_ENDPOINT, 0);
    ntfn = guest_make(&t->g, OBJECT_NOTIFICATION, 0);
    client = traced_thread(t, "client", 255, ep);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL,
                                           .cap = client,
                                           .method = INV_TCB_WRITE_REGISTERS,
                                           WORDS(1, 2, 0x400100, 0x8000)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = ep});
    traced_syscall(
        t, (struct traced_call){.syscall = SYSCALL_CALL, .cap = ep, .label = 7, WORDS(1, 2, 3)});
    traced_syscall(t, (struct traced_call){
                          .syscall = SYSCALL_REPLY_RECV, .cap = ep, .label = 0, WORDS(0x12345678)});
    traced_syscall(t, (struct traced_call){
                          .syscall = SYSCALL_CALL, .cap = 1 << 20, .label = 7, WORDS(1, 2, 3)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_REPLY_RECV, .cap = ep, .label = 0});
    traced_trap(t, &(struct trap){.kind = TRAP_PAGE_FAULT, .address = 0x10, .write = true});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_REPLY_RECV, .cap = ep, .label = 0});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_SEND, .cap = ntfn, .label = 0});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = ntfn, .label = 0});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_NB_RECV, .cap = ntfn, .label = 0});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = ntfn, .label = 0});
    show(t, "b");
    traced_end(t);
}
