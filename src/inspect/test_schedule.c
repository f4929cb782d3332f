/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <inspect/testkit_views.h>

TEST(the_schedule_is_its_domains_and_who_is_ready)
{
    struct guest g = guest_boot_default();
    guest_resume(&g, named_thread(&g, "t"));
    CHECK(view_has(&g, "schedule", "\n    0       0  72057594037927935  "));
    CHECK(view_has(&g, "schedule", "\n   0       0   255  rootserver  runs\n"));
    CHECK(view_has(&g, "schedule", "\n   0       0    10  t           is ready\n"));
    guest_end(&g);
}
