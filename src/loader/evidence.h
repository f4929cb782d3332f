/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the code of an image shows of the kernel it was built for. libsel4 compiles every system
 * call to `mov %rsp,%rbx; syscall; mov %rbx,%rsp` with the number in rdx and, for a call of an
 * object, label, capabilities and length in rsi: constants, if the wrappers were inlined. If they
 * were not, they are functions named after what they do, with the same constants inside. Internal
 * to the loader.
 */
#ifndef LOADER_EVIDENCE_H
#define LOADER_EVIDENCE_H

#include <abi/invocation.h>
#include <abi/syscall.h>
#include <loader/image.h>

#define EVIDENCE_MAX_CONSTANTS 24
#define EVIDENCE_MAX_TAGS      128

/* The constants that a wrapper function loads into registers; count 0: no such function seen. */
struct evidence_wrapper {
    unsigned count;
    int32_t constants[EVIDENCE_MAX_CONSTANTS];
};

struct evidence {
    uint64_t numbers; /* bit n: number -n is loaded before a system call */
    unsigned tag_count;
    uint32_t tags[EVIDENCE_MAX_TAGS]; /* message infos loaded before Call, each once */
    bool wrfsbase;
    struct evidence_wrapper syscalls[SYSCALL_COUNT];
    struct evidence_wrapper invocations[INVOCATION_COUNT];
};

void evidence_collect(const struct image *image, struct evidence *ret_evidence);

/* Nothing was seen that a kernel's numbers could explain. */
bool evidence_is_empty(const struct evidence *evidence);

/*
 * How well `config` explains what was seen: more is better, below 0 speaks against it. Of `config`
 * only what numbers depend on counts.
 */
int evidence_score(const struct evidence *evidence, const struct kernel_config *config);

/* Whether the image makes that call under `config`, for all one can see. */
bool evidence_has_syscall(const struct evidence *evidence, const struct kernel_config *config,
                          enum syscall syscall);

#endif
