/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SEL4_ARCH_OBJECTTYPE_H
#define SEL4_ARCH_OBJECTTYPE_H

#include <sel4/objecttype.h>

#endif
