/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/testkit_thread.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <ipc/ipc.h>
#include <model/console.h>
#include <model/context.h>
#include <object/tcb.h>
#include <sched/sched.h>

static struct guest_thread thread_at(const struct guest *g, cptr_t cptr, struct tcb *tcb)
{
    return (struct guest_thread){.cptr = cptr, .tcb = tcb, .buffer = ipc_buffer(g->k, tcb, false)};
}

struct guest_thread guest_thread_of(const struct guest *g, struct tcb *tcb)
{
    return thread_at(g, 0, tcb);
}

struct guest_thread guest_root_thread(const struct guest *g)
{
    return thread_at(g, INITIAL_CAP_TCB, guest_root(g));
}

struct guest_thread guest_passive_thread(struct guest *g, unsigned priority)
{
    enum { BUFFER = 0x10000000 };
    cptr_t cptr = guest_make(g, OBJECT_TCB, 0);
    cptr_t frame = guest_make(g, OBJECT_4K_PAGE, 0);
    bool mcs = g->k->config.mcs;
    guest_invoke(g, (struct guest_call){
                        .cap = cptr,
                        .method = INV_TCB_CONFIGURE,
                        WORDS(0, 0, mcs ? BUFFER : 0, BUFFER),
                        EXTRA(INITIAL_CAP_CNODE, INITIAL_CAP_VSPACE, frame),
                    });
    guest_invoke(g, (struct guest_call){
                        .cap = cptr,
                        .method = INV_TCB_SET_PRIORITY,
                        WORDS(priority),
                        EXTRA(INITIAL_CAP_TCB),
                    });
    return thread_at(g, cptr, tcb_at(g->k, guest_cap(g, cptr).tcb.object));
}

void guest_bind(struct guest *g, struct guest_thread t, cptr_t sched_context)
{
    paddr_t object = guest_cap(g, sched_context).sched_context.object;
    sched_context_bind(g->k, 0, sched_context_at(g->k, object), t.tcb);
}

struct guest_thread guest_thread(struct guest *g, unsigned priority)
{
    enum { SLICE_US = 5000 };
    struct guest_thread t = guest_passive_thread(g, priority);
    if (g->k->config.mcs)
        guest_bind(g, t, guest_make_sched_context(g, SLICE_US, SLICE_US));
    return t;
}

void guest_resume(struct guest *g, struct guest_thread t)
{
    ipc_cancel(g->k, 0, t.tcb);
    if (!g->k->config.mcs)
        reply_setup_master(g->k, t.tcb);
    tcb_set_state(g->k, t.tcb, THREAD_RUNNING);
    if (tcb_is_schedulable(g->k, t.tcb))
        sched_append(g->k, t.tcb);
}

void guest_run(struct guest *g, struct guest_thread t)
{
    struct core *core = &g->k->cores[0];
    struct tcb *before = tcb_at(g->k, core->current);
    if (before && tcb_is_schedulable(g->k, before))
        sched_append(g->k, before);
    if (!tcb_is_runnable(t.tcb))
        guest_resume(g, t);
    sched_dequeue(g->k, t.tcb);
    t.tcb->state = THREAD_RUNNING;
    core->current = kernel_paddr(g->k, t.tcb);
    core->reschedule = false;
    core->switch_candidate = 0;
    core->sched_context = t.tcb->sched_context;
    core->consumed = 0;
}

bool guest_is_current(const struct guest *g, struct guest_thread t)
{
    return tcb_at(g->k, g->k->cores[0].current) == t.tcb;
}

void guest_advance(struct guest *g, nanoseconds_t by)
{
    g->now += by;
}

static const unsigned message_registers[] = {UREG_MR0, UREG_MR1, UREG_MR2, UREG_MR3};

void guest_set_arguments(struct guest *g, struct tcb *tcb, const struct guest_syscall *call)
{
    word_t *buffer = ipc_buffer(g->k, tcb, false);
    word_t reg[USER_REGISTER_COUNT];
    context_load(&tcb->context, reg);
    reg[UREG_RIP] = GUEST_SYSCALL_IP;
    reg[UREG_SYSCALL] = (word_t)abi_syscall_number(&g->k->config, call->syscall);
    reg[UREG_CAP] = call->cap;
    reg[UREG_MESSAGE_INFO] = message_info_encode((struct message_info){
        .label = call->label, .length = call->length, .extra_caps = call->caps});
    if (g->k->config.mcs) {
        reg[UREG_REPLY] = call->reply;
        reg[UREG_NB_SEND_RECV_DEST] = call->dest;
    }
    for (unsigned i = 0; i < call->length && i < ARRAY_LENGTH(call->words); i++) {
        if (i < ARRAY_LENGTH(message_registers))
            reg[message_registers[i]] = call->words[i];
        else if (buffer)
            buffer[IPC_BUFFER_MSG + i] = call->words[i];
    }
    for (unsigned i = 0; buffer && i < call->caps; i++)
        buffer[IPC_BUFFER_CAPS_OR_BADGES + i] = call->extra[i];
    kernel_save_registers(tcb, reg, true);
}

struct outcome guest_syscall_once(struct guest *g, struct guest_syscall call)
{
    guest_set_arguments(g, tcb_at(g->k, g->k->cores[0].current), &call);
    return kernel_syscall(g->k, 0, g->now);
}

struct outcome guest_finish(struct guest *g, struct outcome outcome)
{
    const char *text;
    for (;; outcome = kernel_continue(g->k, 0, g->now)) {
        struct memory_region clear = g->k->cores[0].clear;
        if (outcome.kind == OUTCOME_CLEAR)
            memset(kernel_memory(g->k, clear.base), 0, clear.end - clear.base);
        else if (outcome.kind == OUTCOME_CONSOLE)
            console_take(g->k, &text);
        else if (outcome.kind != OUTCOME_PREEMPTED)
            return outcome;
    }
}

struct outcome guest_syscall(struct guest *g, struct guest_syscall call)
{
    return guest_finish(g, guest_syscall_once(g, call));
}

struct outcome guest_call_method(struct guest *g, struct guest_call call)
{
    struct guest_syscall syscall = {
        .syscall = SYSCALL_CALL,
        .cap = call.cap,
        .label = abi_invocation_label(&g->k->config, call.method),
        .length = call.length,
        .caps = call.caps,
    };
    memcpy(syscall.words, call.words, sizeof(call.words));
    memcpy(syscall.extra, call.extra, sizeof(call.extra));
    return guest_syscall(g, syscall);
}

/* The words are 0x100, 0x101, ... */
static struct outcome message(struct guest *g, enum syscall syscall, cptr_t cap, word_t label,
                              unsigned length)
{
    struct guest_syscall call = {
        .syscall = syscall, .cap = cap, .label = label, .length = length, .reply = g->reply};
    for (unsigned i = 0; i < ARRAY_LENGTH(call.words); i++)
        call.words[i] = 0x100 + i;
    return guest_syscall(g, call);
}

struct outcome guest_send(struct guest *g, cptr_t cap, word_t label, unsigned length)
{
    return message(g, SYSCALL_SEND, cap, label, length);
}

struct outcome guest_nb_send(struct guest *g, cptr_t cap, word_t label, unsigned length)
{
    return message(g, SYSCALL_NB_SEND, cap, label, length);
}

struct outcome guest_call_ipc(struct guest *g, cptr_t cap, word_t label, unsigned length)
{
    return message(g, SYSCALL_CALL, cap, label, length);
}

struct outcome guest_recv(struct guest *g, cptr_t cap)
{
    return message(g, SYSCALL_RECV, cap, 0, 0);
}

struct outcome guest_nb_recv(struct guest *g, cptr_t cap)
{
    return message(g, SYSCALL_NB_RECV, cap, 0, 0);
}

struct outcome guest_reply(struct guest *g, word_t label, unsigned length)
{
    return message(g, SYSCALL_REPLY, 0, label, length);
}

struct outcome guest_reply_recv(struct guest *g, cptr_t cap, word_t label, unsigned length)
{
    return message(g, SYSCALL_REPLY_RECV, cap, label, length);
}

struct outcome guest_yield(struct guest *g)
{
    return message(g, SYSCALL_YIELD, 0, 0, 0);
}

struct outcome guest_nb_send_recv(struct guest *g, cptr_t dest, cptr_t cap, unsigned length)
{
    return guest_syscall(g, (struct guest_syscall){
                                .syscall = SYSCALL_NB_SEND_RECV,
                                .cap = cap,
                                .length = length,
                                .words = {0x100, 0x101, 0x102, 0x103},
                                .reply = g->reply,
                                .dest = dest,
                            });
}

struct outcome guest_wait(struct guest *g, cptr_t cap)
{
    return message(g, SYSCALL_WAIT, cap, 0, 0);
}

cptr_t guest_mint(struct guest *g, cptr_t cptr, word_t rights, word_t badge)
{
    cptr_t slot = g->next_slot;
    struct answer answer = guest_invoke(g, (struct guest_call){
                                               .cap = INITIAL_CAP_CNODE,
                                               .method = INV_CNODE_MINT,
                                               WORDS(slot, 64, cptr, 64, rights, badge),
                                               EXTRA(INITIAL_CAP_CNODE),
                                           });
    if (answer_is_error(answer))
        return 0;
    g->next_slot++;
    return slot;
}

word_t thread_badge(struct guest_thread t)
{
    return t.tcb->context.reg[UREG_BADGE];
}

struct message_info thread_info(struct guest_thread t)
{
    return message_info_decode(t.tcb->context.reg[UREG_MESSAGE_INFO]);
}

word_t thread_word(struct guest_thread t, unsigned i)
{
    return message_word(t.tcb, t.buffer, i);
}

const char *guest_console(struct guest *g)
{
    static char copy[CONSOLE_BYTES + 1];
    const char *text;
    uint32_t length = console_take(g->k, &text);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}
