/* SPDX-License-Identifier: BSD-2-Clause */
#include <trace/testkit_trace.h>

#include <stdlib.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <ipc/ipc.h>

#define ENTRY_NS 1000

static void collect(void *context, const char *text, size_t length)
{
    struct traced *t = context;
    if (length >= sizeof(t->text) - t->length)
        abort();
    memcpy(&t->text[t->length], text, length);
    t->length += length;
    t->text[t->length] = '\0';
}

struct traced *traced_boot_with_options(struct kernel_config config,
                                        const struct trace_options *options)
{
    struct traced *t = calloc(1, sizeof(*t));
    if (!t || trace_open(options, (struct trace_sink){.write = collect, .context = t}, &t->trace))
        abort();
    t->g = guest_boot(config, GUEST_MEMORY_END);
    t->outcome = kernel_start(t->g.k, 0, 0);
    return t;
}

struct traced *traced_boot_with(struct kernel_config config)
{
    return traced_boot_with_options(config, NULL);
}

struct traced *traced_boot(void)
{
    return traced_boot_with(kernel_config_default());
}

void traced_end(struct traced *t)
{
    if (t->trace)
        trace_close(t->trace);
    guest_end(&t->g);
    free(t);
}

struct tcb *traced_current(struct traced *t)
{
    return tcb_at(t->g.k, t->outcome.tcb);
}

word_t *traced_buffer(struct traced *t)
{
    return ipc_buffer(t->g.k, traced_current(t), true);
}

const char *traced_take(struct traced *t)
{
    static char taken[sizeof(t->text)];
    memcpy(taken, t->text, sizeof(taken));
    t->length = 0;
    t->text[0] = '\0';
    return taken;
}

static struct outcome enter(struct traced *t, const struct trap *trap)
{
    struct kernel *k = t->g.k;
    switch (trap->kind) {
    case TRAP_SYSCALL:
        return kernel_syscall(k, 0, t->now);
    case TRAP_INT:
        return kernel_unknown_syscall(k, 0, trap->vector, t->now);
    case TRAP_PAGE_FAULT:
        return kernel_vm_fault(k, 0, trap->address, trap->write ? 6 : 4, t->now);
    case TRAP_EXCEPTION:
        if (abi_is_debug_exception(trap->vector))
            return kernel_debug_exception(k, 0, trap->vector, trap->debug, t->now);
        return kernel_user_exception(k, 0, trap->vector, trap->error_code, t->now);
    default:
        return kernel_timer(k, 0, t->now);
    }
}

/* One step towards the end of an entry. */
static struct outcome go_on(struct traced *t)
{
    struct kernel *k = t->g.k;
    t->now += ENTRY_NS;
    if (t->outcome.kind == OUTCOME_DEVICE)
        return kernel_device_answer(k, 0, t->device_value, t->now);
    if (t->outcome.kind == OUTCOME_PREEMPTED && t->is_interrupted)
        return kernel_timer(k, 0, t->now);
    if (t->outcome.kind == OUTCOME_CLEAR) {
        struct memory_region clear = k->cores[0].clear;
        memset(kernel_memory(k, clear.base), 0, clear.end - clear.base);
    }
    k->console.length = 0;
    return kernel_continue(k, 0, t->now);
}

static bool is_over(enum outcome_kind kind)
{
    return kind == OUTCOME_RUN || kind == OUTCOME_IDLE || kind == OUTCOME_HALT;
}

void traced_trap(struct traced *t, const struct trap *trap)
{
    struct tcb *tcb = traced_current(t);
    word_t reg[USER_REGISTER_COUNT];

    memcpy(reg, tcb->context.reg, sizeof(reg));
    reg[UREG_RIP] = TRAP_IP;
    kernel_save_registers(tcb, reg, trap->kind == TRAP_SYSCALL);
    trace_enter(t->trace, t->g.k, tcb, trap);
    t->now += ENTRY_NS;
    t->outcome = enter(t, trap);
    t->g.k->console.length = 0;
    trace_leave(t->trace, t->g.k, t->outcome);
    while (!is_over(t->outcome.kind)) {
        t->outcome = go_on(t);
        trace_leave(t->trace, t->g.k, t->outcome);
    }
}

void traced_syscall(struct traced *t, struct traced_call c)
{
    const struct kernel_config *config = &t->g.k->config;
    struct tcb *tcb = traced_current(t);
    word_t *buffer = traced_buffer(t);
    struct message_info info = {.label = c.label, .length = c.length, .extra_caps = c.caps};

    if (c.method != INV_INVALID)
        info.label = abi_invocation_label(config, c.method);
    for (unsigned i = 0; i < c.length; i++)
        message_set_word(tcb, buffer, i, c.words[i]);
    for (unsigned i = 0; buffer && i < c.caps; i++)
        buffer[IPC_BUFFER_CAPS_OR_BADGES + i] = c.extra[i];
    tcb->context.reg[UREG_SYSCALL] = (word_t)abi_syscall_number(config, c.syscall);
    tcb->context.reg[UREG_CAP] = c.cap;
    tcb->context.reg[UREG_MESSAGE_INFO] = message_info_encode(info);
    traced_trap(t, &(struct trap){.kind = TRAP_SYSCALL});
}

cptr_t traced_thread(struct traced *t, const char *name, unsigned priority, cptr_t fault_handler)
{
    struct guest *g = &t->g;
    cptr_t slot = guest_make(g, OBJECT_TCB, 0);
    guest_invoke(g, (struct guest_call){
                        .cap = slot,
                        .method = INV_TCB_CONFIGURE,
                        WORDS(fault_handler, 0, 0, 0),
                        EXTRA(INITIAL_CAP_CNODE, INITIAL_CAP_VSPACE, INITIAL_CAP_NULL),
                    });
    guest_invoke(g, (struct guest_call){
                        .cap = slot,
                        .method = INV_TCB_SET_PRIORITY,
                        WORDS(priority),
                        EXTRA(INITIAL_CAP_TCB),
                    });
    if (name)
        strcpy(tcb_at(g->k, guest_cap(g, slot).tcb.object)->name, name);
    return slot;
}
