/* SPDX-License-Identifier: BSD-2-Clause */
/* SchedControl: the right to give scheduling contexts time on a core. MCS; see docs/mcs.md. */
#include <abi/object.h>
#include <object/decode.h>
#include <object/object_types.h>
#include <sched/refill.h>
#include <sched/release.h>
#include <sched/sched.h>

#define FLAG_SPORADIC      (1 << 0)
#define NANOSECONDS_PER_US 1000

struct parameters {
    struct sched_context *sc;
    nanoseconds_t budget, period;
    uint64_t max_refills;
    word_t badge, flags;
};

static struct answer configure_failed(struct answer answer, const char *why)
{
    return answer_with_reason(
        answer, (struct reason){.where = "decodeSchedControl_ConfigureFlags", .why = why});
}

static struct answer decode_times(const struct call *call, struct parameters *p)
{
    static const char *const out_of_range[] = {
        "SchedControl_ConfigureFlags: budget out of range.",
        "SchedControl_ConfigureFlags: period out of range.",
    };
    const struct kernel *k = call->k;
    word_t min = refill_min_budget_us(k), max = refill_max_period_us(k);
    word_t us[] = {call_word(call, 0), call_word(call, 1)};
    for (unsigned i = 0; i < 2; i++) {
        if (us[i] > max)
            return configure_failed(answer_range_error(min, max), out_of_range[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (us[i] < min)
            return configure_failed(answer_range_error(min, max), out_of_range[i]);
    }
    if (us[0] > us[1])
        return configure_failed(answer_range_error(min, us[1]),
                                "SchedControl_ConfigureFlags: budget must be <= period");
    nanoseconds_t longest = refill_limits(k).max_period;
    p->budget = us[0] > longest / NANOSECONDS_PER_US ? longest : us[0] * NANOSECONDS_PER_US;
    p->period = us[1] > longest / NANOSECONDS_PER_US ? longest : us[1] * NANOSECONDS_PER_US;
    return answer_ok();
}

static struct answer decode_configure(const struct call *call, struct parameters *p)
{
    if (!call->extra[0])
        return configure_failed(answer_truncated_message(),
                                "SchedControl_ConfigureFlags: Truncated message.");
    if (call_is_truncated(call, 5, 0))
        return configure_failed(answer_truncated_message(),
                                "SchedControl_configureFlags: truncated message.");
    struct answer answer = decode_times(call, p);
    if (answer_is_error(answer))
        return answer;
    union cap target = call->extra[0]->cap;
    if (cap_type(target) != CAP_SCHED_CONTEXT)
        return configure_failed(
            answer_invalid_capability(1),
            "SchedControl_ConfigureFlags: target cap not a scheduling context cap");
    word_t extra = call_word(call, 2);
    word_t max_extra = refill_capacity((unsigned)target.sched_context.size_bits) - MIN_REFILLS;
    if (extra > max_extra)
        return answer_because(answer_range_error(0, max_extra), "decodeSchedControl_ConfigureFlags",
                              "Max refills invalid, got %lu, max %lu", extra, max_extra);
    p->sc = sched_context_at(call->k, target.sched_context.object);
    p->max_refills = extra + MIN_REFILLS;
    p->badge = call_word(call, 3);
    p->flags = call_word(call, 4);
    return answer_ok();
}

/* One that can be used now keeps to its bandwidth: it does not get the new budget at once. */
static void set_refills(struct kernel *k, unsigned core, const struct parameters *p,
                        const struct tcb *tcb)
{
    nanoseconds_t now = k->cores[core].now;
    if (p->budget == p->period)
        refill_start(p->sc, now, MIN_REFILLS, p->budget, 0);
    else if (sched_context_is_active(p->sc) && tcb && tcb_is_runnable(tcb))
        refill_update(p->sc, now, p->max_refills, p->budget, p->period);
    else
        refill_start(p->sc, now, p->max_refills, p->budget, p->period);
}

static void configure(struct kernel *k, unsigned core, const struct parameters *p)
{
    const struct core *c = &k->cores[core];
    struct tcb *tcb = tcb_at(k, p->sc->tcb);
    if (tcb) {
        release_remove(k, tcb);
        sched_dequeue(k, tcb);
        if (c->sched_context == kernel_paddr(k, p->sc))
            sched_commit_time(k, core);
    }
    set_refills(k, core, p, tcb);
    if (tcb) {
        sched_context_resume(k, core, p->sc);
        if (tcb == tcb_at(k, c->current))
            sched_reschedule(k, core);
        else if (tcb_is_runnable(tcb))
            sched_possible_switch(k, core, tcb);
    }
    p->sc->badge = p->badge;
    p->sc->is_sporadic = p->flags & FLAG_SPORADIC;
}

static struct answer sched_control_invoke(struct call *call)
{
    if (call->method != INV_SCHED_CONTROL_CONFIGURE_FLAGS)
        return answer_because(answer_illegal_operation(), "decodeSchedControlInvocation",
                              "SchedControl invocation: Illegal operation attempted.");
    struct parameters p = {.sc = NULL};
    struct answer answer = decode_configure(call, &p);
    if (!answer_is_error(answer))
        configure(call->k, call->core, &p);
    return answer;
}

const struct object_type sched_control_object_type = {
    .name = "sched control",
    .identify_tag = 24,
    .invoke = sched_control_invoke,
    .second_phase_only = "sched control",
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
