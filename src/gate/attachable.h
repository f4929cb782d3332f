/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What makes a landed process one that debuggers can attach to, and find their way in, without
 * being told anything: for the process itself, before it lands. It runs as well without.
 */
#ifndef GATE_ATTACHABLE_H
#define GATE_ATTACHABLE_H

#include <gate/runtime_image.h>

/*
 * The name as ps shows it; whose debuggers may attach; where the symbols lie, as a program that
 * Linux starts is told where the vDSO is: debuggers look there by themselves. A Linux that does not
 * allow one of these goes without it.
 */
void attachable_make(vaddr_t base, const struct runtime_image *image, const char *name);

#endif
