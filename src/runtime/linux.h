/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime's calls of Linux. Each has a `syscall` instruction of its own, at a known address: so
 * the filter can hold each to its number and its arguments, wherever a guest jumps to. No other
 * function of the image contains one (tests/style/image-check). A failure is a negative errno.
 */
#ifndef RUNTIME_LINUX_H
#define RUNTIME_LINUX_H

#include <base/types.h>

/* Linux's numbers: its headers are not in reach. */
#define LINUX_FUTEX_WAIT 0
#define LINUX_FUTEX_WAKE 1

#define LINUX_SECCOMP_SET_MODE_FILTER 1

#define LINUX_PROT_READ  1
#define LINUX_PROT_WRITE 2
#define LINUX_PROT_EXEC  4

#define LINUX_MAP_SHARED  0x01
#define LINUX_MAP_PRIVATE 0x02
#define LINUX_MAP_FIXED   0x10

long linux_mmap(vaddr_t address, uint64_t size, int protection, int flags, int fd, uint64_t offset);
long linux_munmap(vaddr_t address, uint64_t size);
/* The word is shared between processes. */
long linux_futex_wait(uint32_t *word, int operation, uint32_t value, const void *timeout);
long linux_futex_wake(uint32_t *word, int operation, uint32_t count);
long linux_close_range(unsigned first, unsigned last, unsigned flags);
/* The filter (linux/filter.h's struct sock_fprog) holds from then on. */
long linux_seccomp(unsigned operation, unsigned flags, const void *program);
_Noreturn void linux_exit_group(int status);

#endif
