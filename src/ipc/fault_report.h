/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel prints when a thread faults and has no handler that could take it. */
#ifndef IPC_FAULT_REPORT_H
#define IPC_FAULT_REPORT_H

#include <model/kernel.h>

void fault_report_unhandled(struct kernel *k, const struct tcb *tcb, struct fault fault);

#endif
