/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/runtime_filter.h>

#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>

#include <base/assert.h>
#include <base/bits.h>
#include <runtime/linux.h>
#include <runtime/region.h>

#define DATA(field) (uint32_t) offsetof(struct seccomp_data, field)
#define ARGUMENT(i) (DATA(args) + 8 * (uint32_t)(i)) /* low half; the high one lies behind it */
#define HIGH        4

struct builder {
    vaddr_t base;
    uint64_t bytes, code_bytes;
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
    add(b, BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)MAP_POPULATE, 0, 0);
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

/* Takes the right to write away from what can be executed. */
static void rule_mprotect(struct builder *b)
{
    require(b, ARGUMENT(2), PROT_READ | PROT_EXEC);
    allow(b);
}

/* These are made at landing only, before there is a filter, or where there is none. */
static void rule_getpid(struct builder *b)
{
    refuse(b);
}

static void rule_gettid(struct builder *b)
{
    refuse(b);
}

static void rule_tgkill(struct builder *b)
{
    refuse(b);
}

static void rule_rt_sigaction(struct builder *b)
{
    refuse(b);
}

static void rule_rt_sigprocmask(struct builder *b)
{
    refuse(b);
}

static void rule_close_range(struct builder *b)
{
    refuse(b);
}

static void rule_seccomp(struct builder *b)
{
    refuse(b);
}

/* A word of 64 bits. */
static void require_wide(struct builder *b, uint32_t offset, uint64_t value)
{
    require(b, offset, (uint32_t)value);
    require(b, offset + HIGH, (uint32_t)(value >> 32));
}

/* A carrier's stacks, where slots are: at most a slot, which ends before the window. */
static void rule_mmap_slot(struct builder *b)
{
    uint32_t first = (uint32_t)(b->base + REGION_CARRIERS);
    uint32_t end = (uint32_t)(b->base + REGION_WINDOW - CARRIER_SLOT_BYTES);

    require(b, ARGUMENT(3), MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
    require(b, ARGUMENT(1) + HIGH, 0);
    require(b, ARGUMENT(0) + HIGH, (uint32_t)(b->base >> 32));
    load(b, ARGUMENT(1));
    add(b, BPF_JMP | BPF_JGT | BPF_K, (uint32_t)CARRIER_SLOT_BYTES, 3, 0);
    load(b, ARGUMENT(0));
    add(b, BPF_JMP | BPF_JGT | BPF_K, end, 1, 0);
    add(b, BPF_JMP | BPF_JGE | BPF_K, first, 1, 0);
    refuse(b);
    allow(b);
}

static void rule_madvise(struct builder *b)
{
    require(b, ARGUMENT(2), MADV_REMOVE);
    allow(b);
}

static void rule_write_wake(struct builder *b)
{
    require(b, ARGUMENT(0), LANDING_WAKE_FD);
    require_wide(b, ARGUMENT(2), sizeof(uint64_t));
    allow(b);
}

static void rule_clone_thread(struct builder *b)
{
    require_wide(b, ARGUMENT(0), LINUX_CLONE_THREAD);
    allow(b);
}

/* On, and for the runtime's own code. */
static void rule_dispatch_syscalls(struct builder *b)
{
    require(b, ARGUMENT(0), LINUX_PR_SET_SYSCALL_USER_DISPATCH);
    require_wide(b, ARGUMENT(1), LINUX_PR_SYS_DISPATCH_ON);
    require_wide(b, ARGUMENT(2), b->base + REGION_IMAGE);
    require_wide(b, ARGUMENT(3), b->code_bytes);
    allow(b);
}

static void rule_set_name(struct builder *b)
{
    require(b, ARGUMENT(0), LINUX_PR_SET_NAME);
    allow(b);
}

/* These concern the calling thread alone, and the process that ends. */
static void rule_sigaltstack(struct builder *b)
{
    allow(b);
}

static void rule_rt_sigreturn(struct builder *b)
{
    allow(b);
}

static void rule_exit(struct builder *b)
{
    allow(b);
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
    struct builder b = {
        .base = base, .bytes = bytes, .code_bytes = image->code_bytes, .filter = ret_filter};

    require(&b, DATA(arch), AUDIT_ARCH_X86_64);
    for (unsigned i = 0; i < RUNTIME_CALL_COUNT; i++)
        add_call(&b, image->calls[i], &rules[i]);
    refuse(&b);
    return b.count;
}
