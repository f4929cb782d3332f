/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a real kernel that prints says while it boots, of that the lines that are true here: memory,
 * the image, the end of booting. For --boot-log, and for programs that wait for the last line.
 */
#ifndef MACHINE_BOOT_LOG_H
#define MACHINE_BOOT_LOG_H

#include <device/pc.h>
#include <kernel/kernel_api.h>

/* Before and after kernel_boot(); nothing if the kernel of boot->config does not print. */
void boot_log_begin(struct kernel *k, const struct boot_info *boot,
                    const struct pc_memory_layout *layout);
void boot_log_end(struct kernel *k);

#endif
