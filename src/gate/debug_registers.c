/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor's breakpoints of a tracee. Linux checks every write against the registers written
 * before, so an address is written while all breakpoints are off: those accept any.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include <abi/object.h>
#include <base/bits.h>
#include <gate/tracee.h>
#include <host/host.h>

enum { DEBUG_STATUS = 6, DEBUG_CONTROL = 7 };
enum { ON_EXECUTION = 0, ON_WRITE = 1, ON_ACCESS = 3 };

static void *place_of(unsigned n)
{
    return (void *)(offsetof(struct user, u_debugreg) + n * sizeof(word_t));
}

static int write_register(const struct tracee *tracee, unsigned n, word_t value)
{
    return (int)host_ptrace(PTRACE_POKEUSER, tracee->tid, place_of(n), (void *)value);
}

/* Four bits of the control register: what to break on, and of how many bytes. */
static word_t conditions_of(const struct breakpoint *breakpoint)
{
    static const uint8_t lengths[] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};

    if (breakpoint->type == BREAKPOINT_INSTRUCTION)
        return ON_EXECUTION;
    return (breakpoint->access == BREAK_ON_WRITE ? ON_WRITE : ON_ACCESS) |
           (word_t)lengths[breakpoint->size] << 2;
}

/* Above USER_TOP Linux maps nothing and takes no breakpoint. */
static bool can_be_hit(const struct breakpoint *breakpoint)
{
    return breakpoint->is_enabled && breakpoint->address < USER_TOP;
}

static word_t control_of(const struct breakpoint list[HARDWARE_BREAKPOINTS])
{
    word_t control = 0;

    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++)
        if (can_be_hit(&list[i]))
            control |= bit(2 * i) | conditions_of(&list[i]) << (16 + 4 * i);
    return control;
}

int tracee_set_debug_control(struct tracee *tracee, word_t control)
{
    int error = write_register(tracee, DEBUG_CONTROL, control);

    if (!error)
        tracee->debug_control = control;
    return error;
}

int tracee_set_breakpoints(struct tracee *tracee,
                           const struct breakpoint list[HARDWARE_BREAKPOINTS])
{
    word_t control = control_of(list);
    int error = tracee->debug_control ? tracee_set_debug_control(tracee, 0) : 0;

    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS && !error; i++) {
        tracee->debug_address[i] = list[i].address;
        if (can_be_hit(&list[i]))
            error = write_register(tracee, i, list[i].address);
    }
    return error || !control ? error : tracee_set_debug_control(tracee, control);
}

uint8_t tracee_breakpoints_at(const struct tracee *tracee, vaddr_t rip)
{
    uint8_t found = 0;

    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        bool is_on = tracee->debug_control >> (2 * i) & 1;
        bool is_code = (tracee->debug_control >> (16 + 4 * i) & mask(4)) == ON_EXECUTION;
        if (is_on && is_code && tracee->debug_address[i] == rip)
            found |= (uint8_t)bit(i);
    }
    return found;
}

int tracee_read_hits(const struct tracee *tracee, uint8_t *ret_breakpoints)
{
    word_t status = 0;
    int error = (int)host_ptrace(PTRACE_PEEKUSER, tracee->tid, place_of(DEBUG_STATUS), &status);

    *ret_breakpoints = (uint8_t)(status & mask(HARDWARE_BREAKPOINTS));
    return error;
}
