/* SPDX-License-Identifier: BSD-2-Clause */
/* Words, capabilities, messages: what user level and the kernel exchange. */
#ifndef SEL4_TYPES_H
#define SEL4_TYPES_H

#include <sel4/arch/types.h>
#include <sel4/constants.h>
#include <sel4/errors.h>
#include <sel4/mode/types.h>
#include <sel4/objecttype.h>
#include <sel4/sel4_arch/types.h>
#include <sel4/sel4_arch/types_gen.h>
#include <sel4/shared_types.h>
#include <sel4/shared_types_gen.h>
#include <sel4/simple_types.h>
#include <sel4/syscall.h>

typedef seL4_Word seL4_NodeId;
typedef seL4_Word seL4_PAddr;
typedef seL4_Word seL4_Domain;
typedef seL4_Uint64 seL4_Time; /* microseconds, as Configure takes them; or ticks */

/* Capability pointers say in prototypes what they should point at; the compiler does not check. */
typedef seL4_CPtr seL4_CNode;
typedef seL4_CPtr seL4_DomainSet;
typedef seL4_CPtr seL4_IRQControl;
typedef seL4_CPtr seL4_IRQHandler;
typedef seL4_CPtr seL4_SchedContext;
typedef seL4_CPtr seL4_SchedControl;
typedef seL4_CPtr seL4_TCB;
typedef seL4_CPtr seL4_Untyped;

/* Of a capability that has no badge and no guard. */
#define seL4_NilData 0

/* How many objects one Untyped_Retype makes at most. */
#ifdef CONFIG_RETYPE_FAN_OUT_LIMIT
#define seL4_UntypedRetypeMaxObjects CONFIG_RETYPE_FAN_OUT_LIMIT
#else
#define seL4_UntypedRetypeMaxObjects 256
#endif

#include <sel4/arch/constants.h>

#endif
