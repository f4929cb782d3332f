/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel of the user's for `sel4emu bench --qemu` and --kvm: the file that QEMU boots, and how.
 */
#ifndef CLI_BENCH_KERNEL_H
#define CLI_BENCH_KERNEL_H

#include <bench/images.h>
#include <loader/file.h>

enum bench_accelerator { BENCH_TCG, BENCH_KVM };

struct bench_kernel_file {
    char path[FILE_PATH_BYTES];
    enum bench_kernel kernel;
    const char *qemu_options; /* the processor that it was built for */
};

/*
 * path: a build directory of seL4's, or the kernel in one. False with a sentence if there is no
 * kernel that QEMU boots, or it is not built as the benchmark's guest wants it.
 */
bool bench_kernel_find(const char *path, enum bench_accelerator accelerator,
                       struct bench_kernel_file *ret_file, struct loader_error *ret_error);

#endif
