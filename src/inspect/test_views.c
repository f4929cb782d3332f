/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests, and what the views show of small systems. */
#include <test.h>

#include <errno.h>
#include <host/host.h>
#include <inspect/testkit_views.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST(requests_that_are_wrong_are_answered_with_a_sentence)
{
    struct guest g = guest_boot_default();
    CHECK_STR(view_text(&g, ""), "problem: the request is empty");
    CHECK_STR(view_text(&g, "  \n"), "problem: the request is empty");
    CHECK_STR(view_text(&g, "pss"), "problem: there is no view pss");
    CHECK_STR(view_text(&g, "ps x"), "problem: ps: unexpected argument x");
    CHECK_STR(view_text(&g, "ps --xml"), "problem: ps: there is no option --xml");
    CHECK_STR(view_text(&g, "ps --dot"), "problem: ps: there is no graph of it for --dot");
    char long_request[VIEW_REQUEST_BYTES + 1];
    memset(long_request, 'x', sizeof(long_request));
    long_request[VIEW_REQUEST_BYTES] = '\0';
    CHECK_STR(view_text(&g, long_request), "problem: the request is too long");
    guest_end(&g);
}

/* All but what the views of the layer above it are asked for changes nothing. */
TEST(no_view_changes_the_kernel_or_its_memory)
{
    struct guest g = guest_boot_default();
    named_thread(&g, "a");
    guest_make(&g, OBJECT_ENDPOINT, 0);
    struct kernel *before = malloc(sizeof(*before));
    memcpy(before, g.k, sizeof(*before));
    void *window = kernel_memory(g.k, g.k->memory[0].base);
    size_t size = g.k->memory[0].end - g.k->memory[0].base;
    enum { STEP = 4096 };
    uint64_t sum = 0, sum_after = 0;
    for (size_t i = 0; i < size; i += 8)
        sum = sum * 31 + *(const uint64_t *)((const char *)window + i);
    for (size_t i = 0; i < view_count; i++) {
        char request[64];
        snprintf(request, sizeof(request), "%s%s", view_table[i].name,
                 view_table[i].takes == VIEW_MUST_TAKE ? " a" : "");
        CHECK(strncmp(view_text(&g, request), "problem", 7) != 0);
    }
    for (size_t i = 0; i < size; i += 8)
        sum_after = sum_after * 31 + *(const uint64_t *)((const char *)window + i);
    CHECK_EQ(sum_after, sum);
    CHECK_MEM(before, g.k, sizeof(*before));
    free(before);
    guest_end(&g);
}

TEST(without_memory_there_is_no_answer_instead_of_half_of_one)
{
    struct guest g = guest_boot_default();
    named_thread(&g, "a");
    for (size_t i = 0; i < view_count; i++) {
        char request[64];
        bool failed = true;
        snprintf(request, sizeof(request), "%s%s", view_table[i].name,
                 view_table[i].takes == VIEW_MUST_TAKE ? " a" : "");
        for (uint64_t nth = 1; failed; nth++) {
            host_inject("allocate", nth, ENOMEM);
            const char *text = view_text(&g, request);
            failed = host_inject_happened("allocate");
            host_inject("allocate", 1, 0);
            CHECK(!failed || strcmp(text, "problem: no memory for the answer") == 0);
            CHECK(failed || nth > 5);
        }
    }
    guest_end(&g);
}

TEST(a_damaged_state_is_refused)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = named_thread(&g, "a");
    const struct kernel sound = *g.k;
    const struct tcb sound_tcb = *t.tcb;

    g.k->all_tcbs = UINT64_C(1) << 40;
    CHECK_STR(view_text(&g, "ps"), "problem: the list of threads leads out of memory");
    *g.k = sound;
    g.k->irq_slots = 8;
    CHECK_STR(view_text(&g, "ps"), "problem: the kernel's state holds what it cannot hold");
    *g.k = sound;
    t.tcb->all_link.next = kernel_paddr(g.k, t.tcb);
    CHECK_STR(view_text(&g, "ps"), "problem: the list of threads has no end");
    *t.tcb = sound_tcb;
    memset(t.tcb->name, 'x', sizeof(t.tcb->name));
    CHECK_STR(view_text(&g, "ps"), "problem: a TCB holds what no TCB can hold");
    *t.tcb = sound_tcb;
    t.tcb->slots[TCB_SLOT_CTABLE].cap.cnode.radix = 60;
    CHECK(strncmp(view_text(&g, "ps"), "problem: ", 9) == 0);
    *t.tcb = sound_tcb;
    t.tcb->slots[TCB_SLOT_CTABLE].next = 0x10;
    CHECK_STR(view_text(&g, "ps"), "problem: a slot lies outside of memory");
    *t.tcb = sound_tcb;
    CHECK(strncmp(view_text(&g, "ps"), "THREAD", 6) == 0);
    guest_end(&g);
}
