/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel and DebugPutChar print: collected in kernel->console until the seat takes it, at
 * the latest at the end of the entry. One entry may print CONSOLE_ENTRY_BYTES; an operation that
 * may print more asks console_has_room() and goes on in another entry (OUTCOME_CONSOLE).
 */
#ifndef MODEL_CONSOLE_H
#define MODEL_CONSOLE_H

#include <model/kernel.h>

#define CONSOLE_LINE_BYTES 2048

void console_put(struct kernel *k, char c);
void console_print(struct kernel *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool console_has_room(const struct kernel *k, unsigned bytes);

/* Takes what was printed. The text stays valid until the next entry; returns its length. */
uint32_t console_take(struct kernel *k, const char **ret_text);

/* The address that a real kernel would print for the TCB: where it would see it. */
static inline uint64_t console_tcb_address(struct kernel *k, const struct tcb *tcb)
{
    enum { TCB_HALF = 0x400 }; /* slots come first, the TCB proper after them */
    return UINT64_C(0xffffff8000000000) + kernel_paddr(k, tcb) + TCB_HALF;
}

#endif
