# SPDX-License-Identifier: BSD-2-Clause
set width 0
break client_main
continue
delete
watch *(char *) 0x30000000
continue
break lend_page
continue
delete
set $left = 1000
while *(unsigned short *) $pc != 0xe0ff && $left > 0
  stepi
  set $left = $left - 1
end
set $call = $pc
stepi
print $pc - $call
print $_inferior
continue
