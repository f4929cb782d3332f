/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_campaign.h>

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/bits.h>
#include <cap/lookup.h>
#include <kernel/testkit_random.h>

#define BYTES_PER_STEP  96
#define SECONDS_PER_TRY 20 /* of a shorter list of steps, under a sanitizer */

/* --- random bytes -------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct byte_source random_bytes(uint64_t *state, uint8_t bytes[BYTES_PER_STEP])
{
    for (unsigned i = 0; i < BYTES_PER_STEP; i++)
        bytes[i] = (uint8_t)(next_random(state) >> 32);
    return (struct byte_source){.at = bytes, .end = bytes + BYTES_PER_STEP};
}

/* --- what the guests got ------------------------------------------------------------------- */

static void count(struct campaign *c, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *at = name; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    for (unsigned i = 0; i < CAMPAIGN_SITES; i++) {
        struct campaign_site *site = &c->sites[(hash + i) % CAMPAIGN_SITES];
        if (!site->count) {
            snprintf(site->name, sizeof(site->name), "%s", name);
            c->site_count++;
        }
        if (strcmp(site->name, name) == 0) {
            site->count++;
            return;
        }
    }
}

/* The reason, with its numbers taken out. */
static void add_reason(char *name, size_t size, const char *reason)
{
    size_t length = strlen(name);
    for (const char *at = reason; *at && length + 2 < size; at++) {
        bool is_number = isdigit((unsigned char)*at);
        if (is_number && length > 0 && name[length - 1] == '#')
            continue;
        name[length++] = is_number ? '#' : *at;
    }
    name[length] = '\0';
}

/* A thread before its call, to tell what has become of it. */
struct observed {
    paddr_t caller;
    uint64_t serial, errors, stalls, stores;
    bool is_uncertain; /* the call may be somebody else's, or go to a thread and not to a method */
};

static struct observed observe(const struct replay *r, const struct step *step)
{
    struct kernel *k = r->g.k;
    struct tcb *tcb = tcb_at(k, k->cores[step->core].current);
    struct observed before = {.caller = k->cores[step->core].current,
                              .errors = k->user_error.count,
                              .stalls = r->stalls,
                              .stores = r->stores};
    if (!tcb)
        return before;
    before.serial = tcb->serial;
    struct resolution found = lookup_slot(k, tcb, step->call.cap);
    enum cap_type type = found.slot ? cap_type(found.slot->cap) : CAP_NULL;
    before.is_uncertain = r->is_preempted[step->core] || (r->interrupts >> step->core & 1) ||
                          type == CAP_ENDPOINT || type == CAP_NOTIFICATION || type == CAP_REPLY;
    return before;
}

/* A method that was answered: done, or refused with which error and why. */
static void count_answer(struct campaign *c, struct kernel *k, const struct tcb *caller,
                         const struct observed *before, enum invocation method)
{
    char name[160];
    struct message_info info = message_info_decode(caller->context.reg[UREG_MESSAGE_INFO]);
    const char *method_name = abi_invocation_info(&k->config, method).name;
    c->done += info.label == SEL4_NO_ERROR;
    if (info.label == SEL4_NO_ERROR)
        snprintf(name, sizeof(name), "%s: done", method_name);
    else
        snprintf(name, sizeof(name), "%s: %s", method_name, abi_error_name((unsigned)info.label));
    size_t length = strlen(name);
    if (info.label == SEL4_INVALID_ARGUMENT || info.label == SEL4_INVALID_CAPABILITY)
        snprintf(name + length, sizeof(name) - length, " %llu",
                 (unsigned long long)caller->context.reg[UREG_MR0]);
    if (k->user_error.count != before->errors) {
        strncat(name, ", ", sizeof(name) - strlen(name) - 1);
        add_reason(name, sizeof(name), k->user_error.reason);
    }
    count(c, name);
}

/* What only several cores do. */
static void count_cores(struct campaign *c, const struct replay *r, const struct step *step,
                        const struct observed *before)
{
    if (r->interrupts)
        count(c, "another core is interrupted");
    if (r->stalls != before->stalls)
        count(c, "another core is stopped");
    if (step->core > 0 && r->g.k->cores[step->core].current)
        count(c, "another core runs a thread");
}

static void count_step(struct campaign *c, const struct replay *r, const struct step *step,
                       const struct observed *before)
{
    struct kernel *k = r->g.k;
    count_cores(c, r, step, before);
    if (step->kind != STEP_CALL || !before->caller) {
        count(c, step->kind == STEP_CALL       ? "no thread for a call"
                 : r->stores != before->stores ? "STEP_STORE that reaches memory"
                                               : replay_step_name(step->kind));
        return;
    }
    char name[64];
    snprintf(name, sizeof(name), "call %s", abi_syscall_name(step->call.syscall));
    count(c, name);
    const struct tcb *caller = tcb_at(k, before->caller);
    enum invocation method = abi_invocation(&k->config, step->call.label);
    bool is_answered = step->call.syscall == SYSCALL_CALL && method != INV_INVALID &&
                       !before->is_uncertain && step->call.cap != 0 &&
                       !r->is_preempted[step->core] && caller->serial == before->serial &&
                       caller->state == THREAD_RUNNING && caller->context.reg[UREG_BADGE] == 0;
    if (is_answered)
        count_answer(c, k, caller, before, method);
}

static int compare_sites(const void *a, const void *b)
{
    const struct campaign_site *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void campaign_print_sites(FILE *out, struct campaign *c)
{
    qsort(c->sites, CAMPAIGN_SITES, sizeof(c->sites[0]), compare_sites);
    for (unsigned i = 0; i < CAMPAIGN_SITES; i++) {
        if (c->sites[i].count)
            fprintf(out, "%10llu  %s\n", (unsigned long long)c->sites[i].count, c->sites[i].name);
    }
}

uint64_t campaign_done(const struct campaign *c, const char *method)
{
    char name[128];
    snprintf(name, sizeof(name), "%s: done", method);
    for (unsigned i = 0; i < CAMPAIGN_SITES; i++) {
        if (strcmp(c->sites[i].name, name) == 0)
            return c->sites[i].count;
    }
    return 0;
}

/* --- running ------------------------------------------------------------------------------- */

static void run_guest(struct campaign *c, uint64_t seed)
{
    uint8_t bytes[BYTES_PER_STEP];
    struct byte_source source = random_bytes(&seed, bytes);
    c->setup = random_setup(&source);
    if (c->options.mcs)
        random_setup_mcs(&c->setup);
    c->step_count = 0;
    struct replay r = replay_boot(&c->setup, c->options.check_every);
    r.sabotage = c->options.sabotage;
    for (bool goes_on = true; goes_on && c->step_count < CAMPAIGN_STEPS;) {
        source = random_bytes(&seed, bytes);
        struct step *step = &c->steps[c->step_count];
        *step = random_step(&r, &source);
        c->step_count++;
        struct observed before = observe(&r, step);
        goes_on = replay_step(&r, step);
        count_step(c, &r, step, &before);
    }
    if (r.problem)
        snprintf(c->problem, sizeof(c->problem), "%s", r.problem);
    c->entries += r.entries;
    c->guests++;
    replay_end(&r);
}

static void run_guests(struct campaign *c)
{
    while (c->entries < c->options.entries && !c->problem[0])
        run_guest(c, (c->options.seed + c->guests) * UINT64_C(0x9e3779b97f4a7c15) + 1);
}

/* Does it in a process of its own; what ended that, if it did not come to its end, is the problem.
 */
static void run_apart(struct campaign *c, void (*run)(struct campaign *), bool is_quiet)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (is_quiet) {
            fclose(stdout);
            fclose(stderr);
            alarm(SECONDS_PER_TRY);
        }
        run(c);
        exit(0); /* counters of coverage are written then */
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        snprintf(c->problem, sizeof(c->problem), "no process can be made");
    else if (WIFSIGNALED(status))
        snprintf(c->problem, sizeof(c->problem), "ended by signal %d", WTERMSIG(status));
    else if (status != 0)
        snprintf(c->problem, sizeof(c->problem), "ended with status %d", WEXITSTATUS(status));
}

static struct campaign *campaign_create(void)
{
    void *memory = mmap(NULL, sizeof(struct campaign), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

void campaign_end(struct campaign *c)
{
    munmap(c, sizeof(*c));
}

struct campaign *campaign_run(const struct campaign_options *options)
{
    struct campaign *c = campaign_create();
    c->options = *options;
    run_apart(c, run_guests, false);
    return c;
}

/* --- shrinking ----------------------------------------------------------------------------- */

static void run_steps(struct campaign *c)
{
    struct replay r = replay_boot(&c->setup, 1);
    r.sabotage = c->options.sabotage;
    for (unsigned i = 0; i < c->step_count && replay_step(&r, &c->steps[i]); i++)
        continue;
    if (r.problem)
        snprintf(c->problem, sizeof(c->problem), "%s", r.problem);
    replay_end(&r);
}

/* Whether `attempt` has a problem too. (It may be another one: then that is what is shrunk.) */
static bool still_fails(struct campaign *attempt)
{
    attempt->problem[0] = '\0';
    run_apart(attempt, run_steps, true);
    return attempt->problem[0] != '\0';
}

static void take_over(struct campaign *to, const struct campaign *from)
{
    memcpy(to->problem, from->problem, sizeof(to->problem));
    to->setup = from->setup;
    to->step_count = from->step_count;
    memcpy(to->steps, from->steps, from->step_count * sizeof(from->steps[0]));
}

/* Tries to do without `length` steps at a time; returns whether some could go. */
static bool cut(struct campaign *c, struct campaign *attempt, unsigned length)
{
    bool has_cut = false;
    for (unsigned end = c->step_count; end > 0 && c->step_count > 1;) {
        unsigned start = end > length ? end - length : 0;
        take_over(attempt, c);
        memmove(&attempt->steps[start], &attempt->steps[end],
                (c->step_count - end) * sizeof(attempt->steps[0]));
        attempt->step_count -= end - start;
        if (attempt->step_count > 0 && still_fails(attempt)) {
            take_over(c, attempt);
            has_cut = true;
        }
        end = start;
    }
    return has_cut;
}

static void without_delay(struct step *step)
{
    step->delay = 0;
}

static void without_stop(struct step *step)
{
    step->stop = 0;
}

static void without_device(struct step *step)
{
    step->device = 0;
}

static void without_receive(struct step *step)
{
    memset(step->receive, 0, sizeof(step->receive));
}

static void without_caps(struct step *step)
{
    step->call.caps = 0;
    memset(step->call.extra, 0, sizeof(step->call.extra));
}

static void without_words(struct step *step)
{
    step->call.length = 0;
    memset(step->call.words, 0, sizeof(step->call.words));
}

/* Makes single steps simpler. */
static void simplify(struct campaign *c, struct campaign *attempt)
{
    static void (*const simplers[])(struct step *) = {without_delay,   without_stop, without_device,
                                                      without_receive, without_caps, without_words};
    for (unsigned i = 0; i < c->step_count; i++) {
        for (unsigned j = 0; j < ARRAY_LENGTH(simplers); j++) {
            take_over(attempt, c);
            simplers[j](&attempt->steps[i]);
            if (memcmp(&attempt->steps[i], &c->steps[i], sizeof(c->steps[i])) != 0 &&
                still_fails(attempt))
                take_over(c, attempt);
        }
    }
}

unsigned campaign_shrink(struct campaign *c)
{
    struct campaign *attempt = campaign_create();
    attempt->options = c->options;
    take_over(attempt, c);
    if (still_fails(attempt)) {
        take_over(c, attempt);
        unsigned length = c->step_count / 2 + 1;
        while (length > 1 || cut(c, attempt, 1)) {
            length = (length + 1) / 2;
            cut(c, attempt, length);
        }
        simplify(c, attempt);
    }
    campaign_end(attempt);
    return c->step_count;
}
