/* SPDX-License-Identifier: BSD-2-Clause */
/* The debug system calls: what they print and what they return, as captured from the real kernel.
 */
#include <test.h>

#include <stdlib.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <base/text.h>
#include <model/console.h>
#include <model/testkit_thread.h>
#include <object/tcb.h>

static struct outcome debug_call(struct guest *g, enum syscall syscall, word_t argument)
{
    return guest_syscall_once(g, (struct guest_syscall){.syscall = syscall, .cap = argument});
}

TEST(put_char_writes_any_byte)
{
    struct guest g = guest_boot_default();
    for (unsigned c = 1; c < 256; c++)
        debug_call(&g, SYSCALL_DEBUG_PUT_CHAR, 0xabcd00 | c);
    const char *text = guest_console(&g);
    for (unsigned c = 1; c < 256; c++)
        CHECK_EQ((unsigned char)text[c - 1], c);
    CHECK_EQ(guest_root(&g)->context.reg[UREG_CAP], 0xabcdff);
    guest_end(&g);
}

/* --- DumpScheduler ------------------------------------------------------------------------- */

#define DUMP_HEAD                                                                                  \
    "Dumping all tcbs!\n"                                                                          \
    "Name                                       State              IP                   Prio\n"    \
    "----------------------------------------------------------------------------------------\n"

TEST(dump_scheduler_lists_threads_newest_first)
{
    struct guest g = guest_boot_default();
    struct guest_thread t[4];
    const enum thread_state states[] = {THREAD_BLOCKED_ON_REPLY, THREAD_BLOCKED_ON_NOTIFICATION,
                                        THREAD_BLOCKED_ON_RECEIVE, THREAD_RESTART};
    for (unsigned i = 0; i < 4; i++) {
        t[i] = guest_thread(&g, 10 * i);
        t[i].tcb->state = states[i];
        t[i].tcb->context.reg[UREG_RIP] = 0x400263 * i;
    }
    tcb_set_name(t[0].tcb, "a-very-long-name-of-a-thread-that-goes-on-and-on-for-ever");
    tcb_set_name(t[1].tcb, "");
    debug_call(&g, SYSCALL_DEBUG_DUMP_SCHEDULER, 0);
    CHECK_STR(
        guest_console(&g), DUMP_HEAD
        "child of: 'rootserver'                     restart            0xc00729               30\n"
        "child of: 'rootserver'                     blocked on recv    0x8004c6               20\n"
        "                                           blocked on ntfn    0x400263               10\n"
        "a-very-long-name-of-a-thread-that-goes-on-and-on-for-ever   blocked on reply   0          "
        "             0\n"
        "idle_thread                                idle               0                       0\n"
        "rootserver                                 running            0x400100              "
        "255\n");
    guest_end(&g);
}

TEST(dump_scheduler_had_another_table_before_release_16)
{
    struct kernel_config config = kernel_config_default();
    config.release = SEL4_RELEASE_15_0;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    struct guest_thread t = guest_thread(&g, 20);
    t.tcb->state = THREAD_BLOCKED_ON_REPLY;
    t.tcb->context.reg[UREG_RIP] = 0;
    debug_call(&g, SYSCALL_DEBUG_DUMP_SCHEDULER, 0);
    CHECK_STR(
        guest_console(&g),
        "Dumping all tcbs!\n"
        "Name                                    \tState          \tIP                  \t Prio "
        "\t Core\n"
        "--------------------------------------------------------------------------------------\n"
        "                  child of: 'rootserver'\tblocked on reply\t0\t                  20\t0\n"
        "                             idle_thread\t           idle\t0\t                   0\t0\n"
        "                              rootserver\t        running\t0x400100\t                 "
        "255\t0\n");
    guest_end(&g);
}

/* The first lines of what a kernel with those settings prints, as the real one does. */
static void check_head(struct kernel_config config, const char *expected)
{
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    debug_call(&g, SYSCALL_DEBUG_DUMP_SCHEDULER, 0);
    char text[1024];
    text_copy(text, min_u64(strlen(expected) + 1, sizeof(text)), guest_console(&g));
    CHECK_STR(text, expected);
    guest_end(&g);
}

#define HEAD                                                                                       \
    "Dumping all tcbs!\nName                                       State              IP         " \
    "          Prio"
#define RULE                                                                                       \
    "\n----------------------------------------------------------------------------------------"
#define IDLE                                                                                       \
    "\nidle_thread                                idle               0                       0"

TEST(dump_scheduler_has_columns_for_what_a_kernel_has)
{
    struct kernel_config config = kernel_config_default();
    config.num_domains = 16;
    check_head(config, HEAD "    Dom" RULE "-------" IDLE "      0\n");
    config.mcs = true;
    check_head(config, HEAD "    Dom   InReleaseQueue" RULE "------------------------" IDLE
                            "      0   no            \n");
    config.num_domains = 1;
    check_head(config,
               HEAD "   InReleaseQueue" RULE "-----------------" IDLE "   no            \n");
    config.mcs = false;
    config.max_cores = 2;
    check_head(config, HEAD "   Core" RULE "-------" IDLE "      0\n");
}

TEST(a_dead_initial_thread_leaves_the_idle_thread)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 255);
    guest_run(&g, t);
    guest_delete(&g, INITIAL_CAP_TCB);
    debug_call(&g, SYSCALL_DEBUG_DUMP_SCHEDULER, 0);
    CHECK_STR(
        guest_console(&g), DUMP_HEAD
        "child of: 'rootserver'                     running            0x400100              255\n"
        "idle_thread                                idle               0                       "
        "0\n");
    guest_end(&g);
}

TEST(a_dump_that_fills_the_console_goes_on_in_another_entry)
{
    enum { THREADS = 300, LINE = 88 };
    struct guest g = guest_boot_default();
    char *all = calloc(1, (THREADS + 5) * (LINE + 1));
    for (unsigned i = 0; i < THREADS; i++) {
        cptr_t cptr = guest_make(&g, OBJECT_TCB, 0);
        char name[16];
        text_format(name, sizeof(name), "thread-%u", i);
        tcb_set_name(tcb_at(g.k, guest_cap(&g, cptr).tcb.object), name);
    }
    unsigned entries = 1;
    struct outcome outcome = debug_call(&g, SYSCALL_DEBUG_DUMP_SCHEDULER, 0);
    for (; outcome.kind == OUTCOME_CONSOLE && entries < 100; entries++) {
        strcat(all, guest_console(&g));
        outcome = kernel_continue(g.k, 0, 0);
    }
    strcat(all, guest_console(&g));
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK(entries > 3 && entries < 100);
    CHECK_EQ(strlen(all), strlen(DUMP_HEAD) + (THREADS + 2) * LINE);
    const char *at = all + strlen(DUMP_HEAD);
    for (unsigned i = THREADS; i-- > 0; at += LINE) {
        char name[16];
        text_format(name, sizeof(name), "thread-%u ", i);
        if (!CHECK_EQ(strncmp(at, name, strlen(name)), 0))
            break;
    }
    CHECK_EQ(strncmp(at, "idle_thread ", 12), 0);
    CHECK_EQ(strncmp(at + LINE, "rootserver ", 11), 0);
    free(all);
    guest_end(&g);
}

TEST(kernels_that_print_without_debugging_dump_nothing)
{
    struct kernel_config config = kernel_config_default();
    config.debug_build = false;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_DUMP_SCHEDULER, 0).kind, OUTCOME_RUN);
    CHECK_STR(guest_console(&g), "");
    guest_end(&g);
}

/* --- Halt, Snapshot ------------------------------------------------------------------------ */

static void check_text(struct guest *g, const char *format, word_t argument)
{
    char expected[512];
    text_format(expected, sizeof(expected), format, console_tcb_address(g->k, guest_root(g)),
                argument);
    CHECK_STR(guest_console(g), expected);
}

TEST(halt_stops_the_machine_for_good)
{
    struct guest g = guest_boot_default();
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_HALT, 0).kind, OUTCOME_HALT);
    check_text(&g,
               "Debug halt syscall from user thread 0x%lx \"rootserver\"\nhalting...\n"
               "Kernel entry via Unknown syscall, word: %lu",
               65);
    CHECK_EQ(kernel_timer(g.k, 0, 1000000000).kind, OUTCOME_HALT);
    guest_end(&g);
}

/* The number tells what the registers of the call say. */
TEST(the_number_that_halt_prints)
{
    const struct {
        cptr_t cap;
        word_t label, number;
    } cases[] = {{INITIAL_CAP_CNODE, 0, 85},
                 {INITIAL_CAP_TCB, 0, 89},
                 {0, 3, 65 + 3 * 128},
                 {UINT64_MAX, 0, 65}};
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct guest g = guest_boot_default();
        guest_syscall(&g, (struct guest_syscall){.syscall = SYSCALL_DEBUG_HALT,
                                                 .cap = cases[i].cap,
                                                 .label = cases[i].label});
        check_text(&g,
                   "Debug halt syscall from user thread 0x%lx \"rootserver\"\nhalting...\n"
                   "Kernel entry via Unknown syscall, word: %lu",
                   cases[i].number);
        guest_end(&g);
    }
}

TEST(snapshot_prints_a_frame)
{
    struct guest g = guest_boot_default();
    debug_call(&g, SYSCALL_DEBUG_SNAPSHOT, 0);
    check_text(&g,
               "Debug snapshot syscall from user thread 0x%lx \"rootserver\"\n"
               "arch x86_64\nobjects {\n}\ncaps {\n}\nirq maps {\n}\n",
               0);
    guest_end(&g);
}

/* --- CapIdentify, NameThread --------------------------------------------------------------- */

TEST(cap_identify_returns_the_tags_of_the_real_kernel)
{
    struct guest g = guest_boot_default();
    const struct {
        cptr_t cptr;
        word_t tag;
    } cases[] = {
        {0, 0},
        {1, 12},
        {2, 10},
        {3, 9},
        {4, 14},
        {5, 11},
        {6, 13},
        {7, 31},
        {9, 1},
        {11, 20},
        {g.first_untyped, 2},
        {guest_make(&g, OBJECT_ENDPOINT, 0), 4},
        {guest_make(&g, OBJECT_NOTIFICATION, 0), 6},
        {guest_make(&g, OBJECT_PAGE_TABLE, 0), 3},
        {guest_make(&g, OBJECT_PAGE_DIRECTORY, 0), 5},
        {guest_make(&g, OBJECT_PDPT, 0), 7},
        {UINT64_C(1) << 40, 0},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        debug_call(&g, SYSCALL_DEBUG_CAP_IDENTIFY, cases[i].cptr);
        CHECK_EQ(guest_root(&g)->context.reg[UREG_CAP], cases[i].tag);
    }
    CHECK_STR(guest_console(&g), "");
    guest_end(&g);
}

static void put_name(const struct guest *g, const char *name, size_t size)
{
    memcpy(&guest_root_thread(g).buffer[IPC_BUFFER_MSG], name, size);
}

TEST(name_thread_takes_the_name_from_the_buffer)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    put_name(&g, "a \"name\"\n", 10);
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_NAME_THREAD, t.cptr).kind, OUTCOME_RUN);
    CHECK_STR(t.tcb->name, "a \"name\"\n");
    char longest[960];
    memset(longest, 'n', sizeof(longest));
    longest[959] = '\0';
    put_name(&g, longest, sizeof(longest));
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_NAME_THREAD, t.cptr).kind, OUTCOME_RUN);
    CHECK_STR(t.tcb->name, longest);
    put_name(&g, "", 1);
    debug_call(&g, SYSCALL_DEBUG_NAME_THREAD, t.cptr);
    CHECK_STR(t.tcb->name, "");
    guest_end(&g);
}

TEST(misused_name_thread_halts)
{
    struct guest g = guest_boot_default();
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_NAME_THREAD, INITIAL_CAP_CNODE).kind, OUTCOME_HALT);
    const char *text = guest_console(&g);
    CHECK(strstr(text, "SysDebugNameThread: cap is not a TCB, halting>>"));
    CHECK(strstr(text, "\nhalting...\nKernel entry via Unknown syscall, word: 85"));
    guest_end(&g);

    g = guest_boot_default();
    char name[960];
    memset(name, 'n', sizeof(name));
    put_name(&g, name, sizeof(name));
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_NAME_THREAD, INITIAL_CAP_TCB).kind, OUTCOME_HALT);
    text = guest_console(&g);
    CHECK(strstr(text, "SysDebugNameThread: Name too long, halting>>"));
    CHECK(strstr(text, "word: 89"));
    guest_end(&g);

    g = guest_boot_default(); /* and on beyond the message: its end is not looked for there */
    put_name(&g, name, sizeof(name));
    guest_root_thread(&g).buffer[IPC_BUFFER_MSG + sizeof(name) / sizeof(word_t)] = 'n';
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_NAME_THREAD, INITIAL_CAP_TCB).kind, OUTCOME_HALT);
    guest_end(&g);
}

TEST(without_an_IPC_buffer_the_kernel_reads_the_name_from_nowhere)
{
    struct guest g = guest_boot_default();
    guest_root(&g)->slots[TCB_SLOT_BUFFER].cap = cap_null();
    CHECK_EQ(debug_call(&g, SYSCALL_DEBUG_NAME_THREAD, INITIAL_CAP_TCB).kind, OUTCOME_HALT);
    const char *text = guest_console(&g);
    CHECK(strstr(text, "Vector:  0xe\nErrCode: 0x0\nCR2:     0x8 (page-fault address)\n"));
    CHECK(strstr(text, "halting...\nKernel entry via Unknown syscall, word: 89"));
    guest_end(&g);
}

TEST(release_kernels_have_no_debug_calls)
{
    struct kernel_config config = kernel_config_default();
    config.debug_build = config.printing = false;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    struct tcb *root = guest_root(&g);
    word_t reg[USER_REGISTER_COUNT] = {[UREG_SYSCALL] = (word_t)-11};
    kernel_save_registers(root, reg, true);
    CHECK_EQ(kernel_syscall(g.k, 0, 0).kind, OUTCOME_IDLE);
    CHECK_EQ(root->state, THREAD_INACTIVE);
    CHECK_STR(guest_console(&g), "");
    guest_end(&g);
}
