/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second lock on a VSpace process: a seccomp filter that goes by the address of the syscall
 * instruction. Calls come from the injection page, at one of the addresses it may have, and are of
 * the few kinds that the gate injects; anything else raises SIGSYS, calls into the vsyscall page
 * included.
 */
#ifndef GATE_SECCOMP_FILTER_H
#define GATE_SECCOMP_FILTER_H

#include <base/types.h>
#include <linux/filter.h>

#define SECCOMP_FILTER_MAX 64 /* instructions */

/*
 * ips: instruction pointers after the syscall instruction, at most 12. Returns the number of
 * instructions.
 */
unsigned seccomp_filter_build(const vaddr_t *ips, unsigned ip_count,
                              struct sock_filter ret_filter[SECCOMP_FILTER_MAX]);

#endif
