/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process that has landed may ask of Linux: the filter, run here on calls made up. */
#include <test.h>

#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <base/bits.h>
#include <gate/region.h>
#include <gate/runtime_filter.h>
#include <host/host.h>
#include <runtime/linux.h>
#include <runtime/region.h>

#define GIB UINT64_C(0x40000000)

static const vaddr_t bases[] = {REGION_LOWEST_BASE, UINT64_C(0x2a1540000000),
                                REGION_HIGHEST_END - GIB};

struct filtered {
    vaddr_t base;
    struct runtime_image image;
    struct sock_filter filter[LANDING_FILTER_MAX];
    unsigned count;
};

static struct filtered build(vaddr_t base)
{
    struct filtered f = {.base = base};

    CHECK_EQ(runtime_image_create(base, &f.image), 0);
    f.count = runtime_filter_build(base, GIB, &f.image, f.filter);
    runtime_image_destroy(&f.image);
    return f;
}

/* The few instructions that the filter consists of. */
static uint32_t run(const struct filtered *f, const struct seccomp_data *data)
{
    uint32_t a = 0, x = 0;

    for (unsigned at = 0; at < f->count; at++) {
        const struct sock_filter *i = &f->filter[at];
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            memcpy(&a, (const char *)data + i->k, sizeof(a));
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            at += a > i->k ? i->jt : i->jf;
            break;
        case BPF_ALU | BPF_LSH | BPF_K:
            a <<= i->k;
            break;
        case BPF_ALU | BPF_RSH | BPF_K:
            a >>= i->k;
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= i->k;
            break;
        case BPF_ALU | BPF_OR | BPF_X:
            a |= x;
            break;
        case BPF_MISC | BPF_TAX:
            x = a;
            break;
        case BPF_RET | BPF_K:
            return i->k;
        default:
            CHECK_EQ(i->code, 0); /* an instruction that is not known here */
            return 0;
        }
    }
    CHECK_EQ(f->count, 0); /* it has no end */
    return 0;
}

static bool allows(const struct filtered *f, enum runtime_call from, long number,
                   const uint64_t arguments[6])
{
    struct seccomp_data data = {
        .nr = (int)number, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = f->image.calls[from]};

    memcpy(data.args, arguments, sizeof(data.args));
    return run(f, &data) == SECCOMP_RET_ALLOW;
}

static const long numbers[] = {
#define RUNTIME_CALL(name, number) SYS_##name,
#define SYS_mmap_slot              SYS_mmap
#define SYS_futex_wait             SYS_futex
#define SYS_futex_wake             SYS_futex
#define SYS_write_wake             SYS_write
#define SYS_clone_thread           SYS_clone
#define SYS_dispatch_syscalls      SYS_prctl
#define SYS_set_name               SYS_prctl
#include <runtime/calls.def>
#undef RUNTIME_CALL
};

/* Arguments that are allowed, where any are. */
static const uint64_t usual[RUNTIME_CALL_COUNT][6] = {
    [RUNTIME_CALL_mmap] = {0x400000, PAGE_BYTES, PROT_READ, MAP_SHARED | MAP_FIXED,
                           LANDING_MEMORY_FD, 0},
    [RUNTIME_CALL_mmap_slot] = {REGION_CARRIERS, CARRIER_SLOT_BYTES, PROT_READ,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (uint32_t)-1, 0},
    [RUNTIME_CALL_madvise] = {0x1000, PAGE_BYTES, MADV_REMOVE},
    [RUNTIME_CALL_futex_wait] = {0x1000, FUTEX_WAIT, 0, 0, 0, 0},
    [RUNTIME_CALL_futex_wake] = {0x1000, FUTEX_WAKE, 1, 0, 0, 0},
    [RUNTIME_CALL_write_wake] = {LANDING_WAKE_FD, 0x1000, sizeof(uint64_t)},
    [RUNTIME_CALL_clone_thread] = {LINUX_CLONE_THREAD, 0x1000},
    [RUNTIME_CALL_dispatch_syscalls] = {PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON,
                                        REGION_IMAGE},
    [RUNTIME_CALL_set_name] = {PR_SET_NAME, 0x1000},
    [RUNTIME_CALL_mprotect] = {0x1000, PAGE_BYTES, PROT_READ | PROT_EXEC},
};

/* With what depends on the region. */
static void usual_arguments(const struct filtered *f, unsigned call, uint64_t ret_arguments[6])
{
    memcpy(ret_arguments, usual[call], sizeof(usual[call]));
    if (call == RUNTIME_CALL_mmap_slot)
        ret_arguments[0] += f->base;
    if (call == RUNTIME_CALL_dispatch_syscalls) {
        ret_arguments[2] += f->base;
        ret_arguments[3] = f->image.code_bytes;
    }
}

/* Or where there is no filter. */
static bool is_made_before(unsigned call)
{
    return call == RUNTIME_CALL_getpid || call == RUNTIME_CALL_gettid ||
           call == RUNTIME_CALL_tgkill || call == RUNTIME_CALL_rt_sigaction ||
           call == RUNTIME_CALL_rt_sigprocmask || call == RUNTIME_CALL_close_range ||
           call == RUNTIME_CALL_seccomp;
}

TEST(each_instruction_makes_its_own_call_and_no_other)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(bases); i++) {
        struct filtered f = build(bases[i]);
        for (unsigned from = 0; from < RUNTIME_CALL_COUNT; from++) {
            uint64_t arguments[6];
            usual_arguments(&f, from, arguments);
            for (long number = 0; number < 512; number++) {
                bool is_own = number == numbers[from] && !is_made_before(from);
                CHECK_EQ(allows(&f, from, number, arguments), is_own);
            }
        }
    }
}

TEST(no_other_instruction_makes_a_call)
{
    struct filtered f = build(bases[1]);
    const vaddr_t own = f.image.calls[RUNTIME_CALL_exit_group];
    const vaddr_t others[] = {own - 2,  own + 1, own - GIB,  own ^ bit(32), own ^ bit(46),
                              0x400002, 0,       UINT64_MAX, f.base,        own & mask(32)};
    for (unsigned i = 0; i < ARRAY_LENGTH(others); i++) {
        f.image.calls[RUNTIME_CALL_exit_group] = others[i];
        CHECK(!allows(&f, RUNTIME_CALL_exit_group, SYS_exit_group, usual[0]));
    }
    f.image.calls[RUNTIME_CALL_exit_group] = own;
    CHECK(allows(&f, RUNTIME_CALL_exit_group, SYS_exit_group, usual[0]));
}

TEST(another_architectures_numbers_are_no_calls)
{
    struct filtered f = build(bases[0]);
    struct seccomp_data data = {.nr = SYS_exit_group,
                                .arch = AUDIT_ARCH_I386,
                                .instruction_pointer = f.image.calls[RUNTIME_CALL_exit_group]};
    CHECK_EQ(run(&f, &data), SECCOMP_RET_TRAP);
    data.arch = AUDIT_ARCH_X86_64;
    CHECK_EQ(run(&f, &data), SECCOMP_RET_ALLOW);
}

static bool allows_mmap(const struct filtered *f, unsigned argument, uint64_t value)
{
    uint64_t arguments[6];

    memcpy(arguments, usual[RUNTIME_CALL_mmap], sizeof(arguments));
    arguments[argument] = value;
    return allows(f, RUNTIME_CALL_mmap, SYS_mmap, arguments);
}

TEST(only_guest_memory_is_mapped_and_never_at_the_region)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(bases); i++) {
        struct filtered f = build(bases[i]);
        CHECK(!allows_mmap(&f, 4, LANDING_MEMORY_FD + 1));
        CHECK(!allows_mmap(&f, 4, (uint32_t)-1));
        CHECK(allows_mmap(&f, 3, MAP_PRIVATE | MAP_FIXED));
        CHECK(allows_mmap(&f, 3, MAP_SHARED | MAP_FIXED | MAP_POPULATE));
        CHECK(!allows_mmap(&f, 3, MAP_SHARED | MAP_FIXED | MAP_LOCKED));
        CHECK(!allows_mmap(&f, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED));
        CHECK(!allows_mmap(&f, 3, MAP_SHARED));
        CHECK(allows_mmap(&f, 1, UINT32_MAX));
        CHECK(!allows_mmap(&f, 1, UINT64_C(1) << 32));
        CHECK(allows_mmap(&f, 0, f.base - 4 * GIB - PAGE_BYTES));
        for (vaddr_t at = f.base - 4 * GIB; at < f.base + GIB; at += GIB / 4)
            CHECK(!allows_mmap(&f, 0, at));
        CHECK(!allows_mmap(&f, 0, f.base + GIB - PAGE_BYTES));
        CHECK(allows_mmap(&f, 0, f.base + GIB));
    }
}

TEST(a_futex_is_waited_for_or_woken)
{
    struct filtered f = build(bases[2]);
    for (uint64_t operation = 0; operation < 512; operation++) {
        const uint64_t arguments[6] = {0x1000, operation};
        CHECK_EQ(allows(&f, RUNTIME_CALL_futex_wait, SYS_futex, arguments),
                 operation == FUTEX_WAIT);
        CHECK_EQ(allows(&f, RUNTIME_CALL_futex_wake, SYS_futex, arguments),
                 operation == FUTEX_WAKE);
    }
}

static bool allows_with(const struct filtered *f, enum runtime_call call, unsigned argument,
                        uint64_t value)
{
    uint64_t arguments[6];

    usual_arguments(f, call, arguments);
    arguments[argument] = value;
    return allows(f, call, numbers[call], arguments);
}

TEST(a_slot_lies_where_slots_are)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(bases); i++) {
        struct filtered f = build(bases[i]);
        const enum runtime_call call = RUNTIME_CALL_mmap_slot;
        CHECK(allows_with(&f, call, 0, f.base + REGION_WINDOW - CARRIER_SLOT_BYTES));
        CHECK(!allows_with(&f, call, 0, f.base + REGION_WINDOW - CARRIER_SLOT_BYTES + PAGE_BYTES));
        CHECK(!allows_with(&f, call, 0, f.base + REGION_CARRIERS - PAGE_BYTES));
        CHECK(!allows_with(&f, call, 0, f.base + REGION_KERNEL));
        CHECK(!allows_with(&f, call, 0, f.base + REGION_CARRIERS + bit(32)));
        CHECK(!allows_with(&f, call, 1, CARRIER_SLOT_BYTES + PAGE_BYTES));
        CHECK(!allows_with(&f, call, 1, CARRIER_SLOT_BYTES + bit(32)));
        CHECK(!allows_with(&f, call, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
        CHECK(!allows_with(&f, call, 3, MAP_PRIVATE | MAP_FIXED));
    }
}

TEST(a_clone_is_a_thread)
{
    struct filtered f = build(bases[1]);
    for (unsigned flag = 0; flag < 64; flag++)
        CHECK(!allows_with(&f, RUNTIME_CALL_clone_thread, 0, LINUX_CLONE_THREAD ^ bit(flag)));
}

TEST(other_arguments_are_held)
{
    struct filtered f = build(bases[1]);
    for (uint64_t option = 0; option < 100; option++) {
        CHECK_EQ(allows_with(&f, RUNTIME_CALL_set_name, 0, option), option == PR_SET_NAME);
        CHECK_EQ(allows_with(&f, RUNTIME_CALL_dispatch_syscalls, 0, option),
                 option == PR_SET_SYSCALL_USER_DISPATCH);
        CHECK_EQ(allows_with(&f, RUNTIME_CALL_madvise, 2, option), option == MADV_REMOVE);
        CHECK_EQ(allows_with(&f, RUNTIME_CALL_mprotect, 2, option),
                 option == (PROT_READ | PROT_EXEC));
        CHECK_EQ(allows_with(&f, RUNTIME_CALL_write_wake, 0, option), option == LANDING_WAKE_FD);
        CHECK_EQ(allows_with(&f, RUNTIME_CALL_write_wake, 2, option), option == sizeof(uint64_t));
    }
    CHECK(!allows_with(&f, RUNTIME_CALL_dispatch_syscalls, 1, PR_SYS_DISPATCH_OFF));
    CHECK(!allows_with(&f, RUNTIME_CALL_dispatch_syscalls, 2, f.base));
    CHECK(!allows_with(&f, RUNTIME_CALL_dispatch_syscalls, 3, f.image.code_bytes * 2));
}
