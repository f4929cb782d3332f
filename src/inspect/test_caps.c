/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/text.h>
#include <inspect/testkit_views.h>

TEST(the_capabilities_of_a_thread_are_listed_by_address)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t badged = guest_mint(&g, ep, RIGHTS_ALL, 0x77);
    struct guest_thread t = named_thread(&g, "t");
    give(&g, t, 3, badged, RIGHT_WRITE | RIGHT_GRANT);
    CHECK(view_has(&g, "caps t", "t's CSpace root "));
    CHECK(view_has(&g, "caps t", "\n0x3         64  endpoint 0x"));
    CHECK(view_has(&g, "caps t", "  -wg-    0x77   -\n"));
    CHECK(view_has(&g, "caps rootserver", "2^12 slots, guard 0x0 of 52 bits"));
    guest_end(&g);
}

TEST(a_thread_is_meant_by_name_number_or_address)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = named_thread(&g, "t");
    char request[64];
    text_format(request, sizeof(request), "caps #%lu", t.tcb->serial);
    CHECK(view_has(&g, request, "In the CSpace"));
    text_format(request, sizeof(request), "caps 0x%lx", kernel_paddr(g.k, t.tcb));
    CHECK(view_has(&g, request, "In the CSpace"));
    named_thread(&g, "disk driver");
    CHECK(view_has(&g, "caps disk driver", "disk driver's CSpace root "));
    CHECK(view_has(&g, "caps --json disk driver", "{"));
    CHECK_STR(view_text(&g, "caps u"), "problem: there is no thread u; ps lists them");
    CHECK_STR(view_text(&g, "caps"), "problem: caps: name one: caps THREAD");
    named_thread(&g, "t");
    CHECK(view_has(&g, "caps t", "problem: 2 threads are called t; name one by its number: #"));
    guest_end(&g);
}

TEST(slots_find_all_capabilities_to_an_object)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    struct guest_thread t = named_thread(&g, "t");
    give(&g, t, 3, ep, RIGHT_READ);
    char request[64], expected[64];
    text_format(request, sizeof(request), "slots 0x%lx",
                (paddr_t)guest_cap(&g, ep).endpoint.object);
    text_format(expected, sizeof(expected), "\nrootserver:0x%lx  endpoint", ep);
    CHECK(view_has(&g, request, expected));
    CHECK(view_has(&g, request, "\nt:0x3 "));
    CHECK(!view_has(&g, request, "tcb 0x"));
    CHECK(view_has(&g, "slots", "untyped"));
    CHECK_STR(view_text(&g, "slots x"), "problem: x is no address of an object, like 0x1f000000");
    guest_end(&g);
}
