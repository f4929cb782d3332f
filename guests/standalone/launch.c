/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Started by Linux: the same process becomes `sel4emu run OPTION... THIS_FILE`, with what the
 * program was built for and the options it was called with.
 */
#include <stddef.h>

#define MAX_WORDS  64
#define PATH_BYTES 4096

#define SYS_WRITE      1
#define SYS_EXECVE     59
#define SYS_EXIT_GROUP 231
#define SYS_READLINK   89

#define STATUS_NOT_FOUND 127 /* as shells have it */

static long linux_call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

static void complain(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    linux_call(SYS_WRITE, 2, (long)text, (long)length);
}

/* stack: argc, argv, NULL, environment, NULL. */
__attribute__((noreturn, used)) void launch_on_linux(char **stack);

void launch_on_linux(char **stack)
{
    static const char *const settings[] = {SEL4EMU_SETTINGS NULL};
    static char image[PATH_BYTES];
    const char *words[MAX_WORDS] = {SEL4EMU_PATH, "run"};
    const size_t count = (size_t)stack[0];
    char **arguments = stack + 1;
    size_t word = 2;

    for (size_t i = 0; settings[i] != NULL && word < MAX_WORDS - 2; i++)
        words[word++] = settings[i];
    for (size_t i = 1; i < count && word < MAX_WORDS - 2; i++)
        words[word++] = arguments[i];
    if (linux_call(SYS_READLINK, (long)"/proc/self/exe", (long)image, PATH_BYTES - 1) > 0) {
        words[word] = image;
        linux_call(SYS_EXECVE, (long)SEL4EMU_PATH, (long)words, (long)(arguments + count + 1));
    }
    complain("This program is for seL4, and the emulator is not at " SEL4EMU_PATH
             ": sel4emu run THIS_FILE\n");
    for (;;)
        linux_call(SYS_EXIT_GROUP, STATUS_NOT_FOUND, 0, 0);
}
