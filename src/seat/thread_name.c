/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/thread_name.h>

#include <base/bits.h>
#include <base/text.h>

/* How many characters both begin with. */
static size_t common_length(const char *a, const char *b)
{
    size_t length = 0;
    while (a[length] && a[length] == b[length])
        length++;
    return length;
}

bool seat_thread_is_named(const struct tcb *tcb)
{
    /* What the kernel calls a TCB that nobody has named. */
    static const char unnamed_prefix[] = "child of: '";
    return tcb->name[0] != '\0' &&
           common_length(tcb->name, unnamed_prefix) < sizeof(unnamed_prefix) - 1;
}

void seat_thread_name(const struct tcb *tcb, const char *symbol, char ret_name[THREAD_NAME_BYTES])
{
    const char *name = tcb->name;
    if (!seat_thread_is_named(tcb))
        name = symbol ? symbol : "thread";
    /* Control characters would break the tools' tables. */
    text_copy_printable(ret_name, THREAD_NAME_BYTES, name);
}

uint64_t seat_thread_name_source(const struct tcb *tcb)
{
    return (uint64_t)tcb->names + 1;
}

unsigned seat_thread_name_number(const char *name, const char *base)
{
    size_t same = common_length(name, base);
    if (name[same] == '\0' && base[same] == '\0')
        return 1;
    if (name[same] != '~')
        return 0;
    unsigned number = 0;
    const char *digit = name + same + 1;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        number = number * 10 + (unsigned)(*digit - '0');
    return *digit == '\0' ? number : 0;
}

void seat_thread_name_add_number(char name[THREAD_NAME_BYTES], unsigned number)
{
    char suffix[THREAD_NAME_BYTES];
    size_t room = THREAD_NAME_BYTES - 1 - text_format(suffix, sizeof(suffix), "~%u", number);
    size_t length = min_u64(text_length(name), room);
    text_copy(name + length, THREAD_NAME_BYTES - length, suffix);
}
