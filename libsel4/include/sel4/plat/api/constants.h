/* SPDX-License-Identifier: BSD-2-Clause */
/* pc99: the processor's breakpoint registers, each of which serves code and data alike. */
#ifndef SEL4_PLAT_API_CONSTANTS_H
#define SEL4_PLAT_API_CONSTANTS_H

#include <sel4/constants.h>

#endif
