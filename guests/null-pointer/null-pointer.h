/* SPDX-License-Identifier: BSD-2-Clause */
/* What the root task and its child agree on. */
#ifndef GUEST_NULL_POINTER_H
#define GUEST_NULL_POINTER_H

#include "thread.h"

/* slots of the child's CSpace */
enum screen_slot {
    SCREEN_IS_UP = PROCESS_FIRST_FREE,
    SCREEN_KEYS,
};

#endif
