/* SPDX-License-Identifier: BSD-2-Clause */
/* The inspector's views of the machine's kernel. */
#ifndef MACHINE_INSPECTOR_H
#define MACHINE_INSPECTOR_H

#include <inspect/views.h>
#include <machine/state.h>
#include <stdio.h>

/* What the inspector asks of the machine. */
struct inspect_host machine_inspect_host(struct machine *machine);

/* Answers a request (inspect/views.h) on `stream`, or says there why it cannot. */
void inspector_show(struct machine *machine, const char *request, FILE *stream);

/* Shows the views of --at-end on standard error. */
void inspector_show_at_end(struct machine *machine);

#endif
