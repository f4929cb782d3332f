/* SPDX-License-Identifier: BSD-2-Clause */
/* CSpace, VSpace and IPC buffer of a TCB: Configure, SetSpace, SetIPCBuffer. */
#include <object/tcb.h>

#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <mem/vspace.h>
#include <object/decode.h>
#include <object/object_types.h>
#include <object/vspace.h>
#include <sched/sched.h>

/* A capability on its way into one of the TCB's slots. */
struct installation {
    struct slot *source; /* NULL: the slot is only emptied */
    union cap cap;
};

/* Where the message has what, which MCS changes. */
struct space_layout {
    unsigned words, caps;
    int fault_handler_word;           /* -1: none; Configure with MCS leaves it alone */
    int fault_handler_cap;            /* -1: none */
    unsigned data, roots;             /* the first of two each: CSpace, VSpace */
    unsigned buffer_word, buffer_cap; /* Configure */
};

/* Configure and SetSpace do the same and say it differently. */
struct space_method {
    struct space_layout layout, layout_mcs;
    const char *where;
    const char *truncated, *being_deleted, *bad_cspace, *bad_vspace;
};

static const struct space_method configure_method = {
    .layout = {.words = 4,
               .caps = 3,
               .fault_handler_word = 0,
               .fault_handler_cap = -1,
               .data = 1,
               .roots = 0,
               .buffer_word = 3,
               .buffer_cap = 2},
    .layout_mcs = {.words = 3,
                   .caps = 3,
                   .fault_handler_word = -1,
                   .fault_handler_cap = -1,
                   .data = 0,
                   .roots = 0,
                   .buffer_word = 2,
                   .buffer_cap = 2},
    .where = "decodeTCBConfigure",
    .truncated = "TCB Configure: Truncated message.",
    .being_deleted = "TCB Configure: CSpace or VSpace currently being deleted.",
    .bad_cspace = "TCB Configure: CSpace cap is invalid.",
    .bad_vspace = "TCB Configure: VSpace cap is invalid.",
};
static const struct space_method set_space_method = {
    .layout = {.words = 3,
               .caps = 2,
               .fault_handler_word = 0,
               .fault_handler_cap = -1,
               .data = 1,
               .roots = 0},
    .layout_mcs = {.words = 2,
                   .caps = 3,
                   .fault_handler_word = -1,
                   .fault_handler_cap = 0,
                   .data = 0,
                   .roots = 1},
    .where = "decodeSetSpace",
    .truncated = "TCB SetSpace: Truncated message.",
    .being_deleted = "TCB SetSpace: CSpace or VSpace currently being deleted.",
    .bad_cspace = "TCB SetSpace: Invalid CNode cap.",
    .bad_vspace = "TCB SetSpace: Invalid VSpace cap.",
};

static struct answer space_failed(const struct space_method *method, struct answer answer,
                                  const char *why)
{
    return answer_with_reason(answer, (struct reason){.where = method->where, .why = why});
}

static const struct space_layout *layout_of(const struct call *call,
                                            const struct space_method *method)
{
    return call->k->config.mcs ? &method->layout_mcs : &method->layout;
}

static bool is_cspace_root(union cap cap)
{
    return cap_type(cap) == CAP_CNODE;
}

/* data: guard of a CNode, if not 0; bad: what the kernel says of a capability that is no root */
static struct answer check_root(const struct call *call, const struct space_method *method,
                                struct slot *source, word_t data, bool (*is_root)(union cap),
                                const char *bad, struct installation *ret_root)
{
    union cap cap = source->cap;
    if (data != 0)
        cap = cap_update_data(cap, data, false);
    struct answer answer = cap_derive(call->k, source, cap, &cap);
    if (answer_is_error(answer))
        return answer;
    if (!is_root(cap))
        return space_failed(method, answer_illegal_operation(), bad);
    *ret_root = (struct installation){.source = source, .cap = cap};
    return answer_ok();
}

static struct answer check_ipc_buffer(const struct call *call, struct slot *source, vaddr_t address,
                                      struct installation *ret_buffer)
{
    *ret_buffer = (struct installation){.source = NULL, .cap = cap_null()};
    if (address == 0)
        return answer_ok();
    union cap cap;
    struct answer answer = cap_derive(call->k, source, source->cap, &cap);
    if (answer_is_error(answer))
        return answer;
    if (cap_type(cap) != CAP_FRAME)
        return answer_because(answer_illegal_operation(), "checkValidIPCBuffer",
                              "IPC Buffer is an invalid cap.");
    if (cap.frame.is_device)
        return answer_because(answer_illegal_operation(), "checkValidIPCBuffer",
                              "Specifying a device frame as an IPC buffer is not permitted.");
    if (!is_aligned(address, IPC_BUFFER_BITS))
        return answer_because(answer_alignment_error(), "checkValidIPCBuffer",
                              "IPC Buffer vaddr 0x%lx is not aligned.", address & mask(32));
    *ret_buffer = (struct installation){.source = source, .cap = cap};
    return answer_ok();
}

static struct answer check_roots(const struct call *call, const struct space_method *method,
                                 struct installation ret_roots[2])
{
    const struct space_layout *at = layout_of(call, method);
    struct slot *const *sources = &call->extra[at->roots];
    if (slot_is_long_running_delete(call->k, &call_tcb(call)->slots[TCB_SLOT_CTABLE]))
        return space_failed(method, answer_illegal_operation(), method->being_deleted);
    struct answer answer = check_root(call, method, sources[0], call_word(call, at->data),
                                      is_cspace_root, method->bad_cspace, &ret_roots[0]);
    if (answer_is_error(answer))
        return answer;
    return check_root(call, method, sources[1], call_word(call, at->data + 1), cap_is_vspace_root,
                      method->bad_vspace, &ret_roots[1]);
}

/*
 * Short, and nothing else goes with it: a CSpace that would end has been refused, and the end of a
 * VSpace or of a frame takes no slots with it.
 */
static void replace(const struct call *call, enum tcb_slot place, const struct installation *new)
{
    struct slot *dest = &call_tcb(call)->slots[place];
    slot_delete_one(call->k, dest);
    if (new->source)
        slot_insert(call->k, new->cap, new->source, dest);
}

static void replace_roots(const struct call *call, const struct space_layout *at,
                          const struct installation roots[2])
{
    if (at->fault_handler_word >= 0)
        call_tcb(call)->fault_handler = call_word(call, (unsigned)at->fault_handler_word);
    if (at->fault_handler_cap >= 0)
        tcb_install_handler(call, TCB_SLOT_FAULT_HANDLER, call->extra[at->fault_handler_cap]);
    replace(call, TCB_SLOT_CTABLE, &roots[0]);
    replace(call, TCB_SLOT_VTABLE, &roots[1]);
}

static void replace_buffer(const struct call *call, vaddr_t address,
                           const struct installation *buffer)
{
    struct tcb *tcb = call_tcb(call);
    tcb->ipc_buffer = address;
    replace(call, TCB_SLOT_BUFFER, buffer);
    if (tcb_at(call->k, call->k->cores[call->core].current) == tcb)
        sched_reschedule(call->k, call->core);
}

struct answer tcb_configure(struct call *call)
{
    const struct space_method *method = &configure_method;
    const struct space_layout *at = layout_of(call, method);
    if (call_is_truncated(call, at->words, at->caps))
        return space_failed(method, answer_truncated_message(), method->truncated);
    vaddr_t address = call_word(call, at->buffer_word);
    struct installation buffer, roots[2];
    struct answer answer = check_ipc_buffer(call, call->extra[at->buffer_cap], address, &buffer);
    if (answer_is_error(answer))
        return answer;
    answer = check_roots(call, method, roots);
    if (answer_is_error(answer))
        return answer;
    replace_roots(call, at, roots);
    replace_buffer(call, address, &buffer);
    return answer_ok();
}

struct answer tcb_set_space(struct call *call)
{
    const struct space_method *method = &set_space_method;
    const struct space_layout *at = layout_of(call, method);
    if (call_is_truncated(call, at->words, at->caps))
        return space_failed(method, answer_truncated_message(), method->truncated);
    struct installation roots[2];
    struct answer answer = check_roots(call, method, roots);
    if (answer_is_error(answer))
        return answer;
    if (at->fault_handler_cap >= 0 && !tcb_can_use_handler(call->extra[at->fault_handler_cap]))
        return space_failed(method, answer_invalid_capability(1),
                            "TCB SetSpace: fault endpoint cap invalid.");
    replace_roots(call, at, roots);
    return answer_ok();
}

struct answer tcb_set_ipc_buffer(struct call *call)
{
    if (call_is_truncated(call, 1, 1))
        return answer_because(answer_truncated_message(), "decodeSetIPCBuffer",
                              "TCB SetIPCBuffer: Truncated message.");
    vaddr_t address = call_word(call, 0);
    struct installation buffer;
    struct answer answer = check_ipc_buffer(call, call->extra[0], address, &buffer);
    if (answer_is_error(answer))
        return answer;
    replace_buffer(call, address, &buffer);
    return answer_ok();
}
