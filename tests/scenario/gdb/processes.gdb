# SPDX-License-Identifier: BSD-2-Clause
set width 0
break server_main
continue
break ask_who
continue
info threads
backtrace
thread apply 2.1 backtrace
thread apply 1.1 backtrace
delete
continue
