/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbol files for perf report --symfs. perf knows code by the file that it is mapped from, and the
 * place in that: for guest code the guest's memory, so a function is where its pages lie in there.
 */
#ifndef CLI_PERF_SYMBOLS_H
#define CLI_PERF_SYMBOLS_H

#include <base/types.h>
#include <stdio.h>

/* [start, end) of addresses is `offset` and on in the mapped file. */
struct perf_mapping {
    vaddr_t start, end;
    uint64_t offset;
};

struct perf_mappings {
    struct perf_mapping *items;
    size_t count;
};

/*
 * Those of a /proc/PID/maps that are executable and of the file called `name` ("/memfd:x"). False:
 * no memory.
 */
bool perf_mappings_parse(const char *maps, const char *name, struct perf_mappings *ret_mappings);

struct perf_symbols;

/* NULL: no memory. */
struct perf_symbols *perf_symbols_open(void);
/* The functions of an ELF file with these mappings; bytes that are none have no symbols. */
void perf_symbols_add(struct perf_symbols *symbols, const uint8_t *elf, uint64_t size,
                      const struct perf_mappings *mappings);
/* An ELF file with all that were added, which gives the memory back. 0 or a negative errno. */
int perf_symbols_close(struct perf_symbols *symbols, const char *path);

#endif
