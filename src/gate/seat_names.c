/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of carriers, as ps and gdb show them: the TCB's own name, or that of the function it
 * starts in; cut to what Linux shows, and told apart by a number where two would be the same.
 */
#include <gate/seat_state.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the kernel calls a TCB that nobody has named. */
static const char unnamed_prefix[] = "child of: '";

static bool is_unnamed(const struct tcb *tcb)
{
    return tcb->name[0] == '\0' ||
           strncmp(tcb->name, unnamed_prefix, sizeof(unnamed_prefix) - 1) == 0;
}

/* FNV-1a */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return hash;
}

/* Control characters would break the tools' tables. */
static void copy_printable(char *dest, size_t size, const char *source)
{
    size_t i = 0;
    for (; i + 1 < size && source[i]; i++)
        dest[i] = source[i] >= ' ' && source[i] <= '~' ? source[i] : '?';
    dest[i] = '\0';
}

/* The number in "base~number", with `base` cut to make room; 1 for `base` itself; 0: another name.
 */
static unsigned number_of(const char *name, const char *base)
{
    size_t same = 0;
    while (name[same] && name[same] == base[same])
        same++;
    if (name[same] == '\0' && base[same] == '\0')
        return 1;
    if (name[same] != '~')
        return 0;
    char *end;
    unsigned long number = strtoul(name + same + 1, &end, 10);
    return *end == '\0' ? (unsigned)number : 0;
}

/* The highest number among the other carriers' names; 0: none is like it. */
static unsigned highest_number(const struct seat *seat, const struct seat_carrier *self,
                               const char *base)
{
    unsigned highest = 0;
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        for (const struct seat_carrier *c = seat->carriers[i]; c; c = c->next) {
            unsigned number = c == self ? 0 : number_of(c->name, base);
            highest = number > highest ? number : highest;
        }
    }
    return highest;
}

void seat_choose_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb)
{
    const char *wanted = tcb->name;
    if (is_unnamed(tcb)) {
        const char *symbol = seat->client.symbol_at(seat->client.context, tcb->context.next_ip);
        wanted = symbol ? symbol : "thread";
    }
    char base[CARRIER_NAME_BYTES], suffix[CARRIER_NAME_BYTES] = "";
    copy_printable(base, sizeof(base), wanted);
    unsigned highest = highest_number(seat, carrier, base);
    if (highest > 0)
        snprintf(suffix, sizeof(suffix), "~%u", highest + 1);
    size_t length = strnlen(base, CARRIER_NAME_BYTES - 1 - strlen(suffix));
    memcpy(carrier->name, base, length);
    memcpy(carrier->name + length, suffix, strlen(suffix) + 1);
    carrier->name_source = hash_name(tcb->name);
}

void seat_update_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb)
{
    if (carrier->name_source == hash_name(tcb->name))
        return;
    seat_choose_name(seat, carrier, tcb);
    int error = seat->ops->carrier_rename(carrier->carrier, carrier->name);
    if (error)
        seat_fail(seat, error, "cannot name the thread %s", carrier->name);
}
