/* SPDX-License-Identifier: BSD-2-Clause */
/* The child: a program with a VSpace of its own. It asks for a setting that nobody has made. */
#include "null-pointer.h"

#include "console.h"

#include <sel4/sel4.h>

struct setting {
    const char *name;
    unsigned value;
};

static const struct setting settings[] = {
    {"width", 80},
    {"height", 25},
    {"depth", 4},
};

static bool is_same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static const struct setting *find_setting(const char *name)
{
    for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (is_same(settings[i].name, name))
            return &settings[i];
    return NULL;
}

static unsigned value_of(const char *name)
{
    return find_setting(name)->value;
}

static void describe_screen(void)
{
    print("screen: %u x %u characters\n", value_of("width"), value_of("height"));
    print("screen: %u colours\n", value_of("colours"));
}

_Noreturn void _start(void);

_Noreturn void _start(void)
{
    describe_screen();
    seL4_Signal(SCREEN_IS_UP);
    for (;;)
        seL4_Wait(SCREEN_KEYS, NULL);
}
