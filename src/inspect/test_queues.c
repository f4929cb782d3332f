/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <inspect/testkit_views.h>

TEST(queues_name_object_order_badge_and_partners)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0),
           signalled = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t badged = guest_mint(&g, ep, RIGHTS_ALL, 0x42);
    struct guest_thread server = named_thread(&g, "server");
    struct guest_thread a = named_thread(&g, "a"), b = named_thread(&g, "b");
    give(&g, server, 1, ep, RIGHT_READ);
    give(&g, a, 1, badged, RIGHT_WRITE);
    give(&g, b, 1, badged, RIGHT_WRITE);
    run_call(&g, a, SYSCALL_SEND, 1);
    run_call(&g, b, SYSCALL_CALL, 1);
    guest_run(&g, guest_root_thread(&g));
    guest_send(&g, guest_mint(&g, signalled, RIGHTS_ALL, 7), 0, 0);
    CHECK(view_has(&g, "queues", "  send       a       0x42   server"));
    CHECK(view_has(&g, "queues", "  send       b       0x42   server"));
    CHECK(view_has(&g, "queues", "  signalled  -       0x7    -"));
    CHECK(view_has(&g, "queues", "runs\n"));
    CHECK(view_has(&g, "queues", "Waiting for ever:\n"));
    CHECK(view_has(&g, "queues", "all who could are stopped"));
    CHECK(view_has(&g, "queues --json", "\"thread\": \"b\", \"badge\": \"0x42\""));
    guest_end(&g);
}

TEST(the_graph_marks_a_deadlock)
{
    struct guest g = guest_boot_default();
    cptr_t to_a = guest_make(&g, OBJECT_ENDPOINT, 0), to_b = guest_make(&g, OBJECT_ENDPOINT, 0);
    struct guest_thread a = named_thread(&g, "a"), b = named_thread(&g, "b");
    give(&g, a, 1, to_a, RIGHT_READ);
    give(&g, a, 2, to_b, RIGHT_WRITE);
    give(&g, b, 1, to_b, RIGHT_READ);
    give(&g, b, 2, to_a, RIGHT_WRITE);
    CHECK_STR(view_text(&g, "deadlocks"), "Waiting for ever: none\n");
    run_call(&g, a, SYSCALL_SEND, 2);
    run_call(&g, b, SYSCALL_SEND, 2);
    CHECK(view_has(&g, "deadlocks", "they wait for each other\n"));
    CHECK(view_has(&g, "deadlocks --dot", "t1 -> t2 [label=\"sends to\", color=red"));
    CHECK(view_has(&g, "deadlocks --dot", "t2 -> t1 [label=\"sends to\", color=red"));
    guest_end(&g);
}
