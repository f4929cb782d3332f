/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <string.h>

#include <base/text.h>
#include <model/console.h>
#include <model/testkit_guest.h>
#include <model/user_error.h>

static struct guest boot(bool debug, bool printing, bool in_ipc)
{
    struct kernel_config config = kernel_config_default();
    config.debug_build = debug;
    config.printing = printing;
    config.report_error_ipc = in_ipc;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    guest_root(&g)->context.reg[UREG_RIP] = 0x40023c;
    return g;
}

static const char *console(struct guest *g)
{
    static char copy[CONSOLE_BYTES];
    const char *text;
    uint32_t length = console_take(g->k, &text);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

/* As captured from the real kernel, but for the line number of its source and the address. */
#define LINE(name)                                                                                 \
    "\033[0m\033[1m<<\033[0m\033[32mseL4(CPU 0)\033[0m\033[1m [decodeInvocation "                  \
    "T0xffffff801ffc7400 \"" name "\" @40023c]: Attempted to invoke a null cap #0.>>\033[0m\n"

static void say_null_cap(struct guest *g)
{
    user_error(g->k, "decodeInvocation", "Attempted to invoke a null cap #%lu.", UINT64_C(0));
}

TEST(the_line_names_function_thread_and_instruction)
{
    struct guest g = boot(true, true, false);
    say_null_cap(&g);
    CHECK_STR(console(&g), LINE("rootserver"));
    CHECK_EQ(g.k->user_error.count, 1);
    CHECK_STR(g.k->user_error.reason, "Attempted to invoke a null cap #0.");
    guest_end(&g);
}

TEST(a_kernel_that_prints_but_is_no_debug_build_knows_no_names)
{
    struct guest g = boot(false, true, false);
    say_null_cap(&g);
    CHECK_STR(console(&g), LINE(""));
    guest_end(&g);
}

TEST(a_release_kernel_is_silent_but_the_reason_is_known)
{
    struct guest g = boot(false, false, false);
    say_null_cap(&g);
    CHECK_STR(console(&g), "");
    CHECK_EQ(g.k->user_error.count, 1);
    CHECK_STR(g.k->user_error.reason, "Attempted to invoke a null cap #0.");
    guest_end(&g);
}

TEST(for_ipc_the_line_is_kept_instead_of_printed)
{
    struct guest g = boot(true, true, true);
    CHECK_STR(g.k->user_error.line, "");
    say_null_cap(&g);
    CHECK_STR(console(&g), "");
    CHECK_STR(g.k->user_error.line, LINE("rootserver"));
    guest_end(&g);
}

TEST(a_kept_line_is_cut_where_the_message_ends)
{
    struct guest g = boot(true, true, true);
    struct tcb *tcb = guest_root(&g);
    memset(tcb->name, 'n', sizeof(tcb->name) - 1);
    tcb->name[sizeof(tcb->name) - 1] = '\0';
    for (unsigned i = 0; i < 10; i++)
        user_error(g.k, "aFunctionWithAVeryLongNameThatGoesOnAndOnAndOnAndOnAndOnAndOnAndOn", "%s",
                   tcb->name);
    CHECK(strlen(g.k->user_error.line) < sizeof(g.k->user_error.line));
    CHECK(strlen(g.k->user_error.reason) < sizeof(g.k->user_error.reason));
    guest_end(&g);
}

TEST(when_no_thread_runs_nobody_is_told)
{
    struct guest g = boot(true, true, false);
    g.k->cores[0].current = 0;
    say_null_cap(&g);
    CHECK_STR(console(&g), "");
    CHECK_EQ(g.k->user_error.count, 0);
    guest_end(&g);
}
