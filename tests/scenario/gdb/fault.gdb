# SPDX-License-Identifier: BSD-2-Clause
set width 0
break guest_main
continue
set $pc = 0x1000
continue
info threads
monitor threads
