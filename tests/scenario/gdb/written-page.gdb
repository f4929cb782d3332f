# SPDX-License-Identifier: BSD-2-Clause
set pagination off
break guest_main
continue
break *(char *)&next_slot+48
delete 1
x/xb (char *)&next_slot+48
watch next_slot
continue
set $slot = next_slot
stepi
stepi
stepi
stepi
p next_slot - $slot
delete 3
continue
