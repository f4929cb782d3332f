/* SPDX-License-Identifier: BSD-2-Clause */
/* The host end of a serial port, as --serial names it. */
#ifndef MACHINE_SERIAL_SPEC_H
#define MACHINE_SERIAL_SPEC_H

#include <base/types.h>

enum serial_kind {
    SERIAL_STDIO,
    SERIAL_NULL, /* swallows output, has no input */
    SERIAL_PTY,  /* a new pseudo terminal */
    SERIAL_FILE, /* written anew; no input */
    SERIAL_UNIX, /* a socket that listens, one client at a time */
    SERIAL_TCP,  /* the same */
};

struct serial_spec {
    enum serial_kind kind;
    const char *text; /* as given; the caller's, as is `path` in it */
    const char *path; /* of SERIAL_FILE and SERIAL_UNIX */
    uint8_t address[4];
    uint16_t port; /* 0: any that is free */
    bool is_quiet; /* where it is, and who comes and goes, is not said */
};

/* NULL, or what is wrong with `text`: half a sentence. */
const char *serial_spec_parse(const char *text, struct serial_spec *ret_spec);

#endif
