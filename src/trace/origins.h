/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trace remembers of capabilities that were copied with fewer rights than they had: by
 * whom and when. Where a call fails for want of a right, that is what one looks for. A cache of
 * fixed size: a slot may be forgotten, and then nothing is said of it.
 */
#ifndef TRACE_ORIGINS_H
#define TRACE_ORIGINS_H

#include <trace/call.h>

#define ORIGINS             4096
#define ORIGIN_RIGHTS_BYTES 8

struct trace_origin {
    paddr_t slot;       /* of the copy; 0: free */
    union cap cap;      /* the copy: of another one that is in the slot later nothing is known */
    const char *method; /* that made it, or made the one that it is a copy of */
    nanoseconds_t at;
    char giver[LABEL_BYTES]; /* the thread */
    char had[ORIGIN_RIGHTS_BYTES], left[ORIGIN_RIGHTS_BYTES];
};

struct trace_origins {
    struct trace_origin of[ORIGINS];
};

/* `slot` has just been filled with a copy, by a call of `method` that `giver` has made. */
void origins_note(struct trace_origins *origins, struct kernel *k, paddr_t slot, const char *method,
                  const char *giver, nanoseconds_t at);

/* Who took rights from the capability in `slot`, or NULL: nobody, or that is not known. */
const struct trace_origin *origins_find(const struct trace_origins *origins, struct kernel *k,
                                        paddr_t slot);

/* "rights r--- of rwgp, by server's CNode_Mint at 0.001234" */
void origin_add(struct line *line, const struct trace_origin *origin);

#endif
