/* SPDX-License-Identifier: BSD-2-Clause */
#include <trace/origins.h>

#include <base/text.h>
#include <inspect/words.h>
#include <string.h>

static uint32_t place_of(paddr_t slot)
{
    return (uint32_t)(slot / sizeof(struct slot) % ORIGINS);
}

const struct trace_origin *origins_find(const struct trace_origins *origins, struct kernel *k,
                                        paddr_t slot)
{
    const struct trace_origin *origin = &origins->of[place_of(slot)];
    bool is_it = slot && origin->slot == slot &&
                 memcmp(&origin->cap, &slot_at(k, slot)->cap, sizeof(origin->cap)) == 0;
    return is_it ? origin : NULL;
}

void origins_note(struct trace_origins *origins, struct kernel *k, paddr_t slot, const char *method,
                  const char *giver, nanoseconds_t at)
{
    /* a copy follows what it was copied from */
    paddr_t source = slot_at(k, slot)->prev;
    struct trace_origin *place = &origins->of[place_of(slot)];
    struct trace_origin origin = {.slot = slot, .method = method, .at = at};
    const struct trace_origin *earlier = origins_find(origins, k, source);

    if (place->slot == slot)
        place->slot = 0;
    if (!source)
        return;
    origin.cap = slot_at(k, slot)->cap;
    text_copy(origin.giver, sizeof(origin.giver), giver);
    words_cap_rights(slot_at(k, source)->cap, origin.had, sizeof(origin.had));
    words_cap_rights(origin.cap, origin.left, sizeof(origin.left));
    if (strcmp(origin.had, origin.left) != 0) {
        *place = origin;
    } else if (earlier) {
        struct trace_origin copied = *earlier;
        copied.slot = slot;
        copied.cap = origin.cap;
        *place = copied;
    }
}

void origin_add(struct line *line, const struct trace_origin *origin)
{
    line_add(line, "rights %s of %s, by %s's %s at ", origin->left, origin->had, origin->giver,
             origin->method);
    line_add_time(line, origin->at, 1);
}
