/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <inspect/testkit_views.h>
#include <object/tcb.h>
#include <stdio.h>

TEST(each_thread_has_a_line_with_what_it_does)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    struct guest_thread server = named_thread(&g, "server");
    struct guest_thread client = named_thread(&g, "cli\nent");
    give(&g, server, 1, ep, RIGHT_READ);
    give(&g, client, 1, ep, RIGHTS_ALL);
    CHECK(view_has(&g, "ps", "\ncli?ent "));
    CHECK(view_has(&g, "ps", "is stopped (inactive)\n"));
    run_call(&g, server, SYSCALL_RECV, 1);
    CHECK(view_has(&g, "ps", "waits to receive on endpoint 0x"));
    run_call(&g, client, SYSCALL_CALL, 1);
    CHECK(view_has(&g, "ps", "waits for a reply from server\n"));
    run_call(&g, server, SYSCALL_RECV, 1);
    CHECK(view_has(&g, "ps", "waits for a reply that no thread holds ready\n"));
    CHECK(view_has(&g, "ps --json", "{\"thread\": \"server\", \"tcb\": \"#"));
    guest_end(&g);
}

TEST(who_is_unnamed_is_called_by_its_number)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 10);
    char label[40];
    snprintf(label, sizeof(label), "\ntcb#%lu ", (unsigned long)t.tcb->serial);
    CHECK(view_has(&g, "ps", label));
    tcb_set_name(t.tcb, "child of: 'rootserver'");
    CHECK(view_has(&g, "ps", label));
    guest_end(&g);
}
