/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest physical memory: a sparse memfd of fixed size, mapped here as a whole and in guest
 * processes page by page. A page takes host memory from its first touch on.
 */
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

#include <base/types.h>

struct host_memory {
    int fd;
    void *base; /* of the mapping, guest physical address 0 */
    uint64_t size;
};

/* An empty memfd that may be mapped as executable and be sealed; name: for /proc. Or an error. */
int host_memory_open(const char *name);

/* size: a multiple of PAGE_BYTES. `base` is aligned to 2 MiB. Owner: the caller. */
int host_memory_create(uint64_t size, struct host_memory *ret_memory);
void host_memory_destroy(struct host_memory *memory);

#endif
