/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of the guest's that no compiled code touches: the FS and GS bases, and the flags. The
 * only functions of the image with these instructions (tests/style/image-check).
 */
#ifndef RUNTIME_BASES_H
#define RUNTIME_BASES_H

#include <abi/registers.h>
#include <base/types.h>

word_t bases_read_fs(void);
word_t bases_read_gs(void);
void bases_write_fs(word_t base);
void bases_write_gs(word_t base);
word_t bases_read_flags(void);
void bases_write_flags(word_t flags);

/*
 * Both bases of reg[]. In a linked process the thread's own stay libc's: what is set is what is
 * got.
 */
void bases_get(word_t ret_reg[USER_REGISTER_COUNT]);
void bases_set(const word_t reg[USER_REGISTER_COUNT]);

/*
 * The processor's vector state, without AMX's, to and from an XSAVE area of standard form aligned
 * to 64 bytes, whose header is one of XSAVE's or zero.
 */
void bases_xsave(void *area);
void bases_xrstor(const void *area);

/*
 * Of the states that XSAVE saves, which do not have their first values; where the processor has
 * XGETBV 1. The SSE registers and MXCSR alone, to and from their places in such an area.
 */
word_t bases_states_in_use(void);
void bases_save_sse(void *area);
void bases_load_sse(const void *area);

#endif
