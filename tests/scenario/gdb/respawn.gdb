# SPDX-License-Identifier: BSD-2-Clause
set width 0
break child_work
continue
continue
continue
info threads
info breakpoints
continue
