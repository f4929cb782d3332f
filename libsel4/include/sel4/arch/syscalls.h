/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEL4_ARCH_SYSCALLS_H
#define SEL4_ARCH_SYSCALLS_H

#include <sel4/syscalls.h>

#endif
