/* SPDX-License-Identifier: BSD-2-Clause */
/* What start.S calls, on a stack. */
#include "guest.h"

#include "tls.h"

void guest_start(const seL4_BootInfo *boot_info);

void guest_start(const seL4_BootInfo *boot_info)
{
    static _Alignas(16) char tls_area[TLS_AREA_SIZE];

    tls_use(tls_create(tls_area));
    seL4_SetIPCBuffer(boot_info->ipcBuffer);
    guest_prepare(boot_info);
    guest_main();
    guest_end();
}
