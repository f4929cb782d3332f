/* SPDX-License-Identifier: BSD-2-Clause */
/* Which ports have been issued: what IOPortControl and the ranges share. */
#ifndef OBJECT_IO_PORT_H
#define OBJECT_IO_PORT_H

#include <model/kernel.h>

/* Ranges include both ends. */
bool io_ports_are_free(const struct kernel *k, unsigned first, unsigned last);
void io_ports_set_issued(struct kernel *k, unsigned first, unsigned last, bool issued);

#endif
