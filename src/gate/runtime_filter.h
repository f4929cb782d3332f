/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seccomp filter of a process that has landed. Each call of the runtime's comes from one
 * `syscall` instruction; from there it may have its own number and the arguments that its rule
 * allows, whoever jumped to it. Everything else raises SIGSYS.
 */
#ifndef GATE_RUNTIME_FILTER_H
#define GATE_RUNTIME_FILTER_H

#include <gate/runtime_image.h>
#include <linux/filter.h>
#include <runtime/landing.h>

/* For a region of that many bytes. Returns the number of instructions. */
unsigned runtime_filter_build(vaddr_t base, uint64_t bytes, const struct runtime_image *image,
                              struct sock_filter ret_filter[LANDING_FILTER_MAX]);

#endif
