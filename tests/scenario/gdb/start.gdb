# SPDX-License-Identifier: BSD-2-Clause
info threads
info registers rip
info sel4-threads
monitor help
monitor nonsense
