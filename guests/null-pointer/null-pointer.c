/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A null pointer in a child program. The root task holds the ELF file of another program, loads it
 * into a VSpace of its own, starts it, and waits until it is up. It never is: it faults two calls
 * deep, and has no fault handler.
 */
#include "null-pointer.h"

extern const char screen_program[]; /* program.S */

void guest_main(void)
{
    static struct process screen;
    const seL4_CPtr is_up = object_new(seL4_NotificationObject, 0);
    const seL4_CPtr keys = object_new(seL4_NotificationObject, 0);

    process_create_program(&screen, screen_program,
                           &(struct thread_options){.name = "screen", .priority = 100});
    process_grant(&screen, SCREEN_IS_UP, is_up, seL4_CanWrite, 0);
    process_grant(&screen, SCREEN_KEYS, keys, seL4_CanRead, 0);
    print("root: the screen's program starts\n");
    thread_resume(&screen.thread);
    seL4_Wait(is_up, NULL);
    print("root: the screen is up\n");
}
