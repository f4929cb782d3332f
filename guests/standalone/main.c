/* SPDX-License-Identifier: BSD-2-Clause */
/* A program begins at main(), and the system ends when that returns. */
#include "guest.h"

int main(void);

void guest_main(void)
{
    main();
}

/* <sel4/assert.h> */
void __assert_fail(const char *str, const char *file, int line, const char *function)
{
    print("%s:%d: %s: assertion failed: %s\n", file, line, function, str);
    guest_end();
}
