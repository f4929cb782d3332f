/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libsel4-emu: what a linked program brings along (docs/libsel4.md, docs/decisions/0008). It is
 * ordinary code of the program, on the host's libc, and compiled without sanitizers.
 *
 *     start.c     before main(): the machine, the region, the main thread as the first TCB
 *     machine.c   the machine as a child process: how it begins, what it says, how it ends
 *     place.c     where the region may lie, and its mappings
 *     carriers.c  the threads that run TCBs
 *     forks.c     fork() of a TCB
 *     host_calls.c  --host-calls=none: what they may ask Linux for
 *     valgrind.c  what valgrind is told
 *     say.c       messages
 */
#ifndef LINKED_PROGRAM_H
#define LINKED_PROGRAM_H

#include <runtime/linked.h>
#include <stdbool.h>

/* Exit statuses, as the command has them (src/cli/status.h). */
enum { STATUS_USAGE = 2, STATUS_HOST_FAILED = 5, STATUS_HOST_CALL = 10, STATUS_NO_EMULATOR = 127 };

/* From how the program was compiled (launch.c): the command, and what it was built for. */
extern const char *const sel4emu_path;
extern const char *const sel4emu_settings[]; /* up to NULL */

extern const char *program_name; /* its file */

/* --- say.c --------------------------------------------------------------------------------- */

/* A line on standard error, without stdio. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* The same, then the program ends. error: an errno value to explain, or 0. */
_Noreturn void fail(const char *what, int error);
void say_crash(const struct linked_crash *crash);

/* --- machine.c ----------------------------------------------------------------------------- */

/* Starts it: it is to boot a root task that begins at `entry`. */
void machine_start(vaddr_t entry, vaddr_t low, vaddr_t high);
/* Waits until the root VSpace is to have its process; the machine may end instead, and we with it.
 */
void machine_await_place(struct linked_place *ret_place, int ret_fds[LINKED_FD_COUNT]);
/* A thread that ends the program when the machine ends. */
void machine_watch(void);

/* --- place.c ------------------------------------------------------------------------------- */

/* Free addresses that Linux, sanitizers and valgrind leave alone. */
void place_find(vaddr_t *ret_low, vaddr_t *ret_high);
void place_map(const struct linked_place *place, const int fds[LINKED_FD_COUNT]);
const struct linked_calls *place_calls(const struct linked_place *place);
/*
 * The kernel's window on guest memory is no more: the machine has ended, and a look for leaks
 * would go through all of it.
 */
void place_drop_window(void);
/* The program's own code. */
void place_find_text(vaddr_t *ret_start, vaddr_t *ret_end);

/* --- valgrind.c ---------------------------------------------------------------------------- */

bool valgrind_is_here(void);
void valgrind_tell_stacks(void);
/* The gate under valgrind; it goes on to the other. */
void valgrind_gate(void) __attribute__((visibility("hidden")));
extern void (*valgrind_next_gate)(void) __attribute__((visibility("hidden")));

/* --- host_calls.c -------------------------------------------------------------------------- */

/* Guest code is to make no call of Linux's; before any carrier runs. The region is the kernel's. */
void host_calls_forbid(vaddr_t region, uint64_t region_bytes);
/* The calling thread is to run guest code: if that is so, it holds from now on. */
void host_calls_leave(void);

/* --- carriers.c ---------------------------------------------------------------------------- */

/* A thread of ours: no signal comes to it. Returns 0 or an errno value. */
int thread_start(void *(*function)(void *), void *argument);

void carriers_init(const struct linked_calls *calls);
/* Whether the page, as the calling TCB sees it, is a frame of the guest. */
bool carriers_have_frame(vaddr_t page);
/* The gate of threads that are no TCB. */
extern void carrier_refuse(void) __attribute__((visibility("hidden")));
/* struct linked_program: start. The first is the main thread's. */
int64_t carrier_start(struct carrier_page *page);
/* The main thread becomes the first TCB; returns what that has in rdi when it begins: BootInfo. */
void *carrier_run_main(void);
/* Where the first TCB begins. */
extern const char carrier_entry[] __attribute__((visibility("hidden")));

#endif
