/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load, a store and a jump at thousands of addresses that nobody has mapped: each must come as a
 * VM fault at that address, or, where it is no address at all, as a protection fault. What comes
 * differently has a line of its own.
 *
 * sel4emu's kernel may lie in the guest's own address space, at random, but never below 64 GiB: but
 * for powers of two, what is tried of a program's addresses lies there, so every run gives the
 * same.
 */
#include "probe.h"

#define GIB (UINT64_C(1) << 30)

#define LOWEST_REGION (64 * GIB)

/* Image, stacks and what else the guest has mapped lie in between. */
#define OWN_START UINT64_C(0x400000)
#define OWN_END   GIB

#define EXCEPTION_PROTECTION 13
#define FSR_WRITE            2

struct tally {
    unsigned tried, vm_faults, exceptions, wrong;
};

static bool is_canonical(seL4_Word address)
{
    return (seL4_Word)((int64_t)(address << 16) >> 16) == address;
}

static bool is_vm_fault(enum probe what, seL4_Word address)
{
    const bool is_write = seL4_GetMR(seL4_VMFault_FSR) & FSR_WRITE;

    return seL4_GetMR(seL4_VMFault_Addr) == address && is_write == (what == PROBE_WRITE);
}

static bool is_protection_fault(void)
{
    return seL4_GetMR(seL4_UserException_Number) == EXCEPTION_PROTECTION &&
           seL4_GetMR(seL4_UserException_Code) == 0;
}

static void print_wrong(enum probe what, seL4_Word address, seL4_Word label)
{
    static const char *const names[PROBE_COUNT] = {"read", "write", "jump"};

    print("%s at 0x%lx: label %lu, 0x%lx 0x%lx 0x%lx 0x%lx\n", names[what], address, label,
          seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3));
}

static void try(enum probe what, seL4_Word address, struct tally *tally)
{
    const seL4_Word label = probe_try(what, address);
    bool is_right = false;

    tally->tried++;
    tally->vm_faults += label == seL4_Fault_VMFault;
    tally->exceptions += label == seL4_Fault_UserException;
    if (label == seL4_Fault_VMFault)
        is_right = is_canonical(address) && is_vm_fault(what, address);
    else if (label == seL4_Fault_UserException)
        is_right = !is_canonical(address) && is_protection_fault();
    if (!is_right) {
        tally->wrong++;
        print_wrong(what, address, label);
    }
}

static void try_all(seL4_Word address, struct tally *tally)
{
    if (address >= OWN_START && address < OWN_END)
        return;
    for (enum probe what = 0; what < PROBE_COUNT; what++)
        try(what, address, tally);
}

static void print_tally(const char *what, const struct tally *tally)
{
    print("%s: %u probes, %u VM faults, %u exceptions, %u wrong\n", what, tally->tried,
          tally->vm_faults, tally->exceptions, tally->wrong);
}

static void powers_of_two(void)
{
    static const int64_t offsets[] = {-(int64_t)PAGE_SIZE, -8, -1, 0, 1, PAGE_SIZE};
    struct tally tally = {0};

    for (unsigned n = 0; n < seL4_WordBits; n++) {
        for (unsigned i = 0; i < ARRAY_LENGTH(offsets); i++) {
            const seL4_Word address = (UINT64_C(1) << n) + (seL4_Word)offsets[i];
            try_all(address, &tally);
            try_all(~address, &tally);
        }
    }
    print_tally("powers of two", &tally);
}

/* Both ends of every GiB below those where sel4emu's kernel may lie. */
static void ends_of_gibs(void)
{
    struct tally tally = {0};

    for (seL4_Word start = 2 * GIB; start <= LOWEST_REGION; start += GIB) {
        try_all(start - 1, &tally);
        if (start < LOWEST_REGION)
            try_all(start, &tally);
    }
    print_tally("ends of GiBs", &tally);
}

static seL4_Word random_word(void)
{
    static seL4_Word state = 20261122;

    state = state * 6364136223846793005 + 1442695040888963407;
    return state >> 16 ^ state << 24;
}

enum range { RANGE_USER, RANGE_KERNEL, RANGE_NONE, RANGE_COUNT };

/* An address of a program's, of the kernel's, or none at all. */
static seL4_Word random_address(enum range range)
{
    const seL4_Word word = random_word();
    const seL4_Word kernel = UINT64_C(0xffff800000000000);

    switch (range) {
    case RANGE_USER:
        return OWN_END + word % (LOWEST_REGION - OWN_END);
    case RANGE_KERNEL:
        return word | kernel;
    default:
        return is_canonical(word) ? word ^ (UINT64_C(1) << 55) : word;
    }
}

static void random_addresses(void)
{
    static const char *const names[RANGE_COUNT] = {
        [RANGE_USER] = "random, of programs",
        [RANGE_KERNEL] = "random, of the kernel",
        [RANGE_NONE] = "random, of nobody",
    };

    for (enum range range = 0; range < RANGE_COUNT; range++) {
        struct tally tally = {0};
        for (unsigned i = 0; i < 500; i++)
            try_all(random_address(range), &tally);
        print_tally(names[range], &tally);
    }
}

void guest_main(void)
{
    probe_start();
    powers_of_two();
    ends_of_gibs();
    random_addresses();
    print("Goodbye.\n");
}
