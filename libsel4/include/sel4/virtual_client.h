/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods that are other methods. */
#ifndef SEL4_VIRTUAL_CLIENT_H
#define SEL4_VIRTUAL_CLIENT_H

#include <interfaces/sel4_client.h>

#if defined(CONFIG_KERNEL_MCS) && LIBSEL4_RELEASE >= 1201
LIBSEL4_INLINE seL4_Error seL4_SchedControl_Configure(seL4_SchedControl _service,
                                                      seL4_SchedContext schedcontext,
                                                      seL4_Time budget, seL4_Time period,
                                                      seL4_Word extra_refills, seL4_Word badge)
{
    return seL4_SchedControl_ConfigureFlags(_service, schedcontext, budget, period, extra_refills,
                                            badge, seL4_SchedContext_NoFlag);
}
#endif

#endif
