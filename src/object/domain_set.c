/* SPDX-License-Identifier: BSD-2-Clause */
/* DomainSet: moves threads between domains and writes their schedule. Manual, "Domains". */
#include <base/bits.h>
#include <object/decode.h>
#include <object/object_types.h>
#include <sched/sched.h>

#define DURATION_BITS 56

/* Release 15.0 gave the method a function of its own. */
static const char *set_function(const struct call *call)
{
    return call->k->config.release < SEL4_RELEASE_15_0 ? "decodeDomainInvocation"
                                                       : "decodeDomainSetSetInvocation";
}

static struct answer set_failed(const struct call *call, struct answer answer, const char *why)
{
    return answer_with_reason(answer, (struct reason){.where = set_function(call), .why = why});
}

static struct answer domain_set_set(struct call *call)
{
    word_t count = call->k->config.num_domains;
    if (call_is_truncated(call, 1, 0))
        return set_failed(call, answer_truncated_message(), "Domain Configure: Truncated message.");
    word_t domain = call_word(call, 0);
    if (domain >= count)
        return answer_because(answer_invalid_argument(0), set_function(call),
                              "Domain Configure: invalid domain (%lu >= %lu).", domain, count);
    if (!call->extra[0])
        return set_failed(call, answer_truncated_message(), "Domain Configure: Truncated message.");
    union cap thread = call->extra[0]->cap;
    if (cap_type(thread) != CAP_TCB)
        return set_failed(call, answer_invalid_argument(1),
                          "Domain Configure: thread cap required.");
    struct tcb *tcb = tcb_at(call->k, thread.tcb.object);
    if (sched_must_stall(call->k, tcb))
        return answer_kind_only(ANSWER_PREEMPTED);
    sched_set_domain(call->k, call->core, tcb, (unsigned)domain);
    return answer_ok();
}

static struct answer configure_failed(struct answer answer, const char *why)
{
    return answer_with_reason(
        answer, (struct reason){.where = "decodeDomainScheduleConfigure", .why = why});
}

static struct answer decode_schedule_entry(const struct call *call, word_t *ret_index,
                                           struct domain_slot *ret_entry)
{
    if (call_is_truncated(call, 3, 0))
        return configure_failed(answer_truncated_message(),
                                "Domain Schedule Configure: Truncated message.");
    const struct kernel *k = call->k;
    word_t index = call_word(call, 0);
    word_t domain = call_word(call, 1);
    word_t duration = call_word(call, 2);
    word_t length = k->config.num_domain_schedules;
    if (index >= length - 1) /* the last entry stays an end marker */
        return configure_failed(answer_range_error(0, length - 2),
                                "Domain Schedule Configure: Invalid index.");
    if (domain >= k->config.num_domains)
        return configure_failed(answer_range_error(0, k->config.num_domains - 1),
                                "Domain Schedule Configure: Invalid domain.");
    if (duration > mask(DURATION_BITS))
        return configure_failed(answer_invalid_argument(2),
                                "Domain Schedule Configure: Duration must fit in 56 bits.");
    if (duration == 0 && domain != 0)
        return configure_failed(answer_invalid_argument(1),
                                "Domain Schedule Configure: "
                                "Both domain and duration must be zero for end markers.");
    if (duration == 0 && index == k->schedule_start)
        return configure_failed(answer_invalid_argument(2),
                                "Domain Schedule Configure: "
                                "Starting schedule's duration must not be zero.");
    *ret_index = index;
    *ret_entry = (struct domain_slot){.domain = (uint8_t)domain, .duration = duration};
    return answer_ok();
}

static struct answer domain_set_schedule_configure(struct call *call)
{
    word_t index = 0;
    struct domain_slot entry = {.duration = 0};
    struct answer answer = decode_schedule_entry(call, &index, &entry);
    if (!answer_is_error(answer))
        call->k->schedule[index] = entry;
    return answer;
}

static struct answer domain_set_schedule_set_start(struct call *call)
{
    if (call_is_truncated(call, 1, 0))
        return answer_because(answer_truncated_message(), "decodeDomainScheduleSetStart",
                              "Domain Schedule Configure: Truncated message.");
    word_t index = call_word(call, 0);
    word_t length = call->k->config.num_domain_schedules;
    if (index >= length)
        return answer_because(answer_range_error(0, length - 1), "decodeDomainScheduleSetStart",
                              "Domain Schedule Set Start: Invalid index.");
    if (call->k->schedule[index].duration == 0)
        return answer_because(
            answer_invalid_argument(0), "decodeDomainScheduleSetStart",
            "Domain Schedule Set Start: Starting schedule must not be an end marker.");
    sched_start_domain_schedule(call->k, call->core, (unsigned)index);
    return answer_ok();
}

static struct answer domain_set_invoke(struct call *call)
{
    switch (call->method) {
    case INV_DOMAIN_SET_SET:
        return domain_set_set(call);
    case INV_DOMAIN_SET_SCHEDULE_CONFIGURE:
        return domain_set_schedule_configure(call);
    case INV_DOMAIN_SET_SCHEDULE_SET_START:
        return domain_set_schedule_set_start(call);
    default:
        return answer_illegal_operation();
    }
}

const struct object_type domain_set_object_type = {
    .name = "domain set",
    .identify_tag = 20,
    .invoke = domain_set_invoke,
    .second_phase_only = "domain",
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = same_region_by_type,
    .same_object = same_object_as_region,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
