/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations: the methods of kernel objects. invocations.def holds one row per method; from it
 * come the enum, the label numbers of every configuration, the names, the least message that the
 * kernel accepts, and the argument lists that the trace prints. Manual, "seL4 API Reference".
 */
#ifndef ABI_INVOCATION_H
#define ABI_INVOCATION_H

#include <abi/kernel_config.h>

enum invocation {
    INV_INVALID,
#define INVOCATION(id, ...) INV_##id,
#include <abi/invocations.def>
    INVOCATION_COUNT,
};

struct invocation_info {
    const char *name;      /* libsel4's without "seL4_": "Untyped_Retype", "X86_Page_Map" */
    const char *arguments; /* "type:0 size_bits:1 ... depth:1[0:7]", see invocations.def; or "" */
    const char *caps;      /* "src_root", "cspace_root vspace_root bufferFrame"; or "" */
    const char *results;   /* "paddr:0" ...; or "" */
    uint8_t min_words;     /* with less the kernel answers TruncatedMessage before all else */
    uint8_t min_caps;
};

/* One entry of such a list. */
struct invocation_argument {
    const char *name; /* not terminated */
    uint8_t name_length;
    uint8_t word;    /* message register */
    uint8_t words;   /* message registers it takes; 0 for a capability */
    uint8_t low_bit; /* of a bit field in that word */
    uint8_t bits;    /* width; 64 for whole words */
};

/* The method that `label` names under `config`, or INV_INVALID. */
enum invocation abi_invocation(const struct kernel_config *config, uint64_t label);

/* The label of `inv` under `config`; 0 if the configuration lacks it. */
uint64_t abi_invocation_label(const struct kernel_config *config, enum invocation inv);

/* Names and arguments of `inv` under `config` (a few signatures differ between configurations). */
struct invocation_info abi_invocation_info(const struct kernel_config *config, enum invocation inv);

/* Takes the next entry off `list`, which must be one of invocation_info's; false at its end. */
bool abi_invocation_next_argument(const char **list, struct invocation_argument *ret_argument);

#endif
