/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/text.h>
#include <inspect/testkit_views.h>

TEST(copies_stand_below_what_they_were_made_from)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 14), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t badged = guest_mint(&g, ep, RIGHT_WRITE, 5);
    guest_copy(&g, badged);
    char request[64], expected[128];
    paddr_t object = guest_cap(&g, ep).endpoint.object;
    text_format(request, sizeof(request), "derivation 0x%lx", object);
    text_format(expected, sizeof(expected), "\n    1    endpoint 0x%lx ", object);
    CHECK(view_has(&g, request, expected));
    text_format(expected, sizeof(expected), "\n    2      endpoint 0x%lx ", object);
    CHECK(view_has(&g, request, expected));
    text_format(expected, sizeof(expected), "\n    3        endpoint 0x%lx ", object);
    CHECK(view_has(&g, request, expected));
    CHECK(view_has(&g, request, "\n    0  untyped 0x"));
    /* another child of the untyped is no part of it, but of the whole tree */
    text_format(expected, sizeof(expected), "untyped 0x%lx ",
                (paddr_t)guest_cap(&g, untyped).untyped.base);
    CHECK(view_has(&g, "derivation", expected));
    text_format(expected, sizeof(expected), "\n    1    untyped 0x%lx ",
                (paddr_t)guest_cap(&g, untyped).untyped.base);
    CHECK(!view_has(&g, request, expected));
    CHECK(view_has(&g, "derivation --dot", " -> s"));
    CHECK_STR(view_text(&g, "derivation 0"),
              "problem: 0 is no address of an object, like 0x1f000000");
    guest_end(&g);
}
