/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The edit thread: the first of a process, which changes its mappings for whoever cannot, and
 * outlives every TCB. It takes no lock, touches no TCB and has nothing in common with guest code.
 */
#ifndef RUNTIME_EDIT_H
#define RUNTIME_EDIT_H

#include <base/types.h>

/* Serves the requests in the process's struct runtime_vspace (runtime/shared.h). */
_Noreturn void edit_serve(uint32_t vspace);

#endif
