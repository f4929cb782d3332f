/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the configuration share. */
#ifndef LOADER_CONFIGURATION_INTERNAL_H
#define LOADER_CONFIGURATION_INTERNAL_H

#include <loader/configuration.h>

/* Gives a row the value that `text` stands for, unless its present source ranks higher. */
bool configuration_assign(struct configuration *c, const struct configuration_setting *setting,
                          const char *text, enum setting_source source,
                          struct loader_error *ret_error);

/* The same for "NAME=VALUE" and "NAME:TYPE=VALUE". */
bool configuration_assign_text(struct configuration *c, const char *assignment,
                               enum setting_source source, struct loader_error *ret_error);

/* `value` must be in the range of the row's type. */
void configuration_store(struct kernel_config *config, size_t row, uint64_t value);

/* --- releases as a set: bit i stands for the i-th release that the abi knows ---------------- */

#define CONFIGURATION_MAX_RELEASES 32

/* Release number i, ascending; 0 past the last. */
unsigned configuration_release(unsigned i);

#endif
