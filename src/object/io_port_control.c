/* SPDX-License-Identifier: BSD-2-Clause */
/* IOPortControl: hands out ranges of I/O ports, each port once. */
#include <abi/message.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <object/decode.h>
#include <object/io_port.h>
#include <object/object_types.h>

struct port_range {
    unsigned first, last;
    struct slot *dest;
};

/* why: may tell the capability pointer of the CNode, if one was sent. */
static struct answer issue_failed(const struct call *call, struct answer answer, const char *why)
{
    struct reason reason = {.where = "decodeX86PortControlInvocation", .why = why};
    if (call->extra[0])
        reason.argument[0] = call->buffer[IPC_BUFFER_CAPS_OR_BADGES];
    return answer_with_reason(answer, reason);
}

static struct answer decode_issue(const struct call *call, struct port_range *range)
{
    if (call_is_truncated(call, 4, 1))
        return issue_failed(call, answer_truncated_message(), "IOPortControl: Truncated message.");
    range->first = call_word(call, 0) & 0xffff;
    range->last = call_word(call, 1) & 0xffff;
    if (range->last < range->first)
        return issue_failed(call, answer_invalid_argument(1),
                            "IOPortControl: Last port must be > first port.");
    if (!io_ports_are_free(call->k, range->first, range->last))
        return issue_failed(call, answer_revoke_first(),
                            "IOPortControl: Some ports in range already in use.");
    struct answer answer = lookup_empty_slot(call->k, call->extra[0]->cap, call_word(call, 2),
                                             call_word(call, 3), &range->dest);
    if (!answer_is_error(answer))
        return answer;
    return issue_failed(call, answer,
                        answer.label == SEL4_DELETE_FIRST
                            ? "Target slot for new IO Port cap not empty: cap %lu."
                            : "Target slot for new IO Port cap invalid: cap %lu.");
}

static struct answer io_port_control_invoke(struct call *call)
{
    if (call->method != INV_X86_IO_PORT_CONTROL_ISSUE)
        return issue_failed(call, answer_illegal_operation(), "IOPortControl: Unknown operation.");
    struct port_range range = {.dest = NULL};
    struct answer answer = decode_issue(call, &range);
    if (answer_is_error(answer))
        return answer;
    io_ports_set_issued(call->k, range.first, range.last, true);
    union cap cap = {.io_port = {
                         .type_ = CAP_IO_PORT,
                         .first = range.first & 0xffff,
                         .last = range.last & 0xffff,
                     }};
    slot_insert(call->k, cap, call->slot, range.dest);
    return answer;
}

/* Parent of all ranges. */
static bool io_port_control_same_region(union cap a, union cap b)
{
    (void)a;
    return cap_type(b) == CAP_IO_PORT_CONTROL || cap_type(b) == CAP_IO_PORT;
}

const struct object_type io_port_control_object_type = {
    .name = "I/O port control",
    .identify_tag = 31,
    .invoke = io_port_control_invoke,
    .receive = cannot_receive,
    .derive = derive_null,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = io_port_control_same_region,
    .same_object = same_region_by_type,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
