/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime's calls of Linux. Each has a `syscall` instruction of its own, at a known address: so
 * the filter can hold each to its number and its arguments, wherever a guest jumps to. No other
 * function of the image contains one (tests/style/image-check).
 */
#ifndef RUNTIME_LINUX_H
#define RUNTIME_LINUX_H

_Noreturn void linux_exit_group(int status);

#endif
