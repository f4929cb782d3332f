/* SPDX-License-Identifier: BSD-2-Clause */
/* How a capability's badge, or a CNode's guard, divides its word. */
#ifndef SEL4_MODE_TYPES_H
#define SEL4_MODE_TYPES_H

#define seL4_GuardSizeBits 6
#define seL4_GuardBits     58
#define seL4_BadgeBits     64

#endif
