/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit statuses: part of the interface, for scripts. Shown by `sel4emu help`. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#define STATUS_TABLE(ROW)                                                                          \
    ROW(OK, 0, "the guest ended well: --until seen, halted, quit, or idle with --on-idle=exit")    \
    ROW(FAIL_ON, 1, "a --fail-on text was seen")                                                   \
    ROW(USAGE, 2, "the command line is wrong")                                                     \
    ROW(IMAGE, 3, "the image or its configuration cannot be run")                                  \
    ROW(UNSUPPORTED, 4, "the host lacks what sel4emu needs (see sel4emu doctor)")                  \
    ROW(HOST, 5, "the host failed: out of memory, out of processes, ...")                          \
    ROW(EARLY, 6, "the guest ended before the --until text was seen")                              \
    ROW(IDLE, 7, "every thread waits and nothing can wake one")                                    \
    ROW(FAULTED, 8, "the same, and a thread has a fault that nobody handles")                      \
    ROW(NO_GUEST, 9, "ps, caps, ...: no such guest runs, or several do")                           \
    ROW(HOST_CALL, 10, "a linked program called Linux, which --host-calls=none forbids")           \
    ROW(BUG, 70, "a bug of sel4emu")                                                               \
    ROW(TIMEOUT, 124, "--timeout passed")                                                          \
    ROW(SIGNAL, 128, "plus its number: ended by a signal; 130 for Ctrl-C")

enum status {
#define STATUS_ENUMERATOR(name, value, meaning) STATUS_##name = value,
    STATUS_TABLE(STATUS_ENUMERATOR)
#undef STATUS_ENUMERATOR
};

#endif
