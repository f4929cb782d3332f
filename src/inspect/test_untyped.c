/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: what is used, whose it is, what is lost and what is out of reach. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/text.h>
#include <cap/derivation.h>
#include <inspect/testkit_views.h>
#include <string.h>

/* Makes `count` objects out of the untyped at `untyped`; returns the slot of the first. */
static cptr_t make(struct guest *g, cptr_t untyped, enum object_kind kind, unsigned bits,
                   unsigned count)
{
    cptr_t first = g->next_slot;
    g->next_slot += count;
    guest_invoke(g, (struct guest_call){
                        .cap = untyped,
                        .method = INV_UNTYPED_RETYPE,
                        WORDS(abi_object_type(&g->k->config, kind), bits, 0, 0, first, count),
                        EXTRA(INITIAL_CAP_CNODE)});
    return first;
}

/* The line of the untyped at `cptr`, without the address and who holds it. */
static const char *line_of(struct guest *g, cptr_t cptr)
{
    static char line[256];
    char start[32];
    text_format(start, sizeof(start), " 0x%lx ", (uint64_t)guest_cap(g, cptr).untyped.base);
    const char *at = view_text(g, "untyped"), *found;
    while ((found = strstr(at, start)) != NULL && !strstr(found, "\n"))
        at = found + 1;
    if (!found)
        return "none";
    found += strlen(start);
    found += strspn(found, " ");
    text_format(line, sizeof(line), "%.*s", (int)strcspn(found, "\n"), found);
    return line;
}

TEST(an_untyped_tells_what_is_used_lost_and_free)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 16);
    CHECK(strncmp(line_of(&g, untyped), "64K", 3) == 0);
    CHECK(strstr(line_of(&g, untyped), " 0     0      64K  rootserver:0x") != NULL);
    cptr_t pages = make(&g, untyped, OBJECT_4K_PAGE, 0, 3),
           ep = make(&g, untyped, OBJECT_ENDPOINT, 0, 1);
    CHECK(strstr(line_of(&g, untyped), "1 endpoint, 3 page") != NULL);
    CHECK(strstr(line_of(&g, untyped), " 12304     0 ") != NULL);
    guest_delete(&g, pages + 1);
    CHECK(strstr(line_of(&g, untyped), " 12304    4K ") != NULL);
    CHECK(view_has(&g, "untyped", "4K  freed memory"));
    guest_delete(&g, ep);
    CHECK(strstr(line_of(&g, untyped), " 12304  4112 ") != NULL);
    guest_delete(&g, pages);
    guest_delete(&g, pages + 2);
    CHECK(strstr(line_of(&g, untyped), " 0     0      64K ") != NULL);
    CHECK(!view_has(&g, "untyped", "freed memory"));
    guest_end(&g);
}

TEST(what_alignment_takes_is_not_lost)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 16);
    make(&g, untyped, OBJECT_ENDPOINT, 0, 1);
    make(&g, untyped, OBJECT_4K_PAGE, 0, 1);
    CHECK(strstr(line_of(&g, untyped), " 8K     0 ") != NULL);
    CHECK(!view_has(&g, "untyped", "freed memory"));
    guest_end(&g);
}

TEST(objects_out_of_reach_are_named_with_what_holds_them)
{
    struct guest g = guest_boot_default();
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 2), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    paddr_t slots = guest_cap(&g, cnode).cnode.object;
    char expected[64];
    CHECK(view_has(&g, "untyped", "Leaked: none\n"));
    slot_move(g.k, guest_cap(&g, ep), guest_slot(&g, ep), slot_at(g.k, slots) + 1);
    slot_move(g.k, guest_cap(&g, cnode), guest_slot(&g, cnode), slot_at(g.k, slots) + 2);
    text_format(expected, sizeof(expected), "only cnode 0x%lx leads there", slots);
    CHECK(view_has(&g, "untyped", expected));
    CHECK(view_has(&g, "untyped", "   16  endpoint      1  only"));
    CHECK(view_has(&g, "untyped", "  128  cnode         1  only"));
    CHECK(view_has(&g, "untyped --json", "\"what\": \"cnode\", \"count\": 1"));
    guest_end(&g);
}

TEST(memory_is_whose_who_uses_it)
{
    struct guest g = guest_boot_default();
    CHECK(view_has(&g, "untyped", "\nrootserver  "));
    CHECK(!view_has(&g, "untyped", "\nshared"));
    CHECK(!view_has(&g, "untyped", "\n(leaked)"));
    guest_end(&g);
}
