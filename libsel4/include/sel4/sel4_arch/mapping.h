/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a Map method that failed with seL4_FailedLookup says in its third message register: how many
 * bits of the address the missing paging structure leaves, which names the structure.
 */
#ifndef SEL4_SEL4_ARCH_MAPPING_H
#define SEL4_SEL4_ARCH_MAPPING_H

#include <sel4/functions.h>

#define SEL4_MAPPING_LOOKUP_LEVEL 2 /* the message register */

#define SEL4_MAPPING_LOOKUP_NO_PT   21
#define SEL4_MAPPING_LOOKUP_NO_PD   30
#define SEL4_MAPPING_LOOKUP_NO_PDPT 39

/* The same for a virtual machine's memory. */
#define SEL4_MAPPING_LOOKUP_NO_EPTPT   21
#define SEL4_MAPPING_LOOKUP_NO_EPTPD   30
#define SEL4_MAPPING_LOOKUP_NO_EPTPDPT 39

LIBSEL4_INLINE_FUNC seL4_Word seL4_MappingFailedLookupLevel(void)
{
    return seL4_GetMR(SEL4_MAPPING_LOOKUP_LEVEL);
}

#endif
