/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_choice.h>

#include <base/bits.h>
#include <cap/derivation.h>

static word_t take_word(struct byte_source *bytes)
{
    word_t word = 0;
    for (unsigned i = 0; i < 8; i++)
        word = word << 8 | take(bytes, 256);
    return word;
}

word_t choose_word(struct byte_source *bytes)
{
    static const word_t special[] = {0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     31,
                                     47,
                                     63,
                                     64,
                                     65,
                                     108,
                                     255,
                                     256,
                                     257,
                                     4096,
                                     UINT64_C(1) << 40,
                                     INT64_MAX,
                                     UINT64_MAX,
                                     GUEST_IMAGE_START,
                                     0x10000000,
                                     0x7fffffe00000,
                                     0x7ffffffff000,
                                     0x7fffffffffff};
    switch (take(bytes, 4)) {
    case 0:
        return take_word(bytes);
    case 1:
    case 2:
        return special[take(bytes, ARRAY_LENGTH(special))];
    default:
        return take(bytes, 16);
    }
}

union cap root_cap(const struct replay *r, cptr_t cptr)
{
    const struct slot *slots = slot_at(r->g.k, r->root_slots);
    return slots[cptr % REPLAY_ROOT_SLOTS].cap;
}

cptr_t choose_fitting(const struct replay *r, struct byte_source *bytes, enum cap_type type,
                      bool (*fits)(union cap))
{
    cptr_t first = rarely(bytes, 8) ? 1 : r->first_made;
    unsigned range = (unsigned)(REPLAY_ROOT_SLOTS - first), start = take(bytes, 256);
    for (unsigned i = 0; i < range; i++) {
        cptr_t cptr = first + (start + i) % range;
        union cap cap = root_cap(r, cptr);
        if ((type == CAP_TYPE_COUNT || cap_type(cap) == type) && (!fits || fits(cap)))
            return cptr;
    }
    return first + start % range;
}

cptr_t choose_slot(const struct replay *r, struct byte_source *bytes, bool (*fits)(union cap))
{
    return choose_fitting(r, bytes, CAP_TYPE_COUNT, fits);
}

cptr_t choose_type(const struct replay *r, struct byte_source *bytes, enum cap_type type)
{
    return choose_fitting(r, bytes, type, NULL);
}

unsigned choose_place(const struct replay *r, struct byte_source *bytes, union cap cnode,
                      bool wants_empty)
{
    const struct slot *slots = slot_at(r->g.k, cnode.cnode.object);
    unsigned count = 1U << cnode.cnode.radix, start = take(bytes, 256);
    for (unsigned i = 0; i < 256; i++) {
        if (slot_is_empty(&slots[(start + i) % count]) == wants_empty)
            return (start + i) % count;
    }
    return start % count;
}

bool root_is_crowded(const struct replay *r)
{
    unsigned empty = 0;
    for (cptr_t cptr = r->first_made; cptr < REPLAY_ROOT_SLOTS; cptr++)
        empty += cap_is_null(root_cap(r, cptr));
    return empty < REPLAY_ROOT_SLOTS / 4;
}

cptr_t choose_cptr(struct byte_source *bytes)
{
    return rarely(bytes, 32) ? choose_word(bytes) : take(bytes, REPLAY_ROOT_SLOTS);
}

bool root_has(const struct replay *r, enum cap_type type, bool (*fits)(union cap))
{
    struct byte_source none = {0};
    union cap cap = root_cap(r, choose_fitting(r, &none, type, fits));
    return cap_type(cap) == type && (!fits || fits(cap));
}

word_t choose_thread(const struct replay *r, struct byte_source *bytes)
{
    struct kernel *k = r->g.k;
    word_t number = 0, found = 0, wanted = take(bytes, 8);
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb && number < 64; number++) {
        bool can_call = cap_type(tcb->slots[TCB_SLOT_CTABLE].cap) == CAP_CNODE && !tcb->is_held;
        if (can_call)
            found = number;
        if (can_call && wanted-- == 0)
            break;
        tcb = tcb_at(k, tcb->all_link.next);
    }
    return found;
}
