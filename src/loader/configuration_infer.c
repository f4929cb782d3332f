/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settings from the image itself. Numbers of calls and labels of methods depend on a few options
 * and the release; every combination of them is tried against what the image's code shows, and the
 * one that explains it best is taken. Of equally good ones that with the fewest options away from
 * the default counts, and what they disagree about stays a default.
 */
#include <base/bits.h>
#include <loader/configuration_internal.h>
#include <loader/evidence.h>

/* What numbers depend on; each list starts with the default. */
static const struct dimension {
    const char *field;
    unsigned count;
    uint16_t values[6];
} dimensions[] = {
    {"release",
     6,
     {SEL4_RELEASE_16_0, SEL4_RELEASE_15_0, SEL4_RELEASE_14_0, SEL4_RELEASE_13_0, SEL4_RELEASE_12_1,
      SEL4_RELEASE_12_0}},
    {"mcs", 2, {false, true}},
    {"iommu", 2, {false, true}},
    {"vtx", 2, {false, true}},
    {"vtx_64bit_guests", 2, {false, true}},
    {"hardware_debug_api", 2, {false, true}},
    {"max_cores", 2, {1, 2}},
};

#define DIMENSIONS     ARRAY_LENGTH(dimensions)
#define MAX_CANDIDATES (6 * 64)

/* A combination that may be: candidate number `index`, counted with the dimensions as digits. */
struct candidate {
    uint64_t values[DIMENSIONS];
    int score;
    unsigned changes; /* values that are not the default */
};

/*
 * Candidate `index` of all, over what is known already. False if it contradicts that, or if no
 * kernel is so.
 */
static bool make_candidate(const struct configuration *known, const struct evidence *evidence,
                           unsigned index, struct candidate *ret_candidate)
{
    struct candidate candidate = {0};
    struct kernel_config config = known->kernel;

    for (unsigned i = 0; i < DIMENSIONS; i++) {
        size_t row = configuration_row(dimensions[i].field);
        unsigned digit = index % dimensions[i].count;

        index /= dimensions[i].count;
        candidate.values[i] = dimensions[i].values[digit];
        candidate.changes += digit != 0;
        if (known->source[row] == SETTING_DEFAULT) {
            configuration_store(&config, row, candidate.values[i]);
        } else if (digit != 0) {
            return false; /* one candidate stands for the value that is known */
        }
    }
    if (kernel_config_problem(&config) != NULL) {
        return false;
    }
    candidate.score = evidence_score(evidence, &config);
    *ret_candidate = candidate;
    return true;
}

static unsigned make_candidates(const struct configuration *known, const struct evidence *evidence,
                                struct candidate *candidates)
{
    unsigned total = 1, count = 0;

    for (unsigned i = 0; i < DIMENSIONS; i++) {
        total *= dimensions[i].count;
    }
    for (unsigned index = 0; index < total; index++) {
        count += make_candidate(known, evidence, index, &candidates[count]);
    }
    return count;
}

static const struct candidate *best_candidate(const struct candidate *candidates, unsigned count)
{
    const struct candidate *best = NULL;

    for (unsigned i = 0; i < count; i++) {
        const struct candidate *candidate = &candidates[i];

        if (best == NULL || candidate->score > best->score ||
            (candidate->score == best->score && candidate->changes < best->changes)) {
            best = candidate;
        }
    }
    return best;
}

static bool all_agree(const struct candidate *candidates, unsigned count,
                      const struct candidate *best, unsigned dimension)
{
    for (unsigned i = 0; i < count; i++) {
        if (candidates[i].score == best->score &&
            candidates[i].values[dimension] != best->values[dimension]) {
            return false;
        }
    }
    return true;
}

static void infer_numbers(struct configuration *c, const struct evidence *evidence)
{
    struct candidate candidates[MAX_CANDIDATES];
    unsigned count = make_candidates(c, evidence, candidates);
    const struct candidate *best = best_candidate(candidates, count);

    if (best == NULL || best->score <= 0) {
        return;
    }
    for (unsigned i = 0; i < DIMENSIONS; i++) {
        size_t row = configuration_row(dimensions[i].field);
        bool is_default = best->values[i] == dimensions[i].values[0];

        if (c->source[row] == SETTING_DEFAULT &&
            (!is_default || all_agree(candidates, count, best, i))) {
            configuration_store(&c->kernel, row, best->values[i]);
            c->source[row] = SETTING_INFERRED;
        }
    }
}

/* User level sets its FS base either by the system call or by the instruction. */
static void infer_fsgsbase(struct configuration *c, const struct evidence *evidence)
{
    size_t row = configuration_row("fsgsbase_inst");
    bool call = evidence_has_syscall(evidence, &c->kernel, SYSCALL_SET_TLS_BASE);

    if (c->source[row] == SETTING_DEFAULT && (call || evidence->wrfsbase)) {
        configuration_store(&c->kernel, row, !call);
        c->source[row] = SETTING_INFERRED;
    }
}

void configuration_infer(struct configuration *c, const struct image *image)
{
    struct evidence evidence;
    bool open = c->source[configuration_row("fsgsbase_inst")] == SETTING_DEFAULT;

    for (unsigned i = 0; i < DIMENSIONS; i++) {
        open |= c->source[configuration_row(dimensions[i].field)] == SETTING_DEFAULT;
    }
    if (!open) {
        return;
    }
    evidence_collect(image, &evidence);
    if (!evidence_is_empty(&evidence)) {
        infer_numbers(c, &evidence);
    }
    infer_fsgsbase(c, &evidence);
}
