/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel in a runtime region is the kernel: random guests live the same life twice, once with
 * each entry made by the kernel that is linked here, once through the image at some base, and leave
 * the same state behind. The linker has the test kit's calls of the kernel come through
 * __wrap_kernel_*() (CMakeLists.txt).
 */
#include <test.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/bits.h>
#include <gate/testkit_region.h>
#include <host/host.h>
#include <kernel/testkit_random.h>
#include <runtime/entry.h>
#include <runtime/image.h>
#include <runtime/region.h>
#include <runtime/shared.h>

/* --- entries ------------------------------------------------------------------------------- */

typedef void runtime_enter_function(const struct runtime_entry *entry, struct outcome *ret_outcome);

/* Of the guest that lives; the wrappers have no other way to know. */
static struct {
    runtime_enter_function *enter; /* NULL: the kernel that is linked here */
    uint64_t entries, outcomes;    /* a hash of all outcomes */
} life;

static struct outcome note(struct outcome outcome)
{
    const uint64_t words[] = {outcome.kind, outcome.tcb, outcome.deadline, outcome.interrupt_cores};

    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        life.outcomes = (life.outcomes ^ words[i]) * UINT64_C(0x100000001b3);
    life.entries++;
    return outcome;
}

static struct outcome enter_image(struct runtime_entry entry)
{
    struct outcome outcome;

    life.enter(&entry, &outcome);
    return outcome;
}

/* The parameters of the entry `name` between its core and the time, and what the request says. */
#define WRAP(name, parameters, arguments, ...)                                                     \
    struct outcome __real_kernel_##name parameters;                                                \
    struct outcome __wrap_kernel_##name parameters;                                                \
    struct outcome __wrap_kernel_##name parameters {                                               \
        return note(life.enter ? enter_image((struct runtime_entry){                               \
                                     .core = core, .now = now, __VA_ARGS__})                       \
                               : __real_kernel_##name arguments);                                  \
    }

WRAP(start, (struct kernel * k, unsigned core, nanoseconds_t now), (k, core, now),
     .kind = RUNTIME_START)
WRAP(syscall, (struct kernel * k, unsigned core, nanoseconds_t now), (k, core, now),
     .kind = RUNTIME_SYSCALL)
WRAP(unknown_syscall, (struct kernel * k, unsigned core, word_t number, nanoseconds_t now),
     (k, core, number, now), .kind = RUNTIME_UNKNOWN_SYSCALL, .number = number)
WRAP(vm_fault, (struct kernel * k, unsigned core, vaddr_t address, word_t fsr, nanoseconds_t now),
     (k, core, address, fsr, now), .kind = RUNTIME_VM_FAULT, .vm_fault = {address, fsr})
WRAP(user_exception,
     (struct kernel * k, unsigned core, word_t vector, word_t error_code, nanoseconds_t now),
     (k, core, vector, error_code, now), .kind = RUNTIME_USER_EXCEPTION,
     .user_exception = {vector, error_code})
WRAP(debug_exception,
     (struct kernel * k, unsigned core, word_t vector, struct debug_event event, nanoseconds_t now),
     (k, core, vector, event, now), .kind = RUNTIME_DEBUG_EXCEPTION,
     .debug_exception = {vector, event})
WRAP(interrupt, (struct kernel * k, unsigned core, unsigned vector, nanoseconds_t now),
     (k, core, vector, now), .kind = RUNTIME_INTERRUPT, .vector = vector)
WRAP(timer, (struct kernel * k, unsigned core, nanoseconds_t now), (k, core, now),
     .kind = RUNTIME_TIMER)
WRAP(hold, (struct kernel * k, unsigned core, struct tcb *tcb, nanoseconds_t now),
     (k, core, tcb, now), .kind = RUNTIME_HOLD, .tcb = kernel_paddr(k, tcb))
WRAP(unhold, (struct kernel * k, unsigned core, struct tcb *tcb, nanoseconds_t now),
     (k, core, tcb, now), .kind = RUNTIME_UNHOLD, .tcb = kernel_paddr(k, tcb))
WRAP(device_answer, (struct kernel * k, unsigned core, uint64_t value, nanoseconds_t now),
     (k, core, value, now), .kind = RUNTIME_DEVICE_ANSWER, .value = value)
WRAP(continue, (struct kernel * k, unsigned core, nanoseconds_t now), (k, core, now),
     .kind = RUNTIME_CONTINUE)

/* --- lives --------------------------------------------------------------------------------- */

#define STEPS          1500
#define BYTES_PER_STEP 96

static struct byte_source random_bytes(uint64_t *state, uint8_t bytes[BYTES_PER_STEP])
{
    for (unsigned i = 0; i < BYTES_PER_STEP; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(*state >> 56);
    }
    return (struct byte_source){.at = bytes, .end = bytes + BYTES_PER_STEP};
}

/* The guest that has just booted moves into the region. */
static void move_in(struct guest *g, const struct test_region *r)
{
    struct kernel *k = (void *)(r->base + REGION_KERNEL);

    CHECK_EQ(g->size - (size_t)g->k->memory_offset, TEST_REGION_MEMORY);
    memcpy(k, g->k, (size_t)g->k->memory_offset);
    k->memory_offset = (ptrdiff_t)(REGION_WINDOW - REGION_KERNEL);
    for (paddr_t page = 0; page < TEST_REGION_MEMORY; page += PAGE_BYTES)
        memcpy(kernel_memory(k, page), kernel_memory(g->k, page), PAGE_BYTES);
    guest_end(g);
    g->k = k;
}

/* region: NULL for the kernel that is linked here. The caller ends it. */
static struct replay live(uint64_t seed, const struct test_region *region)
{
    uint8_t bytes[BYTES_PER_STEP];
    struct byte_source source = random_bytes(&seed, bytes);
    struct replay_setup setup = random_setup(&source);
    struct replay r = replay_boot(&setup, 64);

    if (region)
        move_in(&r.g, region);
    life.enter = region ? (runtime_enter_function *)region->image.enter : NULL;
    life.entries = life.outcomes = 0;
    bool goes_on = true;
    for (unsigned i = 0; i < STEPS && goes_on; i++) {
        source = random_bytes(&seed, bytes);
        struct step step = random_step(&r, &source);
        goes_on = replay_step(&r, &step);
    }
    life.enter = NULL;
    CHECK_STR(r.problem, NULL);
    return r;
}

/* Returns how many entries it took. */
static uint64_t check_same_life(uint64_t seed)
{
    struct test_region region;

    if (!test_region_open(&region, seed))
        return 0;
    struct replay here = live(seed, NULL);
    uint64_t entries = life.entries, outcomes = life.outcomes;
    struct replay there = live(seed, &region);
    CHECK_EQ(life.entries, entries);
    CHECK_EQ(life.outcomes, outcomes);
    CHECK_EQ(there.g.now, here.g.now);
    size_t kernel_size = kernel_bytes(TEST_REGION_MEMORY);
    uint8_t *memory = kernel_memory(here.g.k, 0);
    CHECK_MEM(memory, kernel_memory(there.g.k, 0), TEST_REGION_MEMORY);
    here.g.k->memory_offset = there.g.k->memory_offset;
    CHECK_MEM(here.g.k, there.g.k, kernel_size);
    here.g.k->memory_offset = (ptrdiff_t)(memory - (uint8_t *)here.g.k);
    replay_end(&here);
    test_region_close(&region);
    return entries;
}

TEST(a_guest_lives_the_same_life_through_the_image_at_any_base)
{
    uint64_t entries = 0;

    for (uint64_t seed = 1; seed <= 12; seed++)
        entries += check_same_life(seed);
    CHECK(entries > 5000);
}

/* --- what ends it -------------------------------------------------------------------------- */

TEST(an_assertion_that_fails_in_the_image_ends_the_process_and_is_noted)
{
    struct test_region region;
    int status = 0;

    if (!test_region_open(&region, 99))
        return;
    volatile struct runtime_failure *failure = (void *)(region.base + REGION_SHARED);
    long child = host_fork();
    if (child == 0) {
        struct runtime_entry entry = {.kind = RUNTIME_ENTRY_COUNT};
        struct outcome outcome;
        ((runtime_enter_function *)region.image.enter)(&entry, &outcome);
        _exit(0);
    }
    CHECK_EQ(host_wait4((int)child, &status, 0, NULL), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), RUNTIME_FAILED_STATUS);
    CHECK_EQ(failure->state, FAILURE_WRITTEN);
    CHECK_STR(runtime_image_text(failure->what), "entry->kind < RUNTIME_ENTRY_COUNT");
    CHECK(strstr(runtime_image_text(failure->file), "runtime/enter.c"));
    CHECK(failure->line > 0);
    test_region_close(&region);
}

TEST(an_offset_that_a_guest_made_up_is_no_text)
{
    struct runtime_header header;
    memcpy(&header, runtime_image, sizeof(header));
    const uint64_t wrong[] = {
        0,          header.code_bytes - 1, header.relocations, header.bytes, header.bytes + 1,
        UINT64_MAX, UINT64_C(1) << 63};
    for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++)
        CHECK_EQ(runtime_image_text(wrong[i]), NULL);
}
