/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/lateness.h>

bool lateness_note(struct lateness *lateness, nanoseconds_t late, nanoseconds_t now)
{
    if (late <= LATENESS_LIMIT)
        return false;
    lateness->count++;
    if (late > lateness->most) {
        lateness->most = late;
        lateness->most_at = now;
    }
    return true;
}
