/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that tests of interrupts and ports make. */
#ifndef OBJECT_TESTKIT_HARDWARE_H
#define OBJECT_TESTKIT_HARDWARE_H

#include <abi/bootinfo.h>
#include <model/testkit_guest.h>

static inline struct guest_call get_ioapic(cptr_t dest, word_t pin, word_t vector)
{
    return (struct guest_call){.cap = INITIAL_CAP_IRQ_CONTROL,
                               .method = INV_IRQ_CONTROL_GET_IOAPIC,
                               WORDS(dest, 64, 0, pin, 1, 1, vector),
                               EXTRA(INITIAL_CAP_CNODE)};
}

static inline struct guest_call get_msi(cptr_t dest, word_t vector)
{
    return (struct guest_call){.cap = INITIAL_CAP_IRQ_CONTROL,
                               .method = INV_IRQ_CONTROL_GET_MSI,
                               WORDS(dest, 64, 3, 31, 7, 0x42, vector),
                               EXTRA(INITIAL_CAP_CNODE)};
}

/* The call with one of its words changed. */
static inline struct answer with_word(struct guest *g, struct guest_call call, unsigned word,
                                      word_t value)
{
    call.words[word] = value;
    return guest_invoke(g, call);
}

static inline struct answer call_plain(struct guest *g, cptr_t cap, enum invocation method)
{
    return guest_invoke(g, (struct guest_call){.cap = cap, .method = method});
}

/* The range of ports to slot `dest`. */
static inline struct answer issue_ports(struct guest *g, word_t first, word_t last, cptr_t dest)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_IO_PORT_CONTROL,
                                               .method = INV_X86_IO_PORT_CONTROL_ISSUE,
                                               WORDS(first, last, dest, 64),
                                               EXTRA(INITIAL_CAP_CNODE)});
}

#endif
