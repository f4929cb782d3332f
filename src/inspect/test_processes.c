/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <inspect/testkit_views.h>
#include <string.h>

struct known {
    paddr_t vspace;
    vaddr_t ip;
};

static bool process_of(void *context, paddr_t vspace, int *ret_pid)
{
    const struct known *known = context;
    *ret_pid = 4711;
    return vspace == known->vspace;
}

static const char *program_at(void *context, paddr_t vspace, vaddr_t address)
{
    const struct known *known = context;
    return vspace == known->vspace && address == known->ip ? "/some where/program" : NULL;
}

static void keep(void *context, const char *text, size_t length)
{
    strncat(context, text, length);
}

static const char *answer(struct guest *g, const struct inspect_host *host)
{
    static char text[4096];
    char problem[VIEW_PROBLEM_BYTES];
    text[0] = '\0';
    CHECK_EQ(view_answer(g->k, host, "processes",
                         (struct report_sink){.context = text, .write = keep}, problem),
             0);
    return text;
}

TEST(a_vspace_has_a_line_with_its_process_and_program)
{
    struct guest g = guest_boot_default();
    struct guest_thread root = guest_root_thread(&g);
    struct known known = {.vspace = kernel_tcb_vspace(g.k, root.tcb), .ip = 0x401234};
    const struct inspect_host host = {
        .context = &known, .process = process_of, .program = program_at};
    named_thread(&g, "other");
    root.tcb->context.reg[UREG_RIP] = known.ip;
    CHECK_STR(answer(&g, &host), "PROCESS  THREADS  VSPACE      PROGRAM\n"
                                 "   4711        2  rootserver  /some where/program\n");
    root.tcb->context.reg[UREG_RIP] = 1;
    CHECK_STR(answer(&g, &host), "PROCESS  THREADS  VSPACE      PROGRAM\n"
                                 "   4711        2  rootserver  -\n");
    CHECK_STR(answer(&g, NULL), "PROCESS  THREADS  VSPACE      PROGRAM\n"
                                "      -        2  rootserver  -\n");
    guest_end(&g);
}
