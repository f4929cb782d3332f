/* SPDX-License-Identifier: BSD-2-Clause */
/* What this version cannot run, by name: better refused than half done. */
#ifndef MACHINE_UNSUPPORTED_H
#define MACHINE_UNSUPPORTED_H

#include <abi/kernel_config.h>

/* The kernel's option that this version does not support, with what it means; NULL: none. */
const char *unsupported_option(const struct kernel_config *config);

#endif
