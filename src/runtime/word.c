/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/word.h>

#include <base/bits.h>
#include <base/memory.h>
#include <runtime/jump.h>
#include <runtime/linux.h>
#include <runtime/patch.h>
#include <runtime/process.h>
#include <seat/word.h>

/* Who wants no jumps into the kernel (--no-patch, --gdb, --post-mortem) gets a trap here, too. */
static uint64_t gate(void)
{
    return (uint64_t)(runtime_shared()->control.stubs ? bases_word_in : bases_word_trap);
}

long word_map(void)
{
    enum { ANY_MEMORY = 0 };
    const uint64_t word = gate();
    void *place = (void *)WORD_PLACE;

    /* Of a place that it knows the compiler warns: a loop that is not entered would go beyond. */
    __asm__("" : "+r"(place));
    if (!mapped_add(&runtime_process()->mapped, WORD_PLACE, WORD_PLACE + PAGE_BYTES))
        return -LINUX_ENOMEM;
    long error = patch_open_copy(WORD_PLACE, PAGE_BYTES, ANY_MEMORY);
    if (error)
        return error;
    mem_zero(place, PAGE_BYTES);
    mem_copy(place, &word, sizeof(word));
    runtime_kernel()->reserved[RESERVED_WORD].start = WORD_PLACE;
    runtime_kernel()->reserved[RESERVED_WORD].end = WORD_PLACE + PAGE_BYTES;
    return patch_close_copy(WORD_PLACE, PAGE_BYTES);
}

void word_give_way(void)
{
    runtime_kernel()->reserved[RESERVED_WORD].taken = 0;
    patch_undo_everywhere(WORD_PLACE, WORD_PLACE + PAGE_BYTES);
}
