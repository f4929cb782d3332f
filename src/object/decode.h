/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that many methods begin with. */
#ifndef OBJECT_DECODE_H
#define OBJECT_DECODE_H

#include <cap/object_type.h>

/* The message has fewer than `words` words or fewer than `caps` (0..3) extra capabilities. */
static inline bool call_is_truncated(const struct call *call, unsigned words, unsigned caps)
{
    return call->length < words || (caps > 0 && !call->extra[caps - 1]);
}

#endif
