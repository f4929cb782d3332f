# SPDX-License-Identifier: BSD-2-Clause
tbreak work
continue
shell sleep 0.5
tbreak add
continue
shell sleep 0.5
stepi
stepi
continue
