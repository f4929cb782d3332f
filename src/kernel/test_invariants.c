/* SPDX-License-Identifier: BSD-2-Clause */
/* Random guests: whatever they do, the kernel's state stays whole. */
#include <test.h>

#include <stdio.h>
#include <stdlib.h>

#include <kernel/testkit_invariants.h>
#include <kernel/testkit_random.h>

#define STEPS_PER_GUEST 1000
#define BYTES_PER_STEP  64

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

/* Returns whether all invariants held to the end. */
static bool run_guest(uint64_t seed, unsigned check_every, uint64_t *ret_entries,
                      uint64_t *ret_methods)
{
    uint8_t bytes[BYTES_PER_STEP];
    struct byte_source source = random_bytes(&seed, bytes);
    struct random_guest r = random_guest_boot(&source, check_every);
    bool goes_on = true;
    for (unsigned i = 0; i < STEPS_PER_GUEST && goes_on && !r.problem; i++) {
        source = random_bytes(&seed, bytes);
        goes_on = random_guest_step(&r, &source);
    }
    if (r.problem)
        printf("does not hold after %llu entries: %s\n", (unsigned long long)r.entries, r.problem);
    bool whole = !r.problem;
    *ret_entries += r.entries;
    *ret_methods += r.methods_done;
    random_guest_end(&r);
    return whole;
}

/* SEL4EMU_RANDOM_ENTRIES: how many entries; SEL4EMU_RANDOM_SEED: from which seed. */
static uint64_t setting(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : usual;
}

TEST(random_guests_leave_the_kernel_whole)
{
    uint64_t seed = setting("SEL4EMU_RANDOM_SEED", 0x5e14e00);
    uint64_t wanted = setting("SEL4EMU_RANDOM_ENTRIES", 100000), entries = 0, methods = 0;
    for (; entries < wanted; seed++) {
        if (!CHECK(run_guest(seed * UINT64_C(0x9e3779b97f4a7c15) + 1, 16, &entries, &methods))) {
            printf("with SEL4EMU_RANDOM_SEED=%#llx\n", (unsigned long long)seed);
            return;
        }
    }
    printf("%llu entries, %llu methods carried out\n", (unsigned long long)entries,
           (unsigned long long)methods);
    CHECK(methods > entries / 20);
}

/* --- the checker itself -------------------------------------------------------------------- */

struct fixture {
    struct guest g;
    struct guest_thread ready, waiting;
    cptr_t ep;
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.ready = guest_thread(&f.g, 100);
    f.waiting = guest_thread(&f.g, 255);
    guest_resume(&f.g, f.ready);
    guest_run(&f.g, f.waiting);
    guest_recv(&f.g, f.ep);
    return f;
}

static const char *look(const struct fixture *f)
{
    paddr_t slots = guest_root(&f->g)->slots[TCB_SLOT_CTABLE].cap.cnode.object;
    return invariants_broken(f->g.k, slots, f->g.k->config.root_cnode_size_bits, true);
}

TEST(a_whole_kernel_has_no_problem)
{
    struct fixture f = setup();
    CHECK_STR(look(&f), NULL);
    guest_end(&f.g);
}

static void break_link(struct fixture *f)
{
    slot_at(f->g.k, guest_slot(&f->g, f->ep)->prev)->next = 0;
}

static void break_emptiness(struct fixture *f)
{
    guest_slot(&f->g, f->g.next_slot)->revocable = 1;
}

static void break_ready_map(struct fixture *f)
{
    f->g.k->cores[0].ready_map[0][3] = 1;
}

static void break_ready_queue(struct fixture *f)
{
    f->ready.tcb->state = THREAD_INACTIVE;
}

static void break_order(struct fixture *f)
{
    guest_root(&f->g)->priority = 7;
}

static void break_endpoint(struct fixture *f)
{
    endpoint_at(f->g.k, guest_cap(&f->g, f->ep).endpoint.object)->state = ENDPOINT_SENDING;
}

static void break_waiter(struct fixture *f)
{
    f->waiting.tcb->blocked_on += 16;
}

static void break_watermark(struct fixture *f)
{
    struct slot *slot = guest_slot(&f->g, f->ready.cptr);
    while (slot->cap.type != CAP_UNTYPED)
        slot = slot_at(f->g.k, slot->prev);
    slot->cap.untyped.free_index = 16;
}

static void break_overlap(struct fixture *f)
{
    guest_slot(&f->g, f->ep)->cap.endpoint.object = guest_cap(&f->g, f->ready.cptr).tcb.object + 16;
}

static void break_range(struct fixture *f)
{
    guest_slot(&f->g, f->ep)->cap.endpoint.object = GUEST_MEMORY_END;
}

TEST(what_is_broken_is_noticed)
{
    static void (*const breaks[])(struct fixture *) = {
        break_link,     break_emptiness, break_ready_map, break_ready_queue, break_order,
        break_endpoint, break_waiter,    break_watermark, break_overlap,     break_range};
    for (unsigned i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        struct fixture f = setup();
        breaks[i](&f);
        if (!CHECK(look(&f) != NULL))
            printf("break %u went unnoticed\n", i);
        guest_end(&f.g);
    }
}
