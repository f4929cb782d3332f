/* SPDX-License-Identifier: BSD-2-Clause */
/* DebugSnapshot: what it lists, once each, and that it ends. */
#include <test.h>

#include <stdlib.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <base/text.h>
#include <cap/derivation.h>
#include <model/console.h>
#include <model/testkit_thread.h>
#include <object/irq.h>

#define TEXT_BYTES (1 << 20)

static unsigned entries; /* of the last snapshot */

/* The caller frees it. */
static char *snapshot(struct guest *g)
{
    char *text = calloc(1, TEXT_BYTES);
    guest_console(g);
    struct outcome outcome =
        guest_syscall_once(g, (struct guest_syscall){.syscall = SYSCALL_DEBUG_SNAPSHOT});
    for (entries = 1;; entries++) {
        strncat(text, guest_console(g), TEXT_BYTES - 1 - strlen(text));
        if (outcome.kind != OUTCOME_CONSOLE || entries > 1000)
            break;
        outcome = kernel_continue(g->k, 0, 0);
    }
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    return text;
}

static unsigned count(const char *text, const char *part)
{
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        found++;
    return found;
}

/* How often a line of one object's address is there. */
static unsigned count_of(const char *text, const char *format, uint64_t address)
{
    char part[200];
    text_format(part, sizeof(part), format, address);
    return count(text, part);
}

static uint64_t window(paddr_t paddr)
{
    return UINT64_C(0xffffff8000000000) + paddr;
}

TEST(threads_of_one_space_share_its_lines)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 7);
    guest_thread(&g, 8);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t nt = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t badged = guest_mint(&g, ep, RIGHT_WRITE | RIGHT_GRANT, 77);
    char *text = snapshot(&g);
    CHECK_EQ(count(text, "arch x86_64\nobjects {\n"), 1);
    CHECK_EQ(count(text, "}\ncaps {\n"), 1);
    CHECK_EQ(count(text, "}\nirq maps {\n}\n"), 1);
    CHECK_EQ(count(text, "_pd = pml4\n"), 1);
    CHECK_EQ(count(text, " = pdpt\n"), 1);
    CHECK_EQ(count(text, "_cnode = cnode (12 bits)\n"), 1);
    CHECK_EQ(count(text, " = tcb (addr: "), 2);
    CHECK_EQ(count(text, "prio: 7, max_prio: 0, dom: 0)\n"), 1);
    CHECK_EQ(count_of(text, "0x%lx_tcb {\ncspace: ", console_tcb_address(g.k, t.tcb)), 1);

    paddr_t object = guest_cap(&g, ep).endpoint.object;
    CHECK_EQ(count_of(text, "\n0x%lx_ep = ep\n", window(object)), 1);
    CHECK_EQ(count_of(text, ": 0x%lx_ep (RWGP)\n", window(object)), 1);
    CHECK_EQ(count_of(text, ": 0x%lx_ep (WG, badge: 77)\n", window(object)), 1);
    CHECK_EQ(count_of(text, "\n0x%lx: ", badged), 1);
    CHECK_EQ(count_of(text, ": 0x%lx_notification (RW)\n",
                      window(guest_cap(&g, nt).notification.object)),
             1);
    /* the image: two pages of it */
    CHECK_EQ(count_of(text, "frame_0x%lx = frame (4k, paddr: 0xa13000)\n", window(0xa13000)), 1);
    CHECK_EQ(count_of(text, "\n0x400000: frame_0x%lx (RWX)\n", window(0xa13000)), 1);
    CHECK_EQ(count(text, "\n0x100000: "), 0);
    CHECK_EQ(count(text, "_20_untyped = ut (20 bits, paddr: 0x100000)\n"), 1);
    CHECK_EQ(g.k->snapshot.phase, 0);
    free(text);
    guest_end(&g);
}

/* The initial thread has no lines, nor what only it has. */
TEST(a_thread_with_a_space_of_its_own_shows_no_other)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 7);
    cptr_t cnode = guest_make(&g, OBJECT_CNODE, 4), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t nested = guest_make(&g, OBJECT_CNODE, 2);
    union cap root = guest_cap(&g, cnode);
    struct slot *slots = slot_at(g.k, root.cnode.object);
    slot_insert(g.k, guest_cap(&g, ep), guest_slot(&g, ep), &slots[3]);
    slot_insert(g.k, guest_cap(&g, ep), guest_slot(&g, ep), &slots[4]);
    slot_insert(g.k, guest_cap(&g, nested), guest_slot(&g, nested), &slots[5]);
    t.tcb->slots[TCB_SLOT_CTABLE].cap = root;
    t.tcb->slots[TCB_SLOT_VTABLE].cap = cap_null();
    t.tcb->slots[TCB_SLOT_BUFFER].cap = cap_null();
    char *text = snapshot(&g);
    CHECK_EQ(count(text, " = pml4\n"), 0);
    CHECK_EQ(count(text, "_untyped"), 0);
    CHECK_EQ(count(text, " = cnode (4 bits)\n"), 1);
    CHECK_EQ(count(text, " = cnode (2 bits)\n"), 1);
    CHECK_EQ(count(text, "_ep = ep\n"), 1);
    CHECK_EQ(count(text, "\n0x3: 0x"), 1);
    CHECK_EQ(count(text, "\n0x4: 0x"), 1);
    CHECK_EQ(entries, 1);
    free(text);
    guest_end(&g);
}

TEST(a_long_snapshot_goes_on_without_a_gap)
{
    enum { ENDPOINTS = 600 };
    struct guest g = guest_boot_default();
    guest_thread(&g, 7);
    cptr_t first = guest_make(&g, OBJECT_ENDPOINT, 0), last = first;
    for (unsigned i = 1; i < ENDPOINTS; i++)
        last = guest_make(&g, OBJECT_ENDPOINT, 0);
    char *text = snapshot(&g);
    CHECK(entries > 5);
    CHECK_EQ(count(text, "_ep = ep\n"), ENDPOINTS);
    CHECK_EQ(count(text, "_ep (RWGP)\n"), ENDPOINTS);
    for (cptr_t slot = first; slot <= last; slot++)
        CHECK_EQ(count_of(text, "\n0x%lx: 0x", slot), 1);
    CHECK_EQ(count(text, "Debug snapshot syscall"), 1);
    char *again = snapshot(&g);
    CHECK_STR(again, text);
    free(again);
    free(text);
    guest_end(&g);
}

/* As if another core did it between two entries. */
TEST(a_thread_that_ends_meanwhile_is_left_out)
{
    struct guest g = guest_boot_default();
    struct guest_thread older = guest_thread(&g, 6), t = guest_thread(&g, 7);
    for (unsigned i = 0; i < 600; i++)
        guest_make(&g, OBJECT_ENDPOINT, 0);
    struct outcome outcome =
        guest_syscall_once(&g, (struct guest_syscall){.syscall = SYSCALL_DEBUG_SNAPSHOT});
    guest_console(&g);
    CHECK_EQ(outcome.kind, OUTCOME_CONSOLE);
    CHECK_EQ(g.k->snapshot.tcb, kernel_paddr(g.k, t.tcb));
    guest_delete(&g, t.cptr);
    CHECK_EQ(g.k->snapshot.tcb, kernel_paddr(g.k, older.tcb));
    while (outcome.kind == OUTCOME_CONSOLE) {
        guest_console(&g);
        outcome = kernel_continue(g.k, 0, 0);
    }
    CHECK(strstr(guest_console(&g), "irq maps {\n}\n"));
    guest_end(&g);
}

TEST(interrupts_with_a_notification_are_mapped)
{
    struct guest g = guest_boot_default();
    cptr_t nt = guest_make(&g, OBJECT_NOTIFICATION, 0);
    slot_insert(g.k, guest_cap(&g, nt), guest_slot(&g, nt), irq_slot(g.k, 9));
    char *text = snapshot(&g);
    CHECK_EQ(count(text, "irq maps {\n9: 0x9_0_irq\n}\n"), 1);
    free(text);
    guest_end(&g);
}
