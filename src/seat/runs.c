/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/runs.h>

#include <abi/object.h>
#include <base/bits.h>

/* The neighbourhood that one fault may map. */
#define WINDOW_BITS LARGE_PAGE_BITS

static void clip(struct translation_run *run, vaddr_t start, vaddr_t end)
{
    run->paddr += start - run->start;
    run->start = start;
    run->end = end;
}

/* Cuts the run to the backed pages around `vaddr`. */
static void clip_to_backed(struct translation_run *run, vaddr_t vaddr,
                           bool (*is_backed)(void *context, paddr_t paddr), void *context)
{
    vaddr_t start = align_down(vaddr, PAGE_BITS);
    vaddr_t end = start + PAGE_BYTES;
    while (start > run->start && is_backed(context, run->paddr + (start - run->start) - PAGE_BYTES))
        start -= PAGE_BYTES;
    while (end < run->end && is_backed(context, run->paddr + (end - run->start)))
        end += PAGE_BYTES;
    clip(run, start, end);
}

/* And to those that Linux has not mapped yet. */
static void clip_to_unmapped(struct translation_run *run, vaddr_t vaddr,
                             const struct mapped *mapped)
{
    vaddr_t start = align_down(vaddr, PAGE_BITS);
    vaddr_t end = start + PAGE_BYTES;
    while (start > run->start && !mapped_has(mapped, start - PAGE_BYTES))
        start -= PAGE_BYTES;
    while (end < run->end && !mapped_has(mapped, end))
        end += PAGE_BYTES;
    clip(run, start, end);
}

bool seat_run_around(struct kernel *k, paddr_t root, const struct mapped *mapped, vaddr_t vaddr,
                     bool (*is_backed)(void *context, paddr_t paddr), void *context,
                     struct translation_run *ret_run)
{
    struct translation_run run;
    vaddr_t window = align_down(vaddr, WINDOW_BITS);
    if (!kernel_translate_run(k, root, vaddr, window, window + bit(WINDOW_BITS), &run))
        return false;
    clip_to_backed(&run, vaddr, is_backed, context);
    clip_to_unmapped(&run, vaddr, mapped);
    *ret_run = run;
    return true;
}
