/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <inspect/testkit_views.h>

TEST(objects_tell_their_state_and_whose_they_are)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), bound = guest_make(&g, OBJECT_NOTIFICATION, 0);
    struct guest_thread t = named_thread(&g, "t");
    give(&g, t, 1, ep, RIGHT_READ);
    guest_invoke(
        &g, (struct guest_call){.cap = t.cptr, .method = INV_TCB_BIND_NOTIFICATION, EXTRA(bound)});
    CHECK(view_has(&g, "objects", " idle, bound to t\n"));
    CHECK(view_has(&g, "objects", "1 of 16 slots used\n"));
    run_call(&g, t, SYSCALL_RECV, 1);
    CHECK(view_has(&g, "objects", " 1 receiving\n"));
    CHECK(view_has(&g, "objects --json", "\"state\": \"1 receiving\""));
    guest_end(&g);
}

TEST(mappings_are_ranges_of_pages_that_follow_each_other)
{
    struct guest g = guest_boot_default();
    named_thread(&g, "t");
    CHECK(view_has(&g, "mappings",
                   "rootserver  0x400000  0x406000   24K  rw             4K  0xa13000\n"));
    CHECK(view_has(&g, "mappings t", "rootserver  0x400000"));
    CHECK_STR(view_text(&g, "mappings u"), "problem: there is no thread u; ps lists them");
    guest_end(&g);
}
