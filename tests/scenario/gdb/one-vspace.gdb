# SPDX-License-Identifier: BSD-2-Clause
set width 0
break client_main
continue
delete
inferior 2
break *print
ignore 2 100
inferior 3
break *print
ignore 3 100
info breakpoints
continue
info breakpoints
