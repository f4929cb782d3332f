/* SPDX-License-Identifier: BSD-2-Clause */
/* What sel4emu needs of its host, one row each: tried, not guessed from version numbers. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <base/types.h>

enum doctor_state {
    DOCTOR_OK,
    DOCTOR_LIMITED, /* works, with a restriction that `found` names */
    DOCTOR_MISSING,
};

struct doctor_result {
    enum doctor_state state;
    char found[128];
};

struct doctor_check {
    const char *name;
    const char *used_for; /* what fails without it */
    bool required;        /* nothing runs without it */
    const char *remedy;   /* what to do if it is not ok */
    void (*probe)(struct doctor_result *ret_result);
};

extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

#endif
