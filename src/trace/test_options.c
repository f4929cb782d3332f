/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <trace/testkit_trace.h>

#include <stdio.h>
#include <string.h>

#include <abi/bootinfo.h>

static struct trace_options options;

static bool passes(const char *thread, const char *call, enum trace_kind kind, bool failed)
{
    struct trace_event event = {.thread = thread, .call = call, .kind = kind, .failed = failed};
    return trace_options_pass(&options, &event);
}

static const char *set(const char *name, const char *value)
{
    const char *problem = trace_option_set(&options, name, value);
    return problem ? problem : "good";
}

static void clear(void)
{
    options = (struct trace_options){0};
}

TEST(without_options_everything_passes)
{
    clear();
    CHECK(passes("client", "Recv", TRACE_IPC, false));
    CHECK(passes("", "VMFault", TRACE_FAULT, true));
}

TEST(threads_and_calls_pass_by_pattern)
{
    clear();
    CHECK_STR(set("thread", "client*"), "good");
    CHECK_STR(set("thread", "Server"), "good");
    CHECK_STR(set("call", "tcb_*"), "good");
    CHECK(passes("client-2", "TCB_Suspend", TRACE_INVOCATION, false));
    CHECK(passes("server", "TCB_Resume", TRACE_INVOCATION, false));
    CHECK(!passes("servers", "TCB_Resume", TRACE_INVOCATION, false));
    CHECK(!passes("client", "Recv", TRACE_IPC, false));
}

TEST(kinds_and_errors_narrow)
{
    clear();
    CHECK_STR(set("kind", "fault,IPC"), "good");
    CHECK(passes("a", "Recv", TRACE_IPC, false));
    CHECK(!passes("a", "Yield", TRACE_OTHER, false));
    CHECK_STR(set("errors", NULL), "good");
    CHECK(!passes("a", "Recv", TRACE_IPC, false));
    CHECK(passes("a", "CapFault", TRACE_FAULT, true));
}

TEST(wrong_options_are_refused_in_words)
{
    clear();
    CHECK(strstr(set("call", "TBC_*"), "no system call"));
    CHECK(strstr(set("kind", "ipc,falt"), "must be of ipc, invocation"));
    CHECK(strstr(set("thread", ""), "1 to 47 letters"));
    CHECK(strstr(set("thread", "123456789 123456789 123456789 123456789 12345678"), "1 to 47"));
    CHECK(strstr(set("thread", NULL), "wants a value"));
    CHECK(strstr(set("errors", "yes"), "takes no value"));
    CHECK(strstr(set("error", NULL), "is no option"));
    for (unsigned i = 0; i < TRACE_MAX_PATTERNS; i++)
        CHECK_STR(set("thread", "*"), "good");
    CHECK(strstr(set("thread", "*"), "8 times"));
}

TEST(options_are_the_same_after_a_way_as_text)
{
    struct trace_options again;
    char text[256], small[12];
    clear();
    set("thread", "my thread*");
    set("call", "TCB_*");
    set("call", "Recv");
    set("kind", "ipc,debug");
    set("errors", NULL);
    set("summary", NULL);
    CHECK(trace_options_format(&options, text, sizeof(text)));
    CHECK_STR(text, " thread=my?thread* call=TCB_* call=Recv kind=ipc kind=debug errors summary");
    CHECK(!trace_options_format(&options, small, sizeof(small)));
    CHECK(!trace_options_parse(text, &again));
    strcpy(options.threads.text[0], "my?thread*");
    CHECK(memcmp(&options, &again, sizeof(again)) == 0);
    CHECK(strstr(trace_options_parse("errors=1", &again), "takes no value"));
    CHECK(strstr(trace_options_parse("  errors nonsense", &again), "is no option"));
}

TEST(each_call_has_a_name_of_its_own)
{
    for (unsigned i = 0; trace_call_name(i); i++) {
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(trace_call_name(i), trace_call_name(j)) != 0);
    }
}

/* --- in a trace ----------------------------------------------------------------------------- */

/* Yield, a method that works, one that does not, a signal that waits for its like. */
static void make_calls(struct traced *t)
{
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    traced_syscall(t, (struct traced_call){.cap = INITIAL_CAP_TCB, CALL(TCB_RESUME)});
    traced_syscall(t, (struct traced_call){.cap = INITIAL_CAP_TCB, CALL(TCB_SET_PRIORITY)});
    traced_syscall(t, (struct traced_call){.cap = INITIAL_CAP_TCB, CALL(TCB_RESUME)});
}

TEST(lines_that_do_not_pass_are_not_written)
{
    clear();
    set("errors", NULL);
    struct traced *t = traced_boot_with_options(kernel_config_default(), &options);
    make_calls(t);
    const char *text = traced_take(t);
    CHECK(strstr(text, "TCB_SetPriority") && strstr(text, "TruncatedMessage"));
    CHECK_EQ((uintptr_t)strchr(text, '\n'), (uintptr_t)&text[strlen(text) - 1]);
    traced_end(t);
}

TEST(a_summary_counts_instead)
{
    clear();
    set("summary", NULL);
    struct traced *t = traced_boot_with_options(kernel_config_default(), &options);
    make_calls(t);
    CHECK_STR(traced_take(t), "");
    trace_close(t->trace);
    t->trace = NULL;
    CHECK_STR(traced_take(t), "    calls    errors     seconds  call\n"
                              "                        waiting\n"
                              "        2         0       0.000000  TCB_Resume\n"
                              "        1         1       0.000000  TCB_SetPriority\n"
                              "        1         0       0.000000  Yield\n"
                              "        4         1       0.000000  in all\n");
    traced_end(t);
}

/* The root waits 2 us: for a client that makes one call before it signals. */
TEST(a_summary_tells_how_long_threads_waited)
{
    clear();
    set("summary", NULL);
    set("call", "Recv");
    struct traced *t = traced_boot_with_options(kernel_config_default(), &options);
    cptr_t notification = guest_make(&t->g, OBJECT_NOTIFICATION, 0);
    cptr_t client = traced_thread(t, "client", 255, 0);
    traced_syscall(t, (struct traced_call){.cap = client, CALL(TCB_RESUME)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = notification});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_SEND, .cap = notification});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    trace_close(t->trace);
    t->trace = NULL;
    CHECK(strstr(traced_take(t), "        1         0       0.000003  Recv\n"));
    traced_end(t);
}
