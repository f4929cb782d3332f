/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEL4_SEL4_ARCH_PFIPC_H
#define SEL4_SEL4_ARCH_PFIPC_H

#include <sel4/sel4_arch/constants.h>

#endif
