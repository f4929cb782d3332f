/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program linked with libsel4-emu starts its machine as
 *
 *     sel4emu run OPTION... --linked=SOCKET,PID,ENTRY,LOW,HIGH PROGRAM
 *
 * SOCKET: a descriptor, what is said there is in runtime/linked.h; PID: the program's process, our
 * parent; ENTRY: where its first TCB starts; [LOW, HIGH): free addresses in it, for the region.
 */
#ifndef CLI_LINKED_H
#define CLI_LINKED_H

#include <cli/cmd_run.h>

/* --linked; struct run_options */
bool linked_set_option(void *target, const char *value, struct command_error *ret_error);

/* --host-calls; an image makes none in any case */
bool linked_set_host_calls(void *target, const char *value, struct command_error *ret_error);

/* Options that a linked program cannot have: false with a sentence. True of other programs. */
bool linked_check(const struct run_options *options, struct command_error *ret_error);

/* What stands for the program where the kernel wants an image: a page with a jump to ENTRY. */
struct image linked_image(struct run_options *options);

/* The machine has ended: the program ends with that status, one way or the other. */
void linked_end(const struct linked_guest *program, int status);

#endif
