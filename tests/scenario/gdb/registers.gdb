# SPDX-License-Identifier: BSD-2-Clause
set pagination off
break guest_main
continue
set $xmm3.v4_int32[1] = 77
set $ymm5.v8_int32[6] = 88
set $fctrl = 0x27f
set $r12 = 0x1234
stepi
stepi
p $xmm3.v4_int32
p $ymm5.v8_int32
p/x $mxcsr
p/x $fctrl
p/x $r13
set $r13 = 0x5678
stepi
p/x $r13
hbreak seL4_DebugHalt
delete 1
continue
bt 1
p $ymm5.v8_int32[6] + $xmm3.v4_int32[1]
continue
