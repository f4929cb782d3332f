/* SPDX-License-Identifier: BSD-2-Clause */
/* The error code of a page fault, as a processor gives it and seL4 reports it. */
#ifndef SEAT_FSR_H
#define SEAT_FSR_H

#include <model/translation.h>

enum { FSR_PRESENT = 1 << 0, FSR_WRITE = 1 << 1, FSR_USER = 1 << 2 };

/* Of an access at user level that the page walk does not allow. */
static inline word_t seat_fsr(struct translation t, bool is_write)
{
    return FSR_USER | (t.present ? FSR_PRESENT : 0) | (is_write ? FSR_WRITE : 0);
}

#endif
