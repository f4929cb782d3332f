# SPDX-License-Identifier: BSD-2-Clause
set width 0
break *0x800000000000
continue
delete
break client_main
continue
show remote software-breakpoint-packet
