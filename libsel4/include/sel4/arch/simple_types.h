/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEL4_ARCH_SIMPLE_TYPES_H
#define SEL4_ARCH_SIMPLE_TYPES_H

#include <sel4/sel4_arch/simple_types.h>

#endif
