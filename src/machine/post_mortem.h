/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept of a guest that ended badly: a state file, and a core file for each VSpace. */
#ifndef MACHINE_POST_MORTEM_H
#define MACHINE_POST_MORTEM_H

#include <machine/state.h>

/* Writes what --state-file and --post-mortem ask for; what cannot be written is said. */
void post_mortem(struct machine *machine);

#endif
