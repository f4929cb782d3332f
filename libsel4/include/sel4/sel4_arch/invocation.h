/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEL4_SEL4_ARCH_INVOCATION_H
#define SEL4_SEL4_ARCH_INVOCATION_H

#include <sel4/invocation.h>

#endif
