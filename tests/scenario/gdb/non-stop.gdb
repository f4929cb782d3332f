# SPDX-License-Identifier: BSD-2-Clause
set width 0
break client_main
continue
delete
thread 2.1
interrupt
shell sleep 0.5
info threads
thread 3.1
continue &
shell sleep 0.5
info threads
thread 2.1
backtrace
tbreak serve_sum
continue
continue -a
