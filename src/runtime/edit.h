/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The edit thread: the first of a process, which changes it for whoever cannot, and outlives every
 * TCB. It touches no kernel state and has nothing in common with guest code.
 */
#ifndef RUNTIME_EDIT_H
#define RUNTIME_EDIT_H

#include <base/types.h>
#include <runtime/shared.h>

/* Serves the requests in the process's struct runtime_vspace (runtime/shared.h). */
_Noreturn void edit_serve(uint32_t vspace);

/* Has the edit thread of that process do something; by whoever has the turn. Returns its result. */
int64_t edit_ask(struct runtime_vspace *vspace, enum edit_operation operation, uint64_t argument);

#endif
