/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEL4_SEL4_ARCH_DEPRECATED_H
#define SEL4_SEL4_ARCH_DEPRECATED_H

#include <sel4/deprecated.h>

#endif
