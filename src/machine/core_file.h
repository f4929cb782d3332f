/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core files, as Linux writes them of a process that dies: one of a VSpace, with its threads and
 * what is mapped in it, for `gdb PROGRAM CORE`. A thread's LWP is its TCB's serial number; its name
 * has no place in a core file, so a gdb script beside it gives names.
 */
#ifndef MACHINE_CORE_FILE_H
#define MACHINE_CORE_FILE_H

#include <inspect/inspection.h>

/* x87 and SSE state of a thread as FXSAVE stores it; false: it is not known. */
struct core_vector_source {
    void *context;
    bool (*read)(void *context, struct tcb *tcb, uint8_t ret_fxsave[512]);
};

/*
 * Writes the core file of inspection.vspaces.items[vspace]; `program` is what gdb shows as the
 * command. 0 or a negative errno, and then there is no file. -E2BIG: more mappings than a core file
 * can have.
 */
int core_file_write(const char *path, const struct inspection *inspection, uint32_t vspace,
                    const char *program, const struct core_vector_source *vectors);

/* Writes commands for gdb that give the threads of that core file their names. */
int core_names_write(const char *path, const struct inspection *inspection, uint32_t vspace);

/* The signal that Linux would have sent the thread for what stopped it; 0: none. */
int core_signal(const struct tcb *tcb);

#endif
