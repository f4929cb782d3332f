/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread-local storage is libc's: what a TCB has as its base is a number, nothing more. */
#include "tls.h"

seL4_Word tls_create_for(void *area, seL4_Word area_of_thread)
{
    (void)area;
    return area_of_thread;
}

seL4_Word tls_create(void *area)
{
    return tls_create_for(area, (seL4_Word)area);
}
