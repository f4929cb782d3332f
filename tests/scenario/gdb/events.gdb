# SPDX-License-Identifier: BSD-2-Clause
set width 0
monitor break nonsense
monitor break TCB_Resume
continue
monitor delete
monitor break transfer thread=client
continue
backtrace
monitor delete 2
monitor delete 9
monitor trace kind=ipc thread=client
continue
