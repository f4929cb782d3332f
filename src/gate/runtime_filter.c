/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/runtime_filter.h>

#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>

#include <base/assert.h>
#include <base/bits.h>
#include <runtime/region.h>

#define DATA(field) (uint32_t) offsetof(struct seccomp_data, field)
#define ARGUMENT(i) (DATA(args) + 8 * (uint32_t)(i)) /* low half; the high one lies behind it */
#define HIGH        4

struct builder {
    vaddr_t base;
    uint64_t bytes;
    struct sock_filter *filter;
    unsigned count;
};

static void add(struct builder *b, uint16_t code, uint32_t k, unsigned yes, unsigned no)
{
    ASSERT(b->count < LANDING_FILTER_MAX);
    b->filter[b->count++] = (struct sock_filter)BPF_JUMP(code, k, (uint8_t)yes, (uint8_t)no);
}

static void load(struct builder *b, uint32_t offset)
{
    add(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void answer(struct builder *b, uint32_t action)
{
    add(b, BPF_RET | BPF_K, action, 0, 0);
}

/* What was loaded last is that, or one of two. */
static void require_either(struct builder *b, uint32_t value, uint32_t other)
{
    add(b, BPF_JMP | BPF_JEQ | BPF_K, value, 2, 0);
    add(b, BPF_JMP | BPF_JEQ | BPF_K, other, 1, 0);
    answer(b, SECCOMP_RET_TRAP);
}

static void require(struct builder *b, uint32_t offset, uint32_t value)
{
    load(b, offset);
    require_either(b, value, value);
}

/* --- rules: one for each line of runtime/calls.def ----------------------------------------- */

static void allow(struct builder *b)
{
    answer(b, SECCOMP_RET_ALLOW);
}

static void refuse(struct builder *b)
{
    answer(b, SECCOMP_RET_TRAP);
}

/* Guest memory, where it is asked for, below 4 GiB at once: never our region, nor up to it. */
static void rule_mmap(struct builder *b)
{
    uint32_t reach = (uint32_t)(bit(32) >> REGION_ALIGNMENT_BITS);
    uint32_t first = (uint32_t)(b->base >> REGION_ALIGNMENT_BITS);
    uint32_t end = (uint32_t)((b->base + b->bytes) >> REGION_ALIGNMENT_BITS);

    require(b, ARGUMENT(4), LANDING_MEMORY_FD);
    load(b, ARGUMENT(3));
    require_either(b, MAP_SHARED | MAP_FIXED, MAP_PRIVATE | MAP_FIXED);
    require(b, ARGUMENT(1) + HIGH, 0);
    /* the address in units of 1 GiB */
    load(b, ARGUMENT(0) + HIGH);
    add(b, BPF_ALU | BPF_LSH | BPF_K, 32 - REGION_ALIGNMENT_BITS, 0, 0);
    add(b, BPF_MISC | BPF_TAX, 0, 0, 0);
    load(b, ARGUMENT(0));
    add(b, BPF_ALU | BPF_RSH | BPF_K, REGION_ALIGNMENT_BITS, 0, 0);
    add(b, BPF_ALU | BPF_OR | BPF_X, 0, 0, 0);
    add(b, BPF_JMP | BPF_JGE | BPF_K, end, 1, 0);
    add(b, BPF_JMP | BPF_JGE | BPF_K, first - reach, 1, 0);
    allow(b);
    refuse(b);
}

static void rule_futex_wait(struct builder *b)
{
    require(b, ARGUMENT(1), FUTEX_WAIT);
    allow(b);
}

static void rule_futex_wake(struct builder *b)
{
    require(b, ARGUMENT(1), FUTEX_WAKE);
    allow(b);
}

/* Takes mappings away, gives nothing. */
static void rule_munmap(struct builder *b)
{
    allow(b);
}

/* These two are made at landing only, before there is a filter. */
static void rule_close_range(struct builder *b)
{
    refuse(b);
}

static void rule_seccomp(struct builder *b)
{
    refuse(b);
}

static void rule_exit_group(struct builder *b)
{
    allow(b);
}

#define RUNTIME_CALL(name, value) {.number = (value), .arguments = rule_##name},
static const struct rule {
    uint32_t number;
    void (*arguments)(struct builder *b);
} rules[RUNTIME_CALL_COUNT] = {
#include <runtime/calls.def>
};
#undef RUNTIME_CALL

static void add_call(struct builder *b, vaddr_t behind, const struct rule *rule)
{
    load(b, DATA(instruction_pointer));
    unsigned mismatch = b->count;
    add(b, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)behind, 0, 0);
    require(b, DATA(instruction_pointer) + HIGH, (uint32_t)(behind >> 32));
    require(b, DATA(nr), rule->number);
    rule->arguments(b);
    b->filter[mismatch].jf = (uint8_t)(b->count - mismatch - 1);
}

unsigned runtime_filter_build(vaddr_t base, uint64_t bytes, const struct runtime_image *image,
                              struct sock_filter ret_filter[LANDING_FILTER_MAX])
{
    struct builder b = {.base = base, .bytes = bytes, .filter = ret_filter};

    require(&b, DATA(arch), AUDIT_ARCH_X86_64);
    for (unsigned i = 0; i < RUNTIME_CALL_COUNT; i++)
        add_call(&b, image->calls[i], &rules[i]);
    refuse(&b);
    return b.count;
}
