/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt vectors of x86, and the objects of its virtual machines. */
#ifndef SEL4_ARCH_CONSTANTS_H
#define SEL4_ARCH_CONSTANTS_H

/* The processor's vector of user vector 0, and the user vectors that MSIs may have. */
#define IRQ_OFFSET (0x20 + 16)
#define VECTOR_MIN (0)
#define VECTOR_MAX (109)
#define MSI_MIN    VECTOR_MIN
#define MSI_MAX    VECTOR_MAX

/* log2 of sizes in bytes: of an entry, of the number of entries, of the table. */
#define seL4_VCPUBits             14
#define seL4_X86_VCPUBits         seL4_VCPUBits
#define seL4_X86_EPTPML4EntryBits 3
#define seL4_X86_EPTPML4IndexBits 9
#define seL4_X86_EPTPML4Bits      (seL4_X86_EPTPML4EntryBits + seL4_X86_EPTPML4IndexBits)
#define seL4_X86_EPTPDPTEntryBits 3
#define seL4_X86_EPTPDPTIndexBits 9
#define seL4_X86_EPTPDPTBits      (seL4_X86_EPTPDPTEntryBits + seL4_X86_EPTPDPTIndexBits)
#define seL4_X86_EPTPDEntryBits   3
#define seL4_X86_EPTPDIndexBits   9
#define seL4_X86_EPTPDBits        (seL4_X86_EPTPDEntryBits + seL4_X86_EPTPDIndexBits)
#define seL4_X86_EPTPTEntryBits   3
#define seL4_X86_EPTPTIndexBits   9
#define seL4_X86_EPTPTBits        (seL4_X86_EPTPTEntryBits + seL4_X86_EPTPTIndexBits)

#endif
