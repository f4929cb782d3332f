/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of carriers: seat/thread_name.h's, each another. */
#include <gate/seat_state.h>

/* The highest number among the other carriers' names; 0: none is like it. */
static unsigned highest_number(const struct seat *seat, const struct seat_carrier *self,
                               const char *base)
{
    unsigned highest = 0;
    for (unsigned i = 0; i < SEAT_BUCKETS; i++) {
        for (const struct seat_carrier *c = seat->carriers[i]; c; c = c->next) {
            unsigned number = c == self ? 0 : seat_thread_name_number(c->name, base);
            highest = number > highest ? number : highest;
        }
    }
    return highest;
}

void seat_choose_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb)
{
    const char *symbol = NULL;
    if (!seat_thread_is_named(tcb))
        symbol = seat->client.symbol_at(seat->client.context, tcb->context.next_ip);
    seat_thread_name(tcb, symbol, carrier->name);
    unsigned highest = highest_number(seat, carrier, carrier->name);
    if (highest > 0)
        seat_thread_name_add_number(carrier->name, highest + 1);
    carrier->name_source = seat_thread_name_source(tcb);
}

void seat_update_name(struct seat *seat, struct seat_carrier *carrier, const struct tcb *tcb)
{
    if (carrier->name_source == seat_thread_name_source(tcb))
        return;
    seat_choose_name(seat, carrier, tcb);
    int error = seat->ops->carrier_rename(carrier->carrier, carrier->name);
    if (error)
        seat_fail(seat, error, "cannot name the thread %s", carrier->name);
}
