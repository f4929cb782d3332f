/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <base/bits.h>
#include <host/host.h>
#include <host/memory.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

#define BASE_ALIGNMENT_BITS 21

int host_memory_open(const char *name)
{
    long fd = host_memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

    if (fd == -EINVAL) /* before Linux 6.3: executable without being asked */
        fd = host_memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return (int)fd;
}

/* Maps all of `fd` at an aligned address of Linux's choice. */
static int map_aligned(int fd, uint64_t size, void **ret_base)
{
    uint64_t room = size + bit(BASE_ALIGNMENT_BITS);
    long reserved =
        host_mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved < 0 && reserved > -4096)
        return (int)reserved;
    uint64_t start = (uint64_t)reserved;
    uint64_t base = align_up(start, BASE_ALIGNMENT_BITS);
    long mapped = host_mmap((void *)base, size, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0);
    if (mapped < 0 && mapped > -4096) {
        host_munmap((void *)start, room);
        return (int)mapped;
    }
    if (base > start)
        host_munmap((void *)start, base - start);
    if (start + room > base + size)
        host_munmap((void *)(base + size), start + room - base - size);
    *ret_base = (void *)base;
    return 0;
}

int host_memory_create(uint64_t size, struct host_memory *ret_memory)
{
    int fd = host_memory_open("sel4emu-guest-memory");
    void *base = NULL;

    if (fd < 0)
        return fd;
    int error = (int)host_ftruncate(fd, size);
    if (!error)
        error = (int)host_fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    if (!error)
        error = map_aligned(fd, size, &base);
    if (error) {
        host_close(fd);
        return error;
    }
    *ret_memory = (struct host_memory){.fd = fd, .base = base, .size = size};
    return 0;
}

void host_memory_destroy(struct host_memory *memory)
{
    host_munmap(memory->base, memory->size);
    host_close(memory->fd);
}
