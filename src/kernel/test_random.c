/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random guests: whatever they do, the kernel's state stays whole. For longer runs:
 *   SEL4EMU_RANDOM_ENTRIES  how many entries into the kernel
 *   SEL4EMU_RANDOM_SEED     the first guest's; the next guest has the next, so runs that are to
 *                           differ need seeds that are apart
 *   SEL4EMU_RANDOM_REPORT   a file for what the guests got for answers, and how often
 */
#include <test.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kernel/testkit_campaign.h>

static uint64_t setting(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : usual;
}

static void report(struct campaign *c)
{
    const char *name = getenv("SEL4EMU_RANDOM_REPORT");
    FILE *out = name ? fopen(name, "w") : NULL;
    if (!out)
        return;
    campaign_print_sites(out, c);
    fclose(out);
}

static void run_campaign(bool mcs)
{
    const struct campaign_options options = {
        .seed = setting("SEL4EMU_RANDOM_SEED", 0x5e14e00),
        .entries = setting("SEL4EMU_RANDOM_ENTRIES", 100000),
        .check_every = 16,
        .mcs = mcs,
    };
    struct campaign *c = campaign_run(&options);
    printf("%llu guests, %llu entries, %llu methods carried out, %u kinds of answers\n",
           (unsigned long long)c->guests, (unsigned long long)c->entries,
           (unsigned long long)c->done, c->site_count);
    report(c);
    if (CHECK_STR(c->problem, "")) {
        CHECK(c->done > c->entries / (mcs ? 16 : 8)); /* more of them idle, or without time */
    } else {
        campaign_shrink(c);
        printf("seed %#llx, %s:\n", (unsigned long long)(options.seed + c->guests), c->problem);
        replay_print_test(stdout, &c->setup, c->steps, c->step_count);
    }
    campaign_end(c);
}

TEST(random_guests_leave_the_kernel_whole)
{
    run_campaign(false);
}

TEST(random_guests_leave_the_mcs_kernel_whole)
{
    run_campaign(true);
}

/* --- the shrinker itself ------------------------------------------------------------------- */

#define MARK UINT64_C(0xb09)

/* A planted bug: a change of priority, then, any time later, a timer interrupt. */
static bool is_triggered(struct replay *r, const struct step *step)
{
    uint64_t *mark = &r->g.k->cores[0].device.address;
    if (step->kind == STEP_CALL &&
        abi_invocation(&r->g.k->config, step->call.label) == INV_TCB_SET_PRIORITY)
        *mark = MARK;
    return step->kind == STEP_TIMER && *mark == MARK;
}

static void break_invariant(struct replay *r, const struct step *step)
{
    if (is_triggered(r, step))
        r->problem = "the planted bug does not show";
}

static void end_by_signal(struct replay *r, const struct step *step)
{
    if (is_triggered(r, step))
        abort();
}

/* What a sanitizer does when it finds something. */
static void end_with_status(struct replay *r, const struct step *step)
{
    if (is_triggered(r, step))
        _exit(1);
}

static const char *printed(struct campaign *c)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof(text), "w");
    replay_print_test(out, &c->setup, c->steps, c->step_count);
    fclose(out);
    return text;
}

static void check_shrinks(void (*sabotage)(struct replay *, const struct step *),
                          const char *problem)
{
    const struct campaign_options options = {
        .seed = 1, .entries = 100000, .check_every = 16, .sabotage = sabotage};
    struct campaign *c = campaign_run(&options);
    CHECK(c->step_count > 2);
    CHECK_EQ(campaign_shrink(c), 2);
    CHECK_STR(c->problem, problem);
    CHECK(strstr(printed(c), ".kind = STEP_CALL,\n         .call = {.syscall = SYSCALL_"));
    CHECK(strstr(printed(c), "TCB_SetPriority"));
    CHECK(strstr(printed(c), "{.kind = STEP_TIMER},\n    };\n    CHECK_STR(replay_problem("));
    campaign_end(c);
}

TEST(a_broken_invariant_shrinks_to_the_steps_it_needs)
{
    check_shrinks(break_invariant, "the planted bug does not show");
}

TEST(a_crash_shrinks_to_the_steps_it_needs)
{
    check_shrinks(end_by_signal, "ended by signal 6");
}

TEST(a_finding_of_a_sanitizer_shrinks_to_the_steps_it_needs)
{
    check_shrinks(end_with_status, "ended with status 1");
}
